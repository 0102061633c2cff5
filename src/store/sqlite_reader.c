// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_reader.h"

#include "base/check.h"
#include "store/fold.h"

#include <stdlib.h>
#include <string.h>

static void forget_locale(void *locale)
{
    if (locale != NULL)
        freelocale((locale_t)locale);
}

// folded_has(PART, TEXT, …): whether one of the texts has the part, without regard to case. A NULL has none.
static void folded_has(sqlite3_context *context, int count, sqlite3_value **values)
{
    locale_t locale = (locale_t)sqlite3_user_data(context);
    const char *part = (const char *)sqlite3_value_text(values[0]);
    bool has = false;
    for (int i = 1; i < count && part != NULL && !has; i++) {
        const char *text = (const char *)sqlite3_value_text(values[i]);
        has = text != NULL && fold_has(locale, text, part);
    }
    sqlite3_result_int(context, has);
}

static bool add_functions(sqlite3 *db, struct store_error *error)
{
    int code = sqlite3_create_function_v2(db, "folded_has", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                          (void *)fold_open(), folded_has, NULL, NULL, forget_locale);
    if (code != SQLITE_OK)
        sqlite_failed(db, TASK_OPEN, error);
    return code == SQLITE_OK;
}

struct store_reader *sqlite_reader_open(struct store *base, struct store_error *error)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    sqlite3 *db = sqlite_connect(store->file, ACCESS_READ, error);
    if (db == NULL)
        return NULL;
    if (!sqlite_execute(db, "PRAGMA cache_size = -16384", TASK_OPEN, error) || !add_functions(db, error)) {
        sqlite3_close(db);
        return NULL;
    }
    struct sqlite_reader *reader = check_calloc(1, sizeof *reader);
    reader->reader.store = base;
    reader->db = db;
    return &reader->reader;
}

void sqlite_reader_close(struct store_reader *base)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    for (size_t i = 0; i < reader->statement_count; i++)
        sqlite3_finalize(reader->statements[i]);
    int code = sqlite3_close(reader->db);
    CHECK(code == SQLITE_OK);
    query_fini(&reader->query);
    free(reader);
}

static sqlite3_stmt *take_out(struct sqlite_reader *reader, size_t place)
{
    sqlite3_stmt *statement = reader->statements[place];
    size_t behind = --reader->statement_count - place;
    memmove(&reader->statements[place], &reader->statements[place + 1], behind * sizeof *reader->statements);
    return statement;
}

// The statement for this text that was kept, or a new one; NULL: failed.
static sqlite3_stmt *find_statement(struct sqlite_reader *reader, const char *sql, struct store_error *error)
{
    for (size_t i = 0; i < reader->statement_count; i++) {
        if (strcmp(sqlite3_sql(reader->statements[i]), sql) == 0)
            return take_out(reader, i);
    }
    if (reader->statement_count == READER_STATEMENTS_MAX)
        sqlite3_finalize(take_out(reader, 0));
    return sqlite_prepare(reader->db, sql, error);
}

static void bind_values(sqlite3_stmt *statement, const struct query_sql *query)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i) + 1; // behind the colon
        const struct query_value *value = query_find(query, name, strlen(name));
        if (value != NULL && value->is_text)
            sqlite_bind_text(statement, i, value->text);
        else if (value != NULL)
            sqlite3_bind_int64(statement, i, value->number);
    }
}

sqlite3_stmt *sqlite_query(struct sqlite_reader *reader, struct store_error *error)
{
    sqlite3_stmt *statement = find_statement(reader, buffer_text(&reader->query.text), error);
    if (statement == NULL)
        return NULL;
    reader->statements[reader->statement_count++] = statement;
    bind_values(statement, &reader->query);
    return statement;
}

void sqlite_bind_named(sqlite3_stmt *statement, const char *name, uint64_t number)
{
    int index = sqlite3_bind_parameter_index(statement, name);
    if (index != 0)
        sqlite3_bind_int64(statement, index, (int64_t)number);
}
