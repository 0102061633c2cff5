// SPDX-License-Identifier: Apache-2.0
#include "store/memory.h"

#include "base/check.h"
#include "base/moment.h"
#include "store/memory_sharing.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_KEPT_S = 600 };

static enum store_status begin(struct store *base, struct store_error *error)
{
    if (!memory_may_write(base, error)) {
        memory_end_turn(base);
        return STORE_REFUSED;
    }
    struct memory_node *node = memory_node_of(base);
    if (node != NULL)
        node->has_all = true;
    return STORE_OK;
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
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    enum row_kind kind = fact_types[fact->kind].row;
    const void *row = fact->after != NULL ? fact->after : fact->before;
    struct cell *cell = memory_find_row(twin, kind, account, row);
    bool there = cell != NULL && cell->working != NULL;
    if (there != (fact->before != NULL))
        return refuse_change(kind, error);
    void *value = fact->after != NULL ? memory_own_row(twin, kind, fact->after) : NULL;
    pthread_mutex_lock(&twin->mutex);
    if (cell == NULL)
        cell = memory_add_cell(twin, (int)kind, account, memory_row_hash(kind, account, row));
    memory_set(twin, cell, value);
    pthread_mutex_unlock(&twin->mutex);
    return memory_note_fact(base, account, fact, error);
}

static enum store_status put_event(struct store *base, const struct history_entry *entry, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    struct history_entry own = *entry;
    own.event.subject = check_strdup(entry->event.subject);
    own.event.data = check_strdup(entry->event.data);
    pthread_mutex_lock(&twin->mutex);
    if (twin->event_count == twin->event_size) {
        twin->event_size = twin->event_size > 0 ? 2 * twin->event_size : 64;
        twin->events = check_realloc(twin->events, twin->event_size * sizeof *twin->events);
    }
    twin->events[twin->event_count++] = own;
    pthread_mutex_unlock(&twin->mutex);
    return STORE_OK;
}

static enum store_status put_number(struct store *base, enum id_kind kind, uint64_t next, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    twin->numbers.next[kind] = next;
    return STORE_OK;
}

static enum store_status put_operator(struct store *base, const unsigned char hash[KEY_HASH_BYTES],
                                      struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    twin->has_operator = true;
    memcpy(twin->operator_hash, hash, KEY_HASH_BYTES);
    return memory_note_operator(base, error);
}

static enum store_status put_denial(struct store *base, uint64_t account, const struct denial *denial,
                                    const char *tried, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    struct cell *cell = memory_find_id(twin, TABLE_DENIAL, account, denial->id);
    const struct kept_denial *old = cell != NULL ? cell->working : NULL;
    struct kept_denial *kept = check_calloc(1, sizeof *kept);
    kept->denial = old != NULL ? old->denial : *denial;
    kept->denial.machine = denial->machine != NULL ? check_strdup(denial->machine) : NULL;
    kept->denial.product = codes_find(&twin->codes, denial->product->code);
    kept->denial.explanation = NULL;
    kept->denial.count = denial->count;
    kept->denial.last_at = denial->last_at;
    kept->denial.closed_at = denial->closed_at;
    if (old != NULL)
        tried = old->tried;
    kept->tried = tried != NULL ? check_strdup(tried) : NULL;
    pthread_mutex_lock(&twin->mutex);
    if (cell == NULL)
        cell = memory_add_cell(twin, TABLE_DENIAL, account, memory_id_hash(account, denial->id));
    memory_set(twin, cell, kept);
    pthread_mutex_unlock(&twin->mutex);
    return memory_note_denial(base, account, denial, error);
}

static enum store_status remember(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                  const struct remembered *answer, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    struct kept_answer *kept = check_calloc(1, sizeof *kept);
    *kept = (struct kept_answer){.key = key, .idempotency_key = check_strdup(idempotency_key), .answer = *answer};
    kept->answer.body = check_strdup(answer->body);
    struct cell *cell = memory_find_answer(twin, account, key, idempotency_key);
    pthread_mutex_lock(&twin->mutex);
    if (cell == NULL)
        cell = memory_add_cell(twin, TABLE_ANSWER, account, memory_key_hash(account, key, idempotency_key));
    memory_set(twin, cell, kept);
    pthread_mutex_unlock(&twin->mutex);
    return STORE_OK;
}

static enum store_status forget(struct store *base, int64_t now, size_t limit, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (!memory_may_write(base, error))
        return STORE_REFUSED;
    struct cells *cells = &twin->tables[TABLE_ANSWER];
    pthread_mutex_lock(&twin->mutex);
    // From the end: a cell that goes is replaced by the last one.
    for (size_t i = cells->count; i > 0 && limit > 0; i--) {
        const struct kept_answer *kept = cells->cells[i - 1]->working;
        if (kept != NULL && kept->answer.until_at <= now) {
            memory_set(twin, cells->cells[i - 1], NULL);
            limit--;
        }
    }
    if (twin->sharing != NULL)
        memory_prune(twin->sharing, now - moment_seconds(CHANGES_KEPT_S));
    pthread_mutex_unlock(&twin->mutex);
    return STORE_OK;
}

