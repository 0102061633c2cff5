// SPDX-License-Identifier: Apache-2.0
#include "api/put.h"

#include "base/moment.h"

#include <string.h>

void put_item(struct buffer *json)
{
    char last = json->length > 0 ? json->bytes[json->length - 1] : '[';
    if (last != '{' && last != '[' && last != ':')
        buffer_add_char(json, ',');
}

void put_name(struct buffer *json, const char *name)
{
    put_item(json);
    buffer_add_quoted(json, name);
    buffer_add_char(json, ':');
}

void put_open(struct buffer *json, char bracket)
{
    put_item(json);
    buffer_add_char(json, bracket);
}

void put_close(struct buffer *json, char bracket)
{
    buffer_add_char(json, bracket);
}

void put_bare_number(struct buffer *json, int64_t number)
{
    char digits[24];
    size_t start = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--start] = '-';
    buffer_add(json, digits + start, sizeof digits - start);
}

void put_bare_word(struct buffer *json, const char *word)
{
    buffer_add_quoted(json, word);
}

void put_bare_id(struct buffer *json, enum id_kind kind, uint64_t id, uint64_t account)
{
    char text[ID_TEXT_SIZE];
    id_format(kind, id, account, text);
    put_bare_word(json, text);
}

static void add_null(struct buffer *json)
{
    buffer_add(json, "null", 4);
}

void put_null(struct buffer *json, const char *name)
{
    put_name(json, name);
    add_null(json);
}

void put_text(struct buffer *json, const char *name, const char *text)
{
    put_name(json, name);
    if (text != NULL)
        buffer_add_json_string(json, text);
    else
        add_null(json);
}

void put_word(struct buffer *json, const char *name, const char *word)
{
    put_name(json, name);
    if (word != NULL)
        put_bare_word(json, word);
    else
        add_null(json);
}

void put_number(struct buffer *json, const char *name, int64_t number)
{
    put_name(json, name);
    if (number != NUMBER_NONE)
        put_bare_number(json, number);
    else
        add_null(json);
}

void put_flag(struct buffer *json, const char *name, bool flag)
{
    put_name(json, name);
    buffer_add_text(json, flag ? "true" : "false");
}

void put_id(struct buffer *json, const char *name, enum id_kind kind, uint64_t id, uint64_t account)
{
    put_name(json, name);
    if (id != 0 || kind == ID_LEVEL)
        put_bare_id(json, kind, id, account);
    else
        add_null(json);
}

void put_moment(struct buffer *json, const char *name, int64_t at)
{
    put_name(json, name);
    if (at == 0) {
        add_null(json);
        return;
    }
    char text[MOMENT_TEXT_SIZE];
    moment_format(at, text);
    put_bare_word(json, text);
}

void put_raw(struct buffer *json, const char *name, const char *text, size_t length)
{
    put_name(json, name);
    if (text != NULL)
        buffer_add(json, text, length);
    else
        add_null(json);
}

// ---- Looking into JSON text

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

// From the opening quote to behind the closing one.
static const char *skip_string(const char *at)
{
    for (at++; *at != '"' && *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
    }
    return *at == '"' ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
    if (*at == '"')
        return skip_string(at);
    if (*at != '{' && *at != '[')
        return at + strcspn(at, ",}] \t\r\n");
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
    } while (depth > 0 && *at != '\0');
    return at;
}

const char *json_find(const char *text, const char *name, size_t *ret_length)
{
    size_t length = strlen(name);
    const char *at = skip_blanks(text);
    if (*at != '{')
        return NULL;
    at = skip_blanks(at + 1);
    while (*at == '"') {
        const char *key = at + 1;
        at = skip_string(at);
        bool found = (size_t)(at - key) == length + 1 && memcmp(key, name, length) == 0;
        at = skip_blanks(at);
        if (*at != ':')
            return NULL;
        const char *value = skip_blanks(at + 1);
        at = skip_value(value);
        if (found) {
            *ret_length = (size_t)(at - value);
            return value;
        }
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
    }
    return NULL;
}
