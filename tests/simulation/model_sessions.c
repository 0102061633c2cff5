// SPDX-License-Identifier: Apache-2.0
// Section 4: which pool, and why not.
#include "simulation/model_parts.h"

#include <stdlib.h>

struct rules {
    enum usage_policy policy;
    bool fallback;
};

// "Sessions started by the platform itself are outside the policy: E as if unrestricted, fallback on."
static struct rules rules_for(const struct model *model, const struct model_request *request)
{
    if (request->platform)
        return (struct rules){POLICY_UNRESTRICTED, true};
    return (struct rules){model->policy, model->fallback};
}

static bool has_project_there(const struct model *model, int user, int level)
{
    for (int i = 0; i < model->project_count; i++) {
        const struct model_project *project = &model->projects[i];
        if (project->exists && project->level == level && project->has[user])
            return true;
    }
    return false;
}

// E of the contract.
static bool may_be_used(const struct model *model, struct rules rules, int user, int level)
{
    bool own = model->users[user].level == level;
    switch (rules.policy) {
    case POLICY_UNRESTRICTED:
        return true;
    case POLICY_MEMBER_BASED:
        return own || has_project_there(model, user, level);
    case POLICY_STRICT:
        break;
    }
    return own;
}

bool is_open(const struct model *model, const struct model_request *request, int level)
{
    struct rules rules = rules_for(model, request);
    if (level == 0)
        return rules.fallback;
    return request->named >= 0 ? request->named == level : may_be_used(model, rules, request->user, level);
}

static bool is_listed(const struct order *order, int level)
{
    for (int i = 0; i < order->count; i++) {
        if (order->at[i].level == level)
            return true;
    }
    return false;
}

static void list(struct order *order, int level, enum session_via rule)
{
    if (!is_listed(order, level))
        order->at[order->count++] = (struct candidate){level, rule};
}

// Of all that are not listed yet, "by available, most first, then by id number, lowest first".
static void list_by_available(const struct model *model, const struct counts *counts, struct order *order,
                              const struct model_request *request, struct rules rules, enum session_via rule)
{
    for (;;) {
        int best = NOBODY;
        int64_t best_has = -1;
        for (int level = 1; level < model->level_count; level++) {
            if (!model->levels[level].exists || count_available(counts, level) <= best_has || is_listed(order, level))
                continue;
            bool counts_here = rule == VIA_MEMBER ? has_project_there(model, request->user, level)
                                                  : counts->dedicated[level] > 0;
            if (counts_here && may_be_used(model, rules, request->user, level)) {
                best = level;
                best_has = count_available(counts, level);
            }
        }
        if (best < 0)
            return;
        list(order, best, rule);
    }
}

struct order order_of_trial(const struct model *model, const struct counts *counts,
                            const struct model_request *request)
{
    struct order order;
    order.count = 0;
    struct rules rules = rules_for(model, request);
    if (request->named >= 0) {
        list(&order, request->named, VIA_NAMED);
        list(&order, 0, VIA_FALLBACK);
        return order;
    }
    if (request->project >= 0 &&
        may_be_used(model, rules, request->user, model->projects[request->project].level))
        list(&order, model->projects[request->project].level, VIA_PROJECT);
    if (model->users[request->user].level >= 0)
        list(&order, model->users[request->user].level, VIA_OWN);
    list_by_available(model, counts, &order, request, rules, VIA_MEMBER);
    list(&order, 0, VIA_FALLBACK);
    list_by_available(model, counts, &order, request, rules, VIA_OTHER);
    return order;
}

// Law 2: "no grant may bring the use of any subtree above what that subtree was given (the pool's own level and every
// level above it are looked at)".
static bool is_within_law_2(const struct model *model, const struct counts *counts, int level, int64_t count)
{
    for (int at = level; at >= 0; at = model->levels[at].parent) {
        if (counts->use[at] + count > counts->dedicated[at])
            return false;
    }
    return true;
}

// Reason `over_committed`: the level shows over_committed, or one above it does and law 2 forbids more there.
static bool is_over_committed(const struct model *model, const struct counts *counts, int level, int64_t count)
{
    if (count_balance(counts, level) < 0)
        return true;
    for (int at = level; at >= 0; at = model->levels[at].parent) {
        if (count_balance(counts, at) < 0 && counts->use[at] + count > counts->dedicated[at])
            return true;
    }
    return false;
}

// "Of each pool no more than a share is lent out."
static bool is_lent_out(const struct model *model, const struct counts *counts, int level,
                        const struct model_request *request)
{
    int64_t own = counts->dedicated[level] - counts->children[level];
    return request->is_borrowed && own > 0 &&
           counts->borrowed[level] + request->count > own * model->borrowing[request->product].share / 100;
}

static bool is_kept(const struct model *model, int level, const struct model_request *request)
{
    for (int i = 0; i < model->waiter_count; i++) {
        const struct model_waiter *waiter = &model->line[i];
        if (i != request->waiter && waiter->reserved == level && waiter->request.product == request->product)
            return true;
    }
    return false;
}

static enum reason why_not(const struct model *model, const struct counts *counts, int level,
                           const struct model_request *request)
{
    if (model->users[request->user].cooldown_until[request->product] > model->now)
        return REASON_COOLDOWN;
    bool is_enough = count_available(counts, level) >= request->count &&
                     is_within_law_2(model, counts, level, request->count);
    if (!is_enough && model->levels[level].of[request->product].draining_to != NUMBER_NONE)
        return REASON_DRAINING;
    if (!is_enough && is_over_committed(model, counts, level, request->count))
        return REASON_OVER_COMMITTED;
    if (is_lent_out(model, counts, level, request))
        return REASON_BORROW_LIMIT;
    return is_enough && !is_kept(model, level, request) ? REASON_NONE : REASON_EXHAUSTED;
}

