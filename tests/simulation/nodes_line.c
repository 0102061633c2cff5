// SPDX-License-Identifier: Apache-2.0
// The lines as each of several servers sees them, and who is told what when.
#include "simulation/nodes.h"

#include <string.h>

static const struct store_visit *visit_of(const struct sim *sim, int account)
{
    const struct batch *batch = &sim->rig->processor.batch;
    for (size_t i = 0; batch->has_begun && i < batch->visit_count; i++) {
        if (batch->visits[i].account == sim->rig->accounts[account])
            return &batch->visits[i];
    }
    return NULL;
}

bool nodes_visited(const struct sim *sim, int account)
{
    const struct store_visit *visit = visit_of(sim, account);
    return visit != NULL && visit->is_changed;
}

bool nodes_has_entered(const struct sim *sim)
{
    const struct batch *batch = &sim->rig->processor.batch;
    for (int i = 0; i < sim->account_count; i++) {
        const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[i]);
        if (nodes_visited(sim, i) && (tenant == NULL || tenant->visited_in != batch->serial))
            return false;
    }
    return batch->has_begun;
}

void nodes_see(struct sim *sim, int server)
{
    for (int i = 0; i < sim->account_count; i++)
        sim->accounts[i].here = server;
}

void nodes_note_seen(struct sim *sim, int server)
{
    for (int i = 0; i < sim->account_count; i++) {
        const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[i]);
        sim->nodes->known[server][i] = tenant != NULL ? tenant->version : 0;
    }
}

// ---- Entering

// Of those that wait no more it is not known what became of them, where an account is loaded anew.
static void forget_pending(struct sim *sim, int account)
{
    int server = sim->accounts[account].here;
    for (int i = 0; i < sim->nodes->pending_count; i++) {
        struct pending *pending = &sim->nodes->pending[i];
        if (pending->account != account || pending->server != server)
            continue;
        pending->is_aside = false;
        pending->verdict = (struct verdict){.result = RESULT_UNAVAILABLE};
    }
}

static void drop_dead(struct sim *sim, struct model *model)
{
    for (int i = model->waiter_count - 1; i >= 0; i--) {
        if (model->line[i].server != NOBODY)
            continue;
        model_keep_age(model, &model->line[i], sim->now);
        model_leave(model, i);
        sim->tally->left_behind++;
    }
}

static int64_t moved(int64_t ms, int64_t by_ms)
{
    return ms == 0 ? 0 : ms == by_ms ? -1 : ms - by_ms; // 0 is never, and not now
}

// Requests name moments, and acts how far away they are: from when the batch is decided.
static void move_acts(struct sim *sim)
{
    for (int i = 0; i < sim->step_count; i++) {
        struct step *step = &sim->steps[i];
        int64_t by_ms = sim->accounts[step->act.account].now - step->asked_at;
        if (step->is_left_out || !nodes_visited(sim, step->act.account))
            continue;
        step->act.from_ms = moved(step->as_rolled->from_ms, by_ms);
        step->act.until_ms = moved(step->as_rolled->until_ms, by_ms);
    }
}

bool nodes_stand_alike(const struct model_waiter *a, const struct model_waiter *b)
{
    return a->order == b->order && a->head_since == b->head_since && a->reserved == b->reserved && a->via == b->via;
}

// What is in the memory of the server alone counts, unless another has changed it since.
static void take_unwritten(struct sim *sim, struct model *model, int account, bool is_lost)
{
    struct unwritten_line *line = &sim->nodes->unwritten[model->here][account];
    for (int i = 0; i < line->count && !is_lost; i++) {
        const struct unwritten *unwritten = &line->waiters[i];
        for (int j = 0; j < model->waiter_count; j++) {
            struct model_waiter *waiter = &model->line[j];
            if (!nodes_stand_alike(waiter, &unwritten->stored))
                continue;
            waiter->head_since = unwritten->here.head_since;
            waiter->reserved = unwritten->here.reserved;
            waiter->via = unwritten->here.via;
        }
    }
    line->count = 0;
}

void nodes_enter(struct sim *sim)
{
    const struct batch *batch = &sim->rig->processor.batch;
    for (int i = 0; i < sim->account_count; i++) {
        struct model *model = &sim->accounts[i];
        const struct store_visit *visit = visit_of(sim, i);
        int64_t known = sim->nodes->known[model->here][i];
        sim->due_at[i] = nodes_visited(sim, i) ? 1 : 0;
        if (visit == NULL)
            continue;
        if (visit->is_changed)
            model->now = sim->now > visit->last_at ? sim->now : visit->last_at;
        sim->tally->reloads += visit->is_lost;
        sim->tally->followed += !visit->is_lost && visit->version > known;
        if (visit->is_lost && visit->is_changed)
            forget_pending(sim, i);
        if (!visit->is_changed)
            continue;
        take_unwritten(sim, model, i, visit->is_lost);
        drop_dead(sim, model);
    }
    if (!batch->has_begun)
        return;
    move_acts(sim);
    sim->ids = batch->numbers_before;
    sim->waited = sim->ids.next[ID_WAITER] - 1;
}

// ---- Pending

static void add_pending(struct sim *sim, struct pending pending)
{
    if (sim->nodes->pending_count == PENDING_MAX)
        sim_differs(sim, "more wait to be told than there can be");
    sim->nodes->pending[sim->nodes->pending_count++] = pending;
}

static void put_off_told(struct sim *sim, int account)
{
    struct told *told = &sim->told[account];
    int kept = 0;
    for (int i = 0; i < told->count; i++) {
        if (told->items[i].server == sim->accounts[account].here)
            told->items[kept++] = told->items[i];
        else
            add_pending(sim, (struct pending){told->items[i].serial, account, told->items[i].server, false,
                                              told->items[i].verdict});
    }
    told->count = kept;
}

void nodes_put_off(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++)
        put_off_told(sim, i);
    for (int i = 0; i < sim->step_count; i++) {
        const struct step *step = &sim->steps[i];
        int account = step->act.account;
        if (step->steps_aside && step->aside_server != sim->accounts[account].here)
            add_pending(sim, (struct pending){.serial = step->aside,
                                              .account = account,
                                              .server = step->aside_server,
                                              .is_aside = true,
                                              .verdict = {.result = RESULT_CONFLICT}});
    }
}

static bool judge_one(struct sim *sim, const struct request *request)
{
    struct nodes *nodes = sim->nodes;
    for (int i = 0; i < nodes->pending_count; i++) {
        struct pending pending = nodes->pending[i];
        if (pending.serial != request->serial || pending.server != sim->accounts[0].here)
            continue;
        nodes->pending[i] = nodes->pending[--nodes->pending_count];
        judge_told(sim, pending.account, &request->call.outcome, &pending.verdict);
        sim->tally->told_later += !pending.is_aside;
        sim->tally->aside += pending.is_aside;
        return true;
    }
    return false;
}

void nodes_judge_pending(struct sim *sim)
{
    struct rig *rig = sim->rig;
    int kept = 0;
    for (int i = 0; i < rig->answered_count; i++) {
        if (!judge_one(sim, rig->answered[i]))
            rig->answered[kept++] = rig->answered[i];
    }
    rig->answered_count = kept;
}
