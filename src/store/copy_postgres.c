// SPDX-License-Identifier: Apache-2.0
//
// A PostgreSQL database as one end of a copy: one transaction from the first look to the last, in which servers are
// kept out by a lock on the table that they enter their names in. Rows go in by COPY in its binary form.
#include "store/copy.h"

#include "base/check.h"
#include "store/database_postgres.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_name(const struct pg_database *database, char name[COPY_NAME_SIZE])
{
    snprintf(name, COPY_NAME_SIZE, "the %s", database->link.name);
}

// Whether no server is there. It cannot come any more, either, once the lock is held.
static bool is_quiet(struct pg_database *database, const char *begin, const char *lock, struct store_error *error)
{
    char sql[160];
    int64_t alive;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM node WHERE NOT is_closed AND alive_at > moment_now() - %d",
             LIVENESS_MAX_S * 1000);
    if (!pg_database_run(database, begin, PG_OPEN, NULL, error) ||
        !pg_database_run(database, lock, PG_OPEN, NULL, error) ||
        !pg_database_run(database, sql, PG_OPEN, &alive, error))
        return false;
    if (alive > 0)
        store_error_set(error,
                        "The %s is in use: of its servers, %d were alive in the last %d seconds. Stop all, and try "
                        "again then.",
                        database->link.name, (int)alive, LIVENESS_MAX_S);
    return alive == 0;
}

// ---- From

bool copy_source_uri(struct copy_source *source, const char *uri, char name[COPY_NAME_SIZE], struct store_error *error)
{
    *source = (struct copy_source){.lock = -1};
    struct pg_database *database = database_of_postgres(uri, false, error);
    if (database == NULL)
        return false;
    tell_name(database, name);
    source->database = &database->database;
    return is_quiet(database, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "LOCK TABLE node IN SHARE MODE",
                    error);
}

// ---- To

enum { SEND_SIZE = 64 * 1024 };

struct pg_target {
    struct copy_target target;
    struct pg_database *database;
    struct buffer rows; // not sent yet
};

static struct pg_target *own(struct copy_target *target)
{
    return (struct pg_target *)target;
}

static void add_int16(struct buffer *buffer, int16_t number)
{
    uint16_t bytes = htobe16((uint16_t)number);
    buffer_add(buffer, &bytes, sizeof bytes);
}

static void add_int32(struct buffer *buffer, int32_t number)
{
    uint32_t bytes = htobe32((uint32_t)number);
    buffer_add(buffer, &bytes, sizeof bytes);
}

static void add_value(struct buffer *buffer, enum column_type type, const struct value *value)
{
    if (value->type == VALUE_NULL) {
        add_int32(buffer, -1);
    } else if (type == COLUMN_NUMBER) {
        uint64_t bytes = htobe64((uint64_t)value->number);
        add_int32(buffer, sizeof bytes);
        buffer_add(buffer, &bytes, sizeof bytes);
    } else if (type == COLUMN_FLAG) {
        add_int32(buffer, 1);
        buffer_add_char(buffer, value->number != 0);
    } else {
        add_int32(buffer, (int32_t)value->length);
        buffer_add(buffer, value->bytes, value->length);
    }
}

static bool send_rows(struct pg_target *target, struct store_error *error)
{
    PGconn *conn = target->database->link.conn;
    bool sent = PQputCopyData(conn, target->rows.bytes, (int)target->rows.length) == 1;
    buffer_clear(&target->rows);
    return sent || pg_database_failed(target->database, NULL, PG_WRITE, error);
}

// The counters that a new store has are put aside: those that the source lacks come back in the end.
static bool clear_counters(struct pg_target *target, struct store_error *error)
{
    return pg_database_run(target->database, "CREATE TEMPORARY TABLE first_counter ON COMMIT DROP AS TABLE counter",
                           PG_WRITE, NULL, error) &&
           pg_database_run(target->database, "DELETE FROM counter", PG_WRITE, NULL, error);
}

static bool begin(struct copy_target *base, const struct sql_table *table, struct store_error *error)
{
    // A signature of 11 bytes that ends with a zero, no flags, and nothing more in the head: 4 bytes each.
    static const char head[11 + 4 + 4] = "PGCOPY\n\377\r\n";
    struct pg_target *target = own(base);
    struct buffer sql = {0};
    base->table = table;
    if (strcmp(table->name, "counter") == 0 && !clear_counters(target, error))
        return false;
    buffer_printf(&sql, "COPY %s (", table->name);
    sql_table_add_columns(&sql, table, 0, table->column_count, "");
    buffer_add_text(&sql, ") FROM STDIN (FORMAT binary)");
    PGresult *result = PQexec(target->database->link.conn, buffer_text(&sql));
    buffer_fini(&sql);
    bool begun = PQresultStatus(result) == PGRES_COPY_IN;
    if (!begun)
        pg_database_failed(target->database, result, PG_WRITE, error);
    PQclear(result);
    buffer_clear(&target->rows);
    buffer_add(&target->rows, head, sizeof head);
    return begun;
}

static bool put(struct copy_target *base, const struct value *values, struct store_error *error)
{
    struct pg_target *target = own(base);
    add_int16(&target->rows, (int16_t)base->table->column_count);
    for (size_t i = 0; i < base->table->column_count; i++)
        add_value(&target->rows, base->table->columns[i].type, &values[i]);
    return target->rows.length < SEND_SIZE || send_rows(target, error);
}

