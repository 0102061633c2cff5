// SPDX-License-Identifier: Apache-2.0
// The watch of a shared memory. It never waits: whoever lets several stores run in one thread asks it again and again.
#include "store/memory_sharing.h"

#include "base/check.h"

#include <stdlib.h>

struct memory_watch {
    struct store_watch base;
    uint64_t *accounts;
    size_t count, size;
};

static struct memory_watch *memory_watch_of(struct store_watch *watch)
{
    return (struct memory_watch *)(void *)watch;
}

struct store_watch *memory_watch_open(struct store *store, struct store_error *error)
{
    if (twin_of(store)->has_no_power) {
        store_error_set(error, "The memory twin has no power, as it was told.");
        return NULL;
    }
    struct memory_watch *watch = check_calloc(1, sizeof *watch);
    watch->base.store = store;
    return &watch->base;
}

void memory_watch_close(struct store_watch *watch)
{
    free(memory_watch_of(watch)->accounts);
    free(watch);
}

static void add(struct memory_watch *watch, uint64_t account)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->accounts[i] == account)
            return;
    }
    if (watch->count == watch->size) {
        watch->size = watch->size > 0 ? 2 * watch->size : 16;
        watch->accounts = check_realloc(watch->accounts, watch->size * sizeof *watch->accounts);
    }
    watch->accounts[watch->count++] = account;
}

static void add_due(struct memory_watch *watch, const struct memory_sharing *sharing)
{
    int64_t now = memory_clock(sharing);
    size_t cursor = 0;
    for (const struct memory_state *state; (state = table_next(&sharing->states, &cursor)) != NULL;) {
        if (state->due_at != 0 && state->due_at <= now)
            add(watch, state->account);
    }
}

static bool is_alive(const struct memory_sharing *sharing, uint64_t id)
{
    for (const struct list_node *at = sharing->nodes.first; at != NULL; at = at->after) {
        const struct memory_node *node = ITEM_OF(at, struct memory_node, of_nodes);
        if (node->id == id)
            return node->is_alive;
    }
    return false;
}

static void add_left_behind(struct memory_watch *watch, const struct twin *twin)
{
    const struct cells *cells = &twin->tables[ROW_WAITER];
    for (size_t i = 0; i < cells->count; i++) {
        const struct waiter_row *row = cells->cells[i]->committed;
        if (row != NULL && row->kept_until == 0 && !is_alive(twin->sharing, row->node))
            add(watch, cells->cells[i]->account);
    }
}

bool memory_watch_next(struct store_watch *base, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                       struct store_error *error)
{
    (void)timeout_ms;
    struct memory_watch *watch = memory_watch_of(base);
    struct twin *twin = twin_of(base->store);
    struct memory_node *node = memory_node_of(base->store);
    if (twin->has_no_power) {
        store_error_set(error, "The memory twin has no power, as it was told.");
        return false;
    }
    watch->count = 0;
    pthread_mutex_lock(&twin->mutex);
    for (size_t i = 0; i < node->told_count; i++)
        add(watch, node->told[i]);
    node->told_count = 0;
    add_due(watch, twin->sharing);
    add_left_behind(watch, twin);
    pthread_mutex_unlock(&twin->mutex);
    *ret_accounts = watch->accounts;
    *ret_count = watch->count;
    return true;
}
