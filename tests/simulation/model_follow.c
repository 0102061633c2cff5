// SPDX-License-Identifier: Apache-2.0
// What follows by itself: drains and raises of section 2, what a purchase's end does by section 7, and time.
#include "simulation/model_parts.h"

static bool has_any(const struct model *model, bool draining)
{
    for (int level = 1; level < model->level_count; level++) {
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            const struct model_dedication *of = &model->levels[level].of[product];
            if (model->levels[level].exists && (draining ? of->draining_to : of->filling_to) != NUMBER_NONE)
                return true;
        }
    }
    return false;
}

// "From now on dedicated = max(target, children's dedicated + assigned), after each change."
static bool drain_one(struct model_dedication *of, int64_t in_use)
{
    int64_t number = in_use > of->draining_to ? in_use : of->draining_to;
    bool ends = number <= of->draining_to;
    if (number >= of->dedicated && !ends)
        return false;
    of->dedicated = number;
    of->draining_to = ends ? NUMBER_NONE : of->draining_to;
    return true;
}

static bool drain_somewhere(struct model *model)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        struct counts counts;
        model_count(model, product, &counts);
        for (int level = 1; level < model->level_count; level++) {
            struct model_dedication *of = &model->levels[level].of[product];
            if (model->levels[level].exists && of->draining_to != NUMBER_NONE &&
                drain_one(of, counts.children[level] + counts.assigned[level]))
                return true;
        }
    }
    return false;
}

static int oldest_raise(const struct model *model, int parent, int product)
{
    int oldest = NOBODY;
    for (int i = 1; i < model->level_count; i++) {
        const struct model_level *level = &model->levels[i];
        if (level->exists && level->parent == parent && level->of[product].filling_to != NUMBER_NONE &&
            (oldest < 0 || level->of[product].filling_since < model->levels[oldest].of[product].filling_since))
            oldest = i;
    }
    return oldest;
}

// "Licenses that come back to the parent's pool go to such raises, oldest first."
static bool fill_somewhere(struct model *model)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        struct counts counts;
        model_count(model, product, &counts);
        for (int parent = 0; parent < model->level_count; parent++) {
            int64_t there = model->levels[parent].exists ? count_available(&counts, parent) : 0;
            int oldest = there > 0 ? oldest_raise(model, parent, product) : NOBODY;
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

// "end_newest ends the newest claims, after shortfall_grace_s, until use <= dedicated."
static bool end_newest_somewhere(struct model *model)
{
    bool has_ended = false;
    for (int product = 0; product < MODEL_PRODUCTS && !has_ended; product++) {
        struct counts counts;
        model_count(model, product, &counts);
        int64_t *since = &model->shortfall_since[product];
        if (counts.use[0] <= counts.dedicated[0])
            *since = 0;
        else if (*since == 0)
            *since = model->now;
        if (model->on_shortfall != SHORTFALL_END_NEWEST || *since == 0 ||
            model->now < *since + model->shortfall_grace_s * 1000)
            continue;
        for (int newest; counts.use[0] > counts.dedicated[0] && (newest = newest_claim(model, NOBODY, product)) >= 0;) {
            counts.use[0] -= model->claims[newest].count;
            drop_claim(model, newest, model->now);
            has_ended = true;
        }
    }
    return has_ended;
}

void let_follow(struct model *model)
{
    do {
        while ((has_any(model, true) && drain_somewhere(model)) || (has_any(model, false) && fill_somewhere(model)))
            continue;
    } while (end_newest_somewhere(model));
}
