// SPDX-License-Identifier: Apache-2.0
// Section 7, and what else changes an account: its settings, purchases, organizations.
#include "simulation/model_parts.h"

static bool level_exists(const struct model *model, int level)
{
    return level >= 0 && model->levels[level].exists;
}

struct verdict model_plan(struct model *model, const struct act *act)
{
    bool stand = model->policy != POLICY_UNRESTRICTED || !model->fallback;
    for (int level = 1; level < model->level_count; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            const struct model_dedication *of = &model->levels[level].of[product];
            stand = stand || (model->levels[level].exists && (of->dedicated > 0 || of->filling_to != NUMBER_NONE));
        }
    }
    if (model->enterprise && !act->is_on && stand)
        return verdict_of(RESULT_DEDICATIONS_EXIST);
    model->enterprise = act->is_on;
    return verdict_of(RESULT_OK);
}

struct verdict model_shortfall(struct model *model, const struct act *act)
{
    model->on_shortfall = act->on_shortfall;
    model->shortfall_grace_s = act->count;
    let_follow(model);
    return verdict_of(RESULT_OK);
}

// For how many days, and how much of each pool; 0 days: no more.
struct verdict model_borrowing(struct model *model, const struct act *act)
{
    if (act->product < 0)
        return verdict_of(RESULT_NOT_FOUND);
    int64_t *days = &model->borrowing[act->product].days;
    if (act->ttl_s == 0 && *days == 0)
        return verdict_of(RESULT_NOT_FOUND);
    if (act->product == MODEL_SEAT_PRODUCT)
        return verdict_of(RESULT_INVALID_REQUEST);
    *days = act->ttl_s;
    model->borrowing[act->product].share = act->count;
    return verdict_of(act->ttl_s == 0 ? RESULT_DONE : RESULT_OK);
}

static int64_t moment_of(const struct model *model, int64_t ms)
{
    return ms != 0 ? model->now + ms : 0;
}

static bool is_span(const struct act *act)
{
    return act->from_ms == 0 || act->until_ms == 0 || act->from_ms < act->until_ms;
}

struct verdict model_buy(struct model *model, const struct act *act)
{
    if (!is_span(act))
        return verdict_of(RESULT_INVALID_REQUEST);
    uint64_t id = model->ids->next[ID_PURCHASE]++;
    model->purchases[model->purchase_count++] = (struct model_purchase){
        .exists = true,
        .serial = act->serial,
        .id = id,
        .product = act->product,
        .quantity = act->count,
        .starts_at = moment_of(model, act->from_ms),
        .ends_at = moment_of(model, act->until_ms),
    };
    let_follow(model);
    return verdict_made(id);
}

// The quantity 0 takes it away.
struct verdict model_change_purchase(struct model *model, const struct act *act)
{
    if (!is_span(act))
        return verdict_of(RESULT_INVALID_REQUEST);
    if (act->thing < 0 || !model->purchases[act->thing].exists)
        return verdict_of(RESULT_NOT_FOUND);
    struct model_purchase *purchase = &model->purchases[act->thing];
    purchase->exists = act->count > 0;
    purchase->quantity = act->count;
    purchase->starts_at = moment_of(model, act->from_ms);
    purchase->ends_at = moment_of(model, act->until_ms);
    let_follow(model);
    return verdict_of(act->count > 0 ? RESULT_OK : RESULT_DONE);
}

struct verdict model_create_level(struct model *model, const struct act *act)
{
    if (!level_exists(model, act->parent))
        return verdict_of(RESULT_NOT_FOUND);
    if (model_depth(model, act->parent) >= DEPTH_MAX)
        return verdict_of(RESULT_CONFLICT);
    uint64_t id = model->ids->next[ID_ORGANIZATION]++;
    struct model_level *level = &model->levels[model->level_count++];
    *level = (struct model_level){.exists = true, .serial = act->serial, .id = id, .parent = act->parent};
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        level->of[product] = (struct model_dedication){.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    return verdict_made(id);
}

struct verdict model_delete_level(struct model *model, const struct act *act)
{
    int level = act->level, things = 0;
    if (level == 0 || !level_exists(model, level))
        return verdict_of(RESULT_NOT_FOUND);
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
    let_follow(model);
    return verdict_of(RESULT_DONE);
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

static bool is_parent_worse(const struct model *before, const struct model *after, int parent)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        struct counts was, is;
        model_count(before, product, &was);
        model_count(after, product, &is);
        int64_t balance = count_balance(&is, parent);
        if (balance < 0 && balance < count_balance(&was, parent))
            return true;
    }
    return false;
}

struct verdict model_move_level(struct model *model, const struct act *act)
{
    int level = act->level, parent = act->parent;
    if (level == 0 || !level_exists(model, level) || !level_exists(model, parent))
        return verdict_of(RESULT_NOT_FOUND);
    if (model->levels[level].parent == parent)
        return verdict_of(RESULT_OK);
    if (model_is_within(model, parent, level) ||
        model_depth(model, parent) + 1 + height_below(model, level) > DEPTH_MAX)
        return verdict_of(RESULT_CONFLICT);
    struct model after = *model;
    after.levels[level].parent = parent;
    if (lost_seats(&after, act->is_on) > 0 && !act->is_on)
        return verdict_of(RESULT_CONFLICT);
    let_follow(&after);
    if (is_parent_worse(model, &after, parent))
        return verdict_of(RESULT_INSUFFICIENT_POOL);
    *model = after;
    return verdict_of(RESULT_OK);
}
