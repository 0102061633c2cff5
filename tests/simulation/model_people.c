// SPDX-License-Identifier: Apache-2.0
// Section 7: users, and projects with their members.
#include "simulation/model_parts.h"

static bool is_home(const struct model *model, int level)
{
    return level == NOBODY || (level > 0 && model->levels[level].exists);
}

static bool user_exists(const struct model *model, int user)
{
    return user >= 0 && model->users[user].exists;
}

static bool project_exists(const struct model *model, int project)
{
    return project >= 0 && model->projects[project].exists;
}

// A seat stays only while its user is in the subtree of its level.
int lost_seats(struct model *model, bool release)
{
    int lost = 0;
    for (int i = model->claim_count - 1; i >= 0; i--) {
        const struct model_claim *claim = &model->claims[i];
        bool stays = claim->product != MODEL_SEAT_PRODUCT || claim->level == 0 ||
                     model_is_within(model, model->users[claim->user].level, claim->level);
        lost += !stays;
        if (!stays && release)
            drop_claim(model, i, model->now);
    }
    return lost;
}

struct verdict model_create_user(struct model *model, const struct act *act)
{
    if (!is_home(model, act->level))
        return verdict_of(RESULT_NOT_FOUND);
    uint64_t id = model->ids->next[ID_USER]++;
    model->users[model->user_count++] =
        (struct model_user){.exists = true, .serial = act->serial, .id = id, .level = act->level};
    return verdict_made(id);
}

struct verdict model_move_user(struct model *model, const struct act *act)
{
    if (!user_exists(model, act->user) || !is_home(model, act->level))
        return verdict_of(RESULT_NOT_FOUND);
    model->users[act->user].level = act->level;
    lost_seats(model, true);
    let_follow(model);
    return verdict_of(RESULT_OK);
}

struct verdict model_delete_user(struct model *model, const struct act *act)
{
    int user = act->user;
    if (!user_exists(model, user))
        return verdict_of(RESULT_NOT_FOUND);
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].user == user && model->claims[i].is_borrowed)
            return verdict_of(RESULT_CONFLICT);
    }
    for (int i = model->claim_count - 1; i >= 0; i--) {
        if (model->claims[i].user == user)
            drop_claim(model, i, model->now);
    }
    for (int i = 0; i < model->project_count; i++)
        model->projects[i].has[user] = false;
    model->users[user].exists = false;
    let_follow(model);
    return verdict_of(RESULT_DONE);
}

struct verdict model_create_project(struct model *model, const struct act *act)
{
    if (act->level == NOBODY || !is_home(model, act->level))
        return verdict_of(RESULT_NOT_FOUND);
    uint64_t id = model->ids->next[ID_PROJECT]++;
    model->projects[model->project_count++] =
        (struct model_project){.exists = true, .serial = act->serial, .id = id, .level = act->level};
    return verdict_made(id);
}

struct verdict model_move_project(struct model *model, const struct act *act)
{
    if (!project_exists(model, act->project) || act->level == NOBODY || !is_home(model, act->level))
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[act->project].level = act->level;
    return verdict_of(RESULT_OK);
}

struct verdict model_delete_project(struct model *model, const struct act *act)
{
    if (!project_exists(model, act->project))
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[act->project].exists = false;
    return verdict_of(RESULT_DONE);
}

struct verdict model_member(struct model *model, const struct act *act)
{
    if (!project_exists(model, act->project) || !user_exists(model, act->user))
        return verdict_of(RESULT_NOT_FOUND);
    bool *has = &model->projects[act->project].has[act->user];
    if (!act->is_on && !*has)
        return verdict_of(RESULT_NOT_FOUND);
    *has = act->is_on;
    return verdict_of(RESULT_DONE);
}
