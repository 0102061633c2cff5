// SPDX-License-Identifier: Apache-2.0
// Section 7, and what else changes an account: purchases, policy, organizations, users, projects.
#include "simulation/model.h"

#include "simulation/model_parts.h"

static bool level_exists(const struct model *model, int level)
{
    return level >= 0 && model->levels[level].exists;
}

static bool user_exists(const struct model *model, int user)
{
    return user >= 0 && model->users[user].exists;
}

static bool project_exists(const struct model *model, int project)
{
    return project >= 0 && model->projects[project].exists;
}

struct verdict model_set_policy(struct model *model, enum usage_policy policy, bool fallback)
{
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    model->policy = policy;
    model->fallback = fallback;
    return verdict_of(RESULT_OK);
}

struct verdict model_set_plan(struct model *model, bool enterprise)
{
    bool stand = model->policy != POLICY_UNRESTRICTED || !model->fallback;
    for (int level = 1; level < model->level_count; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            const struct model_dedication *of = &model->levels[level].of[product];
            stand = stand || (model->levels[level].exists && (of->dedicated > 0 || of->filling_to != NUMBER_NONE));
        }
    }
    if (model->enterprise && !enterprise && stand)
        return verdict_of(RESULT_DEDICATIONS_EXIST);
    model->enterprise = enterprise;
    return verdict_of(RESULT_OK);
}

struct verdict model_set_shortfall(struct model *model, enum on_shortfall on_shortfall, int64_t grace_s)
{
    model->on_shortfall = on_shortfall;
    model->shortfall_grace_s = grace_s;
    let_follow(model);
    return verdict_of(RESULT_OK);
}

struct verdict model_purchase(struct model *model, int purchase, int product, int64_t quantity, int64_t starts_at,
                              int64_t ends_at)
{
    bool create = purchase == MODEL_NOBODY;
    if (!create && (purchase < 0 || !model->purchases[purchase].exists))
        return verdict_of(RESULT_NOT_FOUND);
    if (starts_at != 0 && ends_at != 0 && starts_at >= ends_at)
        return verdict_of(RESULT_INVALID_REQUEST);
    struct model_purchase *at = &model->purchases[create ? model->purchase_count++ : purchase];
    *at = (struct model_purchase){quantity > 0, create ? product : at->product, quantity, starts_at, ends_at};
    let_follow(model);
    return verdict_of(create ? RESULT_CREATED : quantity > 0 ? RESULT_OK : RESULT_DONE);
}

