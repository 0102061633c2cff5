// SPDX-License-Identifier: Apache-2.0
#include "store/memory.h"

#include "base/check.h"
#include "store/memory_cells.h"

#include <stdlib.h>
#include <string.h>

static enum store_status begin(struct store *base, struct store_error *error)
{
    return memory_may_write(memory_of(base), error) ? STORE_OK : STORE_REFUSED;
}

static enum store_status refuse_change(enum row_kind kind, struct store_error *error)
{
    store_error_set(error, "The store holds no such %s as was to be changed: memory and store differ.",
                    row_types[kind].name);
    return STORE_REFUSED;
}

static enum store_status put_row(struct store *base, uint64_t account, const struct fact *fact,
                                 struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    enum row_kind kind = fact_types[fact->kind].row;
    const void *row = fact->after != NULL ? fact->after : fact->before;
    struct cell *cell = memory_find_row(store, kind, account, row);
    bool there = cell != NULL && cell->working != NULL;
    if (there != (fact->before != NULL))
        return refuse_change(kind, error);
    void *value = fact->after != NULL ? memory_own_row(store, kind, fact->after) : NULL;
    pthread_mutex_lock(&store->mutex);
    if (cell == NULL)
        cell = memory_add_cell(store, (int)kind, account, memory_row_hash(kind, account, row));
    memory_set(store, cell, value);
    pthread_mutex_unlock(&store->mutex);
    return STORE_OK;
}

static enum store_status put_event(struct store *base, const struct history_entry *entry, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    struct history_entry own = *entry;
    own.event.subject = check_strdup(entry->event.subject);
    own.event.data = check_strdup(entry->event.data);
    pthread_mutex_lock(&store->mutex);
    if (store->event_count == store->event_size) {
        store->event_size = store->event_size > 0 ? 2 * store->event_size : 64;
        store->events = check_realloc(store->events, store->event_size * sizeof *store->events);
    }
    store->events[store->event_count++] = own;
    pthread_mutex_unlock(&store->mutex);
    return STORE_OK;
}

static enum store_status put_number(struct store *base, enum id_kind kind, uint64_t next, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    store->numbers.next[kind] = next;
    return STORE_OK;
}

static enum store_status put_operator(struct store *base, const unsigned char hash[KEY_HASH_BYTES],
                                      struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    store->has_operator = true;
    memcpy(store->operator_hash, hash, KEY_HASH_BYTES);
    return STORE_OK;
}

static enum store_status put_denial(struct store *base, uint64_t account, const struct denial *denial,
                                    const char *tried, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    struct cell *cell = memory_find_id(store, TABLE_DENIAL, account, denial->id);
    const struct kept_denial *old = cell != NULL ? cell->working : NULL;
    struct kept_denial *kept = check_calloc(1, sizeof *kept);
    kept->denial = old != NULL ? old->denial : *denial;
    kept->denial.machine = denial->machine != NULL ? check_strdup(denial->machine) : NULL;
    kept->denial.product = codes_find(&store->store.codes, denial->product->code);
    kept->denial.explanation = NULL;
    kept->denial.count = denial->count;
    kept->denial.last_at = denial->last_at;
    kept->denial.closed_at = denial->closed_at;
    if (old != NULL)
        tried = old->tried;
    kept->tried = tried != NULL ? check_strdup(tried) : NULL;
    pthread_mutex_lock(&store->mutex);
    if (cell == NULL)
        cell = memory_add_cell(store, TABLE_DENIAL, account, memory_id_hash(account, denial->id));
    memory_set(store, cell, kept);
    pthread_mutex_unlock(&store->mutex);
    return STORE_OK;
}

static enum store_status remember(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                  const struct remembered *answer, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    struct kept_answer *kept = check_calloc(1, sizeof *kept);
    *kept = (struct kept_answer){.key = key, .idempotency_key = check_strdup(idempotency_key), .answer = *answer};
    kept->answer.body = check_strdup(answer->body);
    struct cell *cell = memory_find_answer(store, account, key, idempotency_key);
    pthread_mutex_lock(&store->mutex);
    if (cell == NULL)
        cell = memory_add_cell(store, TABLE_ANSWER, account, memory_key_hash(account, key, idempotency_key));
    memory_set(store, cell, kept);
    pthread_mutex_unlock(&store->mutex);
    return STORE_OK;
}

