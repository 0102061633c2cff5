// SPDX-License-Identifier: Apache-2.0
//
// Reserving for those who ask for more than one unit. One walk over the line, oldest first, marks the levels that are
// open to each; whoever comes to a level that nobody has marked is at its head.
#include "engine/queue_parts.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/pool.h"

void waiter_reserve(struct waiter *waiter, struct pool *pool, enum session_via via)
{
    CHECK(waiter->reserved == NULL && pool->reserved_for == NULL);
    waiter->reserved = pool;
    waiter->reserved_via = via;
    pool->reserved_for = waiter;
}

void waiter_unreserve(struct waiter *waiter)
{
    struct pool *pool = waiter->reserved;
    if (pool == NULL)
        return;
    waiter->reserved = NULL;
    pool->reserved_for = NULL;
    queue_note_pool(pool);
}

void queue_stand(struct account *account, struct waiter *waiter, int64_t head_since, struct pool *reserved,
                 enum session_via via)
{
    CHECK(waiter->is_in_line);
    waiter->head_since = head_since;
    if (head_since != 0 && reserved == NULL)
        queue_look_later(&account->queue, head_since + moment_seconds(QUEUE_RESERVE_S));
    if (waiter->reserved == reserved && waiter->reserved_via == via)
        return;
    waiter_unreserve(waiter);
    if (reserved == NULL)
        return;
    if (reserved->reserved_for != NULL)
        waiter_unreserve(reserved->reserved_for);
    waiter_reserve(waiter, reserved, via);
}

// ---- Taking back

void stand_note(struct decision *decision, const struct waiter *waiter)
{
    const struct pool *reserved = waiter->reserved;
    decision->stands = arena_grow(decision->arena, decision->stands, decision->stand_count, sizeof *decision->stands);
    decision->stands[decision->stand_count++] = (struct stand){
        .order = waiter->order,
        .head_since = waiter->head_since,
        .has_reserved = reserved != NULL,
        .level = reserved != NULL ? reserved->level->row.id : 0,
        .via = waiter->reserved_via,
    };
}

static bool same_order(const void *item, const void *key)
{
    return ((const struct stand *)item)->order == *(const uint64_t *)key;
}

static const struct stand *stand_of(const struct table *stands, const struct waiter *waiter)
{
    return table_find(stands, hash_number(waiter->order), same_order, &waiter->order);
}

// The facts are taken back already: there is the pool again, if not the same object.
static void reserve_again(struct account *account, struct waiter *waiter, const struct stand *stand)
{
    struct pool *pool = stand->has_reserved ? account_pool(account, stand->level, waiter->stock->product) : NULL;
    waiter->head_since = stand->head_since;
    if (pool != NULL && pool->reserved_for == NULL)
        waiter_reserve(waiter, pool, stand->via);
}

void stand_take_back(struct decision *decision)
{
    const struct list_node *first = decision->account->queue.line.first;
    struct table stands = {0}; // of each the first that was noted
    for (size_t i = 0; i < decision->stand_count; i++) {
        struct stand *stand = &decision->stands[i];
        uint64_t hash = hash_number(stand->order);
        if (table_find(&stands, hash, same_order, &stand->order) == NULL)
            table_add(&stands, hash, stand);
    }
    decision->stand_count = 0;
    if (stands.count == 0)
        return;
    for (struct waiter *at = line_waiter(first); at != NULL; at = line_waiter(at->of_line.after)) {
        if (stand_of(&stands, at) != NULL)
            waiter_unreserve(at);
    }
    for (struct waiter *at = line_waiter(first); at != NULL; at = line_waiter(at->of_line.after)) {
        const struct stand *stand = stand_of(&stands, at);
        if (stand != NULL)
            reserve_again(decision->account, at, stand);
    }
    table_fini(&stands);
}

// ---- Who is at the head

// Which levels someone older waits for.
struct heads {
    struct level *root;
    uint64_t mark; // that the others have; the walk's own
    bool is_last;
    bool is_root_taken, are_all_taken;
};

static bool is_taken(const struct heads *heads, const struct level *level)
{
    if (level->parent == NULL)
        return heads->is_root_taken;
    return heads->are_all_taken || level->line_mark == heads->mark;
}

// The levels that are open to it one by one, unless they are all; the account's own apart. In any order, some twice.
struct level_walk {
    const struct trial_request *trial;
    bool is_started;
    const struct list_node *membership;
};

static bool is_open_everywhere(const struct trial_request *trial)
{
    return trial->named == NULL && trial->policy == POLICY_UNRESTRICTED;
}