enum result check_request(const struct model *model, const struct model_request *request)
{
    if (request->product < 0)
        return RESULT_NOT_FOUND;
    if (request->product == MODEL_SEAT_PRODUCT)
        return RESULT_INVALID_REQUEST;
    if (request->user < 0 || !model->users[request->user].exists)
        return RESULT_NOT_FOUND;
    if (request->project == UNKNOWN || (request->project >= 0 && !model->projects[request->project].exists))
        return RESULT_NOT_FOUND;
    if (request->named == UNKNOWN || (request->named >= 0 && !model->levels[request->named].exists))
        return RESULT_NOT_FOUND;
    int64_t days = model->borrowing[request->product].days;
    if (request->is_borrowed && days == 0)
        return RESULT_FORBIDDEN;
    if (request->is_borrowed && request->ttl_s > days * 86400)
        return RESULT_INVALID_REQUEST;
    if (request->project >= 0 && !model->projects[request->project].has[request->user])
        return RESULT_NOT_A_MEMBER;
    if (request->named >= 0 && !may_be_used(model, rules_for(model, request), request->user, request->named))
        return RESULT_NOT_ELIGIBLE;
    return RESULT_OK;
}

static void add_claim(struct model *model, struct model_claim claim)
{
    if (model->claim_count == MODEL_CLAIMS)
        abort(); // the simulation makes no more
    claim.stored_expires_at = claim.expires_at;
    model->claims[model->claim_count++] = claim;
}

static uint64_t grant(struct model *model, const struct model_request *request, int level)
{
    uint64_t id = model->ids->next[ID_SESSION]++;
    add_claim(model, (struct model_claim){.serial = request->serial,
                                          .key = request->key,
                                          .id = id,
                                          .product = request->product,
                                          .user = request->user,
                                          .level = level,
                                          .is_borrowed = request->is_borrowed,
                                          .count = request->count,
                                          .since_at = model->now,
                                          .ttl_s = request->ttl_s,
                                          .expires_at = model->now + request->ttl_s * 1000});
    return id;
}

struct verdict try_to_grant(struct model *model, const struct model_request *request, bool only_explain)
{
    struct verdict verdict = verdict_of(check_request(model, request));
    if (verdict.result != RESULT_OK)
        return verdict;
    struct counts counts;
    model_count(model, request->product, &counts);
    struct order order = order_of_trial(model, &counts, request);
    struct rules rules = rules_for(model, request);
    for (int i = 0; i < order.count; i++) {
        int level = order.at[i].level;
        enum reason reason = order.at[i].rule == VIA_FALLBACK && !rules.fallback
                                 ? REASON_FALLBACK_OFF
                                 : why_not(model, &counts, level, request);
        verdict.tried++;
        verdict.reasons[reason]++;
        if (i == 0)
            verdict.first_reason = reason;
        if (reason != REASON_NONE)
            continue;
        verdict.result = RESULT_CREATED;
        verdict.level = level;
        verdict.via = order.at[i].rule;
        if (!only_explain)
            verdict.id = grant(model, request, level);
        return verdict;
    }
    verdict.result = RESULT_NO_LICENSE_AVAILABLE;
    return verdict;
}

struct model_request request_of(const struct act *act)
{
    return (struct model_request){
        .serial = act->serial,
        .key = act->key,
        .product = act->product,
        .user = act->user,
        .project = act->project,
        .named = act->level,
        .count = act->count,
        .ttl_s = act->ttl_s,
        .platform = act->platform,
        .is_borrowed = act->kind == ACT_BORROW,
        .waiter = NOBODY,
    };
}

struct verdict model_acquire(struct model *model, const struct act *act)
{
    struct model_request request = request_of(act);
    return try_to_grant(model, &request, act->kind == ACT_EXPLAIN);
}

// ---- Seats (section 3)

struct verdict model_seat(struct model *model, const struct act *act)
{
    int user = act->user, level = act->level, product = act->product;
    if (product < 0)
        return verdict_of(RESULT_NOT_FOUND);
    if (product != MODEL_SEAT_PRODUCT)
        return verdict_of(RESULT_INVALID_REQUEST);
    if (user < 0 || !model->users[user].exists || level < 0 || !model->levels[level].exists)
        return verdict_of(RESULT_NOT_FOUND);
    if (level != 0 && !model_is_within(model, model->users[user].level, level))
        return verdict_of(RESULT_NOT_ELIGIBLE);
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].product == product && model->claims[i].user == user)
            return verdict_of(RESULT_CONFLICT);
    }
    struct verdict verdict = verdict_of(RESULT_NO_LICENSE_AVAILABLE);
    struct counts counts;
    model_count(model, product, &counts);
    struct model_request request = {.product = product, .user = user, .count = 1, .waiter = NOBODY};
    verdict.first_reason = why_not(model, &counts, level, &request);
    verdict.reasons[verdict.first_reason] = 1;
    verdict.tried = 1;
    if (verdict.first_reason != REASON_NONE)
        return verdict;
    verdict.result = RESULT_CREATED;
    verdict.level = level;
    verdict.id = model->ids->next[ID_SEAT]++;
    add_claim(model, (struct model_claim){.serial = act->serial,
                                          .key = NOBODY,
                                          .id = verdict.id,
                                          .product = product,
                                          .user = user,
                                          .level = level,
                                          .count = 1,
                                          .since_at = model->now});
    return verdict;
}

struct verdict model_check_in(struct model *model, const struct act *act)
{
    return verdict_of(model_claim(model, true, act->id) != NULL ? RESULT_OK : RESULT_NOT_FOUND);
}
