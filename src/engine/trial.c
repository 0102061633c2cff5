// SPDX-License-Identifier: Apache-2.0
#include "engine/trial.h"

#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

enum phase { PHASE_NAMED, PHASE_PROJECT, PHASE_OWN, PHASE_MEMBER, PHASE_FALLBACK, PHASE_OTHER, PHASE_END };

// One candidate: a level, and its pool if it ever had one of the product.
struct candidate {
    const struct level *level;
    struct pool *pool;
    enum session_via rule;
};

// The walk over the candidates. `early` are those before the account's pool, which come but once.
struct walk {
    const struct account *account;
    const struct trial_request *request;
    enum phase phase;
    struct candidate *early;
    size_t early_count, early_at;
    const struct stock *stock; // NULL: no pool of the product anywhere
    const struct tree_node *other;
    bool early_sorted;
};

void trial_policy(const struct account *account, enum session_origin origin, struct trial_request *request)
{
    bool platform = origin == ORIGIN_PLATFORM;
    request->policy = platform ? POLICY_UNRESTRICTED : account->row.policy;
    request->fallback = platform || account->row.fallback;
}

static bool is_in_projects(const struct user *user, const struct level *level)
{
    for (struct list_node *node = user->memberships.first; node != NULL; node = node->after) {
        if (ITEM_OF(node, struct membership, of_user)->project->level == level)
            return true;
    }
    return false;
}

bool trial_is_eligible(const struct trial_request *request, const struct level *level)
{
    switch (request->policy) {
    case POLICY_UNRESTRICTED:
        return true;
    case POLICY_MEMBER_BASED:
        return level == request->user->level || is_in_projects(request->user, level);
    case POLICY_STRICT:
        break;
    }
    return level == request->user->level;
}

static bool is_early(const struct walk *walk, const struct level *level)
{
    for (size_t i = 0; i < walk->early_count; i++) {
        if (walk->early[i].level == level)
            return true;
    }
    return false;
}

static void add_early(struct walk *walk, struct arena *arena, const struct level *level, enum session_via rule)
{
    if (is_early(walk, level))
        return;
    walk->early = arena_grow(arena, walk->early, walk->early_count, sizeof *walk->early);
    walk->early[walk->early_count++] = (struct candidate){
        .level = level,
        .pool = account_pool(walk->account, level->row.id, walk->request->product),
        .rule = rule,
    };
}

static int most_available_first(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int64_t left_has = left->pool != NULL ? pool_available(left->pool) : 0;
    int64_t right_has = right->pool != NULL ? pool_available(right->pool) : 0;
    if (left_has != right_has)
        return left_has > right_has ? -1 : 1;
    return left->level->row.id < right->level->row.id ? -1 : left->level->row.id > right->level->row.id;
}

static void add_memberships(struct walk *walk, struct arena *arena)
{
    const struct user *user = walk->request->user;
    size_t first = walk->early_count;
    for (struct list_node *node = user->memberships.first; node != NULL; node = node->after)
        add_early(walk, arena, ITEM_OF(node, struct membership, of_user)->project->level, VIA_MEMBER);
    if (walk->early_count - first > 1)
        qsort(walk->early + first, walk->early_count - first, sizeof *walk->early, most_available_first);
}

static void walk_init(struct walk *walk, const struct account *account, const struct trial_request *request,
                      struct arena *arena)
{
    *walk = (struct walk){
        .account = account,
        .request = request,
        .stock = account_stock(account, request->product),
    };
    if (request->named != NULL) {
        add_early(walk, arena, request->named, VIA_NAMED);
        return;
    }
    if (request->project != NULL && trial_is_eligible(request, request->project->level))
        add_early(walk, arena, request->project->level, VIA_PROJECT);
    if (request->user->level != NULL)
        add_early(walk, arena, request->user->level, VIA_OWN);
    if (request->policy != POLICY_STRICT)
        add_memberships(walk, arena);
}

static bool next_other(struct walk *walk, struct candidate *ret)
{
    if (walk->request->policy != POLICY_UNRESTRICTED || walk->request->named != NULL || walk->stock == NULL)
        return false;
    do {
        walk->other = walk->other == NULL ? tree_first(&walk->stock->ranked)
                                          : tree_after(&walk->stock->ranked, walk->other);
        if (walk->other == NULL)
            return false;
        struct pool *pool = ITEM_OF(walk->other, struct pool, by_available);
        *ret = (struct candidate){pool->level, pool, VIA_OTHER};
    } while (is_early(walk, ret->level));
    return true;
}

// The account's pool comes up even where fallback is off, to be named as kept out.
static bool walk_next(struct walk *walk, struct candidate *ret)
{
    if (walk->early_at < walk->early_count) {
        *ret = walk->early[walk->early_at++];
        return true;
    }
    if (walk->phase < PHASE_FALLBACK) {
        walk->phase = PHASE_FALLBACK;
        *ret = (struct candidate){&walk->account->root, walk->stock != NULL ? walk->stock->root : NULL, VIA_FALLBACK};
        return true;
    }
    walk->phase = PHASE_OTHER;
    return next_other(walk, ret);
}

