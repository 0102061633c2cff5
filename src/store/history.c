// SPDX-License-Identifier: Apache-2.0
#include "store/history.h"

#include "base/check.h"
#include "store/json.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KEY_HASH_BYTES == crypto_generichash_BYTES, "hashes of events and of keys are of one size");

void history_add_subject(struct buffer *buffer, uint64_t account, enum row_kind kind, const void *row)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->key_count; i++) {
        const struct field *field = &type->fields[i];
        if (i > 0)
            buffer_add_char(buffer, '/');
        if (field->type == FIELD_ID) {
            char text[ID_TEXT_SIZE];
            id_format(field->of, field_id(field, row), account, text);
            buffer_add_text(buffer, text);
        } else {
            buffer_add_text(buffer, field_text(field, row));
        }
    }
}

void history_add_data(struct buffer *buffer, uint64_t account, const struct fact *fact)
{
    enum row_kind kind = fact_types[fact->kind].row;
    buffer_add_text(buffer, "{\"before\":");
    if (fact->before != NULL)
        json_add_row(buffer, account, kind, fact->before);
    else
        buffer_add_text(buffer, "null");
    buffer_add_text(buffer, ",\"after\":");
    if (fact->after != NULL)
        json_add_row(buffer, account, kind, fact->after);
    else
        buffer_add_text(buffer, "null");
    if (fact->reason != NULL) {
        buffer_add_text(buffer, ",\"reason\":");
        buffer_add_json_string(buffer, fact->reason);
    }
    buffer_add_char(buffer, '}');
}

uint64_t history_organization(enum row_kind kind, const void *row)
{
    switch (kind) {
    case ROW_ORGANIZATION:
        return ((const struct organization_row *)row)->id;
    case ROW_USER:
        return ((const struct user_row *)row)->organization;
    case ROW_PROJECT:
        return ((const struct project_row *)row)->organization;
    case ROW_DEDICATION:
        return ((const struct dedication_row *)row)->organization;
    case ROW_SEAT:
        return ((const struct seat_row *)row)->level;
    case ROW_SESSION:
        return ((const struct session_row *)row)->level;
    case ROW_API_KEY:
        return ((const struct api_key_row *)row)->organization;
    default:
        return 0;
    }
}

uint64_t history_user(enum row_kind kind, const void *row)
{
    switch (kind) {
    case ROW_USER:
        return ((const struct user_row *)row)->id;
    case ROW_MEMBERSHIP:
        return ((const struct membership_row *)row)->user;
    case ROW_SEAT:
        return ((const struct seat_row *)row)->user;
    case ROW_SESSION:
        return ((const struct session_row *)row)->user;
    case ROW_COOLDOWN:
        return ((const struct cooldown_row *)row)->user;
    case ROW_API_KEY:
        return ((const struct api_key_row *)row)->user;
    case ROW_SIGN_IN:
        return ((const struct sign_in_row *)row)->user;
    default:
        return 0;
    }
}

static void add_number(struct buffer *buffer, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    buffer_add(buffer, bytes, sizeof bytes);
}

static void add_text(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    add_number(buffer, length);
    buffer_add(buffer, text, length);
}

void history_hash(const unsigned char before[KEY_HASH_BYTES], struct history_entry *entry, struct buffer *scratch)
{
    struct event *event = &entry->event;
    const struct actor *actor = &event->actor;
    buffer_clear(scratch);
    buffer_add(scratch, before, KEY_HASH_BYTES);
    add_number(scratch, entry->account);
    add_number(scratch, (uint64_t)event->seq);
    add_number(scratch, (uint64_t)event->at);
    add_text(scratch, event->kind);
    add_text(scratch, event->subject);
    add_text(scratch, actor->nobody ? "" : role_words[actor->role]);
    add_number(scratch, actor->key);
    add_number(scratch, actor->user);
    add_number(scratch, actor->organization);
    add_text(scratch, event->data);
    add_number(scratch, entry->organization);
    add_number(scratch, entry->user);
    int failed = crypto_generichash(event->hash, KEY_HASH_BYTES, (const unsigned char *)scratch->bytes, scratch->length,
                                    NULL, 0);
    CHECK(failed == 0);
}
