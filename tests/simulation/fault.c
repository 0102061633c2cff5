// SPDX-License-Identifier: Apache-2.0
//
// Faults, and what is true after them. The model went on as if there had been none; after a round that failed the truth
// is one of two models: that from before the round, or that which the round made.
//
//     refused            all is as before; heartbeats that were acknowledged stay
//     uncertain, lost    as before, and loaded anew        uncertain, kept    as after, and loaded anew
//     power cut          the same two, with a new process
//
// The line is memory alone: who was served stands in it again, who joined or left has joined or left.
#include "simulation/sim.h"

#include <string.h>

// And the accounts cannot be read afterwards, now and then.
static void fail_commit(struct sim *sim, const struct act *fault)
{
    bool is_any_lost = false;
    for (int i = 0; i < sim->account_count; i++)
        is_any_lost = is_any_lost || sim->is_lost[i];
    store_memory_fail_commit(sim->rig->store, 1, (enum commit_fault)fault->count);
    if (fault->is_on && !is_any_lost)
        store_memory_refuse_loads(sim->rig->store, ACCOUNTS_MAX);
}

void sim_arm(struct sim *sim)
{
    struct store *store = sim->rig->store;
    const struct act *fault = &sim->fault;
    if (fault->kind == ACT_REFUSE_WRITE)
        store_memory_refuse_write(store, (uint64_t)fault->count);
    else if (fault->kind == ACT_FAIL_COMMIT)
        fail_commit(sim, fault);
    else if (fault->kind == ACT_CUT_POWER)
        store_memory_cut_power(store, (uint64_t)fault->count, fault->is_on);
}

// One that is out; NULL: it was answered.
const struct request *sim_request(const struct sim *sim, int serial)
{
    for (const struct request *request = sim->rig->out; request != NULL; request = request->next) {
        if (request->serial == serial && !request->is_answered)
            return request;
    }
    return NULL;
}

static const struct model_waiter *find_waiter(const struct model_waiter *waiters, int count, uint64_t order)
{
    for (int i = count - 1; i >= 0; i--) {
        if (waiters[i].order == order)
            return &waiters[i];
    }
    return NULL;
}

int sim_level_of(const struct model *model, const struct pool *pool)
{
    for (int i = 0; pool != NULL && i < model->level_count; i++) {
        if (model->levels[i].id == pool->level->row.id)
            return i;
    }
    return NOBODY;
}

static const struct model_waiter *former_waiter(const struct sim *sim, int account, uint64_t order)
{
    const struct model *before = &sim->before[account];
    // One that was to take the place of another, also of one that joined in the batch, may have been answered with it.
    for (int i = sim->joined_count; i-- > 0;) {
        const struct model_waiter *joined = &sim->joined[i];
        if (joined->order == order && sim->acts[joined->request.serial].account == account &&
            sim_request(sim, joined->request.serial) != NULL)
            return joined;
    }
    return find_waiter(before->line, before->waiter_count, order);
}

static size_t count_unanswered(const struct sim *sim, int account)
{
    size_t count = 0;
    for (const struct request *request = sim->rig->out; request != NULL; request = request->next)
        count += !request->is_answered && sim->acts[request->serial].account == account;
    return count;
}

// Those that stand in the line: as the server has it. They are those who have no answer. Reservations and heads are
// taken over.
static void take_line_over(struct sim *sim, int account)
{
    struct model *model = &sim->accounts[account];
    const struct queue *queue = &rig_account(sim->rig, account)->queue;
    model->waiter_count = 0;
    for (const struct list_node *node = queue->line.first; node != NULL; node = node->after) {
        const struct waiter *waiter = ITEM_OF(node, struct waiter, of_line);
        const struct model_waiter *found = former_waiter(sim, account, waiter->order);
        if (found == NULL || sim_request(sim, found->request.serial) == NULL)
            sim_differs(sim, "someone stands in the line who was answered, or never asked");
        struct model_waiter own = *found;
        own.head_since = waiter->head_since;
        own.reserved = sim_level_of(model, waiter->reserved);
        own.via = waiter->reserved_via;
        model->line[model->waiter_count++] = own;
    }
    if (queue->count != count_unanswered(sim, account))
        sim_differs(sim, "someone has no answer, and does not wait");
}

