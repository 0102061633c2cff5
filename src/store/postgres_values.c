// SPDX-License-Identifier: Apache-2.0
// Values to and from PostgreSQL, and rows of the engine by the field tables. Whole numbers are int8 everywhere.
#include "store/postgres.h"

#include "base/check.h"

#include <endian.h>
#include <string.h>

static int add(struct pg_values *values, Oid type, const void *bytes, size_t length)
{
    CHECK(values->count < PG_VALUES_MAX);
    values->types[values->count] = type;
    values->bytes[values->count] = bytes;
    values->lengths[values->count] = (int)length;
    return values->count++;
}

void pg_add_value(struct pg_values *values, Oid type, const void *bytes, size_t length)
{
    add(values, type, bytes, length);
}

void pg_add_number(struct pg_values *values, int64_t number)
{
    int place = add(values, PG_NUMBER, NULL, sizeof number);
    values->numbers[place] = htobe64((uint64_t)number);
    values->bytes[place] = (const char *)&values->numbers[place];
}

void pg_add_id(struct pg_values *values, uint64_t id)
{
    if (id != 0)
        pg_add_number(values, (int64_t)id);
    else
        add(values, PG_NUMBER, NULL, 0);
}

void pg_add_flag(struct pg_values *values, bool flag)
{
    add(values, PG_FLAG, flag ? "\1" : "\0", 1);
}

void pg_add_text(struct pg_values *values, const char *text)
{
    add(values, PG_TEXT, text, text != NULL ? strlen(text) : 0);
}

void pg_add_hash(struct pg_values *values, const unsigned char hash[KEY_HASH_BYTES])
{
    add(values, PG_BLOB, hash, KEY_HASH_BYTES);
}

static void add_number_or(struct pg_values *values, int64_t number, int64_t null)
{
    if (number != null)
        pg_add_number(values, number);
    else
        add(values, PG_NUMBER, NULL, 0);
}

static void add_field(struct pg_values *values, const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        if (field->of == ID_LEVEL)
            pg_add_number(values, (int64_t)field_id(field, row));
        else
            pg_add_id(values, field_id(field, row));
        return;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        pg_add_text(values, field_text(field, row));
        return;
    case FIELD_NUMBER:
        add_number_or(values, field_number(field, row), NUMBER_NONE);
        return;
    case FIELD_MOMENT:
        add_number_or(values, field_number(field, row), 0);
        return;
    case FIELD_FLAG:
        pg_add_flag(values, field_flag(field, row));
        return;
    case FIELD_WORD:
        pg_add_text(values, field->words[field_word(field, row)]);
        return;
    case FIELD_HASH:
        pg_add_hash(values, field_hash(field, row));
        return;
    }
}

static Oid type_of(const struct field *field)
{
    switch (field->type) {
    case FIELD_ID:
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        return PG_NUMBER;
    case FIELD_FLAG:
        return PG_FLAG;
    case FIELD_HASH:
        return PG_BLOB;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
    case FIELD_WORD:
        break;
    }
    return PG_TEXT;
}

int pg_row_types(enum row_kind kind, field_mask fields, Oid types[PG_VALUES_MAX])
{
    const struct row_type *type = &row_types[kind];
    int count = 0;
    types[count++] = PG_NUMBER;
    for (size_t i = 0; i < type->field_count; i++) {
        if (fields >> i & 1)
            types[count++] = type_of(&type->fields[i]);
    }
    return count;
}

void pg_add_row(struct pg_values *values, uint64_t account, enum row_kind kind, const void *row, field_mask fields)
{
    const struct row_type *type = &row_types[kind];
    pg_add_number(values, (int64_t)account);
    for (size_t i = 0; i < type->field_count; i++) {
        if (fields >> i & 1)
            add_field(values, &type->fields[i], row);
    }
}

void pg_add_event(struct pg_values *values, const struct history_entry *entry)
{
    const struct event *event = &entry->event;
    const struct actor *actor = &event->actor;
    pg_add_number(values, (int64_t)entry->account);
    pg_add_number(values, event->seq);
    pg_add_number(values, event->at);
    pg_add_text(values, event->kind);
    pg_add_text(values, event->subject);
    pg_add_text(values, actor->nobody ? NULL : role_words[actor->role]);
    pg_add_id(values, actor->key);
    pg_add_id(values, actor->user);
    pg_add_id(values, actor->organization);
    pg_add_text(values, event->data);
    pg_add_id(values, entry->organization);
    pg_add_id(values, entry->user);
    pg_add_hash(values, event->hash);
}

// ---- Reading

bool pg_is_null(const struct pg_row *row, int column)
{
    return PQgetisnull(row->result, row->row, column);
}

