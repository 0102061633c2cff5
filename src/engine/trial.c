// SPDX-License-Identifier: Apache-2.0
#include "engine/trial.h"

#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

enum phase { PHASE_NAMED, PHASE_PROJECT, PHASE_OWN, PHASE_GATHER, PHASE_MEMBER, PHASE_FALLBACK, PHASE_OTHER };

// One candidate: a level, and its pool if it ever had one of the product.
struct candidate {
    const struct level *level;
    struct pool *pool;
    enum session_via rule;
    int64_t available;
};

// The walk over the candidates, which looks no further than it is asked to: a user of a thousand projects whose own
// organization grants costs no more than one of none.
struct walk {
    const struct account *account;
    const struct trial_request *request;
    struct arena *arena;
    const struct stock *stock; // NULL: no pool of the product anywhere
    enum phase phase;
    struct candidate *members; // by most_available_first, each organization once
    size_t member_count, member_at;
    const struct tree_node *other;
    size_t other_count;
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

bool trial_is_open(const struct trial_request *request, const struct level *level)
{
    if (level->parent == NULL)
        return request->fallback;
    return request->named != NULL ? request->named == level : trial_is_eligible(request, level);
}

static struct walk walk_of(const struct account *account, const struct trial_request *request, struct arena *arena)
{
    return (struct walk){
        .account = account,
        .request = request,
        .arena = arena,
        .stock = account_stock(account, request->product),
    };
}

static int most_available_first(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->available != right->available)
        return left->available > right->available ? -1 : 1;
    return left->level->row.id < right->level->row.id ? -1 : left->level->row.id > right->level->row.id;
}

static struct candidate candidate_of(const struct walk *walk, const struct level *level, enum session_via rule)
{
    struct pool *pool = account_pool(walk->account, level->row.id, walk->request->product);
    return (struct candidate){level, pool, rule, pool != NULL ? pool_available(pool) : 0};
}

static bool tries_project(const struct walk *walk)
{
    const struct project *project = walk->request->project;
    return project != NULL && trial_is_eligible(walk->request, project->level);
}

static bool is_own_or_project(const struct walk *walk, const struct level *level)
{
    return level == walk->request->user->level || (tries_project(walk) && level == walk->request->project->level);
}

static void gather_members(struct walk *walk)
{
    struct list_node *node = walk->request->policy != POLICY_STRICT ? walk->request->user->memberships.first : NULL;
    size_t count = 0, kept = 0;
    for (; node != NULL; node = node->after) {
        const struct level *level = ITEM_OF(node, struct membership, of_user)->project->level;
        if (is_own_or_project(walk, level))
            continue;
        walk->members = arena_grow(walk->arena, walk->members, count, sizeof *walk->members);
        walk->members[count++] = candidate_of(walk, level, VIA_MEMBER);
    }
    if (count > 1)
        qsort(walk->members, count, sizeof *walk->members, most_available_first);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || walk->members[kept - 1].level != walk->members[i].level)
            walk->members[kept++] = walk->members[i];
    }
    walk->member_count = kept;
}

static bool was_tried(const struct walk *walk, const struct candidate *candidate)
{
    return is_own_or_project(walk, candidate->level) ||
           (walk->member_count > 0 && bsearch(candidate, walk->members, walk->member_count, sizeof *walk->members,
                                              most_available_first) != NULL);
}

static bool next_other(struct walk *walk, struct candidate *ret)
{
    if (walk->request->policy != POLICY_UNRESTRICTED || walk->request->named != NULL || walk->stock == NULL)
        return false;
    do {
        walk->other = walk->other == NULL ? tree_first(&walk->stock->ranked)
                                          : tree_after(&walk->stock->ranked, walk->other);
        bool is_enough = walk->request->share_percent != 0 && walk->other_count == BORROW_OTHERS_MAX;
        if (walk->other == NULL || is_enough)
            return false;
        walk->other_count++;
        struct pool *pool = ITEM_OF(walk->other, struct pool, by_available);
        *ret = (struct candidate){pool->level, pool, VIA_OTHER, pool_available(pool)};
    } while (was_tried(walk, ret));
    return true;
}

// The account's pool comes up even where fallback is off, to be named as kept out.
static bool walk_next(struct walk *walk, struct candidate *ret)
{
    const struct trial_request *request = walk->request;
    switch (walk->phase) {
    case PHASE_NAMED:
        walk->phase = request->named != NULL ? PHASE_FALLBACK : PHASE_PROJECT;
        if (request->named != NULL) {
            *ret = candidate_of(walk, request->named, VIA_NAMED);
            return true;
        }
        // fall through
    case PHASE_PROJECT:
        walk->phase = PHASE_OWN;
        if (tries_project(walk)) {
            *ret = candidate_of(walk, request->project->level, VIA_PROJECT);
            return true;
        }
        // fall through
    case PHASE_OWN:
        walk->phase = PHASE_GATHER;
        if (request->user->level != NULL && !(tries_project(walk) && request->project->level == request->user->level)) {
            *ret = candidate_of(walk, request->user->level, VIA_OWN);
            return true;
        }
        // fall through
    case PHASE_GATHER:
        gather_members(walk);
        walk->phase = PHASE_MEMBER;
        // fall through
    case PHASE_MEMBER:
        if (walk->member_at < walk->member_count) {
            *ret = walk->members[walk->member_at++];
            return true;
        }
        // fall through
    case PHASE_FALLBACK:
        walk->phase = PHASE_OTHER;
        *ret = candidate_of(walk, &walk->account->root, VIA_FALLBACK);
        return true;
    case PHASE_OTHER:
        break;
    }
    return next_other(walk, ret);
}

