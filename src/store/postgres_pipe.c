// SPDX-License-Identifier: Apache-2.0
// What goes out and what comes back.
#include "store/postgres.h"

#include <string.h>

static enum store_status lose(struct pg_link *link, enum pg_task task, struct store_error *error)
{
    enum store_status status =
        pg_failed(link, "", link->conn != NULL ? PQerrorMessage(link->conn) : "it was closed", task, error);
    pg_disconnect(link);
    return status;
}

// Room for one more result.
static enum store_status make_room(struct pg_link *link, struct store_error *error)
{
    if (link->conn == NULL)
        return lose(link, PG_WRITE, error);
    return link->pending < PG_PENDING_MAX ? STORE_OK : pg_finish(link, PG_WRITE, NULL, error);
}

static enum store_status queued(struct pg_link *link, int sent, int kind, struct store_error *error)
{
    if (!sent)
        return lose(link, PG_WRITE, error);
    link->kinds[link->pending++] = kind;
    return STORE_OK;
}

enum store_status pg_queue_prepare(struct pg_link *link, const char *name, const char *sql, int count, const Oid *types,
                                   struct store_error *error)
{
    enum store_status status = make_room(link, error);
    if (status != STORE_OK)
        return status;
    return queued(link, PQsendPrepare(link->conn, name, sql, count, types), PG_NO_ROW, error);
}

enum store_status pg_queue_sql(struct pg_link *link, const char *sql, struct store_error *error)
{
    enum store_status status = make_room(link, error);
    if (status != STORE_OK)
        return status;
    return queued(link, PQsendQueryParams(link->conn, sql, 0, NULL, NULL, NULL, NULL, 1), PG_NO_ROW, error);
}

enum store_status pg_queue(struct pg_link *link, const char *name, const struct pg_values *values, int kind,
                           struct store_error *error)
{
    static const int binary[PG_VALUES_MAX] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    };
    enum store_status status = make_room(link, error);
    if (status != STORE_OK)
        return status;
    return queued(link, PQsendQueryPrepared(link->conn, name, values->count, values->bytes, values->lengths, binary, 1),
                  kind, error);
}

// What a result that is no success says. What follows the first failure in the pipeline was not done.
static enum store_status judge(const struct pg_link *link, const PGresult *result, int kind, enum pg_task task,
                               struct store_error *error)
{
    static const char not_there[] = "22012"; // division by zero: see postgres_statements.c
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state != NULL && strcmp(state, not_there) == 0 && kind != PG_NO_ROW) {
        store_error_set(error, "The store holds no such %s as was to be changed: memory and store differ.",
                        row_types[kind].name);
        return STORE_REFUSED;
    }
    return pg_failed(link, state != NULL ? state : "", detail != NULL ? detail : PQresultErrorMessage(result), task,
                     error);
}

static bool is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

// To the end of the results of one command, or of the connection.
static void skip_rest(PGconn *conn)
{
    PGresult *rest;
    while ((rest = PQgetResult(conn)) != NULL) {
        PQclear(rest);
        if (PQstatus(conn) == CONNECTION_BAD)
            return;
    }
}

// Reads what is pending; the last result that was a success goes to *ret_last.
static enum store_status read_results(struct pg_link *link, enum pg_task task, PGresult **ret_last,
                                      struct store_error *error)
{
    enum store_status status = STORE_OK;
    for (int i = 0; i < link->pending; i++) {
        PGresult *result = PQgetResult(link->conn);
        if (result == NULL)
            return status == STORE_OK ? lose(link, task, error) : status;
        if (status == STORE_OK && !is_success(result))
            status = judge(link, result, link->kinds[i], task, error);
        PQclear(*ret_last);
        *ret_last = result;
        if (PQstatus(link->conn) == CONNECTION_BAD)
            return status == STORE_OK ? lose(link, task, error) : status;
        skip_rest(link->conn);
    }
    return status;
}

static bool read_sync(PGconn *conn)
{
    PGresult *sync = PQgetResult(conn);
    bool good = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return good;
}

enum store_status pg_finish(struct pg_link *link, enum pg_task task, PGresult **ret_result, struct store_error *error)
{
    if (link->conn == NULL || !PQpipelineSync(link->conn))
        return lose(link, task, error);
    PGresult *last = NULL;
    enum store_status status = read_results(link, task, &last, error);
    link->pending = 0;
    bool synced = link->conn != NULL && PQstatus(link->conn) == CONNECTION_OK && read_sync(link->conn);
    if (!synced && status == STORE_OK)
        status = lose(link, task, error);
    if (!synced)
        pg_disconnect(link);
    if (status == STORE_OK && ret_result != NULL)
        *ret_result = last;
    else
        PQclear(last);
    return status;
}

PGresult *pg_query(struct pg_link *link, const char *name, const struct pg_values *values, struct store_error *error)
{
    PGresult *result = NULL;
    if (pg_queue(link, name, values, PG_NO_ROW, error) != STORE_OK ||
        pg_finish(link, PG_READ, &result, error) != STORE_OK)
        return NULL;
    return result;
}
