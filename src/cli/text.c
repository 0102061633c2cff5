// SPDX-License-Identifier: Apache-2.0
// For wcwidth.
#define _XOPEN_SOURCE 700

#include "cli/text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

bool text_init_locale(void)
{
    setlocale(LC_CTYPE, "");
    bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    // wcwidth knows wide characters in a UTF-8 locale only.
    if (!is_utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    return is_utf8;
}

static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t text_decode(const char *text, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t length = sequence_length(first);
    if (first == '\0' || length == 0)
        return 0;
    uint32_t character = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (next & 0x3f);
    }
    if (character < smallest[length] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        return 0;
    *ret_character = character;
    return length;
}

bool text_is_utf8(const char *text)
{
    uint32_t character;
    for (size_t length; *text != '\0'; text += length) {
        length = text_decode(text, &character);
        if (length == 0)
            return false;
    }
    return true;
}

bool text_acts(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0)            // C0, DEL, C1
           || c == 0x061c || c == 0x200e || c == 0x200f   // direction marks
           || (c >= 0x2028 && c <= 0x202e)                // line ends, embeddings and overrides
           || (c >= 0x2066 && c <= 0x2069)                // isolates
           || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) // byte order mark, annotations
           || (c >= 0xe0000 && c <= 0xe0fff);             // tags
}

char *text_safe(struct arena *arena, const char *text)
{
    struct buffer safe = {0};
    while (*text != '\0') {
        uint32_t character;
        size_t length = text_decode(text, &character);
        if (length == 0 || (text_acts(character) && character < 0x100))
            buffer_printf(&safe, "\\x%02x", length == 0 ? (unsigned char)*text : character);
        else if (text_acts(character))
            buffer_printf(&safe, "\\u%04x", character);
        else
            buffer_add(&safe, text, length);
        text += length > 0 ? length : 1;
    }
    char *copy = arena_strdup(arena, buffer_text(&safe));
    buffer_fini(&safe);
    return copy;
}

static void add_json_escape(struct buffer *buffer, uint32_t character)
{
    if (character >= 0x10000) {
        uint32_t rest = character - 0x10000;
        buffer_printf(buffer, "\\u%04x\\u%04x", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
    } else {
        buffer_printf(buffer, "\\u%04x", character);
    }
}

void text_add_safe_json(struct buffer *buffer, const char *json)
{
    uint32_t character;
    for (size_t length; (length = text_decode(json, &character)) > 0; json += length) {
        if (text_acts(character) && character != '\n')
            add_json_escape(buffer, character);
        else
            buffer_add(buffer, json, length);
    }
}

size_t text_width(const char *text)
{
    size_t columns = 0;
    uint32_t character;
    for (size_t length; (length = text_decode(text, &character)) > 0; text += length) {
        int width = wcwidth((wchar_t)character);
        columns += width >= 0 ? (size_t)width : 1;
    }
    return columns;
}
