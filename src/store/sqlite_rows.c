// SPDX-License-Identifier: Apache-2.0
// Rows of the engine to and from rows of SQLite, by the field tables.
#include "store/sqlite.h"

#include "base/check.h"

#include <string.h>

void sqlite_bind_id(sqlite3_stmt *statement, int index, uint64_t id)
{
    if (id != 0)
        sqlite3_bind_int64(statement, index, (int64_t)id);
    else
        sqlite3_bind_null(statement, index);
}

void sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, int index, int64_t number, int64_t null)
{
    if (number != null)
        sqlite3_bind_int64(statement, index, number);
    else
        sqlite3_bind_null(statement, index);
}

static void bind_field(sqlite3_stmt *statement, int index, const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        if (field->of == ID_LEVEL)
            sqlite3_bind_int64(statement, index, (int64_t)field_id(field, row));
        else
            sqlite_bind_id(statement, index, field_id(field, row));
        return;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        sqlite_bind_text(statement, index, field_text(field, row));
        return;
    case FIELD_NUMBER:
        bind_number(statement, index, field_number(field, row), NUMBER_NONE);
        return;
    case FIELD_MOMENT:
        bind_number(statement, index, field_number(field, row), 0);
        return;
    case FIELD_FLAG:
        sqlite3_bind_int(statement, index, field_flag(field, row));
        return;
    case FIELD_WORD:
        sqlite_bind_text(statement, index, field->words[field_word(field, row)]);
        return;
    case FIELD_HASH:
        sqlite3_bind_blob(statement, index, field_hash(field, row), KEY_HASH_BYTES, SQLITE_STATIC);
        return;
    }
}

void sqlite_bind_row(sqlite3_stmt *statement, uint64_t account, enum row_kind kind, const void *row, field_mask fields)
{
    const struct row_type *type = &row_types[kind];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    for (size_t i = 0; i < type->field_count; i++) {
        if (fields & (field_mask)1 << i)
            bind_field(statement, (int)i + 2, &type->fields[i], row);
    }
}

uint64_t sqlite_read_id(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

const char *sqlite_read_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return arena != NULL ? arena_strdup(arena, text) : text;
}

int sqlite_read_word(sqlite3_stmt *statement, int column, const char *const *words, struct store_error *error)
{
    const char *word = (const char *)sqlite3_column_text(statement, column);
    int index = word != NULL ? word_find(words, word) : -1;
    if (index < 0)
        store_error_set(error, "The store is damaged: \"%s\" in the column %s is no word that is known there.",
                        word != NULL ? word : "", sqlite3_column_name(statement, column));
    return index;
}

bool sqlite_read_hash(sqlite3_stmt *statement, int column, unsigned char hash[KEY_HASH_BYTES],
                      struct store_error *error)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (bytes == NULL || sqlite3_column_bytes(statement, column) != KEY_HASH_BYTES) {
        store_error_set(error, "The store is damaged: a hash in the column %s does not have %d bytes.",
                        sqlite3_column_name(statement, column), KEY_HASH_BYTES);
        return false;
    }
    memcpy(hash, bytes, KEY_HASH_BYTES);
    return true;
}

static bool read_product(const struct product_source *products, sqlite3_stmt *statement, int column,
                         const struct product **ret_product, struct store_error *error)
{
    const char *code = (const char *)sqlite3_column_text(statement, column);
    return product_find(products, code != NULL ? code : "", ret_product, error);
}

static bool read_field(const struct product_source *products, sqlite3_stmt *statement, int column,
                       const struct field *field, void *place, struct arena *arena, struct store_error *error)
{
    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)place = sqlite_read_id(statement, column);
        return true;
    case FIELD_TEXT:
        *(const char **)place = sqlite_read_text(statement, column, arena);
        return true;
    case FIELD_NUMBER:
        *(int64_t *)place = sqlite3_column_type(statement, column) == SQLITE_NULL
                                ? NUMBER_NONE
                                : sqlite3_column_int64(statement, column);
        return true;
    case FIELD_MOMENT:
        *(int64_t *)place = sqlite3_column_int64(statement, column);
        return true;
    case FIELD_FLAG:
        *(bool *)place = sqlite3_column_int(statement, column) != 0;
        return true;
    case FIELD_WORD: {
        int word = sqlite_read_word(statement, column, field->words, error);
        if (word >= 0)
            *(unsigned *)place = (unsigned)word;
        return word >= 0;
    }
    case FIELD_PRODUCT:
        return read_product(products, statement, column, place, error);
    case FIELD_HASH:
        return sqlite_read_hash(statement, column, place, error);
    }
    return false;
}