static struct level *next_level(struct level_walk *walk)
{
    const struct trial_request *trial = walk->trial;
    if (!walk->is_started) {
        walk->is_started = true;
        walk->membership = trial->named == NULL && trial->policy == POLICY_MEMBER_BASED
                               ? trial->user->memberships.first
                               : NULL;
        if (trial->named != NULL || trial->user->level != NULL)
            return (struct level *)(uintptr_t)(trial->named != NULL ? trial->named : trial->user->level);
    }
    if (walk->membership == NULL)
        return NULL;
    struct level *level = ITEM_OF(walk->membership, struct membership, of_user)->project->level;
    walk->membership = walk->membership->after;
    return level;
}

static void take(struct heads *heads, const struct trial_request *trial)
{
    heads->is_root_taken = heads->is_root_taken || trial->fallback;
    if (is_open_everywhere(trial))
        heads->are_all_taken = true;
    if (heads->are_all_taken)
        return;
    struct level_walk walk = {.trial = trial};
    for (struct level *level; (level = next_level(&walk)) != NULL;)
        level->line_mark = heads->mark;
}

// Whether it can be at the head of none.
static bool all_are_taken(const struct heads *heads, const struct trial_request *trial)
{
    if (trial->fallback && !heads->is_root_taken)
        return false;
    if (heads->are_all_taken || is_open_everywhere(trial))
        return heads->are_all_taken;
    struct level_walk walk = {.trial = trial};
    for (struct level *level; (level = next_level(&walk)) != NULL;) {
        if (!is_taken(heads, level))
            return false;
    }
    return true;
}

// The pool that it is to have, and as which candidate.
struct target {
    struct pool *pool; // NULL: none is large enough
    enum session_via via;
};

// Of those that are tried by what is free, the one that it has stays the first while it can serve, lest what comes
// back to it goes to others as soon as another one has more.
static struct target find_target(struct decision *decision, const struct waiter *waiter)
{
    const struct trial_request *trial = &waiter->ask.trial;
    struct target target = {.pool = NULL};
    target.pool = trial_first_fitting(decision->account, trial, decision->arena, &target.via);
    struct pool *reserved = waiter->reserved;
    bool is_alike = target.pool != NULL && reserved != NULL && target.via == waiter->reserved_via &&
                    (target.via == VIA_MEMBER || target.via == VIA_OTHER);
    if (is_alike && trial_is_open(trial, reserved->level) && pool_fits(reserved, trial->count))
        target.pool = reserved;
    return target;
}

static void stand(struct decision *decision, struct waiter *waiter, int64_t head_since, struct target target)
{
    if (waiter->head_since == head_since && waiter->reserved == target.pool &&
        (target.pool == NULL || waiter->reserved_via == target.via))
        return;
    stand_note(decision, waiter);
    waiter->head_since = head_since;
    waiter_unreserve(waiter);
    if (target.pool != NULL)
        waiter_reserve(waiter, target.pool, target.via);
}

static void step_back(struct decision *decision, struct waiter *waiter, bool is_last)
{
    stand(decision, waiter, is_last ? 0 : waiter->head_since, (struct target){.pool = NULL});
}

static void stand_at_head(struct decision *decision, struct waiter *waiter, struct target target)
{
    int64_t since = waiter->head_since != 0 ? waiter->head_since : decision->now;
    int64_t reserve_at = since + moment_seconds(QUEUE_RESERVE_S);
    if (reserve_at > decision->now) {
        queue_look_later(&decision->account->queue, reserve_at);
        target.pool = NULL;
    } else if (target.pool->reserved_for != NULL && target.pool->reserved_for != waiter) {
        step_back(decision, target.pool->reserved_for, false); // it is younger
    }
    stand(decision, waiter, since, target);
}

static void look_at(struct decision *decision, const struct heads *heads, struct waiter *waiter)
{
    struct target target = {.pool = NULL};
    if (!all_are_taken(heads, &waiter->ask.trial))
        target = find_target(decision, waiter);
    if (target.pool != NULL && !is_taken(heads, target.pool->level))
        stand_at_head(decision, waiter, target);
    else
        step_back(decision, waiter, heads->is_last);
}

void queue_reserve(struct decision *decision, struct stock *stock, bool is_last)
{
    struct heads heads = {.mark = ++decision->account->queue.marks, .is_last = is_last};
    stock->must_reserve = false;
    if (stock->large == 0)
        return;
    for (struct waiter *at = stock_waiter(stock->line.first); at != NULL; at = stock_waiter(at->of_stock.after)) {
        if (!waiter_know(decision, at) || waiter_is_kept_back(decision, at)) {
            step_back(decision, at, is_last);
            continue;
        }
        if (at->request.count > 1)
            look_at(decision, &heads, at);
        take(&heads, &at->ask.trial);
    }
}