// Whom the round has served, of which nobody knows: with a key it is not let wait on, lest it is granted twice; it may
// come again, as old as it was.
static void let_ask_again(struct sim *sim, int account)
{
    struct model *model = &sim->accounts[account];
    const struct told *told = &sim->told[account];
    for (int i = 0; i < told->count; i++) {
        int serial = told->items[i].serial, key = sim->acts[serial].key;
        const struct model_waiter *was = find_waiter(sim->joined, sim->joined_count, told->items[i].order);
        if (was == NULL || was->request.serial != serial)
            was = find_waiter(sim->before[account].line, sim->before[account].waiter_count, told->items[i].order);
        if (key == NOBODY)
            continue;
        if (sim_request(sim, serial) != NULL)
            sim_differs(sim, "someone waits on with a key who may have been granted");
        model_keep_age(model, was, sim->now);
    }
}

static void keep_heartbeat(struct model *model, const struct command *command, const struct outcome *outcome,
                           int64_t now)
{
    bool is_decided = outcome->result == RESULT_OK && outcome->answer == ANSWER_ROW;
    if (command->kind != COMMAND_SESSION_HEARTBEAT || !is_decided)
        return;
    struct model_claim *claim = model_claim(model, false, command->id);
    if (claim != NULL)
        claim->expires_at = now + claim->ttl_s * 1000;
}

// A heartbeat that was acknowledged is true, whatever became of the batch. Those of a sessions:batch were not
// acknowledged, but harm nobody.
static void keep_heartbeats(struct sim *sim)
{
    for (int i = 0; i < sim->rig->answered_count; i++) {
        const struct request *request = sim->rig->answered[i];
        const struct call *call = &request->call;
        struct model *model = &sim->accounts[sim->acts[request->serial].account];
        keep_heartbeat(model, &call->command, &call->outcome, call->now);
        for (size_t j = 0; j < call->op_count; j++)
            keep_heartbeat(model, &call->ops[j].command, &call->ops[j].outcome, call->now);
    }
}

// Of an account that is to be loaded anew: what was not written.
static void forget_heartbeats(struct model *model)
{
    for (int i = 0; i < model->claim_count; i++)
        model->claims[i].expires_at = model->claims[i].stored_expires_at;
}

static bool was_touched(const struct sim *sim, int account)
{
    const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[account]);
    return tenant->touched_in == sim->rig->processor.batch.serial;
}

// Who hung up, and how old it was, is memory alone.
static void go_back(struct model *model, const struct model *before)
{
    struct model after = *model;
    *model = *before;
    memcpy(model->ages, after.ages, sizeof after.ages);
    model->age_count = after.age_count;
}

// The models as the store has them: that of before the round, or that of after it.
static void choose(struct sim *sim, bool is_kept)
{
    for (int i = 0; i < sim->account_count; i++) {
        struct model *model = &sim->accounts[i];
        if (is_kept)
            model_keep(model);
        else
            go_back(model, &sim->before[i]);
    }
    if (is_kept)
        sim->stored_ids = sim->ids;
}

static void after_power_cut(struct sim *sim, bool is_kept)
{
    int64_t wall_ms = sim->fault.ms;
    choose(sim, is_kept);
    sim->tally->crashes++;
    sim->tally->whole_crashes += is_kept;
    rig_close(sim->rig, false);
    sim->fault.kind = ACT_TIME;
    sim_restart(sim, false, wall_ms);
}

void sim_after_failure(struct sim *sim)
{
    bool is_kept = store_memory_commits(sim->rig->store) > sim->commits_before;
    bool is_uncertain = sim->rig->processor.batch.is_uncertain;
    if (sim->fault.kind == ACT_TIME)
        sim_differs(sim, "a batch failed without a fault");
    if (!store_memory_has_power(sim->rig->store)) {
        after_power_cut(sim, is_kept);
        return;
    }
    choose(sim, is_kept);
    if (!is_uncertain)
        sim->ids = sim->ids_before;
    sim->retry_at = sim->now + 1000;
    sim->waited = sim->rig->processor.parking.order;
    keep_heartbeats(sim);
    for (int i = 0; i < sim->account_count; i++) {
        struct model *model = &sim->accounts[i];
        sim->is_lost[i] = service_tenant(&sim->rig->service, sim->rig->accounts[i])->is_lost;
        sim->tally->lost_accounts += sim->is_lost[i];
        if (sim->is_lost[i])
            forget_heartbeats(model);
        else if (sim->was_lost[i] || (is_uncertain && was_touched(sim, i)))
            model_load(model, sim->now);
        if (is_uncertain)
            let_ask_again(sim, i);
        take_line_over(sim, i);
    }
    sim->tally->refused_rounds += !is_uncertain;
    sim->tally->lost_commits += is_uncertain && !is_kept;
    sim->tally->kept_commits += is_uncertain && is_kept;
}
