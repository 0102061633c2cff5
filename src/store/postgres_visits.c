// SPDX-License-Identifier: Apache-2.0
// The accounts of an entering: each is locked or only looked at, and what others changed of it is told.
//
//     waited for   those that must be had, in their order, so that nobody waits in a circle
//     free         those that may be left: what another server has is skipped, not waited for
//     changes      of both, after the locks, so nothing comes in between
//     seen         those that are only looked at: in one statement and so at one moment, versions and changes
#include "store/postgres.h"

#include "store/feed.h"

enum { COLUMNS_OF_STATE = 6 };

void pg_clear_looked(struct pg_looked *looked)
{
    PQclear(looked->waited);
    PQclear(looked->free);
    PQclear(looked->changes);
    PQclear(looked->seen);
}

// ---- Asking

// Those accounts that one of the statements is about.
enum group { WAITED, FREE, CHANGED, SEEN };

static bool is_in(enum group group, const struct store_visit *visit)
{
    switch (group) {
    case WAITED:
        return visit->is_changed && !visit->may_be_left;
    case FREE:
        return visit->is_changed && visit->may_be_left;
    case CHANGED:
        return visit->is_changed && visit->version > 0;
    case SEEN:
        return !visit->is_changed;
    }
    return false;
}

static enum store_status queue(struct pg_store *store, const struct store_entry *entry, enum group group,
                               const char *name, PGresult **ret, struct store_error *error)
{
    struct pg_array accounts = pg_numbers(), versions = pg_numbers();
    struct pg_values values = {0};
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < entry->visit_count; i++) {
        if (!is_in(group, &entry->visits[i]))
            continue;
        pg_array_add_number(&accounts, (int64_t)entry->visits[i].account);
        pg_array_add_number(&versions, entry->visits[i].version);
    }
    pg_add_array(&values, &accounts);
    if (group == CHANGED || group == SEEN)
        pg_add_array(&values, &versions);
    if (accounts.count > 0)
        status = pg_queue_asking(&store->writer, name, &values, ret, error);
    pg_array_fini(&accounts);
    pg_array_fini(&versions);
    return status;
}

enum store_status pg_queue_visits(struct pg_store *store, const struct store_entry *entry, struct pg_looked *looked,
                                  struct store_error *error)
{
    enum store_status status = queue(store, entry, WAITED, "lock", &looked->waited, error);
    if (status == STORE_OK)
        status = queue(store, entry, FREE, "lock_free", &looked->free, error);
    if (status == STORE_OK)
        status = queue(store, entry, CHANGED, "changes", &looked->changes, error);
    return status == STORE_OK ? queue(store, entry, SEEN, "look", &looked->seen, error) : status;
}

// ---- What came back

// Rows of a result that are by account: those up to `next` are read.
struct rows {
    const PGresult *result; // NULL: none
    int next;
};

// How many rows there are of the account, from the next one on.
static int count_rows(const struct rows *rows, uint64_t account)
{
    int count = 0, all = rows->result != NULL ? PQntuples(rows->result) : 0;
    while (rows->next + count < all &&
           pg_read_id(&(struct pg_row){rows->result, rows->next + count, NULL}, 0) == account)
        count++;
    return count;
}

// What others changed of an account: rows of a version and its feed, in the columns from `column` on.
struct changes {
    const PGresult *result;
    int first, count, column;
};

// Whether they are of each version behind the one that is known, up to the one that is.
static bool is_complete(const struct changes *changes, int64_t known, int64_t version)
{
    if (known == 0 || version - known != changes->count)
        return false;
    for (int i = 0; i < changes->count; i++) {
        struct pg_row row = {changes->result, changes->first + i, NULL};
        if (pg_read_number(&row, changes->column) != known + 1 + i)
            return false;
    }
    return true;
}

// Tells them one by one, as far as they can be read.
static enum feed_outcome tell(struct pg_store *store, uint64_t account, const struct changes *changes,
                              store_change_sink *sink, void *arg, struct store_error *error)
{
    enum feed_outcome outcome = FEED_TOLD;
    for (int i = changes->first; outcome == FEED_TOLD && i < changes->first + changes->count; i++) {
        int column = changes->column + 1;
        outcome = feed_read(&store->store.products, account, PQgetvalue(changes->result, i, column),
                            (size_t)PQgetlength(changes->result, i, column), sink, arg, error);
    }
    return outcome;
}

static bool read_state(struct pg_store *store, struct store_visit *visit, int64_t known, const struct pg_row *row,
                       struct store_error *error)
{
    struct pg_account *account = pg_add_account(store, visit->account);
    visit->version = account->version = pg_read_number(row, 1);
    visit->due_at = account->due_at = pg_read_number(row, 4);
    visit->last_at = account->last_at = pg_read_number(row, 5);
    visit->is_lost = known != visit->version || known == 0;
    account->head.seq = pg_read_number(row, 2);
    account->is_held = visit->is_changed && visit->version > 0;
    return pg_read_hash(row, 3, account->head.hash, error);
}

static void read_absent(struct pg_store *store, struct store_visit *visit)
{
    visit->is_left = visit->may_be_left;
    visit->is_lost = true;
    visit->version = visit->due_at = visit->last_at = 0;
    if (!visit->is_left)
        pg_add_account(store, visit->account);
}

// False: the entering fails.
static bool read_visit(struct pg_store *store, struct store_visit *visit, struct rows *states,
                       const struct changes *changes, store_change_sink *sink, void *arg, struct store_error *error)
{
    int64_t known = visit->version;
    struct pg_row state = {states->result, states->next, NULL};
    enum feed_outcome outcome = FEED_UNREADABLE;
    if (count_rows(states, visit->account) == 0 || pg_is_null(&state, 1)) {
        read_absent(store, visit);
        return true;
    }
    if (!read_state(store, visit, known, &state, error))
        return false;
    if (visit->is_lost && is_complete(changes, known, visit->version))
        outcome = tell(store, visit->account, changes, sink, arg, error);
    visit->is_lost = visit->is_lost && outcome != FEED_TOLD;
    return outcome != FEED_UNKNOWN_PRODUCT;
}

bool pg_read_visits(struct pg_store *store, struct store_entry *entry, const struct pg_looked *looked,
                    store_change_sink *sink, void *arg, struct store_error *error)
{
    struct rows waited = {looked->waited, 0}, free = {looked->free, 0}, changed = {looked->changes, 0},
                seen = {looked->seen, 0};
    for (size_t i = 0; i < entry->visit_count; i++) {
        struct store_visit *visit = &entry->visits[i];
        struct rows *states = !visit->is_changed ? &seen : visit->may_be_left ? &free : &waited;
        struct rows *feeds = visit->is_changed ? &changed : &seen;
        int count = count_rows(feeds, visit->account);
        struct changes changes = {feeds->result, feeds->next, count, visit->is_changed ? 1 : COLUMNS_OF_STATE};
        if (!read_visit(store, visit, states, &changes, sink, arg, error))
            return false;
        if (feeds != states)
            states->next += count_rows(states, visit->account);
        feeds->next += count;
    }
    return true;
}
