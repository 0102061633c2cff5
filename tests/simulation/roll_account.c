// SPDX-License-Identifier: Apache-2.0
// Dedications, the account's settings, and what it buys.
#include "simulation/roll.h"

// Often where someone lives.
static int roll_dedicated_level(struct sim *sim, const struct model *model)
{
    const struct model_user *user = roll_user(sim, model);
    bool at_home = user->serial >= 0 && user->level >= 0 && roll_percent(sim, 60);
    return at_home ? model->levels[user->level].serial : roll_level(sim, model, false);
}

static int64_t dedicated_to(const struct model *model, int serial, int product)
{
    for (int i = 1; i < model->level_count && product >= 0; i++) {
        if (model->levels[i].serial == serial)
            return model->levels[i].of[product].dedicated;
    }
    return 0;
}

static struct act_change roll_change(struct sim *sim, const struct model *model)
{
    struct act_change change = {
        .level = roll_dedicated_level(sim, model),
        .product = roll_product(sim),
        .reclaim = roll_percent(sim, 40) ? RECLAIM_DRAIN : roll_percent(sim, 50) ? RECLAIM_MOVE : RECLAIM_REFUSE,
        .when_available = roll_percent(sim, 30),
    };
    // Near what is there, so that borders are met.
    int64_t count = dedicated_to(model, change.level, change.product) + (int64_t)roll(sim, 11) - 5;
    if (roll_percent(sim, 10))
        count = (int64_t)roll(sim, 30);
    change.count = count > 0 ? count : 0;
    return change;
}

// Dry runs come to the same, on a model that is thrown away.
static bool roll_dry(struct sim *sim)
{
    return roll_percent(sim, 8);
}

void roll_dedicate(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_DEDICATE;
    act->dry = roll_dry(sim);
    act->change_count = 1;
    act->changes[0] = roll_change(sim, model);
}

// One product mostly, so that they meet.
void roll_together(struct sim *sim, const struct model *model, struct act *act)
{
    int product = roll_product(sim);
    act->kind = ACT_DEDICATE;
    act->dry = roll_dry(sim);
    act->change_count = 2 + roll_int(sim, CHANGES_MAX - 1);
    for (int i = 0; i < act->change_count; i++) {
        act->changes[i] = roll_change(sim, model);
        if (roll_percent(sim, 80))
            act->changes[i].product = product;
    }
}

void roll_policy(struct sim *sim, const struct model *model, struct act *act)
{
    (void)model;
    act->kind = ACT_POLICY;
    act->dry = roll_dry(sim);
    act->policy = (enum usage_policy)roll(sim, 3);
    act->is_on = roll_percent(sim, 60);
}

void roll_first_plan(struct act *act)
{
    act->kind = ACT_PLAN;
    act->is_on = true;
}

// Back soon: little can be tried without it.
void roll_plan(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_PLAN;
    act->is_on = !model->enterprise || roll_percent(sim, 50);
}

void roll_shortfall(struct sim *sim, const struct model *model, struct act *act)
{
    (void)model;
    act->kind = ACT_SHORTFALL;
    act->on_shortfall = roll_percent(sim, 30) ? SHORTFALL_END_NEWEST : SHORTFALL_KEEP;
    act->count = roll_percent(sim, 30) ? 0 : (int64_t)roll(sim, 600);
}

void roll_borrowing(struct sim *sim, const struct model *model, struct act *act)
{
    (void)model;
    act->kind = ACT_BORROWING;
    act->product = roll_session_product(sim);
    act->ttl_s = roll_percent(sim, 80) ? 1 + (int64_t)roll(sim, 5) : 0;
    act->count = 1 + (int64_t)roll(sim, 100);
}

static int64_t roll_bound(struct sim *sim)
{
    return roll_percent(sim, 70) ? 0 : (int64_t)roll(sim, 2000000) - 500000;
}

void roll_first_purchase(struct sim *sim, struct act *act, int product)
{
    act->kind = ACT_BUY;
    act->product = product;
    act->count = 2 + (int64_t)roll(sim, (uint64_t)(2 * sim->weather.claims));
}

void roll_purchase(struct sim *sim, const struct model *model, struct act *act)
{
    roll_first_purchase(sim, act, roll_int(sim, MODEL_PRODUCTS));
    act->from_ms = roll_bound(sim);
    act->until_ms = roll_bound(sim);
    if (model->purchase_count == 0 || (model->purchase_count < MODEL_PURCHASES - 4 && roll_percent(sim, 15)))
        return;
    act->kind = ACT_CHANGE_PURCHASE;
    act->dry = roll_dry(sim);
    act->thing = model->purchases[roll_int(sim, model->purchase_count)].serial;
    if (roll_percent(sim, 8)) {
        act->count = 0;
        act->from_ms = act->until_ms = 0;
    }
}