int64_t pg_read_number(const struct pg_row *row, int column)
{
    uint64_t number;
    if (PQgetlength(row->result, row->row, column) != sizeof number)
        return 0;
    memcpy(&number, PQgetvalue(row->result, row->row, column), sizeof number);
    return (int64_t)be64toh(number);
}

uint64_t pg_read_id(const struct pg_row *row, int column)
{
    return (uint64_t)pg_read_number(row, column);
}

const char *pg_read_text(const struct pg_row *row, int column)
{
    const char *text = pg_is_null(row, column) ? NULL : PQgetvalue(row->result, row->row, column);
    return row->arena != NULL ? arena_strdup(row->arena, text) : text;
}

bool pg_read_hash(const struct pg_row *row, int column, unsigned char hash[KEY_HASH_BYTES], struct store_error *error)
{
    if (PQgetlength(row->result, row->row, column) != KEY_HASH_BYTES) {
        store_error_set(error, "The store is damaged: a hash in the column %s does not have %d bytes.",
                        PQfname(row->result, column), KEY_HASH_BYTES);
        return false;
    }
    memcpy(hash, PQgetvalue(row->result, row->row, column), KEY_HASH_BYTES);
    return true;
}

static bool read_word(const struct pg_row *row, int column, const char *const *words, unsigned *ret_word,
                      struct store_error *error)
{
    const char *word = PQgetvalue(row->result, row->row, column); // "" for null
    int index = word_find(words, word);
    if (index < 0)
        store_error_set(error, "The store is damaged: \"%s\" in the column %s is no word that is known there.", word,
                        PQfname(row->result, column));
    else
        *ret_word = (unsigned)index;
    return index >= 0;
}

static bool read_field(const struct product_source *products, const struct pg_row *row, int column,
                       const struct field *field, void *place, struct store_error *error)
{
    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)place = pg_read_id(row, column);
        return true;
    case FIELD_TEXT:
        *(const char **)place = pg_read_text(row, column);
        return true;
    case FIELD_NUMBER:
        *(int64_t *)place = pg_is_null(row, column) ? NUMBER_NONE : pg_read_number(row, column);
        return true;
    case FIELD_MOMENT:
        *(int64_t *)place = pg_read_number(row, column);
        return true;
    case FIELD_FLAG:
        *(bool *)place = PQgetvalue(row->result, row->row, column)[0] != 0;
        return true;
    case FIELD_WORD:
        return read_word(row, column, field->words, place, error);
    case FIELD_PRODUCT:
        return product_find(products, PQgetvalue(row->result, row->row, column), place, error);
    case FIELD_HASH:
        return pg_read_hash(row, column, place, error);
    }
    return false;
}

bool pg_read_row(const struct product_source *products, const struct pg_row *from, enum row_kind kind, void *row,
                 struct store_error *error)
{
    const struct row_type *type = &row_types[kind];
    memset(row, 0, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (!read_field(products, from, (int)i, field, (char *)row + field->offset, error))
            return false;
    }
    return true;
}

bool pg_read_event(const struct pg_row *row, struct event *event, struct store_error *error)
{
    *event = (struct event){.seq = pg_read_number(row, 1), .at = pg_read_number(row, 2)};
    event->kind = pg_read_text(row, 3);
    event->subject = pg_read_text(row, 4);
    unsigned role = 0;
    event->actor.nobody = pg_is_null(row, 5);
    if (!event->actor.nobody && !read_word(row, 5, role_words, &role, error))
        return false;
    event->actor.role = (enum role)role;
    event->actor.key = pg_read_id(row, 6);
    event->actor.user = pg_read_id(row, 7);
    event->actor.organization = pg_read_id(row, 8);
    event->data = pg_read_text(row, 9);
    return pg_read_hash(row, 12, event->hash, error);
}

bool pg_read_denial(const struct product_source *products, const struct pg_row *row, struct denial_record *record,
                    struct store_error *error)
{
    struct denial *denial = &record->denial;
    *record = (struct denial_record){.denial = {.id = pg_read_id(row, 0), .user = pg_read_id(row, 1)}};
    denial->machine = pg_read_text(row, 3);
    unsigned reason = REASON_NONE;
    if (!product_find(products, PQgetvalue(row->result, row->row, 2), &denial->product, error) ||
        !denial_error_find(PQgetvalue(row->result, row->row, 4), &denial->error, error) ||
        (!pg_is_null(row, 5) && !read_word(row, 5, reason_words, &reason, error)))
        return false;
    denial->reason = (enum reason)reason;
    denial->project = pg_read_id(row, 6);
    denial->organization = pg_read_id(row, 7);
    denial->units = pg_read_number(row, 8);
    denial->count = pg_read_number(row, 9);
    denial->first_at = pg_read_number(row, 10);
    denial->last_at = pg_read_number(row, 11);
    denial->closed_at = pg_read_number(row, 12);
    record->tried = pg_read_text(row, 13);
    return true;
}
