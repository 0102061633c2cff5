// SPDX-License-Identifier: Apache-2.0
#include "api/locate.h"

#include <stdbool.h>
#include <string.h>

enum { LEVELS_MAX = 64 };

// An array or object that is still open.
struct open {
    bool is_object;
    size_t index;    // of the present item
    const char *key; // of the present member, from its opening quote on
    size_t key_length;
};

struct scan {
    struct open levels[LEVELS_MAX];
    size_t depth;
};

static size_t string_length(const char *text, size_t length)
{
    size_t end = 1;
    while (end < length && text[end] != '"')
        end += text[end] == '\\' ? 2 : 1;
    return end < length ? end + 1 : length;
}

// Keys are told as they were written: escapes in them are rare, and read as well this way.
static void add_pointer(const struct scan *scan, struct buffer *pointer)
{
    for (size_t i = 0; i < scan->depth; i++) {
        const struct open *open = &scan->levels[i];
        if (!open->is_object) {
            buffer_printf(pointer, "/%zu", open->index);
            continue;
        }
        buffer_add_char(pointer, '/');
        for (size_t k = 1; k + 1 < open->key_length; k++) {
            char c = open->key[k];
            if (c == '~' || c == '/')
                buffer_add_text(pointer, c == '~' ? "~0" : "~1");
            else
                buffer_add_char(pointer, c);
        }
    }
}

static void step(struct scan *scan, char c)
{
    if ((c == '{' || c == '[') && scan->depth < LEVELS_MAX)
        scan->levels[scan->depth++] = (struct open){.is_object = c == '{'};
    else if ((c == '}' || c == ']') && scan->depth > 0)
        scan->depth--;
    else if (c == ',' && scan->depth > 0)
        scan->levels[scan->depth - 1].index++;
}

void locate(const char *text, size_t length, size_t place, struct buffer *pointer)
{
    struct scan scan = {0};
    for (size_t at = 0; at < length && at < place;) {
        if (text[at] != '"') {
            step(&scan, text[at++]);
            continue;
        }
        size_t end = at + string_length(text + at, length - at);
        size_t after = end;
        while (after < length && strchr(" \t\r\n", text[after]) != NULL)
            after++;
        if (after < length && text[after] == ':' && scan.depth > 0) {
            scan.levels[scan.depth - 1].key = text + at;
            scan.levels[scan.depth - 1].key_length = end - at;
        }
        at = end;
    }
    add_pointer(&scan, pointer);
}
