// SPDX-License-Identifier: Apache-2.0
// Connections.
#include "store/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Keeps warnings from the error output. One at a commit may say that a standby did not confirm it.
static void note(void *arg, const PGresult *result)
{
    struct pg_link *link = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    link->warned = link->warned || (severity != NULL && strcmp(severity, "WARNING") == 0);
}

// What the URI says goes over what stands before it, and not over what stands behind it.
static PGconn *dial(const char *uri)
{
    static const char *const keywords[] = {
        "fallback_application_name", "connect_timeout",
        "keepalives_idle",           "keepalives_interval",
        "keepalives_count",          "tcp_user_timeout",
        "target_session_attrs",      "dbname",
        "client_encoding",           NULL,
    };
    const char *const values[] = {"usherd", "3", "5", "2", "3", "8000", "read-write", uri, "UTF8", NULL};
    return PQconnectdbParams(keywords, values, 1);
}

// libpq's own sentence about one that it cannot read repeats it, with its password.
static bool check_uri(const char *uri, struct store_error *error)
{
    PQconninfoOption *options = PQconninfoParse(uri, NULL);
    if (options == NULL)
        store_error_set(error, "The name of the PostgreSQL store cannot be read. It should be like "
                               "postgresql://user@host/database, with no other options than those of libpq.");
    PQconninfoFree(options);
    return options != NULL;
}

static void name_link(struct pg_link *link)
{
    const char *database = PQdb(link->conn), *host = PQhost(link->conn);
    snprintf(link->name, sizeof link->name, "database %.60s at %.60s", database != NULL ? database : "",
             host != NULL ? host : "");
}

static bool check_server(struct pg_link *link, struct store_error *error)
{
    const char *encoding = PQparameterStatus(link->conn, "server_encoding");
    if (encoding != NULL && strcmp(encoding, "UTF8") == 0)
        return true;
    store_error_set(error, "The %s has the encoding %s. Make one with createdb -E UTF8 -T template0.", link->name,
                    encoding != NULL ? encoding : "unknown");
    return false;
}

// How long the database itself lets things take, so that one server that stands still or cannot be heard holds up
// nobody for long. It gives up before the link's patience ends, which is for when it cannot be heard itself.
static bool set_limits(struct pg_link *link, const struct pg_limits *limits, struct store_error *error)
{
    static const char by_key[] =
        ", set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false), "
        "set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)";
    char sql[900];
    snprintf(sql, sizeof sql,
             "SELECT set_config('lock_timeout', '%d', false), set_config('statement_timeout', '%d', false), "
             "set_config('idle_in_transaction_session_timeout', '%d', false), set_config('jit', 'off', false), "
             // A commit that is acknowledged is durable, whatever the database's default is.
             "set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
             "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)%s",
             limits->lock_ms, limits->statement_ms, limits->idle_ms, limits->by_key ? by_key : "");
    return pg_execute(link, sql, error);
}

bool pg_connect(struct pg_link *link, const char *uri, const struct pg_limits *limits, struct store_error *error)
{
    pg_disconnect(link);
    link->uri = uri;
    link->warned = link->is_silent = false;
    link->limits = limits;
    link->patience_ms = limits->patience_ms;
    if (!check_uri(uri, error))
        return false;
    link->conn = dial(uri);
    if (link->conn != NULL && PQstatus(link->conn) == CONNECTION_OK && PQsetnonblocking(link->conn, 1) == 0) {
        name_link(link);
        PQsetNoticeReceiver(link->conn, note, link);
        if (check_server(link, error) && set_limits(link, limits, error))
            return true;
    } else {
        snprintf(link->name, sizeof link->name, "PostgreSQL store");
        pg_failed(link, "", link->conn != NULL ? PQerrorMessage(link->conn) : "memory is out", PG_OPEN, error);
    }
    pg_disconnect(link);
    return false;
}

void pg_disconnect(struct pg_link *link)
{
    PQfinish(link->conn);
    free(link->pending);
    link->conn = NULL;
    link->pending = NULL;
    link->pending_count = link->pending_size = 0;
}

bool pg_start_pipeline(struct pg_link *link, struct store_error *error)
{
    if (PQenterPipelineMode(link->conn))
        return true;
    pg_failed(link, "", PQerrorMessage(link->conn), PG_OPEN, error);
    return false;
}

static bool check_result(struct pg_link *link, const PGresult *result, struct store_error *error)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return true;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (detail == NULL)
        detail = link->is_silent ? "it said nothing for too long" : PQerrorMessage(link->conn);
    pg_failed(link, state != NULL ? state : "", detail, PG_OPEN, error);
    return false;
}

// The last result of some SQL, or its first failure.
static PGresult *execute(struct pg_link *link, const char *sql)
{
    PGresult *last = NULL, *result;
    if (!PQsendQuery(link->conn, sql))
        return NULL;
    while ((result = pg_next_result(link)) != NULL) {
        bool keeps = PQresultStatus(last) == PGRES_FATAL_ERROR && last != NULL;
        PQclear(keeps ? result : last);
        last = keeps ? last : result;
        if (PQstatus(link->conn) == CONNECTION_BAD)
            break;
    }
    return last;
}

bool pg_execute(struct pg_link *link, const char *sql, struct store_error *error)
{
    PGresult *result = pg_execute_rows(link, sql, error);
    PQclear(result);
    return result != NULL;
}

PGresult *pg_execute_rows(struct pg_link *link, const char *sql, struct store_error *error)
{
    PGresult *result = execute(link, sql);
    if (check_result(link, result, error))
        return result;
    PQclear(result);
    return NULL;
}

bool pg_execute_long(struct pg_link *link, const char *sql, struct store_error *error)
{
    enum { LONG_MS = 10 * 60 * 1000 };
    char limit[60];
    link->patience_ms = LONG_MS;
    snprintf(limit, sizeof limit, "SET statement_timeout = %d", LONG_MS - 1000);
    bool done = pg_execute(link, limit, error) && pg_execute(link, sql, error);
    link->patience_ms = link->limits->patience_ms;
    snprintf(limit, sizeof limit, "SET statement_timeout = %d", link->limits->statement_ms);
    return done && pg_execute(link, limit, error);
}

bool pg_execute_number(struct pg_link *link, const char *sql, int64_t *ret_number, struct store_error *error)
{
    PGresult *result = pg_execute_rows(link, sql, error);
    if (result == NULL)
        return false;
    *ret_number = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return true;
}
