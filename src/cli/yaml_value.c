// SPDX-License-Identifier: Apache-2.0
#include "cli/yaml_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *yaml_value_refuse(const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT)
        return "aliases (*name) are not taken";
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor != NULL)
        return "anchors (&name) are not taken";
    return tag != NULL ? "tags (!name) are not taken; text that looks like a number goes in quotes" : NULL;
}

static bool is_any(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

// [-+]?[0-9]+ is 1, with a fraction or an exponent 2, anything else 0.
static int number_kind(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    const char *rest = text + whole;
    if (*rest == '\0')
        return whole > 0 ? 1 : 0;
    if (*rest == '.') {
        fraction = strspn(rest + 1, "0123456789");
        rest += 1 + fraction;
    }
    if (whole + fraction == 0)
        return 0;
    if (*rest == 'e' || *rest == 'E') {
        rest += rest[1] == '-' || rest[1] == '+' ? 2 : 1;
        size_t exponent = strspn(rest, "0123456789");
        rest = exponent > 0 ? rest + exponent : "x";
    }
    return *rest == '\0' ? 2 : 0;
}

static json_t *read_plain(const char *text)
{
    if (text[0] == '\0' || strcmp(text, "~") == 0 || is_any(text, "null", "Null", "NULL"))
        return json_null();
    if (is_any(text, "true", "True", "TRUE"))
        return json_true();
    if (is_any(text, "false", "False", "FALSE"))
        return json_false();
    int kind = number_kind(text);
    errno = 0;
    if (kind == 1) {
        long long number = strtoll(text, NULL, 10);
        return errno == 0 ? json_integer(number) : NULL;
    }
    // json_real has no infinity, and answers NULL.
    return kind == 2 ? json_real(strtod(text, NULL)) : json_string(text);
}

json_t *yaml_value_read(const yaml_node_t *scalar)
{
    const char *text = (const char *)scalar->data.scalar.value;
    if (strlen(text) != scalar->data.scalar.length)
        return NULL;
    return scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? read_plain(text) : json_string(text);
}

bool yaml_value_is_plain(const char *text)
{
    // Words that some reader of YAML takes for something else than text.
    static const char *const taken[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcasecmp(text, taken[i]) == 0)
            return false;
    }
    if (!isalpha((unsigned char)text[0]))
        return false;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        // isalnum follows the locale; a byte above ASCII is never plain here.
        bool fine = (unsigned char)text[i] < 0x80 && (isalnum((unsigned char)text[i]) || strchr(" _./@-+~", text[i]));
        if (!fine)
            return false;
    }
    return text[length - 1] != ' ';
}