static void keep(struct twin *twin)
{
    pthread_mutex_lock(&twin->mutex);
    twin->commits++;
    memory_keep_changes(twin);
    twin->events_committed = twin->event_count;
    twin->numbers_committed = twin->numbers;
    twin->has_operator_committed = twin->has_operator;
    memcpy(twin->operator_committed, twin->operator_hash, KEY_HASH_BYTES);
    if (twin->sharing != NULL) {
        memory_keep_notes(twin->sharing);
        memory_deliver(twin->sharing);
    }
    pthread_mutex_unlock(&twin->mutex);
}

static void drop_events(struct twin *twin, size_t from)
{
    for (size_t i = from; i < twin->event_count; i++) {
        free((void *)(uintptr_t)twin->events[i].event.subject);
        free((void *)(uintptr_t)twin->events[i].event.data);
    }
    twin->event_count = from;
}

void memory_drop_uncommitted(struct twin *twin)
{
    pthread_mutex_lock(&twin->mutex);
    memory_undo_changes(twin);
    drop_events(twin, twin->events_committed);
    twin->numbers = twin->numbers_committed;
    twin->has_operator = twin->has_operator_committed;
    memcpy(twin->operator_hash, twin->operator_committed, KEY_HASH_BYTES);
    if (twin->sharing != NULL)
        memory_drop_notes(twin->sharing);
    pthread_mutex_unlock(&twin->mutex);
}

static void rollback(struct store *base)
{
    if (memory_has_turn(base))
        memory_drop_uncommitted(twin_of(base));
    memory_end_turn(base);
}

// Whether the power goes at this very write, and all of the transaction had reached the disk.
static bool is_cut_whole(const struct twin *twin)
{
    return twin->cut_power != 0 && twin->writes == twin->cut_power && twin->is_cut_whole;
}

static enum store_status commit(struct store *base, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    bool fails = twin->fail_commit > 0 && --twin->fail_commit == 0;
    enum commit_fault fault = fails ? twin->commit_fault : COMMIT_KEPT;
    bool may = memory_may_write(base, error);
    if (may ? fault == COMMIT_KEPT : is_cut_whole(twin))
        keep(twin);
    rollback(base); // what was not kept; the turn ends
    if (may && !fails)
        return STORE_OK;
    if (may)
        store_error_set(error, "The memory twin fails this commit, as it was told to.");
    return !may || fault == COMMIT_REFUSED ? STORE_REFUSED : STORE_UNCERTAIN;
}

static void free_twin(struct twin *twin)
{
    memory_fini_cells(twin);
    drop_events(twin, 0);
    free(twin->events);
    memory_free_sharing(twin->sharing);
    codes_fini(&twin->codes);
    pthread_mutex_destroy(&twin->mutex);
    free(twin);
}

static void close_memory(struct store *base)
{
    struct twin *twin = twin_of(base);
    if (memory_leave(base))
        free_twin(twin);
    store_fini(base);
    free(base);
}

static bool backup(struct store_reader *reader, const char *file, struct store_error *error)
{
    (void)reader;
    store_error_set(error, "The memory twin cannot be copied to %s.", file);
    return false;
}

#define MEMORY_FUNCTIONS                                                                                               \
    .close = close_memory, .load_products = memory_load_products, .load_account_ids = memory_load_account_ids,         \
    .load_account = memory_load_account, .load_denials = memory_load_denials, .load_numbers = memory_load_numbers,     \
    .last_at = memory_last_at, .load_operator = memory_load_operator, .load_head = memory_load_head,                   \
    .project_organization = memory_project_organization, .begin = begin, .put_row = put_row, .put_event = put_event,   \
    .put_number = put_number, .put_operator = put_operator, .put_denial = put_denial, .remember = remember,            \
    .forget = forget, .commit = commit, .rollback = rollback, .recall = memory_recall,                                 \
    .recall_session = memory_recall_session, .recall_sessions_since = memory_recall_sessions_since,                    \
    .reader_open = memory_reader_open, .reader_close = memory_reader_close, .list = memory_list,                       \
    .list_members = memory_list_members, .list_events = memory_list_events, .list_denials = memory_list_denials,       \
    .backup = backup

const struct store_driver memory_driver = {MEMORY_FUNCTIONS};

const struct store_driver memory_shared_driver = {
    MEMORY_FUNCTIONS,
    .enter = memory_enter,
    .put_due = memory_put_due,
    .tell = memory_tell,
    .watch_open = memory_watch_open,
    .watch_close = memory_watch_close,
    .watch_next = memory_watch_next,
    .find_key = memory_find_key,
};

struct twin *twin_new(void)
{
    struct twin *twin = check_calloc(1, sizeof *twin);
    pthread_mutex_init(&twin->mutex, NULL);
    codes_init(&twin->codes);
    return twin;
}

struct store *store_open_memory(void)
{
    struct memory_store *store = check_calloc(1, sizeof *store);
    store_init(&store->store, &memory_driver);
    store->twin = twin_new();
    return &store->store;
}
