// SPDX-License-Identifier: Apache-2.0
// Section 2: dedications, one by the words of the contract for one, several by those for several.
#include "simulation/model_parts.h"

static struct counts counts_of(const struct model *model, int product)
{
    struct counts counts;
    model_count(model, product, &counts);
    return counts;
}

static struct verdict refuse_in_use(const struct counts *counts, const struct act_change *change)
{
    struct verdict verdict = verdict_of(RESULT_DEDICATION_IN_USE);
    verdict.requested = change->count;
    verdict.dedicated = counts->dedicated[change->level];
    verdict.children_dedicated = counts->children[change->level];
    verdict.assigned = counts->assigned[change->level];
    return verdict;
}

static struct verdict refuse_insufficient(int64_t requested, int64_t available)
{
    struct verdict verdict = verdict_of(RESULT_INSUFFICIENT_POOL);
    verdict.requested = requested;
    verdict.available = available;
    return verdict;
}

static enum result check_change(const struct model *model, const struct act_change *change)
{
    bool exists = change->level >= 1 && model->levels[change->level].exists && change->product >= 0;
    return exists ? RESULT_OK : RESULT_NOT_FOUND;
}

static void set(struct model_dedication *of, int64_t dedicated)
{
    *of = (struct model_dedication){
        .dedicated = dedicated, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
}

// "Oldest first": those of one moment in the order in which they were asked for.
static int64_t next_raise(const struct model *model)
{
    int64_t next = model->now;
    for (int level = 1; level < model->level_count; level++)
        for (int product = 0; product < MODEL_PRODUCTS; product++) {
            const struct model_dedication *of = &model->levels[level].of[product];
            if (model->levels[level].exists && of->filling_to != NUMBER_NONE && of->filling_since >= next)
                next = of->filling_since + 1;
        }
    return next;
}

static void keep_raise(struct model_dedication *of, int64_t count, int64_t since)
{
    bool same = of->filling_to == count; // "the same again" keeps its age; anything else replaces it
    of->filling_since = same ? of->filling_since : since;
    of->draining_to = NUMBER_NONE;
    of->filling_to = count;
}

static struct verdict raise(struct model *model, const struct counts *counts, const struct act_change *change)
{
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    int64_t by = change->count - of->dedicated;
    int64_t there = count_available(counts, model->levels[change->level].parent);
    if (by > there && !change->when_available)
        return refuse_insufficient(by, there);
    if (by > there)
        keep_raise(of, change->count, next_raise(model));
    else
        set(of, change->count);
    let_follow(model);
    return verdict_of(RESULT_OK);
}

// "Claims move to the parent level, whole, newest first, until the number fits."
static struct verdict lower_by_moving(struct model *model, const struct counts *counts,
                                      const struct act_change *change)
{
    struct model after = *model;
    int parent = model->levels[change->level].parent;
    int64_t moved = 0, given_back = counts->dedicated[change->level] - change->count;
    if (counts->children[change->level] > change->count)
        return refuse_in_use(counts, change);
    set(&after.levels[change->level].of[change->product], change->count);
    int64_t balance = count_balance(counts, change->level) - given_back;
    while (balance + moved < 0) {
        struct model_claim *claim = &after.claims[newest_claim(&after, change->level, change->product)];
        claim->level = parent;
        moved += claim->count;
    }
    // "If the units moved exceed the licenses given back by more than the parent's available: insufficient-pool."
    int64_t there = count_available(counts, parent);
    if (moved - given_back > there)
        return refuse_insufficient(moved - given_back, there);
    let_follow(&after);
    *model = after;
    return verdict_of(RESULT_OK);
}

static struct verdict change_one(struct model *model, const struct act_change *change)
{
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    if (check_change(model, change) != RESULT_OK)
        return verdict_of(check_change(model, change));
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    struct counts counts = counts_of(model, change->product);
    int64_t in_use = counts.children[change->level] + counts.assigned[change->level];
    if (of->draining_to == change->count)
        return verdict_of(RESULT_OK);
    if (change->count > of->dedicated)
        return raise(model, &counts, change);
    if (change->count >= in_use) {
        set(of, change->count);
        let_follow(model);
        return verdict_of(RESULT_OK);
    }
    if (change->reclaim == RECLAIM_MOVE)
        return lower_by_moving(model, &counts, change);
    if (change->reclaim == RECLAIM_REFUSE)
        return refuse_in_use(&counts, change);
    of->filling_to = NUMBER_NONE;
    of->draining_to = change->count;
    let_follow(model);
    return verdict_of(RESULT_OK);
}

// ---- Several at once: "all or nothing, judged by the end state"

// "A drain counted at what it still holds."
static void drain_now(struct model_dedication *of, int64_t in_use, int64_t count)
{
    of->filling_to = NUMBER_NONE;
    of->draining_to = count;
    if (in_use < of->dedicated)
        of->dedicated = in_use > count ? in_use : count;
}

static void make(struct model *model, const struct act_change *change, int64_t raise_since)
{
    struct model_dedication *of = &model->levels[change->level].of[change->product];
    struct counts counts = counts_of(model, change->product);
    bool lower = change->count < of->dedicated;
    if (of->draining_to == change->count)
        return;
    if (change->count > of->dedicated && change->when_available) {
        keep_raise(of, change->count, raise_since);
        return;
    }
    if (lower && change->reclaim == RECLAIM_DRAIN) {
        drain_now(of, counts.children[change->level] + counts.assigned[change->level], change->count);
        return;
    }
    set(of, change->count);
    for (;;) {
        counts = counts_of(model, change->product);
        if (!lower || change->reclaim != RECLAIM_MOVE || count_balance(&counts, change->level) >= 0 ||
            counts.assigned[change->level] == 0)
            return;
        int newest = newest_claim(model, change->level, change->product);
        model->claims[newest].level = model->levels[change->level].parent;
    }
}

// "Right after the commit, cascades included, … each touched level has children's dedicated + assigned <= dedicated, or
// is no worse than before."
static bool is_right(const struct model *before, const struct model *after, int level, int product)
{
    struct counts was = counts_of(before, product), is = counts_of(after, product);
    int64_t balance = count_balance(&is, level);
    return balance >= 0 || balance >= count_balance(&was, level);
}

static bool is_twice(const struct act *act)
{
    for (int i = 0; i < act->change_count; i++) {
        for (int j = 0; j < i; j++) {
            if (act->changes[i].level == act->changes[j].level && act->changes[i].product == act->changes[j].product)
                return true;
        }
    }
    return false;
}

static void make_all(struct model *model, const struct act *act)
{
    struct model before = *model;
    // The deepest levels first.
    for (int depth = DEPTH_MAX; depth >= 1; depth--) {
        for (int i = 0; i < act->change_count; i++) {
            if (model_depth(&before, act->changes[i].level) == depth)
                make(model, &act->changes[i], next_raise(&before) + i);
        }
    }
    let_follow(model);
}

static struct verdict change_together(struct model *model, const struct act *act)
{
    if (is_twice(act))
        return verdict_of(RESULT_INVALID_REQUEST);
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    for (int i = 0; i < act->change_count; i++) {
        if (check_change(model, &act->changes[i]) != RESULT_OK)
            return verdict_of(check_change(model, &act->changes[i]));
    }
    struct model after = *model;
    make_all(&after, act);
    for (int i = 0; i < act->change_count; i++) {
        const struct act_change *change = &act->changes[i];
        if (!is_right(model, &after, change->level, change->product) ||
            !is_right(model, &after, model->levels[change->level].parent, change->product))
            return verdict_of(RESULT_DEDICATION_IN_USE); // or insufficient-pool: the caller asks for neither
    }
    *model = after;
    return verdict_of(RESULT_OK);
}

struct verdict model_dedicate(struct model *model, const struct act *act)
{
    return act->change_count == 1 ? change_one(model, &act->changes[0]) : change_together(model, act);
}

struct verdict model_policy(struct model *model, const struct act *act)
{
    if (!model->enterprise)
        return verdict_of(RESULT_SUBSCRIPTION_REQUIRED);
    model->policy = act->policy;
    model->fallback = act->is_on;
    return verdict_of(RESULT_OK);
}
