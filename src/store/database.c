// SPDX-License-Identifier: Apache-2.0
#include "store/database.h"

#include "base/check.h"
#include "store/files.h"

#include <stdlib.h>
#include <string.h>

struct value value_text(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .bytes = text, .length = strlen(text)};
}

void database_init(struct database *database, const struct database_driver *driver)
{
    *database = (struct database){.driver = driver};
    store_start_crypto();
    codes_init(&database->codes);
    database->products = (struct product_source){codes_find, &database->codes};
    sql_tables_describe(database->tables);
}

void database_fini(struct database *database)
{
    codes_fini(&database->codes);
}

void database_close(struct database *database)
{
    if (database != NULL)
        database->driver->close(database);
}

struct rows *database_query(struct database *database, const char *sql, const struct value *values, size_t count,
                            struct store_error *error)
{
    return database->driver->query(database, sql, values, count, error);
}

bool database_check(struct database *database, struct rows **ret_rows, struct store_error *error)
{
    return database->driver->check(database, ret_rows, error);
}

bool rows_next(struct rows *rows, bool *ret_row, struct store_error *error)
{
    return rows->database->driver->next(rows, ret_row, error);
}

void rows_end(struct rows *rows)
{
    if (rows != NULL)
        rows->database->driver->end(rows);
}

struct value rows_value(const struct rows *rows, size_t column)
{
    return rows->database->driver->value(rows, column);
}

int64_t rows_number(const struct rows *rows, size_t column)
{
    return rows_value(rows, column).number;
}

const char *rows_text(const struct rows *rows, size_t column)
{
    return rows_value(rows, column).bytes;
}

bool rows_is_null(const struct rows *rows, size_t column)
{
    return rows_value(rows, column).type == VALUE_NULL;
}

bool rows_hash(const struct rows *rows, size_t column, unsigned char hash[KEY_HASH_BYTES], struct store_error *error)
{
    struct value value = rows_value(rows, column);
    if (value.type != VALUE_BYTES || value.length != KEY_HASH_BYTES) {
        store_error_set(error, "The store is damaged: a hash does not have %d bytes.", KEY_HASH_BYTES);
        return false;
    }
    memcpy(hash, value.bytes, KEY_HASH_BYTES);
    return true;
}

bool rows_event(struct rows *rows, struct history_entry *entry, struct store_error *error)
{
    return rows->database->driver->read_event(rows, entry, error);
}

struct database *database_open(const char *folder, const char *uri, enum database_use use, struct store_error *error)
{
    if (uri != NULL)
        return database_open_uri(uri, use, error);
    char *file = files_path(folder, "usher.db");
    struct database *database = database_open_file(file, use, error);
    free(file);
    return database;
}

bool database_number(struct database *database, const char *sql, const struct value *values, size_t count,
                     int64_t *ret_number, struct store_error *error)
{
    struct rows *rows = database_query(database, sql, values, count, error);
    bool row = false;
    bool read = rows != NULL && rows_next(rows, &row, error);
    *ret_number = row ? rows_number(rows, 0) : 0;
    rows_end(rows);
    return read;
}

bool database_find(struct database *database, const struct row_key *keys, size_t count, found_row_sink *sink, void *arg,
                   struct store_error *error)
{
    CHECK(count <= DATABASE_KEYS_MAX);
    return count == 0 || database->driver->find(database, keys, count, sink, arg, error);
}

bool database_keep_others(struct database *database, const char *work, struct store_error *error)
{
    return database->driver->keep_others == NULL || database->driver->keep_others(database, work, error);
}

bool database_checkpoint(struct database *database, uint64_t account, struct chain_link *ret_link,
                         struct store_error *error)
{
    struct value values[] = {value_number((int64_t)account)};
    *ret_link = (struct chain_link){0};
    struct rows *rows =
        database_query(database, "SELECT seq, hash FROM checkpoint WHERE account_id = $1", values, 1, error);
    bool row = false;
    bool read = rows != NULL && rows_next(rows, &row, error);
    if (row) {
        ret_link->seq = rows_number(rows, 0);
        read = rows_hash(rows, 1, ret_link->hash, error);
    }
    rows_end(rows);
    return read;
}

bool database_begin(struct database *database, struct store_error *error)
{
    return database->driver->begin(database, error);
}

bool database_change(struct database *database, const char *sql, const struct value *values, size_t count,
                     uint64_t *ret_changed, struct store_error *error)
{
    return database->driver->change(database, sql, values, count, ret_changed, error);
}

bool database_commit(struct database *database, struct store_error *error)
{
    return database->driver->commit(database, error);
}

void database_rollback(struct database *database)
{
    database->driver->rollback(database);
}
