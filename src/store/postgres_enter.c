// SPDX-License-Identifier: Apache-2.0
// Entering, in one round trip:
//
//     ids          in a transaction of their own, so that nobody waits for the counters until others commit. It need
//                  not be flushed: what uses the ids is, and stands behind it in the database's log.
//     begin
//     visits       the accounts are locked, or looked at: postgres_visits.c
//     clock        after the locks: no earlier than the last change; and who is alive
//     answers      to what is going to be asked
#include "store/postgres.h"

#include "base/moment.h"

#include <string.h>

enum { QUESTION_KINDS = 3 };

// What came back.
struct entered {
    PGresult *ids, *clock, *answers[QUESTION_KINDS];
    struct pg_looked looked;
};

static void clear(struct entered *entered)
{
    PQclear(entered->ids);
    pg_clear_looked(&entered->looked);
    PQclear(entered->clock);
    for (size_t i = 0; i < QUESTION_KINDS; i++)
        PQclear(entered->answers[i]);
}

// ---- Asking

static enum store_status queue_ids(struct pg_store *store, const struct store_entry *entry, struct entered *entered,
                                   struct store_error *error)
{
    struct pg_array kinds = pg_texts(), counts = pg_numbers();
    struct pg_values values = {0};
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < ID_KINDS; i++) {
        if (entry->wanted[i] == 0 || pg_number_names[i] == NULL)
            continue;
        pg_array_add_text(&kinds, pg_number_names[i]);
        pg_array_add_number(&counts, (int64_t)entry->wanted[i]);
    }
    pg_add_array(&values, &kinds);
    pg_add_array(&values, &counts);
    if (kinds.count > 0)
        status = pg_queue_asking(&store->writer, "take_ids", &values, &entered->ids, error);
    if (kinds.count > 0 && status == STORE_OK)
        status = pg_queue_end(&store->writer, error);
    pg_array_fini(&kinds);
    pg_array_fini(&counts);
    return status;
}

static enum store_status ask(struct pg_store *store, const struct store_entry *entry, struct entered *entered,
                             struct store_error *error)
{
    struct pg_link *link = &store->writer;
    enum store_status status = queue_ids(store, entry, entered, error);
    if (status == STORE_OK)
        status = pg_queue(link, "begin", &(struct pg_values){0}, PG_NO_ROW, error);
    if (status == STORE_OK)
        status = pg_guard(store, error);
    if (status == STORE_OK)
        status = pg_queue_visits(store, entry, &entered->looked, error);
    if (status == STORE_OK)
        status = pg_queue_asking(link, "clock", &(struct pg_values){0}, &entered->clock, error);
    if (status == STORE_OK)
        status = pg_queue_questions(store, entry, entered->answers, error);
    return status == STORE_OK ? pg_finish(link, PG_READ, error) : status;
}

// ---- What came back

static void read_ids(struct store_entry *entry, const PGresult *result)
{
    entry->numbers = (struct numbers){0};
    for (int row = 0; result != NULL && row < PQntuples(result); row++) {
        for (size_t i = 0; i < ID_KINDS; i++) {
            if (pg_number_names[i] != NULL && strcmp(pg_number_names[i], PQgetvalue(result, row, 0)) == 0)
                entry->numbers.next[i] = pg_read_id(&(struct pg_row){result, row, NULL}, 1);
        }
    }
}

// The clock and who is alive; false when nobody was for too long. Whoever asks is alive.
static bool read_clock(struct pg_store *store, struct store_entry *entry, const PGresult *result)
{
    int count = PQntuples(result);
    uint64_t *nodes = arena_alloc(&store->transaction.arena, ((size_t)count + 1) * sizeof *nodes);
    int64_t newest = 0;
    entry->node_count = 0;
    entry->now = pg_read_number(&(struct pg_row){result, 0, NULL}, 0);
    int64_t oldest = entry->now - moment_seconds(LIVENESS_MAX_S);
    for (int i = 0; i < count; i++) {
        struct pg_row row = {result, i, NULL};
        uint64_t node = pg_read_id(&row, 1);
        int64_t alive_at = pg_read_number(&row, 2);
        bool is_closed = !pg_is_null(&row, 3);
        newest = alive_at > newest ? alive_at : newest;
        if (node == store->store.node || (alive_at >= oldest && !is_closed))
            nodes[entry->node_count++] = node;
    }
    entry->nodes = nodes;
    return newest >= oldest;
}

// ---- Both

// Nobody was alive: all leases get their full time, by a connection that is not in the middle of something.
static bool revive(struct pg_store *store, struct store_error *error)
{
    struct pg_link link = {0};
    bool done = pg_connect(&link, store->uri, &pg_watch_limits, error) && pg_mark_alive(store, &link, error);
    pg_disconnect(&link);
    return done;
}

static enum store_status enter(struct pg_store *store, struct store_entry *entry, bool *ret_silent,
                               store_change_sink *sink, void *arg, struct store_error *error)
{
    struct entered entered = {0};
    pg_start_transaction(store);
    enum store_status status = ask(store, entry, &entered, error);
    if (status == STORE_OK) {
        read_ids(entry, entered.ids);
        *ret_silent = !read_clock(store, entry, entered.clock);
    }
    if (status == STORE_OK && !*ret_silent &&
        !(pg_read_visits(store, entry, &entered.looked, sink, arg, error) &&
          pg_read_questions(store, entry, entered.answers, error)))
        status = STORE_REFUSED;
    clear(&entered);
    return status;
}

enum store_status pg_enter(struct store *base, struct store_entry *entry, store_change_sink *sink, void *arg,
                           struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    enum store_status status = STORE_REFUSED;
    bool is_silent = true;
    pg_rollback(base); // of one whose commit failed
    for (int i = 0; i < 2 && is_silent; i++) {
        is_silent = false;
        status = pg_ready(store, error) ? enter(store, entry, &is_silent, sink, arg, error) : STORE_REFUSED;
        if (status != STORE_OK || is_silent)
            pg_rollback(base);
        if (status != STORE_OK || (is_silent && !revive(store, error)))
            return STORE_REFUSED;
    }
    if (is_silent)
        store_error_set(error, "The %s says that no server is alive, this one neither.", store->writer.name);
    return is_silent ? STORE_REFUSED : status;
}
