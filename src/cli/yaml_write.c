// SPDX-License-Identifier: Apache-2.0
//
// JSON written as YAML: two blanks a level, text without quotes where no reader can take it for something else.
#include "cli/document.h"

#include "cli/text.h"
#include "cli/yaml_value.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_PLAIN_MAX = 128 }; // bytes; each may become six characters

// Double quotes, with escapes that YAML and (but for \U) JSON share; letters of any script stay as they are.
static void add_quoted(struct buffer *buffer, const char *text)
{
    buffer_add_char(buffer, '"');
    uint32_t character;
    for (size_t length; (length = text_decode(text, &character)) > 0; text += length) {
        if (character == '"' || character == '\\')
            buffer_printf(buffer, "\\%c", (char)character);
        else if (character >= 0x10000 && text_acts(character))
            buffer_printf(buffer, "\\U%08x", character);
        else if (text_acts(character) || character == 0xfffe || character == 0xffff)
            buffer_printf(buffer, "\\u%04x", character);
        else
            buffer_add(buffer, text, length);
    }
    buffer_add_char(buffer, '"');
}

static void add_text(struct buffer *buffer, const char *text)
{
    if (yaml_value_is_plain(text))
        buffer_add_text(buffer, text);
    else
        add_quoted(buffer, text);
}

static void add_value(struct buffer *buffer, const json_t *json, size_t indent);

static void start_line(struct buffer *buffer, size_t indent)
{
    buffer_add_char(buffer, '\n');
    buffer_printf(buffer, "%*s", (int)(2 * indent), "");
}

// A name of more than 1,024 characters, as it stands there, is no key to any reader unless it is marked as one.
static void add_name(struct buffer *buffer, const char *name, size_t indent)
{
    bool is_long = strlen(name) > NAME_PLAIN_MAX;
    if (is_long)
        buffer_add_text(buffer, "? ");
    add_text(buffer, name);
    if (is_long)
        start_line(buffer, indent);
    buffer_add_char(buffer, ':');
}

// `open`: the line is begun already, behind the dash of a list.
static void add_members(struct buffer *buffer, const json_t *object, size_t indent, bool open)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        if (!open)
            start_line(buffer, indent);
        open = false;
        add_name(buffer, name, indent);
        add_value(buffer, value, indent + 1);
    }
}

static void add_items(struct buffer *buffer, const json_t *array, size_t indent)
{
    json_t *item;
    size_t i;
    json_array_foreach(array, i, item)
    {
        start_line(buffer, indent);
        buffer_add_char(buffer, '-');
        if (json_is_object(item) && json_object_size(item) > 0) {
            buffer_add_char(buffer, ' ');
            add_members(buffer, item, indent + 1, true);
        } else {
            add_value(buffer, item, indent + 1);
        }
    }
}

// What follows a colon or a dash.
static void add_value(struct buffer *buffer, const json_t *json, size_t indent)
{
    if (json_is_object(json) && json_object_size(json) > 0) {
        add_members(buffer, json, indent, false);
        return;
    }
    if (json_is_array(json) && json_array_size(json) > 0) {
        add_items(buffer, json, indent);
        return;
    }
    buffer_add_char(buffer, ' ');
    if (json_is_string(json)) {
        add_text(buffer, json_string_value(json));
        return;
    }
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    buffer_add_text(buffer, text != NULL ? text : "null");
    free(text);
}

void document_write_yaml(struct buffer *buffer, const json_t *json)
{
    if (json_object_size(json) == 0) {
        buffer_add_text(buffer, "{}\n");
        return;
    }
    add_members(buffer, json, 0, true);
    buffer_add_char(buffer, '\n');
}
