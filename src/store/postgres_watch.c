// SPDX-License-Identifier: Apache-2.0
// The watch. It marks the server as alive, looks for accounts whose time has come and for those where somebody waits at
// a server that is gone, and hears what other servers tell this one. What was told while it could not hear may be lost:
// when it comes back, it tells of all accounts where somebody waits here.
#include "store/postgres.h"

#include "base/check.h"
#include "base/moment.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_EVERY_MS = 1000, COME_BACK_MS = 500, LOOK_MAX = 1000 };

struct pg_watch {
    struct store_watch watch;
    struct pg_link link;
    int64_t mark_at, look_at; // when to do so next
    uint64_t *accounts;
    size_t count, size;
};

// Moments of this machine, in ms.
static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct pg_store *store_of(const struct pg_watch *watch)
{
    return pg_store_of(watch->watch.store);
}

static void add_account(struct pg_watch *watch, uint64_t account)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->accounts[i] == account)
            return;
    }
    if (watch->count == watch->size) {
        watch->size = watch->size > 0 ? 2 * watch->size : 64;
        watch->accounts = check_realloc(watch->accounts, watch->size * sizeof *watch->accounts);
    }
    watch->accounts[watch->count++] = account;
}

// The accounts that the statement gives.
static bool add_rows(struct pg_watch *watch, const char *sql, struct store_error *error)
{
    PGresult *result = pg_execute_rows(&watch->link, sql, error);
    for (int i = 0; result != NULL && i < PQntuples(result); i++)
        add_account(watch, strtoull(PQgetvalue(result, i, 0), NULL, 10));
    PQclear(result);
    return result != NULL;
}

// ---- Looking

// Where the newest mark of anyone is too old, more is to be done than to mark. A mark that warns was not confirmed by
// the standby that the database waits for: nothing is, then.
static bool mark(struct pg_watch *watch, struct store_error *error)
{
    char sql[300];
    int64_t marked;
    watch->link.warned = false;
    snprintf(sql, sizeof sql,
             "UPDATE node SET alive_at = moment_now() WHERE id = %" PRIu64
             " AND (SELECT max(alive_at) FROM node) >= moment_now() - %" PRId64 " RETURNING 1",
             watch->watch.store->node, moment_seconds(LIVENESS_MAX_S));
    if (!pg_execute_number(&watch->link, sql, &marked, error) ||
        (marked == 0 && !pg_mark_alive(store_of(watch), &watch->link, error)))
        return false;
    if (watch->link.warned)
        pg_failed(&watch->link, "01000", "it warned", PG_COMMIT, error);
    return !watch->link.warned;
}

static bool look(struct pg_watch *watch, struct store_error *error)
{
    char sql[500];
    snprintf(sql, sizeof sql,
             // The moment is taken once: asked of each row, it would keep the index from ending the search.
             "SELECT account_id FROM account_state WHERE due_at <= (SELECT moment_now()) ORDER BY due_at LIMIT %d",
             LOOK_MAX);
    if (!add_rows(watch, sql, error))
        return false;
    snprintf(sql, sizeof sql,
             "SELECT DISTINCT account_id FROM waiter AS w WHERE kept_until IS NULL AND NOT EXISTS "
             "(SELECT FROM node AS n WHERE n.id = w.node AND NOT n.is_closed AND n.alive_at >= moment_now() - %" PRId64
             ") LIMIT %d",
             moment_seconds(LIVENESS_MAX_S), LOOK_MAX);
    return add_rows(watch, sql, error);
}

// What the other servers have told.
static void hear(struct pg_watch *watch)
{
    PGnotify *notify;
    while ((notify = PQnotifies(watch->link.conn)) != NULL) {
        add_account(watch, strtoull(notify->extra, NULL, 10));
        PQfreemem(notify);
    }
}

// Does what is due. Marks go first, for they must not wait for anything else.
static bool turn(struct pg_watch *watch, struct store_error *error)
{
    int64_t now = clock_ms();
    if (now >= watch->mark_at) {
        if (!mark(watch, error))
            return false;
        watch->mark_at = now + moment_seconds(LIVENESS_MARK_S);
    }
    if (now >= watch->look_at) {
        if (!look(watch, error))
            return false;
        watch->look_at = now + LOOK_EVERY_MS;
    }
    hear(watch);
    return true;
}

// ---- The connection

static bool listen_again(struct pg_watch *watch, struct store_error *error)
{
    char sql[200];
    snprintf(sql, sizeof sql, "LISTEN usher_%" PRIu64, watch->watch.store->node);
    if (!pg_execute(&watch->link, sql, error))
        return false;
    snprintf(sql, sizeof sql, "SELECT DISTINCT account_id FROM waiter WHERE node = %" PRIu64, watch->watch.store->node);
    watch->mark_at = watch->look_at = 0;
    return add_rows(watch, sql, error);
}

static bool is_ready(struct pg_watch *watch, struct store_error *error)
{
    if (watch->link.conn != NULL)
        return true;
    if (pg_connect(&watch->link, store_of(watch)->uri, &pg_watch_limits, error) && listen_again(watch, error))
        return true;
    pg_disconnect(&watch->link);
    return false;
}

struct store_watch *pg_watch_open(struct store *base, struct store_error *error)
{
    struct pg_watch *watch = check_calloc(1, sizeof *watch);
    watch->watch.store = base;
    if (is_ready(watch, error))
        return &watch->watch;
    pg_watch_close(&watch->watch);
    return NULL;
}

void pg_watch_close(struct store_watch *base)
{
    struct pg_watch *watch = (struct pg_watch *)base;
    pg_disconnect(&watch->link);
    free(watch->accounts);
    free(watch);
}

// ---- Waiting

// Until the database says something, or it is time for the next turn. False: the connection is gone.
static bool wait_for_more(struct pg_watch *watch, int64_t end)
{
    struct pollfd wanted = {.fd = PQsocket(watch->link.conn), .events = POLLIN};
    int64_t until = watch->mark_at < watch->look_at ? watch->mark_at : watch->look_at;
    int64_t left = (until < end ? until : end) - clock_ms();
    int ready = poll(&wanted, 1, left > 0 ? (int)left : 0);
    return ready <= 0 || PQconsumeInput(watch->link.conn);
}

static bool watch_until(struct pg_watch *watch, int64_t end, struct store_error *error)
{
    do {
        if (!is_ready(watch, error) || !turn(watch, error))
            return false;
        if (watch->count > 0)
            return true;
        if (!wait_for_more(watch, end)) {
            pg_failed(&watch->link, "", PQerrorMessage(watch->link.conn), PG_READ, error);
            return false;
        }
        hear(watch);
    } while (watch->count == 0 && clock_ms() < end);
    return true;
}

// Comes back soon, but not at once again and again.
static void rest(int64_t end)
{
    int64_t left = end - clock_ms();
    left = left < COME_BACK_MS ? left : COME_BACK_MS;
    if (left > 0)
        poll(NULL, 0, (int)left);
}

bool pg_watch_next(struct store_watch *base, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                   struct store_error *error)
{
    struct pg_watch *watch = (struct pg_watch *)base;
    int64_t end = clock_ms() + timeout_ms;
    watch->count = 0;
    bool good = watch_until(watch, end, error);
    if (!good) {
        pg_disconnect(&watch->link);
        rest(end);
    }
    *ret_accounts = watch->accounts;
    *ret_count = good ? watch->count : 0;
    return good;
}
