// SPDX-License-Identifier: Apache-2.0
// The stores that share a memory: whose turn it is, which of them live, and what they tell each other.
#include "store/memory_sharing.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>
#include <time.h>

static struct memory_sharing *sharing_of(const struct store *store)
{
    CHECK(store->driver == &memory_shared_driver);
    return twin_of(store)->sharing;
}

int64_t memory_clock(const struct memory_sharing *sharing)
{
    struct timespec now;
    if (sharing->has_clock)
        return sharing->clock_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    return moment_seconds(now.tv_sec) + now.tv_nsec / 1000000;
}

// ---- Turns

bool memory_has_turn(const struct store *store)
{
    const struct memory_sharing *sharing = twin_of(store)->sharing;
    return sharing == NULL || sharing->writer == store;
}

bool memory_take_turn(const struct store *store, struct store_error *error)
{
    struct memory_sharing *sharing = twin_of(store)->sharing;
    if (sharing == NULL)
        return true;
    if (sharing->writer == NULL)
        sharing->writer = store;
    if (sharing->writer != store)
        store_error_set(error, "Another store on this memory is in a transaction: one at a time.");
    return sharing->writer == store;
}

void memory_end_turn(const struct store *store)
{
    struct memory_sharing *sharing = twin_of(store)->sharing;
    if (sharing != NULL && sharing->writer == store)
        sharing->writer = NULL;
}

// ---- Liveness

static bool is_any_alive(const struct memory_sharing *sharing)
{
    for (const struct list_node *at = sharing->nodes.first; at != NULL; at = at->after) {
        if (ITEM_OF(at, const struct memory_node, of_nodes)->is_alive)
            return true;
    }
    return false;
}

static void renew(struct twin *twin, struct cell *cell, int64_t now)
{
    struct session_row renewed = *(const struct session_row *)cell->committed;
    int64_t full_at = now + moment_seconds(renewed.ttl_s);
    if (renewed.expires_at < full_at)
        renewed.expires_at = full_at;
    memory_set(twin, cell, memory_own_row(twin, ROW_SESSION, &renewed));
}

// Every session that somebody could have kept alive has its full time again, and every memory of it is stale.
static void revive(struct twin *twin, int64_t now)
{
    const struct cells *cells = &twin->tables[ROW_SESSION];
    for (size_t i = 0; i < cells->count; i++) {
        const struct session_row *row = cells->cells[i]->committed;
        if (row == NULL || row->state != SESSION_ACTIVE || row->borrowed)
            continue;
        renew(twin, cells->cells[i], now);
        memory_note_silently(twin->sharing, memory_state_of(twin->sharing, cells->cells[i]->account));
    }
    memory_keep_changes(twin);
    memory_keep_notes(twin->sharing);
}

void memory_look_for_life(struct twin *twin, struct memory_node *node)
{
    struct memory_sharing *sharing = twin->sharing;
    int64_t now = memory_clock(sharing);
    if (is_any_alive(sharing) || now - sharing->last_alive_at <= moment_seconds(LIVENESS_MAX_S))
        return;
    pthread_mutex_lock(&twin->mutex);
    revive(twin, now);
    node->is_alive = true;
    pthread_mutex_unlock(&twin->mutex);
}

void memory_stop_living(struct memory_sharing *sharing, struct memory_node *node)
{
    if (node->is_alive)
        sharing->last_alive_at = memory_clock(sharing);
    node->is_alive = false;
}

void store_memory_kill(struct store *store)
{
    memory_stop_living(sharing_of(store), memory_node_of(store));
}

void store_memory_mark_alive(struct store *store)
{
    sharing_of(store);
    memory_node_of(store)->is_alive = true;
}

void store_memory_set_clock(struct store *store, int64_t now_ms)
{
    struct memory_sharing *sharing = sharing_of(store);
    sharing->has_clock = true;
    sharing->clock_ms = now_ms;
}

void store_memory_prune(struct store *store)
{
    memory_prune(sharing_of(store), INT64_MAX);
}

void store_memory_hold(struct store *store, uint64_t account)
{
    sharing_of(store)->held = account;
}

// ---- Messages

enum store_status memory_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error)
{
    struct memory_sharing *sharing = twin_of(store)->sharing;
    if (!memory_may_write(store, error))
        return STORE_REFUSED;
    sharing->messages = check_realloc(sharing->messages, (sharing->message_count + 1) * sizeof *sharing->messages);
    sharing->messages[sharing->message_count++] = (struct memory_message){node, account};
    return STORE_OK;
}

static void deliver(struct memory_sharing *sharing, const struct memory_message *message)
{
    for (struct list_node *at = sharing->nodes.first; at != NULL; at = at->after) {
        struct memory_node *node = ITEM_OF(at, struct memory_node, of_nodes);
        if (node->id != message->node)
            continue;
        node->told = check_realloc(node->told, (node->told_count + 1) * sizeof *node->told);
        node->told[node->told_count++] = message->account;
    }
}

void memory_deliver(struct memory_sharing *sharing)
{
    for (size_t i = 0; i < sharing->message_count; i++)
        deliver(sharing, &sharing->messages[i]);
    sharing->message_count = 0;
}
