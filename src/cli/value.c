// SPDX-License-Identifier: Apache-2.0
#include "cli/value.h"

#include "base/buffer.h"
#include "base/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *value_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

int64_t value_number(const json_t *object, const char *member)
{
    return json_integer_value(json_object_get(object, member));
}

bool value_is_set(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    return value != NULL && !json_is_null(value);
}

const char *value_words(struct arena *arena, const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return "-";
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    CHECK(text != NULL);
    const char *words = arena_strdup(arena, text);
    free(text);
    return words;
}

const char *value_time(struct arena *arena, const json_t *value)
{
    static const char pattern[] = "0000-00-00T00:00:00";
    const char *text = json_string_value(value);
    for (size_t i = 0; text != NULL && i < sizeof pattern - 1; i++) {
        bool fits = pattern[i] == '0' ? isdigit((unsigned char)text[i]) : text[i] == pattern[i];
        if (!fits)
            return text;
    }
    if (text == NULL || text[strlen(text) - 1] != 'Z')
        return value_words(arena, value);
    return arena_printf(arena, "%.10s %.8sZ", text, text + 11);
}

const char *value_span(struct arena *arena, int64_t span_s)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t whole = span_s / units[i].seconds;
        if (whole > 0 || (units[i].seconds == 1 && text.length == 0))
            buffer_printf(&text, "%s%lld %s", text.length > 0 ? " " : "", (long long)whole, units[i].name);
        span_s -= whole * units[i].seconds;
    }
    const char *span = arena_strdup(arena, buffer_text(&text));
    buffer_fini(&text);
    return span;
}