// A level that is over-committed, and would be used beyond what it was given, grants nothing, nor does any below it.
static bool is_held_by_law_2(const struct pool *pool, int64_t count)
{
    for (; pool != NULL; pool = pool->parent) {
        if (pool_balance(pool) < 0 && pool->use + count > pool->dedicated)
            return true;
    }
    return false;
}

static enum reason why_not(const struct candidate *candidate, const struct trial_request *request, bool cooldown)
{
    const struct pool *pool = candidate->pool;
    if (candidate->rule == VIA_FALLBACK && !request->fallback)
        return REASON_FALLBACK_OFF;
    if (cooldown)
        return REASON_COOLDOWN;
    if (pool == NULL)
        return REASON_EXHAUSTED;
    if (pool->draining_to != NUMBER_NONE)
        return REASON_DRAINING;
    if (is_held_by_law_2(pool, request->count))
        return REASON_OVER_COMMITTED;
    return pool_available(pool) >= request->count && pool_allows(pool, request->count) ? REASON_NONE
                                                                                       : REASON_EXHAUSTED;
}

struct pool *trial_choose(const struct account *account, const struct trial_request *request, int64_t now,
                          struct arena *arena, enum session_via *ret_via)
{
    if (account_cooldown(account, request->user->row.id, request->product, now) != 0)
        return NULL;
    struct walk walk;
    walk_init(&walk, account, request, arena);
    for (struct candidate candidate; walk_next(&walk, &candidate);) {
        if (why_not(&candidate, request, false) == REASON_NONE) {
            *ret_via = candidate.rule;
            return candidate.pool;
        }
        // The others come by what they have: after one with too little, all have too little.
        if (candidate.rule == VIA_OTHER && pool_available(candidate.pool) < request->count)
            break;
    }
    return NULL;
}

static int64_t retry_after_s(const struct pool *pool, int64_t now)
{
    int64_t ends_at = pool != NULL ? pool_first_ends(pool) : 0;
    return ends_at != 0 ? (ends_at - now + 999) / 1000 : NUMBER_NONE;
}

static void tell(struct explanation *explanation, const struct walk *walk, const struct candidate *candidate,
                 enum reason reason, int64_t now)
{
    struct figures figures = level_figures(walk->account, candidate->level, walk->request->product);
    explanation->tried[explanation->tried_count++] = (struct trial){
        .level = candidate->level->row.id,
        .rule = candidate->rule,
        .dedicated = figures.dedicated,
        .pool = figures.pool,
        .assigned = figures.assigned,
        .available = figures.available,
        .reason = reason,
        .retry_after_s = retry_after_s(candidate->pool, now),
    };
}

// The others beyond those listed are counted, not walked: there may be a hundred thousand. None of them grants,
// since the last one walked had too little, and the rest have no more.
static void count_rest(struct explanation *explanation, const struct walk *walk, size_t seen, size_t seen_draining,
                       enum reason last)
{
    size_t rest = walk->stock->ranked.count - seen;
    if (last == REASON_COOLDOWN) {
        explanation->reasons[REASON_COOLDOWN] += rest;
    } else {
        size_t draining = walk->stock->draining - seen_draining;
        bool held = is_held_by_law_2(walk->stock->root, walk->request->count);
        explanation->reasons[REASON_DRAINING] += draining;
        explanation->reasons[held ? REASON_OVER_COMMITTED : REASON_EXHAUSTED] += rest - draining;
    }
    explanation->tried_total += rest;
}

struct explanation *trial_explain(const struct account *account, const struct trial_request *request, int64_t now,
                                  struct arena *arena)
{
    struct explanation *explanation = arena_alloc(arena, sizeof *explanation);
    *explanation = (struct explanation){
        .product = request->product,
        .user = request->user->row.id,
        .count = request->count,
        .policy = request->policy,
        .fallback = request->fallback,
    };
    bool cooldown = account_cooldown(account, request->user->row.id, request->product, now) != 0;
    size_t ranked_seen = 0, draining_seen = 0;
    struct walk walk;
    walk_init(&walk, account, request, arena);
    for (struct candidate candidate; walk_next(&walk, &candidate);) {
        enum reason reason = why_not(&candidate, request, cooldown);
        bool is_full = explanation->tried_count == TRIED_MAX;
        explanation->granted = reason == REASON_NONE;
        explanation->tried_total++;
        explanation->reasons[reason]++;
        if (candidate.pool != NULL) {
            ranked_seen += candidate.pool->ranked;
            draining_seen += candidate.pool->draining_to != NUMBER_NONE;
        }
        if (!is_full)
            tell(explanation, &walk, &candidate, reason, now);
        if (explanation->granted) {
            explanation->level = candidate.level->row.id;
            explanation->via = candidate.rule;
            break;
        }
        bool rest_is_alike = cooldown || (candidate.rule == VIA_OTHER && pool_available(candidate.pool) < request->count);
        if (is_full && candidate.rule == VIA_OTHER && rest_is_alike) {
            count_rest(explanation, &walk, ranked_seen, draining_seen, reason);
            break;
        }
    }
    return explanation;
}
