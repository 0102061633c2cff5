// SPDX-License-Identifier: Apache-2.0
// The canary's faults in what several servers share; see canary.c.
#include "simulation/canary.h"

#include "server/processor_parts.h"
#include "server/sharing.h"
#include "store/memory_sharing.h"

struct losing {
    store_change_sink *sink;
    void *arg;
};

// Of one that was away.
static bool is_end_of_age(const struct fact *fact)
{
    return fact->kind == FACT_WAITER_LEFT && ((const struct waiter_row *)fact->before)->kept_until != 0;
}

static bool is_lost(const struct fact *fact)
{
    return fact != NULL && ((is_planted(CHANGE_NOT_FOLLOWED) && fact->kind == FACT_DEDICATION_CHANGED) ||
                            (is_planted(WAITER_NOT_TAKEN_UP) && fact->kind == FACT_WAITER_JOINED) ||
                            (is_planted(HEADS_OF_ITS_OWN) && fact->kind == FACT_WAITER_MOVED) ||
                            (is_planted(AGE_STAYS) && is_end_of_age(fact)));
}

static void lose(void *arg, const struct store_change *change)
{
    struct losing *losing = arg;
    if (!is_lost(change->fact))
        losing->sink(losing->arg, change);
}

static void before_entering(struct store_entry *entry)
{
    for (size_t i = 1; i < entry->visit_count && is_planted(OWN_CHANGES_AGAIN); i++)
        entry->visits[i].version -= entry->visits[i].version > 1;
}

static void after_entering(struct store_entry *entry, const bool *is_known)
{
    for (size_t i = 1; i < entry->visit_count && is_planted(LOST_NOT_LOADED); i++)
        entry->visits[i].is_lost = entry->visits[i].is_lost && !is_known[i];
    if (is_planted(IDS_OF_OTHERS) && entry->numbers.next[ID_SESSION] % 50 == 0)
        entry->numbers.next[ID_SESSION]--;
}

enum store_status __real_store_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                                     struct store_error *error);
enum store_status __wrap_store_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                                     struct store_error *error);
enum store_status __wrap_store_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                                     struct store_error *error)
{
    enum { VISITS_MAX = 64 };
    bool is_known[VISITS_MAX] = {false};
    for (size_t i = 0; i < entry->visit_count && i < VISITS_MAX; i++)
        is_known[i] = entry->visits[i].version > 0;
    before_entering(entry);
    enum store_status status = __real_store_enter(store, entry, lose, &(struct losing){sink, arg}, error);
    if (status == STORE_OK)
        after_entering(entry, is_known);
    return status;
}

enum store_status __real_store_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error);
enum store_status __wrap_store_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error);
enum store_status __wrap_store_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error)
{
    return is_planted(WAITER_NOT_ANSWERED) ? STORE_OK : __real_store_tell(store, node, account, error);
}

enum store_status __real_store_put_due(struct store *store, uint64_t account, int64_t due_at,
                                       struct store_error *error);
enum store_status __wrap_store_put_due(struct store *store, uint64_t account, int64_t due_at,
                                       struct store_error *error);
enum store_status __wrap_store_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error)
{
    return is_planted(DUE_NOT_PUT) ? STORE_OK : __real_store_put_due(store, account, due_at, error);
}

void __real_parking_drop_dead(struct parking *parking, struct tenant *tenant, const uint64_t *nodes, size_t count,
                              int64_t now);
void __wrap_parking_drop_dead(struct parking *parking, struct tenant *tenant, const uint64_t *nodes, size_t count,
                              int64_t now);
void __wrap_parking_drop_dead(struct parking *parking, struct tenant *tenant, const uint64_t *nodes, size_t count,
                              int64_t now)
{
    if (!is_planted(DEAD_WAIT_ON))
        __real_parking_drop_dead(parking, tenant, nodes, count, now);
}

void __real_memory_look_for_life(struct twin *twin, struct memory_node *node);
void __wrap_memory_look_for_life(struct twin *twin, struct memory_node *node);
void __wrap_memory_look_for_life(struct twin *twin, struct memory_node *node)
{
    if (!is_planted(REVIVAL_FORGOTTEN))
        __real_memory_look_for_life(twin, node);
}

// They are in no line any more, and their requests are nobody's.
struct job *__real_line_take_back_joined(struct processor *processor);
struct job *__wrap_line_take_back_joined(struct processor *processor);
struct job *__wrap_line_take_back_joined(struct processor *processor)
{
    struct job *jobs = __real_line_take_back_joined(processor);
    return is_planted(JOINED_IS_LOST) ? NULL : jobs;
}

void __real_sharing_end(struct batch *batch, bool is_good);
void __wrap_sharing_end(struct batch *batch, bool is_good);
void __wrap_sharing_end(struct batch *batch, bool is_good)
{
    if (is_planted(UNCERTAIN_STAYS))
        batch->is_uncertain = false;
    __real_sharing_end(batch, is_good);
}
