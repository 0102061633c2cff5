// SPDX-License-Identifier: Apache-2.0
// What is true after a round of one of several servers has failed.
//
//     refused            as before; who left the line has left; the server tries it again
//     uncertain          the truth is in the store: as before, or as after; nothing is tried again, and who joined, or
//                        was served with a key, was told so
//     the server died    as before, or as after, without the server
#include "simulation/nodes.h"

static bool was_answered(const struct sim *sim, int serial)
{
    for (int i = 0; i < sim->rig->answered_count; i++) {
        if (sim->rig->answered[i]->serial == serial && !sim->rig->answered[i]->reached_nobody)
            return true;
    }
    return false;
}

// Whether it may come back as old as it was: it hung up, or has let the same request wait in its place, in vain.
static bool may_come_back(const struct sim *sim, int serial)
{
    for (int i = 0; i < sim->step_count; i++) {
        const struct step *step = &sim->steps[i];
        bool is_it = step->act.kind == ACT_HANG_UP ? step->act.thing == serial
                                                   : step->waits && step->steps_aside && step->aside == serial;
        if (!step->is_left_out && is_it)
            return true;
    }
    return false;
}

static const struct waiter *find_in_queue(const struct sim *sim, int account, uint64_t order)
{
    const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[account]);
    for (const struct list_node *at = tenant != NULL ? tenant->account.queue.line.first : NULL; at != NULL;
         at = at->after) {
        const struct waiter *waiter = ITEM_OF(at, struct waiter, of_line);
        if (waiter->order == order)
            return waiter;
    }
    return NULL;
}

// One that has left stood at the head as the batch had it that failed, for its server alone, which has yet to write it;
// unless the account is to be loaded anew.
static int64_t head_since_of(const struct sim *sim, int account, const struct model_waiter *waiter)
{
    const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[account]);
    const struct parking *parking = &sim->rig->processor.parking;
    for (size_t i = 0; i < parking->leaving_count && tenant != NULL && tenant->version != 0; i++) {
        if (parking->leavings[i].tenant == tenant && parking->leavings[i].row.id == waiter->order)
            return parking->leavings[i].row.head_since;
    }
    return waiter->head_since;
}

// Those that the server let go of although nothing came of the batch.
static void let_go(struct sim *sim, int account)
{
    struct model *model = &sim->accounts[account];
    for (int i = model->waiter_count - 1; i >= 0; i--) {
        struct model_waiter *waiter = &model->line[i];
        if (!was_answered(sim, waiter->request.serial))
            continue;
        waiter->head_since = head_since_of(sim, account, waiter);
        if (may_come_back(sim, waiter->request.serial))
            model_keep_age(model, waiter, sim->now);
        model_leave(model, i);
    }
}

// Reservations and heads stay in the memory of the server, which writes them with its next batch; the others decide
// from what is in the store. What must be loaded anew is forgotten.
static void keep_unwritten(struct sim *sim, int account)
{
    const struct model *model = &sim->accounts[account];
    const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[account]);
    struct unwritten_line *line = &sim->nodes->unwritten[model->here][account];
    line->count = 0;
    for (int i = 0; i < model->waiter_count && tenant != NULL && tenant->version != 0; i++) {
        struct unwritten unwritten = {.stored = model->line[i], .here = model->line[i]};
        const struct waiter *there = find_in_queue(sim, account, model->line[i].order);
        if (there == NULL)
            continue;
        unwritten.here.head_since = there->head_since;
        unwritten.here.reserved = sim_level_of(model, there->reserved);
        unwritten.here.via = there->reserved_via;
        if (!nodes_stand_alike(&unwritten.stored, &unwritten.here))
            line->waiters[line->count++] = unwritten;
    }
}

static bool after_refusal(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++) {
        sim->accounts[i] = sim->before[i];
        let_go(sim, i);
        if (nodes_visited(sim, i))
            keep_unwritten(sim, i);
    }
    sim->tally->refused_rounds++;
    return true;
}

