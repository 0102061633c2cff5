// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL, as the tools see it. Queries are cursors, whose rows come in portions, so that memory does not grow with
// the store; one that begins outside of a transaction has one of its own. Rows that are looked for by their keys are
// asked for all at once, in libpq's pipeline.
#include "store/database_postgres.h"

#include "base/check.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTION "1000" // rows

enum { TYPE_FLAG = 16, TYPE_BYTES = 17, TYPE_NUMBER = 20 }; // as in pg_type

struct pg_rows {
    struct rows rows;
    char name[24]; // of the cursor
    PGresult *portion;
    int row;         // of the portion; -1 before the first
    bool is_its_own; // the transaction
};

static struct pg_database *own(struct database *database)
{
    return (struct pg_database *)database;
}

static void close_database(struct database *base)
{
    pg_disconnect(&own(base)->link);
    database_fini(base);
    free(base);
}

bool pg_database_failed(struct pg_database *database, const PGresult *result, enum pg_task task,
                        struct store_error *error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    pg_failed(&database->link, state != NULL ? state : "",
              detail != NULL ? detail : PQerrorMessage(database->link.conn), task, error);
    return false;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

// Runs SQL with values, in the binary form; NULL: failed.
static PGresult *run(struct pg_database *database, const char *sql, const struct pg_values *values, enum pg_task task,
                     struct store_error *error)
{
    static const int binary[] = {1, 1, 1, 1};
    CHECK(values->count <= (int)(sizeof binary / sizeof binary[0]));
    PGresult *result =
        PQexecParams(database->link.conn, sql, values->count, values->types, values->bytes, values->lengths, binary, 1);
    if (is_good(result))
        return result;
    pg_database_failed(database, result, task, error);
    PQclear(result);
    return NULL;
}

bool pg_database_run(struct pg_database *database, const char *sql, enum pg_task task, int64_t *ret_number,
                     struct store_error *error)
{
    PGresult *result = run(database, sql, &(struct pg_values){0}, task, error);
    bool row = result != NULL && PQntuples(result) > 0;
    if (ret_number != NULL)
        *ret_number = row ? pg_read_number(&(struct pg_row){result, 0, NULL}, 0) : 0;
    PQclear(result);
    return result != NULL;
}

static void add_value(struct pg_values *values, const struct value *value)
{
    if (value->type == VALUE_NUMBER)
        pg_add_number(values, value->number);
    else if (value->type == VALUE_TEXT)
        pg_add_text(values, value->bytes);
    else
        CHECK(false); // nothing else is asked by
}

static struct rows *query(struct database *base, const char *sql, const struct value *values, size_t count,
                          struct store_error *error)
{
    struct pg_rows *rows = check_calloc(1, sizeof *rows);
    struct pg_values places = {0};
    struct buffer declare = {0};
    rows->rows.database = base;
    rows->row = -1;
    rows->is_its_own = PQtransactionStatus(own(base)->link.conn) == PQTRANS_IDLE;
    if (rows->is_its_own && !pg_database_run(own(base), "BEGIN READ ONLY", PG_READ, NULL, error)) {
        free(rows);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        add_value(&places, &values[i]);
    snprintf(rows->name, sizeof rows->name, "rows_%u", own(base)->cursors++);
    buffer_printf(&declare, "DECLARE %s NO SCROLL CURSOR FOR %s", rows->name, sql);
    PGresult *result = run(own(base), buffer_text(&declare), &places, PG_READ, error);
    buffer_fini(&declare);
    PQclear(result);
    if (result != NULL)
        return &rows->rows;
    if (rows->is_its_own)
        PQclear(PQexec(own(base)->link.conn, "ROLLBACK"));
    free(rows);
    return NULL;
}

// What servers know together of each account, against where its history ends: the next event is linked to that.
static bool check(struct database *base, struct rows **ret_rows, struct store_error *error)
{
    *ret_rows = query(base,
                      "SELECT 'servers would go on behind event ' || coalesce(s.event_seq, 0) || ' of AC-' || a.id || "
                      "', whose history ends with ' || coalesce(h.seq, 0) "
                      "FROM (SELECT 0 AS id UNION ALL SELECT id FROM account) AS a "
                      "LEFT JOIN account_state AS s ON s.account_id = a.id LEFT JOIN LATERAL ("
                      "(SELECT seq, hash FROM event WHERE account_id = a.id ORDER BY seq DESC LIMIT 1) "
                      "UNION ALL SELECT seq, hash FROM checkpoint WHERE account_id = a.id "
                      "ORDER BY seq DESC LIMIT 1) AS h ON true "
                      "WHERE (s.event_seq, s.event_hash) IS DISTINCT FROM "
                      "(coalesce(h.seq, 0), coalesce(h.hash, decode(repeat('00', 32), 'hex')))",
                      NULL, 0, error);
    return *ret_rows != NULL;
}

static bool next(struct rows *base, bool *ret_row, struct store_error *error)
{
    struct pg_rows *rows = (struct pg_rows *)base;
    rows->row++;
    *ret_row = rows->portion != NULL && rows->row < PQntuples(rows->portion);
    if (*ret_row)
        return true;
    char sql[64];
    snprintf(sql, sizeof sql, "FETCH " PORTION " FROM %s", rows->name);
    PQclear(rows->portion);
    rows->portion = run(own(base->database), sql, &(struct pg_values){0}, PG_READ, error);
    rows->row = 0;
    *ret_row = rows->portion != NULL && PQntuples(rows->portion) > 0;
    return rows->portion != NULL;
}

static void end(struct rows *base)
{
    struct pg_rows *rows = (struct pg_rows *)base;
    char sql[64];
    snprintf(sql, sizeof sql, "%s%s", rows->is_its_own ? "ROLLBACK" : "CLOSE ", rows->is_its_own ? "" : rows->name);
    PQclear(rows->portion);
    PQclear(PQexec(own(base->database)->link.conn, sql));
    free(rows);
}

static struct value value(const struct rows *base, size_t place)
{
    const struct pg_rows *rows = (const struct pg_rows *)base;
    struct pg_row row = {rows->portion, rows->row, NULL};
    int column = (int)place;
    if (pg_is_null(&row, column))
        return (struct value){VALUE_NULL, 0, NULL, 0};
    const char *bytes = PQgetvalue(rows->portion, rows->row, column);
    size_t length = (size_t)PQgetlength(rows->portion, rows->row, column);
    switch (PQftype(rows->portion, column)) {
    case TYPE_NUMBER:
        return value_number(pg_read_number(&row, column));
    case TYPE_FLAG:
        return value_number(bytes[0] != 0);
    case TYPE_BYTES:
        return (struct value){VALUE_BYTES, 0, bytes, length};
    default:
        return (struct value){VALUE_TEXT, 0, bytes, length};
    }
}

static bool read_event(struct rows *base, struct history_entry *entry, struct store_error *error)
{
    struct pg_rows *rows = (struct pg_rows *)base;
    struct pg_row row = {rows->portion, rows->row, NULL};
    entry->account = pg_read_id(&row, 0);
    entry->organization = pg_read_id(&row, 10);
    entry->user = pg_read_id(&row, 11);
    return pg_read_event(&row, &entry->event, error);
}

// ---- Looking for rows by their keys

static void name_finder(enum row_kind kind, char name[16])
{
    snprintf(name, 16, "find_%d", (int)kind);
}

static bool prepare_finder(struct pg_database *database, enum row_kind kind, struct store_error *error)
{
    char name[16];
    struct buffer sql = {0};
    if (database->has_finder[kind])
        return true;
    name_finder(kind, name);
    sql_table_add_find(&sql, &database->database.tables[kind], kind);
    PGresult *result = PQprepare(database->link.conn, name, buffer_text(&sql), 0, NULL);
    buffer_fini(&sql);
    database->has_finder[kind] = is_good(result);
    if (!database->has_finder[kind])
        pg_database_failed(database, result, PG_READ, error);
    PQclear(result);
    return database->has_finder[kind];
}

static bool send_key(struct pg_database *database, const struct row_key *key)
{
    static const int binary[DATABASE_PARTS_MAX + 1] = {1, 1, 1};
    struct pg_values values = {0};
    char name[16];
    name_finder(key->kind, name);
    if (sql_table_has_account(key->kind))
        pg_add_number(&values, (int64_t)key->account);
    for (size_t i = 0; i < row_types[key->kind].key_count; i++)
        add_value(&values, &key->parts[i]);
    return PQsendQueryPrepared(database->link.conn, name, values.count, values.bytes, values.lengths, binary, 1);
}

static bool tell_found(struct pg_database *database, const struct row_key *key, size_t index, found_row_sink *sink,
                       void *arg, struct store_error *error)
{
    PGresult *result = PQgetResult(database->link.conn);
    union any_row row;
    struct store_error what = {""};
    if (!is_good(result)) {
        pg_database_failed(database, result, PG_READ, error);
        PQclear(result);
        return false;
    }
    bool there = PQntuples(result) > 0;
    bool read =
        there && pg_read_row(&database->database.products, &(struct pg_row){result, 0, NULL}, key->kind, &row, &what);
    sink(arg, index, read ? &row : NULL, there && !read ? what.text : NULL);
    PQclear(result);
    PQclear(PQgetResult(database->link.conn)); // NULL: the end of this one
    return true;
}

static bool find_all(struct pg_database *database, const struct row_key *keys, size_t count, found_row_sink *sink,
                     void *arg, struct store_error *error)
{
    bool sent = true;
    for (size_t i = 0; sent && i < count; i++)
        sent = send_key(database, &keys[i]);
    if (!sent || !PQpipelineSync(database->link.conn))
        return pg_database_failed(database, NULL, PG_READ, error);
    for (size_t i = 0; i < count; i++) {
        if (!tell_found(database, &keys[i], i, sink, arg, error))
            return false;
    }
    PQclear(PQgetResult(database->link.conn)); // of the sync
    return true;
}

// After a failure the link is good for nothing more.
static bool find(struct database *base, const struct row_key *keys, size_t count, found_row_sink *sink, void *arg,
                 struct store_error *error)
{
    struct pg_database *database = own(base);
    for (size_t i = 0; i < count; i++) {
        if (!prepare_finder(database, keys[i].kind, error))
            return false;
    }
    if (!PQenterPipelineMode(database->link.conn))
        return pg_database_failed(database, NULL, PG_READ, error);
    return find_all(database, keys, count, sink, arg, error) &&
           (PQexitPipelineMode(database->link.conn) || pg_database_failed(database, NULL, PG_READ, error));
}

// ---- Changing

static bool begin(struct database *base, struct store_error *error)
{
    return pg_database_run(own(base), "BEGIN READ WRITE", PG_WRITE, NULL, error);
}

static bool change(struct database *base, const char *sql, const struct value *values, size_t count,
                   uint64_t *ret_changed, struct store_error *error)
{
    struct pg_values places = {0};
    for (size_t i = 0; i < count; i++)
        add_value(&places, &values[i]);
    PGresult *result = run(own(base), sql, &places, PG_WRITE, error);
    *ret_changed = result != NULL ? strtoull(PQcmdTuples(result), NULL, 10) : 0;
    PQclear(result);
    return result != NULL;
}

static bool commit(struct database *base, struct store_error *error)
{
    return pg_database_run(own(base), "COMMIT", PG_COMMIT, NULL, error);
}

static void rollback(struct database *base)
{
    if (PQtransactionStatus(own(base)->link.conn) != PQTRANS_IDLE)
        PQclear(PQexec(own(base)->link.conn, "ROLLBACK"));
}

static bool keep_others(struct database *base, const char *work, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_text(&values, work);
    PGresult *result =
        run(own(base), "SELECT pg_try_advisory_lock(1431521362, hashtext($1 || ' ' || current_schema()))", &values,
            PG_OPEN, error);
    bool kept = result != NULL && PQgetvalue(result, 0, 0)[0] != 0;
    if (result != NULL && !kept)
        store_error_set(error, "Another process is at the same work on the %s (%s). Wait until it is through.",
                        own(base)->link.name, work);
    PQclear(result);
    return kept;
}

static const struct database_driver pg_database_driver = {
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
    .keep_others = keep_others,
};

// ---- Opening

// Who reads or writes everything takes his time; only locks are not waited for.
static const struct pg_limits tool_limits = {.lock_ms = 3000, .statement_ms = 0, .idle_ms = 0, .patience_ms = 35000};

// Rows that are read as they lie begin at the first, and all of a cursor's rows are going to be read.
static bool prepare_link(struct pg_link *link, struct store_error *error)
{
    PQsetnonblocking(link->conn, 0); // what is sent waits until there is room for it
    return pg_execute(link, "SET synchronize_seqscans = off; SET cursor_tuple_fraction = 1", error);
}

static bool check_version(struct pg_link *link, struct store_error *error)
{
    int64_t version;
    if (!pg_schema_version(link, &version, error))
        return false;
    if (version != postgres_version)
        store_error_set(error, "The %s was written by an older Usher, or is empty. Start the server on it once.",
                        link->name);
    return version == postgres_version;
}

struct pg_database *database_of_postgres(const char *uri, bool make, struct store_error *error)
{
    struct pg_database *database = check_calloc(1, sizeof *database);
    database_init(&database->database, &pg_database_driver);
    struct pg_link *link = &database->link;
    if (pg_connect(link, uri, &tool_limits, error) && prepare_link(link, error) &&
        (make ? pg_migrate(link, error) : check_version(link, error)))
        return database;
    close_database(&database->database);
    return NULL;
}

struct database *database_open_uri(const char *uri, enum database_use use, struct store_error *error)
{
    struct pg_database *database = database_of_postgres(uri, false, error);
    if (database == NULL)
        return NULL;
    if (use == DATABASE_CHANGE ||
        pg_database_run(database, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PG_READ, NULL, error))
        return &database->database;
    close_database(&database->database);
    return NULL;
}