struct verdict model_create_level(struct model *model, int parent)
{
    if (!level_exists(model, parent))
        return verdict_of(RESULT_NOT_FOUND);
    if (model_depth(model, parent) >= DEPTH_MAX)
        return verdict_of(RESULT_CONFLICT);
    struct model_level *level = &model->levels[model->level_count++];
    *level = (struct model_level){.exists = true, .parent = parent};
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        level->of[product] = (struct model_dedication){.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    return verdict_of(RESULT_CREATED);
}

struct verdict model_delete_level(struct model *model, int level)
{
    if (level == 0 || !level_exists(model, level))
        return verdict_of(RESULT_NOT_FOUND);
    int things = 0;
    for (int i = 0; i < model->level_count; i++)
        things += model->levels[i].exists && model->levels[i].parent == level;
    for (int i = 0; i < model->user_count; i++)
        things += model->users[i].exists && model->users[i].level == level;
    for (int i = 0; i < model->project_count; i++)
        things += model->projects[i].exists && model->projects[i].level == level;
    for (int i = 0; i < model->claim_count; i++)
        things += model->claims[i].level == level;
    if (things > 0)
        return verdict_of(RESULT_NOT_EMPTY);
    model->levels[level].exists = false;
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        model->levels[level].of[product].dedicated = 0;
    let_follow(model);
    return verdict_of(RESULT_DONE);
}

// A seat stays only while its user is in the subtree of its level.
static int lost_seats(struct model *model, bool release)
{
    int lost = 0;
    for (int i = model->claim_count - 1; i >= 0; i--) {
        const struct model_claim *claim = &model->claims[i];
        bool stays = claim->product != MODEL_SEAT_PRODUCT || claim->level == 0 ||
                     model_is_within(model, model->users[claim->user].level, claim->level);
        lost += !stays;
        if (!stays && release)
            drop_claim(model, i);
    }
    return lost;
}

static int height_below(const struct model *model, int top)
{
    int height = 0;
    for (int level = 0; level < model->level_count; level++) {
        if (model->levels[level].exists && model_is_within(model, level, top) &&
            model_depth(model, level) - model_depth(model, top) > height)
            height = model_depth(model, level) - model_depth(model, top);
    }
    return height;
}

struct verdict model_move_level(struct model *model, int level, int parent, bool release_seats)
{
    if (level == 0 || !level_exists(model, level) || !level_exists(model, parent))
        return verdict_of(RESULT_NOT_FOUND);
    if (model->levels[level].parent == parent)
        return verdict_of(RESULT_OK);
    if (model_is_within(model, parent, level) ||
        model_depth(model, parent) + 1 + height_below(model, level) > DEPTH_MAX)
        return verdict_of(RESULT_CONFLICT);
    struct model after = *model;
    after.levels[level].parent = parent;
    if (lost_seats(&after, release_seats) > 0 && !release_seats)
        return verdict_of(RESULT_CONFLICT);
    let_follow(&after);
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        int64_t balance = balance_of(&after, parent, product);
        if (balance < 0 && balance < balance_of(model, parent, product))
            return verdict_of(RESULT_INSUFFICIENT_POOL);
    }
    *model = after;
    return verdict_of(RESULT_OK);
}

struct verdict model_create_user(struct model *model, int level)
{
    if (level != MODEL_NOBODY && (level == 0 || !level_exists(model, level)))
        return verdict_of(RESULT_NOT_FOUND);
    model->users[model->user_count++] = (struct model_user){.exists = true, .level = level};
    return verdict_of(RESULT_CREATED);
}

struct verdict model_move_user(struct model *model, int user, int level)
{
    if (!user_exists(model, user) || (level != MODEL_NOBODY && (level == 0 || !level_exists(model, level))))
        return verdict_of(RESULT_NOT_FOUND);
    model->users[user].level = level;
    lost_seats(model, true);
    let_follow(model);
    return verdict_of(RESULT_OK);
}

struct verdict model_delete_user(struct model *model, int user)
{
    if (!user_exists(model, user))
        return verdict_of(RESULT_NOT_FOUND);
    for (int i = model->claim_count - 1; i >= 0; i--) {
        if (model->claims[i].user == user)
            drop_claim(model, i);
    }
    for (int i = 0; i < model->project_count; i++)
        model->projects[i].has[user] = false;
    model->users[user].exists = false;
    let_follow(model);
    return verdict_of(RESULT_DONE);
}

struct verdict model_create_project(struct model *model, int level)
{
    if (level == 0 || !level_exists(model, level))
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[model->project_count++] = (struct model_project){.exists = true, .level = level};
    return verdict_of(RESULT_CREATED);
}

struct verdict model_move_project(struct model *model, int project, int level)
{
    if (!project_exists(model, project) || level == 0 || !level_exists(model, level))
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[project].level = level;
    return verdict_of(RESULT_OK);
}

struct verdict model_delete_project(struct model *model, int project)
{
    if (!project_exists(model, project))
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[project].exists = false;
    return verdict_of(RESULT_DONE);
}

struct verdict model_set_member(struct model *model, int project, int user, bool member)
{
    if (!project_exists(model, project) || !user_exists(model, user))
        return verdict_of(RESULT_NOT_FOUND);
    if (!member && !model->projects[project].has[user])
        return verdict_of(RESULT_NOT_FOUND);
    model->projects[project].has[user] = member;
    return verdict_of(RESULT_DONE);
}
