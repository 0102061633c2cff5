// SPDX-License-Identifier: Apache-2.0
// Several servers on the memory twin.
#include "simulation/nodes.h"

static void open_memory(struct nodes *nodes)
{
    nodes->keeper = store_open_memory_shared(NULL);
    store_memory_kill(nodes->keeper);
}

static struct store *open_store(struct nodes *nodes)
{
    return store_open_memory_shared(nodes->keeper);
}

static void move_clock(struct nodes *nodes, int64_t now_ms)
{
    store_memory_set_clock(nodes->keeper, now_ms);
}

static void let_die(struct nodes *nodes, struct store *store)
{
    store_memory_kill(store);
    nodes->graves[nodes->grave_count++] = store;
}

static void prune(struct nodes *nodes)
{
    store_memory_prune(nodes->keeper);
}

static void check_history(struct sim *sim)
{
    sim_check_history(sim, sim->nodes->keeper);
}

static void close_memory(struct nodes *nodes)
{
    for (int i = 0; i < nodes->grave_count; i++)
        store_close(nodes->graves[i]);
    store_close(nodes->keeper);
}

const struct ground ground_memory = {
    .has_faults = true,
    .has_watch = true,
    .open = open_memory,
    .open_store = open_store,
    .move_clock = move_clock,
    .let_die = let_die,
    .prune = prune,
    .check_history = check_history,
    .close = close_memory,
};