static bool read_fields(const struct product_source *products, sqlite3_stmt *statement, int column, enum row_kind kind,
                        size_t count, void *row, struct arena *arena, struct store_error *error)
{
    const struct row_type *type = &row_types[kind];
    memset(row, 0, type->size);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &type->fields[i];
        if (!read_field(products, statement, column + (int)i, field, (char *)row + field->offset, arena, error))
            return false;
    }
    return true;
}

bool sqlite_read_row(const struct product_source *products, sqlite3_stmt *statement, int column, enum row_kind kind,
                     void *row, struct arena *arena, struct store_error *error)
{
    return read_fields(products, statement, column, kind, row_types[kind].field_count, row, arena, error);
}

bool sqlite_read_key(const struct product_source *products, sqlite3_stmt *statement, int column, enum row_kind kind,
                     void *row, struct store_error *error)
{
    return read_fields(products, statement, column, kind, row_types[kind].key_count, row, NULL, error);
}

bool sqlite_step(sqlite3_stmt *statement, bool *ret_row, struct store_error *error)
{
    int code = sqlite3_step(statement);
    *ret_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return true;
    bool done = code == SQLITE_DONE;
    if (!done)
        sqlite_failed(sqlite3_db_handle(statement), TASK_READ, error);
    sqlite3_reset(statement);
    return done;
}

bool sqlite_next_row(const struct product_source *products, sqlite3_stmt *statement, enum row_kind kind, void *row,
                     struct arena *arena, bool *ret_row, struct store_error *error)
{
    if (!sqlite_step(statement, ret_row, error))
        return false;
    if (!*ret_row || sqlite_read_row(products, statement, 0, kind, row, arena, error))
        return true;
    sqlite3_reset(statement);
    return false;
}

static bool read_actor(sqlite3_stmt *statement, int column, struct actor *actor, struct store_error *error)
{
    actor->nobody = sqlite3_column_type(statement, column) == SQLITE_NULL;
    if (!actor->nobody) {
        int role = sqlite_read_word(statement, column, role_words, error);
        if (role < 0)
            return false;
        actor->role = (enum role)role;
    }
    actor->key = sqlite_read_id(statement, column + 1);
    actor->user = sqlite_read_id(statement, column + 2);
    actor->organization = sqlite_read_id(statement, column + 3);
    return true;
}

bool sqlite_read_event(sqlite3_stmt *statement, struct history_entry *entry, struct arena *arena,
                       struct store_error *error)
{
    struct event *event = &entry->event;
    entry->account = sqlite_read_id(statement, 0);
    event->seq = sqlite3_column_int64(statement, 1);
    event->at = sqlite3_column_int64(statement, 2);
    event->kind = sqlite_read_text(statement, 3, arena);
    event->subject = sqlite_read_text(statement, 4, arena);
    if (!read_actor(statement, 5, &event->actor, error))
        return false;
    event->data = sqlite_read_text(statement, 9, arena);
    entry->organization = sqlite_read_id(statement, 10);
    entry->user = sqlite_read_id(statement, 11);
    return sqlite_read_hash(statement, 12, event->hash, error);
}

bool sqlite_read_denial(const struct product_source *products, sqlite3_stmt *statement, struct denial_record *record,
                        struct arena *arena, struct store_error *error)
{
    struct denial *denial = &record->denial;
    *record = (struct denial_record){0};
    denial->id = sqlite_read_id(statement, 0);
    denial->user = sqlite_read_id(statement, 1);
    denial->machine = sqlite_read_text(statement, 3, arena);
    if (!read_product(products, statement, 2, &denial->product, error) ||
        !denial_error_find((const char *)sqlite3_column_text(statement, 4), &denial->error, error))
        return false;
    if (sqlite3_column_type(statement, 5) != SQLITE_NULL) {
        int reason = sqlite_read_word(statement, 5, reason_words, error);
        if (reason < 0)
            return false;
        denial->reason = (enum reason)reason;
    }
    denial->project = sqlite_read_id(statement, 6);
    denial->organization = sqlite_read_id(statement, 7);
    denial->units = sqlite3_column_int64(statement, 8);
    denial->count = sqlite3_column_int64(statement, 9);
    denial->first_at = sqlite3_column_int64(statement, 10);
    denial->last_at = sqlite3_column_int64(statement, 11);
    denial->closed_at = sqlite3_column_int64(statement, 12);
    record->tried = sqlite_read_text(statement, 13, arena);
    return true;
}
