// SPDX-License-Identifier: Apache-2.0
// SQLite, as the tools see it.
#include "store/database_sqlite.h"

#include "base/check.h"
#include "store/schema.h"

#include <stdlib.h>

struct sqlite_rows {
    struct rows rows;
    sqlite3_stmt *statement;
};

static struct sqlite_database *own(struct database *database)
{
    return (struct sqlite_database *)database;
}

static sqlite3_stmt *statement_of(const struct rows *rows)
{
    return ((const struct sqlite_rows *)rows)->statement;
}

static void close_database(struct database *base)
{
    struct sqlite_database *database = own(base);
    for (size_t i = 0; i < ROW_KINDS_ALONE; i++)
        sqlite3_finalize(database->finders[i]);
    sqlite3_close(database->db);
    database_fini(base);
    free(database);
}

void sqlite_bind_value(sqlite3_stmt *statement, int index, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        sqlite3_bind_null(statement, index);
        return;
    case VALUE_NUMBER:
        sqlite3_bind_int64(statement, index, value->number);
        return;
    case VALUE_TEXT:
        sqlite3_bind_text64(statement, index, value->bytes, value->length, SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    case VALUE_BYTES:
        sqlite3_bind_blob64(statement, index, value->bytes, value->length, SQLITE_TRANSIENT);
        return;
    }
}

static struct rows *query(struct database *base, const char *sql, const struct value *values, size_t count,
                          struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_prepare(own(base)->db, sql, error);
    if (statement == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sqlite_bind_value(statement, (int)i + 1, &values[i]);
    struct sqlite_rows *rows = check_calloc(1, sizeof *rows);
    rows->rows.database = base;
    rows->statement = statement;
    return &rows->rows;
}

static bool check(struct database *base, struct rows **ret_rows, struct store_error *error)
{
    *ret_rows = query(base, "SELECT integrity_check FROM pragma_integrity_check(20) WHERE integrity_check <> 'ok'",
                      NULL, 0, error);
    return *ret_rows != NULL;
}

static bool next(struct rows *rows, bool *ret_row, struct store_error *error)
{
    return sqlite_step(statement_of(rows), ret_row, error);
}

static void end(struct rows *rows)
{
    sqlite3_finalize(statement_of(rows));
    free(rows);
}

static struct value value(const struct rows *rows, size_t column)
{
    sqlite3_stmt *statement = statement_of(rows);
    int place = (int)column;
    struct value value = {VALUE_NULL, 0, NULL, 0};
    switch (sqlite3_column_type(statement, place)) {
    case SQLITE_INTEGER:
        return value_number(sqlite3_column_int64(statement, place));
    case SQLITE_TEXT:
        value.type = VALUE_TEXT;
        value.bytes = (const char *)sqlite3_column_text(statement, place);
        break;
    case SQLITE_BLOB:
        value.type = VALUE_BYTES;
        value.bytes = sqlite3_column_blob(statement, place);
        break;
    default:
        break;
    }
    value.length = (size_t)sqlite3_column_bytes(statement, place);
    return value;
}

static bool read_event(struct rows *rows, struct history_entry *entry, struct store_error *error)
{
    return sqlite_read_event(statement_of(rows), entry, NULL, error);
}

// The statement that finds a row of the kind by its key.
static sqlite3_stmt *finder_of(struct sqlite_database *database, enum row_kind kind, struct store_error *error)
{
    if (database->finders[kind] == NULL) {
        struct buffer sql = {0};
        sql_table_add_find(&sql, &database->database.tables[kind], kind);
        database->finders[kind] = sqlite_prepare(database->db, buffer_text(&sql), error);
        buffer_fini(&sql);
    }
    return database->finders[kind];
}

static bool find_row(struct sqlite_database *database, const struct row_key *key, size_t index, found_row_sink *sink,
                     void *arg, struct store_error *error)
{
    sqlite3_stmt *statement = finder_of(database, key->kind, error);
    if (statement == NULL)
        return false;
    int place = 1;
    if (sql_table_has_account(key->kind))
        sqlite3_bind_int64(statement, place++, (int64_t)key->account);
    for (size_t i = 0; i < row_types[key->kind].key_count; i++)
        sqlite_bind_value(statement, place++, &key->parts[i]);
    bool there;
    if (!sqlite_step(statement, &there, error))
        return false;
    union any_row row;
    struct store_error what = {""};
    bool read = there && sqlite_read_row(&database->database.products, statement, 0, key->kind, &row, NULL, &what);
    sink(arg, index, read ? &row : NULL, there && !read ? what.text : NULL);
    sqlite3_reset(statement);
    return true;
}

static bool find(struct database *base, const struct row_key *keys, size_t count, found_row_sink *sink, void *arg,
                 struct store_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!find_row(own(base), &keys[i], i, sink, arg, error))
            return false;
    }
    return true;
}

static bool begin(struct database *base, struct store_error *error)
{
    return sqlite_execute(own(base)->db, "BEGIN IMMEDIATE", TASK_WRITE, error);
}

static bool change(struct database *base, const char *sql, const struct value *values, size_t count,
                   uint64_t *ret_changed, struct store_error *error)
{
    struct rows *rows = query(base, sql, values, count, error);
    if (rows == NULL)
        return false;
    bool done = sqlite3_step(statement_of(rows)) == SQLITE_DONE;
    if (!done)
        sqlite_failed(own(base)->db, TASK_WRITE, error);
    *ret_changed = done ? (uint64_t)sqlite3_changes(own(base)->db) : 0;
    end(rows);
    return done;
}

static bool commit(struct database *base, struct store_error *error)
{
    return sqlite_execute(own(base)->db, "COMMIT", TASK_COMMIT, error);
}

static void rollback(struct database *base)
{
    if (!sqlite3_get_autocommit(own(base)->db))
        sqlite3_exec(own(base)->db, "ROLLBACK", NULL, NULL, NULL);
}

static const struct database_driver sqlite_database_driver = {
    .close = close_database,
    .check = check,
    .query = query,
    .next = next,
    .end = end,
    .value = value,
    .read_event = read_event,
    .find = find,
    .begin = begin,
    .change = change,
    .commit = commit,
    .rollback = rollback,
};

struct database *database_of_sqlite(sqlite3 *db)
{
    struct sqlite_database *database = check_calloc(1, sizeof *database);
    database_init(&database->database, &sqlite_database_driver);
    database->db = db;
    return &database->database;
}

static bool check_version(sqlite3 *db, struct store_error *error)
{
    int64_t version;
    if (!sqlite_schema_version(db, &version, error))
        return false;
    if (version == schema_version)
        return true;
    store_error_set(error, "%s was written by an older Usher, or is empty. Start the server on it once.",
                    sqlite3_db_filename(db, "main"));
    return false;
}

struct database *database_open_file(const char *file, enum database_use use, struct store_error *error)
{
    sqlite3 *db = sqlite_connect(file, use == DATABASE_READ ? ACCESS_READ : ACCESS_WRITE, error);
    if (db == NULL)
        return NULL;
    struct database *database = database_of_sqlite(db);
    if (check_version(db, error) && (use == DATABASE_CHANGE || sqlite_execute(db, "BEGIN", TASK_READ, error)))
        return database;
    database_close(database);
    return NULL;
}
