// SPDX-License-Identifier: Apache-2.0
// What goes out and what comes back. Nothing here waits without an end: a database that says nothing for as long as the
// link has patience is given up, as if the connection were lost.
#include "store/postgres.h"

#include "base/check.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum store_status lose(struct pg_link *link, enum pg_task task, struct store_error *error)
{
    const char *detail = link->is_silent ? "it said nothing for too long" : "it was closed";
    if (link->conn != NULL && !link->is_silent)
        detail = PQerrorMessage(link->conn);
    enum store_status status = pg_failed(link, "", detail, task, error);
    pg_disconnect(link);
    return status;
}

// ---- Queueing

static enum store_status queued(struct pg_link *link, int sent, struct pg_pending pending, struct store_error *error)
{
    if (!sent)
        return lose(link, PG_WRITE, error);
    if (link->pending_count == link->pending_size) {
        link->pending_size = link->pending_size > 0 ? 2 * link->pending_size : 64;
        link->pending = check_realloc(link->pending, link->pending_size * sizeof *link->pending);
    }
    link->pending[link->pending_count++] = pending;
    return STORE_OK;
}

enum store_status pg_queue_prepare(struct pg_link *link, const char *name, const char *sql, int count, const Oid *types,
                                   struct store_error *error)
{
    if (link->conn == NULL)
        return lose(link, PG_WRITE, error);
    return queued(link, PQsendPrepare(link->conn, name, sql, count, types), (struct pg_pending){.kind = PG_NO_ROW},
                  error);
}

enum store_status pg_queue_sql(struct pg_link *link, const char *sql, struct store_error *error)
{
    if (link->conn == NULL)
        return lose(link, PG_WRITE, error);
    return queued(link, PQsendQueryParams(link->conn, sql, 0, NULL, NULL, NULL, NULL, 1),
                  (struct pg_pending){.kind = PG_NO_ROW}, error);
}

static enum store_status queue(struct pg_link *link, const char *name, const struct pg_values *values,
                               struct pg_pending pending, struct store_error *error)
{
    static const int binary[PG_VALUES_MAX] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    };
    if (link->conn == NULL)
        return lose(link, PG_WRITE, error);
    return queued(link, PQsendQueryPrepared(link->conn, name, values->count, values->bytes, values->lengths, binary, 1),
                  pending, error);
}

enum store_status pg_queue(struct pg_link *link, const char *name, const struct pg_values *values, int kind,
                           struct store_error *error)
{
    return queue(link, name, values, (struct pg_pending){.kind = kind}, error);
}

enum store_status pg_queue_asking(struct pg_link *link, const char *name, const struct pg_values *values,
                                  PGresult **ret_result, struct store_error *error)
{
    return queue(link, name, values, (struct pg_pending){.kind = PG_NO_ROW, .ret_result = ret_result}, error);
}

enum store_status pg_queue_end(struct pg_link *link, struct store_error *error)
{
    if (link->conn == NULL)
        return lose(link, PG_WRITE, error);
    return queued(link, PQpipelineSync(link->conn), (struct pg_pending){.kind = PG_END}, error);
}

// ---- Waiting

static bool wait_on(struct pg_link *link, short events)
{
    struct pollfd wanted = {.fd = PQsocket(link->conn), .events = events};
    int ready;
    do {
        ready = poll(&wanted, 1, link->patience_ms);
    } while (ready < 0 && errno == EINTR);
    link->is_silent = ready == 0;
    return ready > 0;
}

// Sends what is left to send, and reads in the meantime what there is, so that neither side waits for the other.
static bool flush(struct pg_link *link)
{
    int left;
    while ((left = PQflush(link->conn)) > 0) {
        if (!wait_on(link, POLLIN | POLLOUT) || !PQconsumeInput(link->conn))
            return false;
    }
    return left == 0;
}

PGresult *pg_next_result(struct pg_link *link)
{
    while (PQisBusy(link->conn)) {
        if (!flush(link) || !wait_on(link, POLLIN))
            return NULL;
        if (!PQconsumeInput(link->conn))
            break; // what came before the end is told first
    }
    return PQgetResult(link->conn);
}

// ---- Reading

// What a result that is no success says. What follows the first failure in the pipeline was not done.
static enum store_status judge(const struct pg_link *link, const PGresult *result, int kind, enum pg_task task,
                               struct store_error *error)
{
    static const char not_there[] = "22012"; // division by zero: see postgres_sets.c
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state != NULL && strcmp(state, not_there) == 0 && kind >= 0) {
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
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC;
}

// To the end of the results of one command, or of the connection.
static bool skip_rest(struct pg_link *link)
{
    PGresult *rest;
    while ((rest = pg_next_result(link)) != NULL) {
        PQclear(rest);
        if (PQstatus(link->conn) == CONNECTION_BAD)
            return false;
    }
    return !link->is_silent;
}

// Reads one result. False: there are no more, as the connection is lost.
static bool read_one(struct pg_link *link, const struct pg_pending *pending, enum pg_task task,
                     enum store_status *status, struct store_error *error)
{
    PGresult *result = pg_next_result(link);
    bool is_end = pending->kind == PG_END;
    if (result == NULL || (is_end && PQresultStatus(result) != PGRES_PIPELINE_SYNC)) {
        PQclear(result);
        return false;
    }
    if (pending->kind == PG_LEFT)
        link->warned = false; // that was of what nobody asks after
    else if (*status == STORE_OK && !is_success(result))
        *status = judge(link, result, pending->kind, task, error);
    if (pending->ret_result != NULL)
        *pending->ret_result = result;
    else
        PQclear(result);
    return is_end || (PQstatus(link->conn) != CONNECTION_BAD && skip_rest(link));
}

enum store_status pg_finish(struct pg_link *link, enum pg_task task, struct store_error *error)
{
    enum store_status status = pg_queue_end(link, error);
    if (status != STORE_OK)
        return task == PG_COMMIT ? STORE_UNCERTAIN : status;
    link->trips++;
    bool there = flush(link) || !link->is_silent;
    for (size_t i = 0; there && i < link->pending_count; i++)
        there = read_one(link, &link->pending[i], task, &status, error);
    link->pending_count = 0;
    if (!there && status == STORE_OK)
        return lose(link, task, error);
    if (!there)
        pg_disconnect(link);
    return status;
}

void pg_leave(struct pg_link *link, const char *name)
{
    struct store_error ignored;
    for (size_t i = 0; i < link->pending_count; i++) {
        link->pending[i].ret_result = NULL;
        if (link->pending[i].kind != PG_END)
            link->pending[i].kind = PG_LEFT;
    }
    // Behind an end, for it would not be done behind a failure.
    if (pg_queue_end(link, &ignored) == STORE_OK &&
        queue(link, name, &(struct pg_values){0}, (struct pg_pending){.kind = PG_LEFT}, &ignored) == STORE_OK)
        pg_queue_end(link, &ignored);
}

PGresult *pg_query(struct pg_link *link, const char *name, const struct pg_values *values, struct store_error *error)
{
    PGresult *result = NULL;
    if (pg_queue_asking(link, name, values, &result, error) == STORE_OK && pg_finish(link, PG_READ, error) == STORE_OK)
        return result;
    PQclear(result);
    return NULL;
}
