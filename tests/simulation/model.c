// SPDX-License-Identifier: Apache-2.0
// Counting, and what follows from a change: section 1 and the drains and raises of section 2.
#include "simulation/model.h"

#include "simulation/model_parts.h"

#include <string.h>

void model_init(struct model *model, int64_t now)
{
    *model = (struct model){.now = now, .fallback = true, .level_count = 1};
    model->levels[0] = (struct model_level){.exists = true, .parent = MODEL_NOBODY};
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        model->levels[0].of[product] =
            (struct model_dedication){.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
}

struct verdict verdict_of(enum result result)
{
    return (struct verdict){.result = result, .level = MODEL_NOBODY, .requested = NUMBER_NONE, .available = NUMBER_NONE};
}

bool model_is_within(const struct model *model, int level, int top)
{
    for (; level >= 0; level = model->levels[level].parent) {
        if (level == top)
            return true;
    }
    return false;
}

int model_depth(const struct model *model, int level)
{
    int depth = 0;
    for (; level != 0; level = model->levels[level].parent)
        depth++;
    return depth;
}

// For the account: the sum of its purchases in force, starts_at <= now < ends_at, either of which may be absent.
int64_t model_dedicated(const struct model *model, int level, int product)
{
    if (level != 0)
        return model->levels[level].of[product].dedicated;
    int64_t sum = 0;
    for (int i = 0; i < model->purchase_count; i++) {
        const struct model_purchase *purchase = &model->purchases[i];
        bool in_force = (purchase->starts_at == 0 || purchase->starts_at <= model->now) &&
                        (purchase->ends_at == 0 || model->now < purchase->ends_at);
        if (purchase->exists && purchase->product == product && in_force)
            sum += purchase->quantity;
    }
    return sum;
}

int64_t model_children_dedicated(const struct model *model, int level, int product)
{
    int64_t sum = 0;
    for (int i = 1; i < model->level_count; i++) {
        if (model->levels[i].exists && model->levels[i].parent == level)
            sum += model->levels[i].of[product].dedicated;
    }
    return sum;
}

int64_t model_assigned(const struct model *model, int level, int product)
{
    int64_t sum = 0;
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].level == level && model->claims[i].product == product)
            sum += model->claims[i].count;
    }
    return sum;
}

int64_t use_of_subtree(const struct model *model, int top, int product)
{
    int64_t sum = 0;
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].product == product && model_is_within(model, model->claims[i].level, top))
            sum += model->claims[i].count;
    }
    return sum;
}

int64_t balance_of(const struct model *model, int level, int product)
{
    return model_dedicated(model, level, product) - model_children_dedicated(model, level, product) -
           model_assigned(model, level, product);
}

int64_t model_available(const struct model *model, int level, int product)
{
    int64_t balance = balance_of(model, level, product);
    return balance > 0 ? balance : 0;
}

int64_t model_over_committed(const struct model *model, int level, int product)
{
    int64_t balance = balance_of(model, level, product);
    return balance < 0 ? -balance : 0;
}

struct model_claim *model_claim(struct model *model, bool seat, uint64_t id)
{
    for (int i = 0; i < model->claim_count; i++) {
        struct model_claim *claim = &model->claims[i];
        if (claim->id == id && (claim->product == MODEL_SEAT_PRODUCT) == seat)
            return claim;
    }
    return NULL;
}

void drop_claim(struct model *model, int at)
{
    memmove(model->claims + at, model->claims + at + 1,
            (size_t)(model->claim_count - at - 1) * sizeof *model->claims);
    model->claim_count--;
}

// The newest claim of the product, on this level or (MODEL_NOBODY) on any; MODEL_NOBODY: there is none.
int newest_claim(const struct model *model, int level, int product)
{
    int newest = MODEL_NOBODY;
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        if (claim->product != product || (level != MODEL_NOBODY && claim->level != level))
            continue;
        const struct model_claim *other = newest >= 0 ? &model->claims[newest] : NULL;
        if (other == NULL || claim->since_at > other->since_at ||
            (claim->since_at == other->since_at && claim->id > other->id))
            newest = i;
    }
    return newest;
}

// "From now on dedicated = max(target, children's dedicated + assigned), after each change."
static bool drain_somewhere(struct model *model)
{
    for (int level = 1; level < model->level_count; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            struct model_dedication *of = &model->levels[level].of[product];
            if (!model->levels[level].exists || of->draining_to == NUMBER_NONE)
                continue;
            int64_t in_use =
                model_children_dedicated(model, level, product) + model_assigned(model, level, product);
            int64_t number = in_use > of->draining_to ? in_use : of->draining_to;
            bool ends = number <= of->draining_to;
            if (number >= of->dedicated && !ends)
                continue;
            of->dedicated = number;
            of->draining_to = ends ? NUMBER_NONE : of->draining_to;
            return true;
        }
    }
    return false;
}

// "Licenses that come back to the parent's pool go to such raises, oldest first."
static bool fill_somewhere(struct model *model)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        for (int parent = 0; parent < model->level_count; parent++) {
            int oldest = MODEL_NOBODY;
            int64_t there = model->levels[parent].exists ? model_available(model, parent, product) : 0;
            for (int i = 1; there > 0 && i < model->level_count; i++) {
                const struct model_level *level = &model->levels[i];
                if (level->exists && level->parent == parent && level->of[product].filling_to != NUMBER_NONE &&
                    (oldest < 0 ||
                     level->of[product].filling_since < model->levels[oldest].of[product].filling_since))
                    oldest = i;
            }
            if (oldest < 0)
                continue;
            struct model_dedication *of = &model->levels[oldest].of[product];
            int64_t wanted = of->filling_to - of->dedicated;
            of->dedicated += wanted < there ? wanted : there;
            if (of->dedicated == of->filling_to)
                of->filling_to = NUMBER_NONE;
            return true;
        }
    }
    return false;
}

static void watch_shortfall(struct model *model, int product)
{
    bool is_short = use_of_subtree(model, 0, product) > model_dedicated(model, 0, product);
    if (!is_short)
        model->shortfall_since[product] = 0;
    else if (model->shortfall_since[product] == 0)
        model->shortfall_since[product] = model->now;
}

// "end_newest ends the newest claims, after shortfall_grace_s, until use <= dedicated."
static bool end_newest_somewhere(struct model *model)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        watch_shortfall(model, product);
        int64_t since = model->shortfall_since[product];
        if (model->on_shortfall != SHORTFALL_END_NEWEST || since == 0 ||
            model->now < since + model->shortfall_grace_s * 1000)
            continue;
        while (use_of_subtree(model, 0, product) > model_dedicated(model, 0, product))
            drop_claim(model, newest_claim(model, MODEL_NOBODY, product));
        return true;
    }
    return false;
}

void let_follow(struct model *model)
{
    do {
        while (drain_somewhere(model) || fill_somewhere(model))
            continue;
    } while (end_newest_somewhere(model));
}

void model_pass_time(struct model *model, int64_t now)
{
    model->now = now;
    for (int i = model->claim_count - 1; i >= 0; i--) {
        if (model->claims[i].product != MODEL_SEAT_PRODUCT && model->claims[i].expires_at <= now)
            drop_claim(model, i);
    }
    let_follow(model);
}
