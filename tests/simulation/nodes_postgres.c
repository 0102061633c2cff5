// SPDX-License-Identifier: Apache-2.0
//
// Usage: simulation-postgres [--seed N] [--steps N]
// Worlds of several servers on a PostgreSQL of the test's own, whose clock is the simulation's. Servers come and go,
// changes are forgotten, and connections are cut at any moment of a batch: whatever the driver says then must be true.
// In the end `verify` must find the history whole. When connections are cut is up to the machine, so a world that
// differs because of that may not do so again.
#include "simulation/nodes.h"
#include "simulation/shrink.h"

#include "../store/postgres.h"
#include "base/check.h"
#include "store/keeping.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *uri; // the database is started before any world is

static void execute(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        check_failed(PQerrorMessage(conn), __FILE__, __LINE__);
    PQclear(result);
}

static struct store *open_store(struct nodes *nodes)
{
    (void)nodes;
    struct store *store;
    struct store_error error;
    if (!store_open_postgres(uri, &store, &error))
        check_failed(error.text, __FILE__, __LINE__);
    return store;
}

static void open_database(struct nodes *nodes)
{
    postgres_empty();
    store_close(open_store(nodes)); // makes the schema
    PGconn *conn = PQconnectdb(uri);
    CHECK(PQstatus(conn) == CONNECTION_OK);
    execute(conn, "SET application_name = 'simulation'; DELETE FROM node; CREATE UNLOGGED TABLE simulated (now "
                  "BIGINT); INSERT INTO simulated VALUES (0); "
                  "CREATE OR REPLACE FUNCTION moment_now() RETURNS BIGINT LANGUAGE sql VOLATILE AS "
                  "'SELECT now FROM simulated'");
    nodes->database = conn;
}

// Those that are there are alive all the while.
static void move_clock(struct nodes *nodes, int64_t now_ms)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "UPDATE simulated SET now = %" PRId64 "; UPDATE node SET alive_at = %" PRId64 " WHERE NOT is_closed",
             now_ms, now_ms);
    execute(nodes->database, sql);
}

// Its rows are left as they are, which is what counts.
static void let_die(struct nodes *nodes, struct store *store)
{
    (void)nodes;
    store_close(store);
}

// ---- Trouble

struct trouble {
    pthread_t thread;
    useconds_t after_us;
};

static struct trouble trouble;

static void *cut(void *arg)
{
    const struct trouble *this = arg;
    PGconn *conn = PQconnectdb(uri);
    CHECK(PQstatus(conn) == CONNECTION_OK);
    usleep(this->after_us);
    execute(conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'simulation' "
                  "AND backend_type = 'client backend' AND pid <> pg_backend_pid()");
    PQfinish(conn);
    return NULL;
}

static void disturb(struct nodes *nodes, unsigned dice)
{
    (void)nodes;
    trouble.after_us = dice % 3000;
    CHECK(pthread_create(&trouble.thread, NULL, cut, &trouble) == 0);
    usleep(1500); // it has connected by then, more or less
}

static void calm(struct nodes *nodes)
{
    (void)nodes;
    pthread_join(trouble.thread, NULL);
}

// ---- The rest

static void prune(struct nodes *nodes)
{
    execute(nodes->database, "DELETE FROM change");
}

static void tell_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    sim_differs(arg, "AC-%" PRIu64 ", event %" PRId64 ": %s", account, seq, what);
}

static void check_history(struct sim *sim)
{
    struct verified verified;
    struct store_error error;
    if (!store_verify_uri(uri, tell_break, sim, &verified, &error))
        sim_differs(sim, "the store cannot be verified: %s", error.text);
}

static void close_database(struct nodes *nodes)
{
    PQfinish(nodes->database);
}

static const struct ground ground_postgres = {
    .open = open_database,
    .open_store = open_store,
    .move_clock = move_clock,
    .let_die = let_die,
    .prune = prune,
    .disturb = disturb,
    .calm = calm,
    .check_history = check_history,
    .close = close_database,
};

static uint64_t number_of(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    uint64_t seed = number_of(argc, argv, "--seed", 1), steps = number_of(argc, argv, "--steps", 2000), found;
    uri = postgres_empty();
    struct shared *shared = shared_open();
    shared->ground = &ground_postgres;
    bool good = worlds_run(shared, seed, steps, 0, false, &found);
    printf("%lu worlds, %lu commands in %lu batches, of which %lu were tried again\n", shared->tally.worlds,
           shared->tally.requests, shared->tally.rounds, shared->tally.refused_rounds);
    if (!good) {
        printf("the world of seed %" PRIu64 " differs; cut down, it is:\n", found);
        worlds_shrink(shared, found);
        worlds_tell(shared, found);
    }
    shared_close(shared);
    return good ? 0 : 1;
}
