// SPDX-License-Identifier: Apache-2.0
#include "store/json.h"

#include "base/moment.h"

#include <string.h>

static void add_unsigned(struct buffer *buffer, uint64_t number)
{
    char digits[24];
    size_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_add(buffer, digits + start, sizeof digits - start);
}

void json_add_number(struct buffer *buffer, int64_t number)
{
    if (number < 0)
        buffer_add_char(buffer, '-');
    add_unsigned(buffer, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void add_id(struct buffer *buffer, enum id_kind kind, uint64_t id, uint64_t account)
{
    char text[ID_TEXT_SIZE];
    id_format(kind, id, account, text);
    buffer_add_quoted(buffer, text);
}

static void add_moment(struct buffer *buffer, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];
    moment_format(at, text);
    buffer_add_quoted(buffer, text);
}

static bool is_null(const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        return field->of != ID_LEVEL && field_id(field, row) == 0;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        return field_text(field, row) == NULL;
    case FIELD_NUMBER:
        return field_number(field, row) == NUMBER_NONE;
    case FIELD_MOMENT:
        return field_number(field, row) == 0;
    case FIELD_FLAG:
    case FIELD_WORD:
    case FIELD_HASH:
        break;
    }
    return false;
}

static void add_value(struct buffer *buffer, uint64_t account, const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        add_id(buffer, field->of, field_id(field, row), account);
        break;
    case FIELD_TEXT:
        buffer_add_json_string(buffer, field_text(field, row));
        break;
    case FIELD_PRODUCT:
        buffer_add_quoted(buffer, field_text(field, row));
        break;
    case FIELD_NUMBER:
        json_add_number(buffer, field_number(field, row));
        break;
    case FIELD_MOMENT:
        add_moment(buffer, field_number(field, row));
        break;
    case FIELD_FLAG:
        buffer_add_text(buffer, field_flag(field, row) ? "true" : "false");
        break;
    case FIELD_WORD:
        buffer_add_quoted(buffer, field->words[field_word(field, row)]);
        break;
    case FIELD_HASH:
        break; // always an inner member
    }
}

static void add_name(struct buffer *buffer, char before, const char *name)
{
    buffer_add_char(buffer, before);
    buffer_add_quoted(buffer, name);
    buffer_add_char(buffer, ':');
}

void json_add_row(struct buffer *buffer, uint64_t account, enum row_kind kind, const void *row)
{
    const struct row_type *type = &row_types[kind];
    char before = '{';
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (field->inner || is_null(field, row))
            continue;
        add_name(buffer, before, field->name);
        add_value(buffer, account, field, row);
        before = ',';
    }
    buffer_add_char(buffer, '}');
}

static void add_figure(struct buffer *buffer, const char *name, int64_t figure)
{
    add_name(buffer, ',', name);
    json_add_number(buffer, figure);
}

static void add_trial(struct buffer *buffer, uint64_t account, const struct trial *trial)
{
    add_name(buffer, '{', "level");
    add_id(buffer, ID_LEVEL, trial->level, account);
    add_name(buffer, ',', "rule");
    buffer_add_quoted(buffer, via_words[trial->rule]);
    if (!trial->figures_hidden) {
        add_figure(buffer, "dedicated", trial->dedicated);
        add_figure(buffer, "pool", trial->pool);
        add_figure(buffer, "assigned", trial->assigned);
        add_figure(buffer, "available", trial->available);
    }
    add_name(buffer, ',', "reason");
    if (trial->reason != REASON_NONE)
        buffer_add_quoted(buffer, reason_words[trial->reason]);
    else
        buffer_add_text(buffer, "null");
    add_name(buffer, ',', "retry_after_s");
    if (trial->retry_after_s != NUMBER_NONE)
        json_add_number(buffer, trial->retry_after_s);
    else
        buffer_add_text(buffer, "null");
    buffer_add_char(buffer, '}');
}

void json_add_explanation(struct buffer *buffer, uint64_t account, const struct explanation *explanation)
{
    add_name(buffer, '{', "policy");
    buffer_add_quoted(buffer, policy_words[explanation->policy]);
    add_name(buffer, ',', "fallback");
    buffer_add_text(buffer, explanation->fallback ? "true" : "false");
    add_name(buffer, ',', "tried");
    buffer_add_char(buffer, '[');
    for (size_t i = 0; i < explanation->tried_count; i++) {
        if (i > 0)
            buffer_add_char(buffer, ',');
        add_trial(buffer, account, &explanation->tried[i]);
    }
    buffer_add_char(buffer, ']');
    add_figure(buffer, "tried_total", (int64_t)explanation->tried_total);
    buffer_add_char(buffer, '}');
}
