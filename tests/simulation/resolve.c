// SPDX-License-Identifier: Apache-2.0
// From serials to places, as they are before the round; and which acts are left out.
#include "simulation/keys.h"
#include "simulation/sim.h"

static int level_of(const struct model *model, int serial)
{
    if (serial == NOBODY || serial == UNKNOWN)
        return serial;
    for (int i = 0; i < model->level_count; i++) {
        if (model->levels[i].serial == serial)
            return i;
    }
    return UNKNOWN;
}

static int user_of(const struct model *model, int serial)
{
    for (int i = 0; i < model->user_count; i++) {
        if (model->users[i].serial == serial)
            return i;
    }
    return UNKNOWN;
}

static int project_of(const struct model *model, int serial)
{
    for (int i = 0; i < model->project_count; i++) {
        if (model->projects[i].serial == serial)
            return i;
    }
    return serial == NOBODY ? NOBODY : UNKNOWN;
}

static int purchase_of(const struct model *model, int serial)
{
    for (int i = 0; i < model->purchase_count; i++) {
        if (model->purchases[i].serial == serial)
            return i;
    }
    return UNKNOWN;
}

static uint64_t claim_id(const struct model *model, int serial)
{
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].serial == serial)
            return model->claims[i].id;
    }
    for (int i = 0; i < model->ended_count && i < MODEL_ENDED; i++) {
        if (model->ended[i].serial == serial && ended_is_recent(model, i))
            return model->ended[i].id;
    }
    return ID_UNKNOWN;
}

static void resolve(const struct model *model, struct act *act)
{
    act->level = level_of(model, act->level);
    act->parent = level_of(model, act->parent);
    act->user = user_of(model, act->user);
    act->project = project_of(model, act->project);
    for (int i = 0; i < act->change_count; i++)
        act->changes[i].level = level_of(model, act->changes[i].level);
    if (act->kind == ACT_CHANGE_PURCHASE)
        act->thing = purchase_of(model, act->thing);
    else
        act->id = claim_id(model, act->thing);
}

static bool has_room(const struct model *model, enum act_kind kind)
{
    switch (kind) {
    case ACT_ACQUIRE:
    case ACT_BORROW:
    case ACT_SEAT:
        return model->claim_count + model->waiter_count < MODEL_CLAIMS - ROUND_MAX;
    case ACT_CREATE_LEVEL:
        return model->level_count < MODEL_LEVELS - ROUND_MAX;
    case ACT_CREATE_USER:
        return model->user_count < MODEL_USERS - 4;
    case ACT_CREATE_PROJECT:
        return model->project_count < MODEL_PROJECTS - 4;
    case ACT_BUY:
        return model->purchase_count < MODEL_PURCHASES - 4;
    default:
        return true;
    }
}

bool sim_resolve(struct sim *sim, const struct act *as_rolled, struct step *step, int *waits)
{
    const struct model *model = &sim->accounts[as_rolled->account];
    *step = (struct step){.act = *as_rolled, .as_rolled = as_rolled, .asked_at = sim->now};
    resolve(model, &step->act);
    // What came of the key was longer ago than the model remembers.
    if (step->act.key != NOBODY && sim->key_was_used[step->act.key] && !knows_key(model, step->act.key))
        return false;
    if (step->act.wait_s > 0 && (*waits)++ + model->waiter_count >= MODEL_WAITERS)
        step->act.wait_s = 0;
    return has_room(model, step->act.kind);
}
