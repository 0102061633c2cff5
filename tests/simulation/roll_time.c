// SPDX-License-Identifier: Apache-2.0
// Time that passes, and what goes wrong.
#include "simulation/nodes.h"
#include "simulation/roll.h"

// A moment at which something is due: a lease that ends, a purchase that starts or ends, a grace or a wait that is
// over.
static int64_t roll_due(struct sim *sim, const struct model *model)
{
    const struct model_purchase *purchase = &model->purchases[roll_int(sim, model->purchase_count + 1)];
    int product = roll_int(sim, MODEL_PRODUCTS);
    if (model->waiter_count > 0 && roll_percent(sim, 40)) {
        const struct model_waiter *waiter = &model->line[roll_int(sim, model->waiter_count)];
        int64_t since = waiter->head_since != 0 ? waiter->head_since : waiter->since_at;
        return roll_percent(sim, 30) ? waiter->deadline_at : since + (roll_percent(sim, 70) ? 60000 : 120001);
    }
    switch (roll(sim, 4)) {
    case 0:
        return purchase->starts_at;
    case 1:
        return purchase->ends_at;
    case 2:
        return model->shortfall_since[product] + 1000 * model->shortfall_grace_s;
    default:
        return model->claim_count > 0 ? model->claims[roll_int(sim, model->claim_count)].expires_at : 0;
    }
}

// Some time, or until just before or just at such a moment; now and then days.
void roll_time(struct sim *sim, const struct model *model, struct act *act)
{
    int64_t due = roll_due(sim, model) - (int64_t)roll(sim, 2);
    act->kind = ACT_TIME;
    act->ms = (int64_t)roll(sim, roll_percent(sim, 5) ? 1000000 : roll_percent(sim, 30) ? 60000 : 3000);
    if (roll(sim, 400) == 0)
        act->ms = (int64_t)roll(sim, 3 * 86400000);
    if (due >= sim->now && due < sim->now + 2000000 && roll_percent(sim, 50))
        act->ms = due - sim->now;
}

// How far someone sets the machine's clock: mostly little, now and then beyond what the service takes.
static int64_t roll_jump(struct sim *sim)
{
    static const int64_t spans[] = {
        1000, 60000, 3599000, 3601000, 7200000, INT64_C(29) * 86400000, INT64_C(31) * 86400000};
    int64_t span = spans[roll(sim, roll_percent(sim, 90) ? 4 : 7)];
    span = roll_percent(sim, 30) ? span : (int64_t)roll(sim, (uint64_t)span);
    return roll_percent(sim, 40) ? -span : span;
}

// What happens to one of several servers: mostly one joins when one has gone.
static void roll_event(struct sim *sim, struct act *act)
{
    static const enum server_event events[] = {SERVER_JOINS, SERVER_JOINS, SERVER_JOINS, SERVER_STOPS,  SERVER_DIES,
                                               ALL_DIE,      FEED_PRUNED,  FEED_PRUNED,  LOADS_REFUSED, CLOCK_SET_BACK};
    act->kind = ACT_SERVER;
    act->event = events[roll(sim, sizeof events / sizeof *events)];
    act->ms = act->event == ALL_DIE ? (int64_t)roll(sim, 30000) : 0;
    act->ms = act->event == CLOCK_SET_BACK ? (int64_t)roll(sim, 5000) : act->ms;
}

void roll_fault(struct sim *sim, struct act *act)
{
    if (sim->nodes != NULL && roll_percent(sim, 60)) {
        roll_event(sim, act);
        return;
    }
    static const enum act_kind kinds[] = {ACT_REFUSE_WRITE, ACT_REFUSE_WRITE, ACT_FAIL_COMMIT, ACT_FAIL_COMMIT,
                                          ACT_CUT_POWER,    ACT_CUT_POWER,    ACT_RESTART};
    act->kind = kinds[roll(sim, sizeof kinds / sizeof *kinds)];
    act->ms = roll_percent(sim, 50) ? 0 : roll_jump(sim);
    act->count = act->kind == ACT_FAIL_COMMIT ? (int64_t)roll(sim, 3) : 1 + (int64_t)roll(sim, 10);
    act->is_on = roll_percent(sim, 50);
}
