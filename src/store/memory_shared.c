// SPDX-License-Identifier: Apache-2.0
#include "store/memory_sharing.h"

#include "base/check.h"
#include "engine/limits.h"

#include <stdlib.h>
#include <string.h>

// ---- Entering

static void take_numbers(struct twin *twin, struct store_entry *entry)
{
    for (size_t i = 0; i < ID_KINDS; i++) {
        uint64_t *next = &twin->numbers.next[i];
        if (*next == 0)
            *next = i == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
        entry->numbers.next[i] = *next;
        *next += entry->wanted[i];
    }
    // They are gone, even if nothing comes of the transaction.
    twin->numbers_committed = twin->numbers;
}

static void name_nodes(const struct memory_sharing *sharing, struct memory_node *node, struct store_entry *entry)
{
    size_t count = 0;
    node->alive = check_realloc(node->alive, (sharing->store_count + 1) * sizeof *node->alive);
    for (const struct list_node *at = sharing->nodes.first; at != NULL; at = at->after) {
        const struct memory_node *other = ITEM_OF(at, const struct memory_node, of_nodes);
        if (other->is_alive)
            node->alive[count++] = other->id;
    }
    entry->nodes = node->alive;
    entry->node_count = count;
}

static void note_changed(struct memory_node *node, const struct store_entry *entry)
{
    node->has_all = false;
    node->changed_count = 0;
    node->changed = check_realloc(node->changed, entry->visit_count * sizeof *node->changed);
    for (size_t i = 0; i < entry->visit_count; i++) {
        if (entry->visits[i].is_changed && !entry->visits[i].is_left)
            node->changed[node->changed_count++] = entry->visits[i].account;
    }
}

// What another has, as a test says (store_memory_hold), or what is not there.
static void leave_out(const struct memory_sharing *sharing, struct store_entry *entry)
{
    for (size_t i = 0; i < entry->visit_count; i++) {
        struct store_visit *visit = &entry->visits[i];
        const struct memory_state *state = memory_state_of(sharing, visit->account);
        bool is_had = state == NULL || state->version == 0 || sharing->held == visit->account;
        visit->is_left = visit->is_changed && visit->may_be_left && is_had;
    }
}

static void check_visits(const struct store_entry *entry)
{
    CHECK(entry->visit_count > 0 && entry->visits[0].account == 0);
    for (size_t i = 1; i < entry->visit_count; i++)
        CHECK(entry->visits[i - 1].account < entry->visits[i].account);
}

enum store_status memory_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                               struct store_error *error)
{
    struct twin *twin = twin_of(store);
    struct memory_node *node = memory_node_of(store);
    check_visits(entry);
    if (!memory_may_write(store, error)) {
        memory_end_turn(store);
        return STORE_REFUSED;
    }
    memory_look_for_life(twin, node);
    take_numbers(twin, entry);
    name_nodes(twin->sharing, node, entry);
    leave_out(twin->sharing, entry);
    note_changed(node, entry);
    entry->now = memory_clock(twin->sharing);
    bool good = true;
    for (size_t i = 0; i < entry->visit_count && good; i++)
        good = entry->visits[i].is_left || memory_visit(store, &entry->visits[i], sink, arg, error);
    // It may fail after all was told, too.
    good = good && memory_may_write(store, error);
    // Who only looks leaves the turn to others.
    if (!good || node->changed_count == 0)
        memory_end_turn(store);
    return good ? STORE_OK : STORE_REFUSED;
}

enum store_status memory_find_key(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                                  struct store_error *error)
{
    struct twin *twin = twin_of(store);
    const struct cells *cells = &twin->tables[ROW_API_KEY];
    if (twin->has_no_power) {
        store_error_set(error, "The memory twin has no power, as it was told.");
        return STORE_REFUSED;
    }
    pthread_mutex_lock(&twin->mutex);
    for (size_t i = 0; i < cells->count; i++) {
        const struct api_key_row *row = cells->cells[i]->committed;
        if (row != NULL && memcmp(row->hash, hash, KEY_HASH_BYTES) == 0)
            *ret_account = cells->cells[i]->account;
    }
    pthread_mutex_unlock(&twin->mutex);
    return STORE_OK;
}

// ---- Opening and closing

static struct twin *new_shared_twin(void)
{
    struct twin *twin = twin_new();
    twin->sharing = check_calloc(1, sizeof *twin->sharing);
    memory_add_state(twin->sharing, 0)->version = 1; // the service itself is always there
    return twin;
}

struct store *store_open_memory_shared(struct store *with)
{
    CHECK(with == NULL || with->driver == &memory_shared_driver);
    struct memory_store *store = check_calloc(1, sizeof *store);
    struct memory_node *node = check_calloc(1, sizeof *node);
    store_init(&store->store, &memory_shared_driver);
    store->twin = with != NULL ? twin_of(with) : new_shared_twin();
    store->node = node;
    struct memory_sharing *sharing = store->twin->sharing;
    if (sharing->last_node > 0 && sharing->writer == NULL)
        memory_look_for_life(store->twin, node);
    store->store.node = node->id = ++sharing->last_node;
    node->is_alive = true;
    list_add(&sharing->nodes, &node->of_nodes);
    sharing->store_count++;
    return &store->store;
}

bool memory_leave(struct store *store)
{
    struct memory_sharing *sharing = twin_of(store)->sharing;
    struct memory_node *node = memory_node_of(store);
    if (sharing == NULL)
        return true;
    memory_stop_living(sharing, node);
    list_remove(&sharing->nodes, &node->of_nodes);
    free(node->told);
    free(node->alive);
    free(node->changed);
    free(node);
    return --sharing->store_count == 0;
}

void memory_free_sharing(struct memory_sharing *sharing)
{
    if (sharing == NULL)
        return;
    size_t cursor = 0;
    for (struct memory_state *state; (state = table_next(&sharing->states, &cursor)) != NULL;)
        memory_free_state(state);
    table_fini(&sharing->states);
    free(sharing->messages);
    free(sharing);
}
