// SPDX-License-Identifier: Apache-2.0
// The faults of the memory twin.
#include "store/memory.h"

#include "base/check.h"
#include "store/memory_cells.h"

bool memory_may_write(struct memory_store *store, struct store_error *error)
{
    store->writes++;
    if (store->cut_power != 0 && store->writes >= store->cut_power)
        store->has_no_power = true;
    bool is_refused = store->refuse_write != 0 && store->writes == store->refuse_write;
    if (store->has_no_power)
        store_error_set(error, "The memory twin has no power, as it was told.");
    else if (is_refused)
        store_error_set(error, "The memory twin refuses this write, as it was told to.");
    return !store->has_no_power && !is_refused;
}

static struct memory_store *twin_of(struct store *store)
{
    CHECK(store->driver == &memory_driver);
    return memory_of(store);
}

uint64_t store_memory_writes(const struct store *store)
{
    CHECK(store->driver == &memory_driver);
    return ((const struct memory_store *)store)->writes;
}

uint64_t store_memory_commits(const struct store *store)
{
    CHECK(store->driver == &memory_driver);
    return ((const struct memory_store *)store)->commits;
}

void store_memory_refuse_write(struct store *store, uint64_t nth)
{
    twin_of(store)->refuse_write = nth > 0 ? memory_of(store)->writes + nth : 0;
}

void store_memory_fail_commit(struct store *store, uint64_t nth, enum commit_fault fault)
{
    twin_of(store)->fail_commit = nth;
    memory_of(store)->commit_fault = fault;
}

void store_memory_refuse_loads(struct store *store, uint64_t count)
{
    twin_of(store)->refuse_loads = count;
}

void store_memory_cut_power(struct store *store, uint64_t nth, bool is_whole)
{
    twin_of(store)->cut_power = nth > 0 ? memory_of(store)->writes + nth : 0;
    memory_of(store)->is_cut_whole = is_whole;
}

bool store_memory_has_power(const struct store *store)
{
    CHECK(store->driver == &memory_driver);
    return !((const struct memory_store *)store)->has_no_power;
}

void store_memory_restart(struct store *base)
{
    struct memory_store *store = twin_of(base);
    memory_drop_uncommitted(store);
    chain_fini(&base->chain);
    base->numbers = (struct numbers){0};
    base->writing = false;
    base->failed = false;
    store->has_no_power = false;
    store->cut_power = store->refuse_write = store->fail_commit = store->refuse_loads = 0;
}
