// SPDX-License-Identifier: Apache-2.0
// Entering, in one round trip:
//
//     ids          in a transaction of their own, so that nobody waits for the counters until others commit. It need
//                  not be flushed: what uses the ids is, and stands behind it in the database's log.
//     begin
//     lock         the accounts that may be changed, in their order, so that nobody waits in a circle
//     look         after the locks, in one statement and so at one moment: versions, and what others changed
//     clock        after the locks: no earlier than the last change; and who is alive
//     answers      to what is going to be asked
#include "store/postgres.h"

#include "base/moment.h"
#include "store/feed.h"

#include <string.h>

enum { QUESTION_KINDS = 3, LOOK_COLUMNS_OF_STATE = 6 };

// What came back.
struct entered {
    PGresult *ids, *look, *clock, *answers[QUESTION_KINDS];
};

static void clear(struct entered *entered)
{
    PQclear(entered->ids);
    PQclear(entered->look);
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

static enum store_status queue_locks(struct pg_store *store, const struct store_entry *entry, struct store_error *error)
{
    struct pg_array accounts = pg_numbers();
    struct pg_values values = {0};
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < entry->visit_count; i++) {
        if (entry->visits[i].is_changed)
            pg_array_add_number(&accounts, (int64_t)entry->visits[i].account);
    }
    pg_add_array(&values, &accounts);
    if (accounts.count > 0)
        status = pg_queue(&store->writer, "lock", &values, PG_NO_ROW, error);
    pg_array_fini(&accounts);
    return status;
}

static enum store_status queue_look(struct pg_store *store, const struct store_entry *entry, struct entered *entered,
                                    struct store_error *error)
{
    struct pg_array accounts = pg_numbers(), versions = pg_numbers();
    struct pg_values values = {0};
    for (size_t i = 0; i < entry->visit_count; i++) {
        pg_array_add_number(&accounts, (int64_t)entry->visits[i].account);
        pg_array_add_number(&versions, entry->visits[i].version);
    }
    pg_add_array(&values, &accounts);
    pg_add_array(&values, &versions);
    enum store_status status = pg_queue_asking(&store->writer, "look", &values, &entered->look, error);
    pg_array_fini(&accounts);
    pg_array_fini(&versions);
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
        status = queue_locks(store, entry, error);
    if (status == STORE_OK)
        status = queue_look(store, entry, entered, error);
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

// Takes up what the first of the account's rows says of it; the others repeat it.
static bool read_visit(struct pg_store *store, struct store_visit *visit, int64_t known, const struct pg_row *row,
                       struct store_error *error)
{
    struct pg_account *account = pg_add_account(store, visit->account);
    visit->version = account->version = pg_read_number(row, 1);
    visit->due_at = account->due_at = pg_read_number(row, 4);
    visit->last_at = account->last_at = pg_read_number(row, 5);
    visit->is_lost = known != visit->version || known == 0;
    account->head.seq = pg_read_number(row, 2);
    account->is_held = visit->is_changed && visit->version > 0;
    return visit->version == 0 || pg_read_hash(row, 3, account->head.hash, error);
}

// Whether the rows tell of each version behind the one that is known, up to the one that is.
static bool is_complete(const PGresult *result, int first, int count, int64_t known, int64_t version)
{
    if (known == 0 || version - known != count)
        return false;
    for (int i = 0; i < count; i++) {
        if (pg_read_number(&(struct pg_row){result, first + i, NULL}, LOOK_COLUMNS_OF_STATE) != known + 1 + i)
            return false;
    }
    return true;
}

// Tells what changed, one by one, as far as it can be read.
static enum feed_outcome tell_changes(struct pg_store *store, uint64_t account, const PGresult *result, int first,
                                      int count, store_change_sink *sink, void *arg, struct store_error *error)
{
    enum feed_outcome outcome = FEED_TOLD;
    for (int i = first; outcome == FEED_TOLD && i < first + count; i++) {
        int column = LOOK_COLUMNS_OF_STATE + 1;
        outcome = feed_read(&store->store.products, account, PQgetvalue(result, i, column),
                            (size_t)PQgetlength(result, i, column), sink, arg, error);
    }
    return outcome;
}

// How many rows there are of the account, from the first one on.
static int rows_of(const PGresult *result, int first, uint64_t account)
{
    int count = 0;
    while (first + count < PQntuples(result) && pg_read_id(&(struct pg_row){result, first + count, NULL}, 0) == account)
        count++;
    return count;
}

static bool read_look(struct pg_store *store, struct store_entry *entry, const PGresult *result,
                      store_change_sink *sink, void *arg, struct store_error *error)
{
    int first = 0;
    for (size_t i = 0; i < entry->visit_count; i++) {
        struct store_visit *visit = &entry->visits[i];
        int64_t known = visit->version;
        int count = rows_of(result, first, visit->account);
        enum feed_outcome outcome = FEED_UNREADABLE;
        if (!read_visit(store, visit, known, &(struct pg_row){result, first, NULL}, error))
            return false;
        if (visit->is_lost && is_complete(result, first, count, known, visit->version))
            outcome = tell_changes(store, visit->account, result, first, count, sink, arg, error);
        if (outcome == FEED_UNKNOWN_PRODUCT)
            return false;
        visit->is_lost = visit->is_lost && outcome != FEED_TOLD;
        first += count;
    }
    return true;
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
        !(read_look(store, entry, entered.look, sink, arg, error) &&
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
