// SPDX-License-Identifier: Apache-2.0
// The accounts that the transaction under way has to do with. Each that it changes is held from before the first change
// to the end: others wait, or changed it before and said so by its version.
#include "store/postgres_sets.h"

#include "store/feed.h"

#include <inttypes.h>
#include <string.h>

void pg_start_transaction(struct pg_store *store)
{
    struct pg_transaction *transaction = &store->transaction;
    pg_clear_transaction(store);
    transaction->is_open = true;
    transaction->batch++;
}

void pg_clear_transaction(struct pg_store *store)
{
    struct pg_transaction *transaction = &store->transaction;
    for (struct pg_account *account = transaction->first; account != NULL; account = account->next)
        buffer_fini(&account->feed);
    pg_sets_clear(store->sets);
    table_fini(&transaction->accounts);
    table_fini(&transaction->questions);
    pg_array_fini(&transaction->told_nodes);
    pg_array_fini(&transaction->told_accounts);
    arena_clear(&transaction->arena);
    *transaction = (struct pg_transaction){.arena = transaction->arena,
                                           .batch = transaction->batch,
                                           .told_nodes = pg_numbers(),
                                           .told_accounts = pg_numbers()};
}

static bool same_account(const void *item, const void *key)
{
    return ((const struct pg_account *)item)->account == *(const uint64_t *)key;
}

struct pg_account *pg_find_account(const struct pg_store *store, uint64_t account)
{
    return table_find(&store->transaction.accounts, hash_number(account), same_account, &account);
}

struct pg_account *pg_add_account(struct pg_store *store, uint64_t account)
{
    struct pg_transaction *transaction = &store->transaction;
    struct pg_account *added = arena_alloc(&transaction->arena, sizeof *added);
    added->account = account;
    added->next = transaction->first;
    transaction->first = added;
    table_add(&transaction->accounts, hash_number(account), added);
    return added;
}

// ---- Holding one that was not visited

enum store_status pg_guard(struct pg_store *store, struct store_error *error)
{
    struct pg_values values = {0};
    if (store->transaction.is_guarded)
        return STORE_OK;
    store->transaction.is_guarded = true;
    pg_add_number(&values, (int64_t)store->store.node);
    return pg_queue(&store->writer, "guard", &values, PG_NO_ROW, error);
}

// Locks the account's row, and makes it first if there is none.
static PGresult *lock(struct pg_store *store, uint64_t account, struct store_error *error)
{
    struct pg_values values = {0};
    PGresult *result = NULL;
    pg_add_number(&values, (int64_t)account);
    if (pg_guard(store, error) != STORE_OK ||
        pg_queue(&store->writer, "make_account", &values, PG_NO_ROW, error) != STORE_OK ||
        pg_queue_asking(&store->writer, "hold", &values, &result, error) != STORE_OK ||
        pg_finish(&store->writer, PG_WRITE, error) != STORE_OK) {
        PQclear(result);
        return NULL;
    }
    return result;
}

// What memory knows of an account that was only looked at is true until somebody changes it.
static bool is_as_visited(const struct pg_account *visited, int64_t version, struct store_error *error)
{
    bool same = visited == NULL || visited->version == version;
    if (!same)
        store_error_set(error, "Another server has changed AC-%" PRIu64 " in the meantime. Try again.",
                        visited->account);
    return same;
}

static struct pg_account *take(struct pg_store *store, uint64_t account, const PGresult *result,
                               struct store_error *error)
{
    struct pg_account *held = pg_find_account(store, account);
    struct pg_row row = {result, 0, NULL};
    if (!is_as_visited(held, pg_read_number(&row, 0), error))
        return NULL;
    if (held == NULL)
        held = pg_add_account(store, account);
    held->version = pg_read_number(&row, 0);
    held->head.seq = pg_read_number(&row, 1);
    held->due_at = pg_read_number(&row, 3);
    held->last_at = pg_read_number(&row, 4);
    held->is_held = pg_read_hash(&row, 2, held->head.hash, error);
    return held->is_held ? held : NULL;
}

