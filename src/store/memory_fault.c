// SPDX-License-Identifier: Apache-2.0
// The faults of the memory twin.
#include "store/memory.h"

#include "base/check.h"
#include "store/memory_sharing.h"

bool memory_may_write(struct store *store, struct store_error *error)
{
    struct twin *twin = twin_of(store);
    twin->writes++;
    if (twin->cut_power != 0 && twin->writes >= twin->cut_power)
        twin->has_no_power = true;
    bool is_refused = twin->refuse_write != 0 && twin->writes == twin->refuse_write;
    if (twin->has_no_power)
        store_error_set(error, "The memory twin has no power, as it was told.");
    else if (is_refused)
        store_error_set(error, "The memory twin refuses this write, as it was told to.");
    return !twin->has_no_power && !is_refused && memory_take_turn(store, error);
}

bool store_is_memory(const struct store *store)
{
    return store->driver == &memory_driver || store->driver == &memory_shared_driver;
}

static struct twin *checked_twin_of(const struct store *store)
{
    CHECK(store_is_memory(store));
    return twin_of(store);
}

uint64_t store_memory_writes(const struct store *store)
{
    return checked_twin_of(store)->writes;
}

uint64_t store_memory_commits(const struct store *store)
{
    return checked_twin_of(store)->commits;
}

void store_memory_refuse_write(struct store *store, uint64_t nth)
{
    struct twin *twin = checked_twin_of(store);
    twin->refuse_write = nth > 0 ? twin->writes + nth : 0;
}

void store_memory_fail_commit(struct store *store, uint64_t nth, enum commit_fault fault)
{
    struct twin *twin = checked_twin_of(store);
    twin->fail_commit = nth;
    twin->commit_fault = fault;
}

void store_memory_refuse_loads(struct store *store, uint64_t count)
{
    checked_twin_of(store)->refuse_loads = count;
}

void store_memory_cut_power(struct store *store, uint64_t nth, bool is_whole)
{
    struct twin *twin = checked_twin_of(store);
    twin->cut_power = nth > 0 ? twin->writes + nth : 0;
    twin->is_cut_whole = is_whole;
}

bool store_memory_has_power(const struct store *store)
{
    return !checked_twin_of(store)->has_no_power;
}

void store_memory_restart(struct store *store)
{
    struct twin *twin = checked_twin_of(store);
    memory_drop_uncommitted(twin);
    memory_end_turn(store);
    chain_fini(&store->chain);
    store->numbers = (struct numbers){0};
    store->writing = false;
    store->failed = false;
    twin->has_no_power = false;
    twin->cut_power = twin->refuse_write = twin->fail_commit = twin->refuse_loads = 0;
}