static enum store_status forget(struct store *base, int64_t now, size_t limit, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    struct cells *cells = &store->tables[TABLE_ANSWER];
    pthread_mutex_lock(&store->mutex);
    // From the end: a cell that goes is replaced by the last one.
    for (size_t i = cells->count; i > 0 && limit > 0; i--) {
        const struct kept_answer *kept = cells->cells[i - 1]->working;
        if (kept != NULL && kept->answer.until_at <= now) {
            memory_set(store, cells->cells[i - 1], NULL);
            limit--;
        }
    }
    pthread_mutex_unlock(&store->mutex);
    return STORE_OK;
}

static void keep(struct memory_store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->commits++;
    memory_keep_changes(store);
    store->events_committed = store->event_count;
    store->numbers_committed = store->numbers;
    store->has_operator_committed = store->has_operator;
    memcpy(store->operator_committed, store->operator_hash, KEY_HASH_BYTES);
    pthread_mutex_unlock(&store->mutex);
}

static void drop_events(struct memory_store *store, size_t from)
{
    for (size_t i = from; i < store->event_count; i++) {
        free((void *)(uintptr_t)store->events[i].event.subject);
        free((void *)(uintptr_t)store->events[i].event.data);
    }
    store->event_count = from;
}

void memory_drop_uncommitted(struct memory_store *store)
{
    pthread_mutex_lock(&store->mutex);
    memory_undo_changes(store);
    drop_events(store, store->events_committed);
    store->numbers = store->numbers_committed;
    store->has_operator = store->has_operator_committed;
    memcpy(store->operator_hash, store->operator_committed, KEY_HASH_BYTES);
    pthread_mutex_unlock(&store->mutex);
}

static void rollback(struct store *base)
{
    memory_drop_uncommitted(memory_of(base));
}

// Whether the power goes at this very write, and all of the transaction had reached the disk.
static bool is_cut_whole(const struct memory_store *store)
{
    return store->cut_power != 0 && store->writes == store->cut_power && store->is_cut_whole;
}

static enum store_status commit(struct store *base, struct store_error *error)
{
    struct memory_store *store = memory_of(base);
    bool fails = store->fail_commit > 0 && --store->fail_commit == 0;
    enum commit_fault fault = fails ? store->commit_fault : COMMIT_KEPT;
    if (!memory_may_write(store, error)) {
        if (is_cut_whole(store))
            keep(store);
        else
            rollback(base);
        return STORE_REFUSED;
    }
    if (fault == COMMIT_KEPT)
        keep(store);
    else
        rollback(base);
    if (!fails)
        return STORE_OK;
    store_error_set(error, "The memory twin fails this commit, as it was told to.");
    return fault == COMMIT_REFUSED ? STORE_REFUSED : STORE_UNCERTAIN;
}

static void close_memory(struct store *base)
{
    struct memory_store *store = memory_of(base);
    memory_fini_cells(store);
    drop_events(store, 0);
    free(store->events);
    pthread_mutex_destroy(&store->mutex);
    store_fini(base);
    free(store);
}

static bool backup(struct store_reader *reader, const char *file, struct store_error *error)
{
    (void)reader;
    store_error_set(error, "The memory twin cannot be copied to %s.", file);
    return false;
}

const struct store_driver memory_driver = {
    .close = close_memory,
    .load_products = memory_load_products,
    .load_account_ids = memory_load_account_ids,
    .load_account = memory_load_account,
    .load_denials = memory_load_denials,
    .load_numbers = memory_load_numbers,
    .last_at = memory_last_at,
    .load_operator = memory_load_operator,
    .load_head = memory_load_head,
    .project_organization = memory_project_organization,
    .begin = begin,
    .put_row = put_row,
    .put_event = put_event,
    .put_number = put_number,
    .put_operator = put_operator,
    .put_denial = put_denial,
    .remember = remember,
    .forget = forget,
    .commit = commit,
    .rollback = rollback,
    .recall = memory_recall,
    .recall_session = memory_recall_session,
    .recall_sessions_since = memory_recall_sessions_since,
    .reader_open = memory_reader_open,
    .reader_close = memory_reader_close,
    .list = memory_list,
    .list_members = memory_list_members,
    .list_events = memory_list_events,
    .list_denials = memory_list_denials,
    .backup = backup,
};

struct store *store_open_memory(void)
{
    struct memory_store *store = check_calloc(1, sizeof *store);
    store_init(&store->store, &memory_driver);
    pthread_mutex_init(&store->mutex, NULL);
    return &store->store;
}