struct pg_account *pg_hold(struct pg_store *store, uint64_t account, struct store_error *error)
{
    struct pg_account *held = pg_find_account(store, account);
    if (held != NULL && held->is_held)
        return held;
    PGresult *result = lock(store, account, error);
    held = result != NULL ? take(store, account, result, error) : NULL;
    PQclear(result);
    return held;
}

// ---- Writing what became of them

// One row of each account whose row is to be written.
struct columns {
    struct pg_array accounts, versions, seqs, hashes, last_ats, due_ats, feeds;
};

bool pg_is_changed(const struct pg_account *account)
{
    return account->feed.length > 0 || account->is_untold;
}

static void add_account(struct columns *columns, const struct pg_account *account)
{
    bool is_changed = pg_is_changed(account);
    pg_array_add_number(&columns->accounts, (int64_t)account->account);
    pg_array_add_number(&columns->versions, account->version + is_changed);
    pg_array_add_number(&columns->seqs, account->head.seq);
    pg_array_add_bytes(&columns->hashes, account->head.hash, sizeof account->head.hash);
    pg_array_add_number(&columns->last_ats, account->last_at);
    pg_array_add_number(&columns->due_ats, account->due_at);
    if (account->is_untold)
        pg_array_add_bytes(&columns->feeds, "", 0);
    else
        pg_array_add_bytes(&columns->feeds, is_changed ? account->feed.bytes : NULL, account->feed.length);
}

static enum store_status put_columns(struct pg_store *store, struct columns *columns, struct store_error *error)
{
    struct pg_values values = {0};
    struct pg_array *arrays[] = {&columns->accounts, &columns->versions, &columns->seqs, &columns->hashes,
                                 &columns->last_ats, &columns->due_ats,  &columns->feeds};
    size_t count = sizeof arrays / sizeof arrays[0];
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < count; i++)
        pg_add_array(&values, arrays[i]);
    pg_add_number(&values, (int64_t)store->store.node);
    pg_add_number(&values, store->transaction.batch);
    if (columns->accounts.count > 0)
        status = pg_queue(&store->writer, "put_accounts", &values, PG_NO_ROW, error);
    for (size_t i = 0; i < count; i++)
        pg_array_fini(arrays[i]);
    return status;
}

static enum store_status notify(struct pg_store *store, struct store_error *error)
{
    struct pg_transaction *transaction = &store->transaction;
    struct pg_values values = {0};
    if (transaction->told_nodes.count == 0)
        return STORE_OK;
    pg_add_array(&values, &transaction->told_nodes);
    pg_add_array(&values, &transaction->told_accounts);
    return pg_queue(&store->writer, "tell", &values, PG_NO_ROW, error);
}

enum store_status pg_put_accounts(struct pg_store *store, struct store_error *error)
{
    struct columns columns = {pg_numbers(), pg_numbers(), pg_numbers(), pg_blobs(),
                              pg_numbers(), pg_numbers(), pg_blobs()};
    for (const struct pg_account *account = store->transaction.first; account != NULL; account = account->next) {
        if (account->is_put)
            add_account(&columns, account);
    }
    enum store_status status = put_columns(store, &columns, error);
    return status == STORE_OK ? notify(store, error) : status;
}

enum store_status pg_put_due(struct store *base, uint64_t account, int64_t due_at, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_account *held = pg_hold(store, account, error);
    if (held == NULL)
        return STORE_REFUSED;
    if (held->due_at == due_at)
        return STORE_OK;
    held->due_at = due_at;
    // It outlives a crash if what moves it does; what need not be flushed only puts it off.
    held->is_put = store->transaction.is_written = true;
    return STORE_OK;
}

enum store_status pg_tell(struct store *base, uint64_t node, uint64_t account, struct store_error *error)
{
    struct pg_transaction *transaction = &pg_store_of(base)->transaction;
    (void)error;
    pg_array_add_number(&transaction->told_nodes, (int64_t)node);
    pg_array_add_number(&transaction->told_accounts, (int64_t)account);
    transaction->is_written = true;
    return STORE_OK;
}
