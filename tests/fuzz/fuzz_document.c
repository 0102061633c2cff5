// SPDX-License-Identifier: Apache-2.0
//
// The file of `usher apply`, YAML or JSON. What must hold: a file that is read can be written as YAML, which reads as
// the same; every place in it can be found again; one that is refused is complained of.
#include "fuzz/target.h"

#include "base/check.h"
#include "cli/document.h"
#include "cli/message.h"

#include <stdlib.h>
#include <string.h>

// In place of cli/message.c: the fuzzer would drown in complaints.
static unsigned complaints;

void complain(const char *format, ...)
{
    CHECK(format[0] != '\0');
    complaints++;
}

void complain_with(const char *format, va_list args)
{
    (void)args;
    complain("%s", format);
}

void advise(const char *format, ...)
{
    CHECK(format[0] != '\0');
}

static bool has_real(const json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;
    bool found = json_is_real(json);
    json_object_foreach((json_t *)(uintptr_t)json, name, value)
        found = found || has_real(value);
    json_array_foreach(json, i, value)
        found = found || has_real(value);
    return found;
}

static void add_step(struct buffer *pointer, const char *name)
{
    buffer_add_char(pointer, '/');
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            buffer_add_text(pointer, *name == '~' ? "~0" : "~1");
        else
            buffer_add_char(pointer, *name);
    }
}

// The line of the first thing in the first thing, and so on.
static void check_lines(const struct document *document, const json_t *json)
{
    struct buffer pointer = {0};
    while (json_object_size(json) > 0 || json_array_size(json) > 0) {
        if (json_is_object(json)) {
            const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)json));
            add_step(&pointer, name);
            json = json_object_get(json, name);
        } else {
            buffer_add_text(&pointer, "/0");
            json = json_array_get(json, 0);
        }
        CHECK(document_line(document, buffer_text(&pointer)) > 0 || !document->is_yaml);
    }
    CHECK(document_line(document, "/no/such/thing") >= 0);
    buffer_fini(&pointer);
}

static void check_written(const json_t *json)
{
    struct document copy = {.name = "copy"};
    json_t *again;
    document_write_yaml(&copy.text, json);
    CHECK(document_parse(&copy, &again) == CLI_OK);
    // What 1e22 is written as need not be the same digits.
    CHECK(json_equal(json, again) || has_real(json));
    json_decref(again);
    document_fini(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document document = {.name = "file"};
    json_t *json = NULL;
    // A file with a zero byte in it is refused before (file.h).
    if (size == 0 || memchr(data, '\0', size) != NULL)
        return 0;
    buffer_add(&document.text, data, size);
    complaints = 0;
    if (document_parse(&document, &json) == CLI_OK) {
        CHECK(json_is_object(json) && complaints == 0);
        check_lines(&document, json);
        check_written(json);
        json_decref(json);
    } else {
        CHECK(complaints == 1);
    }
    document_fini(&document);
    return 0;
}