static bool end(struct copy_target *base, struct store_error *error)
{
    struct pg_target *target = own(base);
    PGconn *conn = target->database->link.conn;
    add_int16(&target->rows, -1);
    if (!send_rows(target, error))
        return false;
    if (PQputCopyEnd(conn, NULL) != 1)
        return pg_database_failed(target->database, NULL, PG_WRITE, error);
    PGresult *result = PQgetResult(conn);
    bool ended = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ended)
        pg_database_failed(target->database, result, PG_WRITE, error);
    PQclear(result);
    PQclear(PQgetResult(conn)); // NULL: the end of the command
    return ended;
}

static bool put_file(struct copy_target *base, const char *name, const char *bytes, size_t length,
                     struct store_error *error)
{
    const struct value values[] = {value_text(name), {VALUE_TEXT, 0, bytes, length}};
    uint64_t changed;
    return database_change(base->database, "INSERT INTO document (name, body) VALUES ($1, $2)", values, 2, &changed,
                           error);
}

// What servers on one store know of the accounts together. Time changes an account next when the first of its leases
// ends, a purchase begins or ends, or the grace of a shortfall; too early a moment is looked at and put right.
static const char settle_accounts[] =
    "INSERT INTO account_state AS s (account_id, version, event_seq, event_hash, last_at, due_at) "
    "SELECT a.id, 1, coalesce(h.seq, 0), coalesce(h.hash, decode(repeat('00', 32), 'hex')), "
    "greatest(h.at, (SELECT max(last_at) FROM denial WHERE account_id = a.id), 0), "
    "least((SELECT min(expires_at) FROM session WHERE account_id = a.id AND state = 'active'), "
    "(SELECT min(CASE WHEN in_force THEN ends_at ELSE coalesce(starts_at, 1) END) FROM purchase "
    "WHERE account_id = a.id), (SELECT min(since_at) FROM shortfall WHERE account_id = a.id)) "
    "FROM (SELECT 0 AS id UNION ALL SELECT id FROM account) AS a LEFT JOIN LATERAL ("
    "(SELECT seq, at, hash FROM event WHERE account_id = a.id ORDER BY seq DESC LIMIT 1) "
    "UNION ALL SELECT seq, at, hash FROM checkpoint WHERE account_id = a.id ORDER BY seq DESC LIMIT 1) AS h ON true "
    "ON CONFLICT (account_id) DO UPDATE SET version = s.version + 1, event_seq = excluded.event_seq, "
    "event_hash = excluded.event_hash, last_at = excluded.last_at, due_at = excluded.due_at";

// So that the first servers find their ways at once.
static bool analyze(struct pg_database *database, struct store_error *error)
{
    struct buffer sql = {0};
    buffer_add_text(&sql, "ANALYZE account_state");
    for (size_t i = 0; i < TABLE_COUNT; i++)
        buffer_printf(&sql, ", %s", database->database.tables[i].name);
    bool done = pg_database_run(database, buffer_text(&sql), PG_WRITE, NULL, error);
    buffer_fini(&sql);
    return done;
}

static bool finish(struct copy_target *base, struct store_error *error)
{
    struct pg_database *database = own(base)->database;
    return pg_database_run(database, "INSERT INTO counter SELECT * FROM first_counter ON CONFLICT (kind) DO NOTHING",
                           PG_WRITE, NULL, error) &&
           pg_database_run(database, settle_accounts, PG_WRITE, NULL, error) && analyze(database, error) &&
           pg_database_run(database, "COMMIT", PG_COMMIT, NULL, error);
}

static void close_target(struct copy_target *base)
{
    database_close(base->database);
    buffer_fini(&own(base)->rows);
    free(base);
}

static const struct copy_target_driver pg_target_driver = {
    .begin = begin,
    .put = put,
    .end = end,
    .put_file = put_file,
    .finish = finish,
    .close = close_target,
};

// A new store has counters, and nothing else.
static bool is_new(struct pg_database *database, struct store_error *error)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct sql_table *table = &database->database.tables[i];
        char sql[100];
        int64_t found;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT FROM %s LIMIT 1) AS one", table->name);
        if (!pg_database_run(database, sql, PG_READ, &found, error))
            return false;
        if (found == 0 || i == TABLE_COUNTER)
            continue;
        store_error_set(error, "The %s is not empty: there is something in its table %s. Name a new one.",
                        database->link.name, table->name);
        return false;
    }
    return true;
}

struct copy_target *copy_target_uri(const char *uri, char name[COPY_NAME_SIZE], struct store_error *error)
{
    struct pg_database *database = database_of_postgres(uri, true, error);
    if (database == NULL)
        return NULL;
    struct pg_target *target = check_calloc(1, sizeof *target);
    target->target.driver = &pg_target_driver;
    target->target.database = &database->database;
    target->database = database;
    tell_name(database, name);
    if (is_quiet(database, "BEGIN", "LOCK TABLE node IN ACCESS EXCLUSIVE MODE", error) && is_new(database, error))
        return &target->target;
    close_target(&target->target);
    return NULL;
}
