// SPDX-License-Identifier: Apache-2.0
//
// Those who wait in line. The model does not predict in which order they are served (the scripts do that), but that
// each is served by the ordinary rules from what is there at that moment, that whoever is refused has lost the right,
// and that between two steps nobody waits for a license that he could have, or beyond his time.
#include "simulation/simulation.h"

bool line_has_room(const struct simulation *simulation)
{
    for (size_t i = 0; i < WAITING; i++) {
        if (simulation->waiting[i].waiter == NULL)
            return true;
    }
    return false;
}

void line_join(struct simulation *simulation, const struct actor *actor, const struct session_request *wanted,
               const struct model_request *request)
{
    size_t place = 0;
    while (simulation->waiting[place].waiter != NULL)
        place++;
    struct waiter *waiter = world_wait(&simulation->world, actor, wanted, simulation->world.now, 0);
    simulation->waiting[place] = (struct waiting){waiter, *request};
    simulation->waiting[place].request.waiter = waiter->order;
    simulation->tally->waited++;
    simulation_pass_time(simulation);
}

void line_leave(struct simulation *simulation, size_t place)
{
    queue_leave(&simulation->world.account, simulation->waiting[place].waiter);
    simulation->waiting[place].waiter = NULL;
    simulation_pass_time(simulation);
}

static struct waiting *waiting_of(struct simulation *simulation, const struct waiter *waiter)
{
    for (size_t i = 0; i < WAITING; i++) {
        if (simulation->waiting[i].waiter == waiter)
            return &simulation->waiting[i];
    }
    simulation_differs(simulation, "someone was served who does not wait");
}

static bool is_any_kept(const struct model *model)
{
    for (int level = 0; level < MODEL_LEVELS; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            if (model->kept_for[level][product] != 0)
                return true;
        }
    }
    return false;
}

// Which pools are kept for whom.
static bool look_at_kept(struct simulation *simulation)
{
    struct account *account = &simulation->world.account;
    struct model *model = &simulation->model;
    bool any = false;
    size_t cursor = 0;
    for (int level = 0; level < MODEL_LEVELS; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++)
            model->kept_for[level][product] = 0;
    }
    for (const struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;) {
        uint64_t level = pool->level->row.id != 0 ? pool->level->row.id - 1000 : 0;
        if (pool->reserved_for == NULL)
            continue;
        any = true;
        model->kept_for[level][pool->stock->product->code[0] == 'K' ? 0 : 1] = pool->reserved_for->order;
    }
    simulation->tally->reserved += any;
    return any;
}

// A pool that was kept may not be any more, or the other way round, in the middle of serving: then only what was
// granted is taken over.
static void hold_against_model(struct simulation *simulation, struct waiting *waiting, bool any_kept)
{
    const struct outcome *outcome = &waiting->waiter->outcome;
    const struct session_row *row = outcome->row;
    if (any_kept && outcome->result == RESULT_CREATED) {
        model_grant(&simulation->model, &waiting->request, row->level != 0 ? (int)(row->level - 1000) : 0);
        return;
    }
    if (any_kept && outcome->result == RESULT_NO_LICENSE_AVAILABLE)
        return;
    struct verdict verdict = model_acquire(&simulation->model, &waiting->request, false);
    if (verdict.result != outcome->result)
        simulation_differs(simulation, "waiter %llu came to %s, in the model to %s",
                           (unsigned long long)waiting->waiter->order, result_types[outcome->result].name,
                           result_types[verdict.result].name);
    uint64_t level = verdict.level > 0 ? 1000 + (uint64_t)verdict.level : 0;
    if (verdict.result == RESULT_CREATED && (row->level != level || row->via != verdict.via))
        simulation_differs(simulation, "waiter %llu was granted %s by %llu, in the model %s by %llu",
                           (unsigned long long)waiting->waiter->order, via_words[row->via],
                           (unsigned long long)row->level, via_words[verdict.via], (unsigned long long)level);
}

static void take_over(struct simulation *simulation, struct decision *decision, bool any_kept)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        struct waiting *waiting = waiting_of(simulation, decision->served[i]);
        enum result result = waiting->waiter->outcome.result;
        hold_against_model(simulation, waiting, any_kept);
        simulation->tally->served += result == RESULT_CREATED;
        simulation->tally->gave_up += result == RESULT_NO_LICENSE_AVAILABLE;
        simulation->tally->refused += result != RESULT_CREATED && result != RESULT_NO_LICENSE_AVAILABLE;
        waiting->waiter = NULL;
    }
    decision->served_count = 0; // taken over
}

void line_serve(struct simulation *simulation)
{
    struct world *world = &simulation->world;
    bool any_kept = is_any_kept(&simulation->model);
    any_kept = look_at_kept(simulation) || any_kept;
    take_over(simulation, &world->time, any_kept);
    take_over(simulation, &world->taken, any_kept);
}

void line_compare(struct simulation *simulation)
{
    for (size_t i = 0; i < WAITING; i++) {
        const struct waiting *waiting = &simulation->waiting[i];
        if (waiting->waiter == NULL)
            continue;
        struct verdict verdict = model_acquire(&simulation->model, &waiting->request, true);
        if (verdict.result != RESULT_NO_LICENSE_AVAILABLE)
            simulation_differs(simulation, "waiter %llu waits, and would come to %s",
                               (unsigned long long)waiting->waiter->order, result_types[verdict.result].name);
        if (waiting->waiter->deadline_at <= simulation->world.now)
            simulation_differs(simulation, "waiter %llu waits beyond its time",
                               (unsigned long long)waiting->waiter->order);
    }
}
