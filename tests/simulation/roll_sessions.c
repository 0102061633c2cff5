// SPDX-License-Identifier: Apache-2.0
// Sessions, leases and seats.
#include "simulation/roll.h"

static void roll_request(struct sim *sim, const struct model *model, struct act *act)
{
    const struct model_user *user = roll_user(sim, model);
    int place = user->serial >= 0 ? (int)(user - model->users) : NOBODY;
    act->product = roll_session_product(sim);
    act->user = user->serial;
    act->project = roll_percent(sim, 20) ? roll_project(sim, model, place) : NOBODY;
    act->level = roll_percent(sim, 20) ? roll_level(sim, model, false) : NOBODY;
    act->count = roll_percent(sim, 70) ? 1 : 1 + (int64_t)roll(sim, 5);
    act->ttl_s = roll_percent(sim, 30) ? 10 + (int64_t)roll(sim, 100) : 2000;
    act->platform = roll_percent(sim, 10);
}

static void become(struct act *act, const struct act *former)
{
    int serial = act->serial, server = act->server;
    *act = *former;
    act->serial = serial;
    act->server = server;
    act->joins = false;
}

// One that hung up and comes back.
static bool roll_back(struct sim *sim, const struct model *model, struct act *act)
{
    int count = model->age_count < MODEL_AGES ? model->age_count : MODEL_AGES;
    int first = count > 0 ? roll_int(sim, count) : 0;
    for (int i = 0; i < count; i++) {
        const struct model_age *age = &model->ages[(first + i) % count];
        if (age->until_at <= model->now || age->key == NOBODY)
            continue;
        become(act, &sim->acts[age->serial]);
        return true;
    }
    return false;
}

// One that was sent before, with its key: the same, or with another body.
static bool roll_again(struct sim *sim, struct act *act, enum act_kind kind)
{
    int serial = act->serial, account = act->account;
    for (int tries = 0; tries < 30 && serial > 0; tries++) {
        const struct act *former = &sim->acts[serial - 1 - roll_int(sim, serial < 200 ? serial : 200)];
        if (former->kind != kind || former->key == NOBODY || former->account != account)
            continue;
        become(act, former);
        if (roll_percent(sim, 10))
            act->count++;
        return true;
    }
    return false;
}

static bool roll_key(struct sim *sim, struct act *act, enum act_kind kind, bool waits)
{
    // Who waits may have to come again.
    unsigned percent = sim->weather.key_percent;
    if (!roll_percent(sim, waits && percent > 0 ? 50 : percent))
        return false;
    if (roll_percent(sim, 50) && roll_again(sim, act, kind))
        return true;
    act->key = act->serial;
    return false;
}

void roll_acquire(struct sim *sim, const struct model *model, struct act *act)
{
    bool waits = roll_percent(sim, sim->weather.wait_percent);
    bool is_back = waits && roll_percent(sim, 50) && roll_back(sim, model, act);
    bool is_again = is_back || roll_key(sim, act, ACT_ACQUIRE, waits);
    act->kind = ACT_ACQUIRE;
    if (!is_again)
        roll_request(sim, model, act);
    act->wait_s = waits ? 1 + (int64_t)roll(sim, 300) : 0;
}

void roll_explain(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_EXPLAIN;
    roll_request(sim, model, act);
    act->platform = false; // which is told nothing
}

void roll_borrow(struct sim *sim, const struct model *model, struct act *act)
{
    bool is_again = roll_key(sim, act, ACT_BORROW, false);
    act->kind = ACT_BORROW;
    if (is_again)
        return;
    roll_request(sim, model, act);
    act->ttl_s = 86400 * (1 + (int64_t)roll(sim, 5));
    act->platform = false; // which borrows nothing
}

void roll_return(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_RETURN;
    act->thing = roll_claim(sim, model, false);
    for (int i = 0; i < model->claim_count && roll_percent(sim, 80); i++) {
        if (model->claims[i].is_borrowed)
            act->thing = model->claims[i].serial;
    }
}

void roll_heartbeat(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_HEARTBEAT;
    act->thing = roll_claim(sim, model, false);
}

void roll_end(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_END;
    act->thing = roll_claim(sim, model, false);
    act->is_on = roll_percent(sim, 30);
    act->cooldown_s = act->is_on && roll_percent(sim, 40) ? 1 + (int64_t)roll(sim, 300) : 0;
}

void roll_unseat(struct sim *sim, const struct model *model, struct act *act)
{
    roll_end(sim, model, act);
    act->kind = ACT_UNSEAT;
    act->thing = roll_claim(sim, model, true);
}

void roll_check_in(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_CHECK_IN;
    act->thing = roll_claim(sim, model, true);
}

// Mostly at a level that the user is within.
void roll_seat(struct sim *sim, const struct model *model, struct act *act)
{
    const struct model_user *user = roll_user(sim, model);
    act->kind = ACT_SEAT;
    act->product = roll_percent(sim, 98) ? MODEL_SEAT_PRODUCT : roll_product(sim);
    act->user = user->serial;
    act->level = roll_level(sim, model, true);
    if (user->serial >= 0 && roll_percent(sim, 70))
        act->level = model->levels[user->level == NOBODY ? 0 : user->level].serial;
}
