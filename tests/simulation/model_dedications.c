// SPDX-License-Identifier: Apache-2.0
// Section 2: dedications, one by the words of the contract for one, several by those for several.
#include "simulation/model.h"

#include "simulation/model_parts.h"

static struct verdict refuse_in_use(const struct model *model, const struct model_change *change)
{
    struct verdict verdict = verdict_of(RESULT_DEDICATION_IN_USE);
    verdict.requested = change->count;
    verdict.dedicated = model_dedicated(model, change->level, change->product);
    verdict.children_dedicated = model_children_dedicated(model, change->level, change->product);
    verdict.assigned = model_assigned(model, change->level, change->product);
    return verdict;
}

static struct verdict refuse_insufficient(int64_t requested, int64_t available)
{
    struct verdict verdict = verdict_of(RESULT_INSUFFICIENT_POOL);
    verdict.requested = requested;
    verdict.available = available;
    return verdict;
}

static enum result check_change(const struct model *model, const struct model_change *change)
{
    bool exists = change->level >= 1 && model->levels[change->level].exists && change->product >= 0;
    return exists ? RESULT_OK : RESULT_NOT_FOUND;
}

static void set(struct model_dedication *of, int64_t dedicated)
{
    *of = (struct model_dedication){
        .dedicated = dedicated, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
}

static void keep_raise(const struct model *model, struct model_dedication *of, int64_t count)
{
    bool same = of->filling_to == count; // "the same again" keeps its age; anything else replaces it
    of->draining_to = NUMBER_NONE;
    of->filling_to = count;
    of->filling_since = same ? of->filling_since : model->now;
}

static struct verdict raise(struct model *model, const struct model_change *change)
{
    int parent = model->levels[change->level].parent;
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    int64_t by = change->count - of->dedicated, there = model_available(model, parent, change->product);
    if (by > there && !change->when_available)
        return refuse_insufficient(by, there);
    if (by > there)
        keep_raise(model, of, change->count);
    else
        set(of, change->count);
    let_follow(model);
    return verdict_of(RESULT_OK);
}

// "Claims move to the parent level, whole, newest first, until the number fits."
static struct verdict lower_by_moving(struct model *model, const struct model_change *change)
{
    struct model after = *model;
    int parent = model->levels[change->level].parent;
    int64_t moved = 0, given_back = model_dedicated(model, change->level, change->product) - change->count;
    if (model_children_dedicated(model, change->level, change->product) > change->count)
        return refuse_in_use(model, change);
    set(&after.levels[change->level].of[change->product], change->count);
    while (balance_of(&after, change->level, change->product) < 0) {
        struct model_claim *claim = &after.claims[newest_claim(&after, change->level, change->product)];
        claim->level = parent;
        moved += claim->count;
    }
    // "If the units moved exceed the licenses given back by more than the parent's available: insufficient-pool."
    int64_t there = model_available(model, parent, change->product);
    if (moved - given_back > there)
        return refuse_insufficient(moved - given_back, there);
    let_follow(&after);
    *model = after;
    return verdict_of(RESULT_OK);
}

struct verdict model_dedicate(struct model *model, const struct model_change *change)
{
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    if (check_change(model, change) != RESULT_OK)
        return verdict_of(check_change(model, change));
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    int64_t in_use = model_children_dedicated(model, change->level, change->product) +
                     model_assigned(model, change->level, change->product);
    if (of->draining_to == change->count)
        return verdict_of(RESULT_OK);
    if (change->count > of->dedicated)
        return raise(model, change);
    if (change->count >= in_use) {
        set(of, change->count);
        let_follow(model);
        return verdict_of(RESULT_OK);
    }
    if (change->reclaim == RECLAIM_MOVE)
        return lower_by_moving(model, change);
    if (change->reclaim == RECLAIM_REFUSE)
        return refuse_in_use(model, change);
    of->filling_to = NUMBER_NONE;
    of->draining_to = change->count;
    let_follow(model);
    return verdict_of(RESULT_OK);
}

// ---- Several at once: "all or nothing, judged by the end state"

static void make(struct model *model, const struct model_change *change)
{
    int parent = model->levels[change->level].parent;
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    bool lower = change->count < of->dedicated;
    if (of->draining_to == change->count)
        return;
    if (change->count > of->dedicated && change->when_available) {
        keep_raise(model, of, change->count);
        return;
    }
    if (lower && change->reclaim == RECLAIM_DRAIN) {
        // "A drain counted at what it still holds."
        int64_t in_use = model_children_dedicated(model, change->level, change->product) +
                         model_assigned(model, change->level, change->product);
        of->filling_to = NUMBER_NONE;
        of->draining_to = change->count;
        if (in_use < of->dedicated)
            of->dedicated = in_use > change->count ? in_use : change->count;
        return;
    }
    set(of, change->count);
    while (lower && change->reclaim == RECLAIM_MOVE && balance_of(model, change->level, change->product) < 0 &&
           model_assigned(model, change->level, change->product) > 0)
        model->claims[newest_claim(model, change->level, change->product)].level = parent;
}

// "Right after the commit, cascades included, … each touched level has children's dedicated + assigned <= dedicated, or
// is no worse than before."
static bool is_right(const struct model *before, const struct model *after, int level, int product)
{
    int64_t balance = balance_of(after, level, product);
    return balance >= 0 || balance >= balance_of(before, level, product);
}

static bool is_twice(const struct model_change *changes, int count)
{
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            if (changes[i].level == changes[j].level && changes[i].product == changes[j].product)
                return true;
        }
    }
    return false;
}

struct verdict model_dedicate_together(struct model *model, const struct model_change *changes, int count)
{
    if (is_twice(changes, count))
        return verdict_of(RESULT_INVALID_REQUEST);
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    for (int i = 0; i < count; i++) {
        if (check_change(model, &changes[i]) != RESULT_OK)
            return verdict_of(check_change(model, &changes[i]));
    }
    struct model after = *model;
    // The deepest levels first.
    for (int depth = DEPTH_MAX; depth >= 1; depth--) {
        for (int i = 0; i < count; i++) {
            if (model_depth(model, changes[i].level) == depth)
                make(&after, &changes[i]);
        }
    }
    let_follow(&after);
    for (int i = 0; i < count; i++) {
        if (!is_right(model, &after, changes[i].level, changes[i].product) ||
            !is_right(model, &after, model->levels[changes[i].level].parent, changes[i].product))
            return verdict_of(RESULT_DEDICATION_IN_USE); // or insufficient-pool: the caller asks for neither
    }
    *model = after;
    return verdict_of(RESULT_OK);
}
