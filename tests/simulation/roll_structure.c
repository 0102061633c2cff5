// SPDX-License-Identifier: Apache-2.0
// Organizations, users, projects.
#include "simulation/roll.h"

static int count_levels(const struct model *model)
{
    int count = 0;
    for (int level = 1; level < model->level_count; level++)
        count += model->levels[level].exists;
    return count;
}

// Often below the last, so that trees grow deep.
void roll_create_level(struct sim *sim, const struct model *model, struct act *act)
{
    if (count_levels(model) > sim->weather.levels && roll_percent(sim, 90)) {
        roll_move_level(sim, model, act);
        return;
    }
    act->kind = ACT_CREATE_LEVEL;
    act->parent = roll_percent(sim, 40) ? model->levels[model->level_count - 1].serial : roll_level(sim, model, true);
}

void roll_delete_level(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_DELETE_LEVEL;
    act->level = roll_level(sim, model, false);
}

void roll_move_level(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_MOVE_LEVEL;
    act->level = roll_level(sim, model, false);
    act->parent = roll_level(sim, model, true);
    act->is_on = roll_percent(sim, 50);
}

static int roll_home(struct sim *sim, const struct model *model)
{
    return roll_percent(sim, 10) ? NOBODY : roll_level(sim, model, false);
}

void roll_create_user(struct sim *sim, const struct model *model, struct act *act)
{
    if (model->user_count > sim->weather.users && roll_percent(sim, 80)) {
        roll_move_user(sim, model, act);
        return;
    }
    act->kind = ACT_CREATE_USER;
    act->level = roll_home(sim, model);
    if (roll_percent(sim, sim->weather.key_percent))
        act->key = act->serial;
    // The same once more.
    const struct act *former = act->serial > 0 ? &sim->acts[act->serial - 1] : NULL;
    if (former != NULL && former->kind == ACT_CREATE_USER && former->key != NOBODY &&
        former->account == act->account && roll_percent(sim, 50)) {
        act->key = former->key;
        act->level = roll_percent(sim, 80) ? former->level : act->level;
    }
}

void roll_move_user(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_MOVE_USER;
    act->user = roll_user(sim, model)->serial;
    act->level = roll_home(sim, model);
}

void roll_delete_user(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_DELETE_USER;
    act->user = roll_user(sim, model)->serial;
}

void roll_create_project(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_CREATE_PROJECT;
    act->level = roll_level(sim, model, false);
}

void roll_change_project(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = roll_percent(sim, 30) ? ACT_DELETE_PROJECT : ACT_MOVE_PROJECT;
    act->project = roll_project(sim, model, NOBODY);
    act->level = roll_level(sim, model, false);
}

void roll_member(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_MEMBER;
    act->project = roll_project(sim, model, NOBODY);
    act->user = roll_user(sim, model)->serial;
    act->is_on = roll_percent(sim, 75);
}