// ---- Uncertain

static bool has_joined(const struct sim *sim, int serial)
{
    for (int i = 0; i < sim->joined_count; i++) {
        if (sim->joined[i].request.serial == serial)
            return true;
    }
    return false;
}

// Of a waiter that the round has served here.
static bool was_served(const struct sim *sim, int account, int serial)
{
    for (int i = 0; i < sim->told[account].count; i++) {
        if (sim->told[account].items[i].serial == serial)
            return true;
    }
    return false;
}

static void clear_line(struct sim *sim, int account)
{
    struct model *model = &sim->accounts[account];
    for (int i = model->waiter_count - 1; i >= 0; i--) {
        const struct model_waiter *waiter = &model->line[i];
        int serial = waiter->request.serial;
        if (!was_answered(sim, serial) && !has_joined(sim, serial))
            continue;
        if (may_come_back(sim, serial) || was_served(sim, account, serial))
            model_keep_age(model, waiter, sim->now);
        model_leave(model, i);
    }
}

// Those without a key that were served for good wait on, and are not in the line any more: they are told when the
// server looks.
static void tell_later(struct sim *sim, int account)
{
    struct nodes *nodes = sim->nodes;
    for (int i = 0; i < sim->told[account].count; i++) {
        int serial = sim->told[account].items[i].serial;
        if (sim_request(sim, serial) == NULL || nodes->pending_count == PENDING_MAX)
            continue;
        nodes->pending[nodes->pending_count++] = (struct pending){.serial = serial,
                                                                  .account = account,
                                                                  .server = sim->accounts[account].here,
                                                                  .verdict = {.result = RESULT_UNAVAILABLE}};
    }
}

static void after_uncertainty(struct sim *sim, bool is_kept)
{
    for (int i = 0; i < sim->account_count; i++) {
        if (is_kept)
            nodes_keep_account(sim, i);
        else
            sim->accounts[i] = sim->before[i];
        clear_line(sim, i);
        if (is_kept)
            tell_later(sim, i);
    }
    sim->tally->lost_commits += !is_kept;
    sim->tally->kept_commits += is_kept;
}

static void after_death(struct sim *sim, bool is_kept)
{
    int server = (int)(sim->rig - sim->rigs);
    for (int i = 0; i < sim->account_count; i++) {
        if (is_kept)
            nodes_keep_account(sim, i);
        else
            sim->accounts[i] = sim->before[i];
    }
    sim->tally->crashes++;
    sim->tally->whole_crashes += is_kept;
    nodes_bury(sim, server);
}

bool nodes_after_failure(struct sim *sim)
{
    struct nodes *nodes = sim->nodes;
    const struct batch *batch = &sim->rig->processor.batch;
    bool is_kept = sim->ground->has_faults && store_memory_commits(nodes->keeper) > sim->commits_before;
    bool is_excused = nodes->excused[sim->accounts[0].here] > 0;
    nodes->excused[sim->accounts[0].here] -= is_excused;
    if (!sim->ground->has_faults && batch->is_uncertain)
        sim_differs(sim, "nobody knows of a commit: %s", batch->error.text);
    if (sim->fault.kind == ACT_TIME && !nodes->is_load_refused && !batch->wants_numbers && !is_excused)
        sim_differs(sim, "a batch failed without a fault: %s", batch->error.text);
    if (sim->fault.kind == ACT_TIME && !batch->wants_numbers)
        nodes->is_load_refused = false;
    sim->tally->short_rounds += batch->wants_numbers;
    // Who waits elsewhere hears of what is in the store, even from a server that died with its commit and told nobody.
    if (!is_kept)
        nodes->pending_count = nodes->put_off;
    if (sim->ground->has_faults && !store_memory_has_power(nodes->keeper)) {
        after_death(sim, is_kept);
        return false;
    }
    if (!batch->is_uncertain)
        return after_refusal(sim);
    after_uncertainty(sim, is_kept);
    return false;
}
