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
    const char *const values[] = {"usherd", "5", "5", "2", "3", "10000", "read-write", uri, "UTF8", NULL};
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

bool pg_connect(struct pg_link *link, const char *uri, struct store_error *error)
{
    *link = (struct pg_link){.uri = uri};
    if (!check_uri(uri, error))
        return false;
    link->conn = dial(uri);
    if (link->conn != NULL && PQstatus(link->conn) == CONNECTION_OK) {
        name_link(link);
        PQsetNoticeReceiver(link->conn, note, link);
        // A commit that is acknowledged is durable, whatever the database's default is.
        if (check_server(link, error) && pg_execute(link,
                                                    "SELECT set_config('synchronous_commit', 'on', false) "
                                                    "WHERE current_setting('synchronous_commit') = 'off'",
                                                    error))
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
    link->conn = NULL;
    link->pending = 0;
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
    pg_failed(link, state != NULL ? state : "", detail != NULL ? detail : PQerrorMessage(link->conn), PG_OPEN, error);
    return false;
}

bool pg_execute(struct pg_link *link, const char *sql, struct store_error *error)
{
    PGresult *result = PQexec(link->conn, sql);
    bool done = check_result(link, result, error);
    PQclear(result);
    return done;
}

bool pg_execute_number(struct pg_link *link, const char *sql, int64_t *ret_number, struct store_error *error)
{
    PGresult *result = PQexec(link->conn, sql);
    bool done = check_result(link, result, error);
    if (done)
        *ret_number = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    return done;
}