// A pool without any licenses of its own is exhausted, whatever share of it may be borrowed.
static bool is_lent_out(const struct trial_request *request, const struct pool *pool)
{
    if (request->share_percent == 0 || pool == NULL)
        return false;
    int64_t own = pool->dedicated - pool->children_dedicated;
    return own > 0 && pool->borrowed + request->count > own * request->share_percent / 100;
}

static enum reason why_not(const struct walk *walk, const struct candidate *candidate, bool cooldown)
{
    if (candidate->rule == VIA_FALLBACK && !walk->request->fallback)
        return REASON_FALLBACK_OFF;
    if (cooldown)
        return REASON_COOLDOWN;
    enum reason reason = pool_why_not(walk->stock, candidate->pool, walk->request->count);
    if ((reason == REASON_NONE || reason == REASON_EXHAUSTED) && is_lent_out(walk->request, candidate->pool))
        return REASON_BORROW_LIMIT;
    bool is_kept = reason == REASON_NONE && candidate->pool->reserved_for != NULL &&
                   candidate->pool->reserved_for != walk->request->waiter;
    return is_kept ? REASON_EXHAUSTED : reason;
}

// Whether those that follow a candidate which does not grant do not either: the others come by what they have, so
// after one with too little all have too little.
static bool rest_is_alike(const struct walk *walk, const struct candidate *candidate, bool cooldown)
{
    return candidate->rule == VIA_OTHER && (cooldown || stock_is_used_up(walk->stock, walk->request->count) ||
                                            candidate->available < walk->request->count);
}

// Whether they do not for the same reason, too.
static bool rest_has_same_reason(const struct walk *walk, const struct candidate *candidate, bool cooldown)
{
    bool may_be_lent_out = walk->request->share_percent != 0 && !cooldown &&
                           !stock_is_used_up(walk->stock, walk->request->count);
    return !may_be_lent_out && rest_is_alike(walk, candidate, cooldown);
}

struct pool *trial_choose(const struct account *account, const struct trial_request *request, int64_t now,
                          struct arena *arena, enum session_via *ret_via)
{
    if (account_cooldown(account, request->user->row.id, request->product, now) != 0)
        return NULL;
    struct walk walk = walk_of(account, request, arena);
    for (struct candidate candidate; walk_next(&walk, &candidate);) {
        if (why_not(&walk, &candidate, false) == REASON_NONE) {
            *ret_via = candidate.rule;
            return candidate.pool;
        }
        if (rest_is_alike(&walk, &candidate, false))
            break;
    }
    return NULL;
}

struct pool *trial_first_fitting(const struct account *account, const struct trial_request *request,
                                 struct arena *arena, enum session_via *ret_via)
{
    struct walk walk = walk_of(account, request, arena);
    size_t others = 0;
    for (struct candidate candidate; walk_next(&walk, &candidate);) {
        const struct pool *pool = candidate.pool;
        bool is_open = candidate.rule != VIA_FALLBACK || request->fallback;
        if (is_open && pool != NULL && pool_fits(pool, request->count)) {
            *ret_via = candidate.rule;
            return candidate.pool;
        }
        if (candidate.rule == VIA_OTHER && ++others == FITTING_MAX)
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

// The others beyond those listed are counted, not walked: there may be a hundred thousand. None of them grants (see
// rest_is_alike).
static void count_rest(struct explanation *explanation, const struct walk *walk, size_t seen, size_t seen_draining,
                       bool cooldown)
{
    size_t rest = walk->stock->ranked.count - seen;
    if (cooldown) {
        explanation->reasons[REASON_COOLDOWN] += rest;
    } else {
        size_t draining = walk->stock->draining - seen_draining;
        bool used_up = stock_is_used_up(walk->stock, walk->request->count);
        explanation->reasons[REASON_DRAINING] += draining;
        explanation->reasons[used_up ? REASON_OVER_COMMITTED : REASON_EXHAUSTED] += rest - draining;
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
    size_t seen = 0, seen_draining = 0;
    struct walk walk = walk_of(account, request, arena);
    for (struct candidate candidate; walk_next(&walk, &candidate);) {
        enum reason reason = why_not(&walk, &candidate, cooldown);
        bool is_full = explanation->tried_count == TRIED_MAX;
        explanation->tried_total++;
        explanation->reasons[reason]++;
        if (candidate.pool != NULL) {
            seen += candidate.pool->ranked;
            seen_draining += candidate.pool->draining_to != NUMBER_NONE;
        }
        if (!is_full)
            tell(explanation, &walk, &candidate, reason, now);
        if (reason == REASON_NONE) {
            explanation->granted = true;
            explanation->level = candidate.level->row.id;
            explanation->via = candidate.rule;
            break;
        }
        if (is_full && rest_has_same_reason(&walk, &candidate, cooldown)) {
            count_rest(explanation, &walk, seen, seen_draining, cooldown);
            break;
        }
    }
    return explanation;
}
