// SPDX-License-Identifier: Apache-2.0
// Sections 3 and 4: seats, sessions, and which pool.
#include "simulation/model.h"

#include "simulation/model_parts.h"

#include <stdlib.h>

struct candidate {
    int level;
    enum session_via rule;
};

struct order {
    struct candidate at[MODEL_LEVELS + 1];
    int count;
};

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
static void list_by_available(const struct model *model, struct order *order, const struct model_request *request,
                              struct rules rules, enum session_via rule)
{
    for (;;) {
        int best = MODEL_NOBODY;
        int64_t best_has = -1;
        for (int level = 1; level < model->level_count; level++) {
            bool counts = model->levels[level].exists && !is_listed(order, level) &&
                          may_be_used(model, rules, request->user, level) &&
                          (rule == VIA_MEMBER ? has_project_there(model, request->user, level)
                                              : model_dedicated(model, level, request->product) > 0);
            int64_t has = model_available(model, level, request->product);
            if (counts && has > best_has) {
                best = level;
                best_has = has;
            }
        }
        if (best < 0)
            return;
        list(order, best, rule);
    }
}

static struct order order_of_trial(const struct model *model, const struct model_request *request)
{
    struct order order = {.count = 0};
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
    list_by_available(model, &order, request, rules, VIA_MEMBER);
    list(&order, 0, VIA_FALLBACK);
    list_by_available(model, &order, request, rules, VIA_OTHER);
    return order;
}

// Law 2: "no grant may bring the use of any subtree above what that subtree was given (the pool's own level and every
// level above it are looked at)".
static bool is_within_law_2(const struct model *model, int level, int product, int64_t count)
{
    for (int at = level; at >= 0; at = model->levels[at].parent) {
        if (use_of_subtree(model, at, product) + count > model_dedicated(model, at, product))
            return false;
    }
    return true;
}

// Reason `over_committed`: the level shows over_committed, or one above it does and law 2 forbids more there.
static bool is_over_committed(const struct model *model, int level, int product, int64_t count)
{
    if (model_over_committed(model, level, product) > 0)
        return true;
    for (int at = level; at >= 0; at = model->levels[at].parent) {
        if (model_over_committed(model, at, product) > 0 &&
            use_of_subtree(model, at, product) + count > model_dedicated(model, at, product))
            return true;
    }
    return false;
}

static enum reason why_not(const struct model *model, int level, int product, int user, int64_t count)
{
    if (model->users[user].cooldown_until[product] > model->now)
        return REASON_COOLDOWN;
    if (model_available(model, level, product) >= count && is_within_law_2(model, level, product, count))
        return REASON_NONE;
    if (model->levels[level].of[product].draining_to != NUMBER_NONE)
        return REASON_DRAINING;
    return is_over_committed(model, level, product, count) ? REASON_OVER_COMMITTED : REASON_EXHAUSTED;
}

static bool is_kept(const struct model *model, int level, const struct model_request *request)
{
    uint64_t kept_for = model->kept_for[level][request->product];
    return kept_for != 0 && kept_for != request->waiter;
}

static void add_claim(struct model *model, struct model_claim claim)
{
    if (model->claim_count == MODEL_CLAIMS)
        abort(); // the simulation makes no more
    model->claims[model->claim_count++] = claim;
}

static enum result check_request(const struct model *model, const struct model_request *request)
{
    if (request->product < 0)
        return RESULT_NOT_FOUND;
    if (request->product == MODEL_SEAT_PRODUCT)
        return RESULT_INVALID_REQUEST;
    if (request->user < 0 || !model->users[request->user].exists)
        return RESULT_NOT_FOUND;
    if (request->project == MODEL_UNKNOWN || (request->project >= 0 && !model->projects[request->project].exists))
        return RESULT_NOT_FOUND;
    if (request->named == MODEL_UNKNOWN || (request->named >= 0 && !model->levels[request->named].exists))
        return RESULT_NOT_FOUND;
    if (request->project >= 0 && !model->projects[request->project].has[request->user])
        return RESULT_NOT_A_MEMBER;
    if (request->named >= 0 && !may_be_used(model, rules_for(model, request), request->user, request->named))
        return RESULT_NOT_ELIGIBLE;
    return RESULT_OK;
}

void model_grant(struct model *model, const struct model_request *request, int level)
{
    add_claim(model, (struct model_claim){.id = ++model->session_count,
                                          .product = request->product,
                                          .user = request->user,
                                          .level = level,
                                          .count = request->count,
                                          .since_at = model->now,
                                          .ttl_s = request->ttl_s,
                                          .expires_at = model->now + request->ttl_s * 1000});
}

struct verdict model_acquire(struct model *model, const struct model_request *request, bool only_explain)
{
    struct verdict verdict = verdict_of(check_request(model, request));
    if (verdict.result != RESULT_OK)
        return verdict;
    struct order order = order_of_trial(model, request);
    struct rules rules = rules_for(model, request);
    for (int i = 0; i < order.count; i++) {
        int level = order.at[i].level;
        enum reason reason = order.at[i].rule == VIA_FALLBACK && !rules.fallback
                                 ? REASON_FALLBACK_OFF
                                 : why_not(model, level, request->product, request->user, request->count);
        if (reason == REASON_NONE && is_kept(model, level, request))
            reason = REASON_EXHAUSTED;
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
            model_grant(model, request, level);
        return verdict;
    }
    verdict.result = RESULT_NO_LICENSE_AVAILABLE;
    return verdict;
}

struct verdict model_heartbeat(struct model *model, uint64_t session)
{
    struct model_claim *claim = model_claim(model, false, session);
    if (claim == NULL)
        return verdict_of(session >= 1 && session <= model->session_count ? RESULT_SESSION_ENDED : RESULT_NOT_FOUND);
    claim->expires_at = model->now + claim->ttl_s * 1000;
    return verdict_of(RESULT_OK);
}

struct verdict model_end(struct model *model, bool seat, uint64_t id, int64_t cooldown_s)
{
    struct model_claim *claim = model_claim(model, seat, id);
    // A session ended before gives the same answer; a seat is gone.
    if (claim == NULL)
        return verdict_of(!seat && id >= 1 && id <= model->session_count ? RESULT_OK : RESULT_NOT_FOUND);
    // Until each cool-down is over the user is denied the product.
    int64_t until = model->now + cooldown_s * 1000, *present = &model->users[claim->user].cooldown_until[claim->product];
    if (cooldown_s > 0 && until > *present)
        *present = until;
    drop_claim(model, (int)(claim - model->claims));
    let_follow(model);
    return verdict_of(seat ? RESULT_DONE : RESULT_OK);
}

struct verdict model_assign_seat(struct model *model, int product, int user, int level)
{
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
    verdict.first_reason = why_not(model, level, product, user, 1);
    verdict.reasons[verdict.first_reason] = 1;
    verdict.tried = 1;
    if (verdict.first_reason != REASON_NONE)
        return verdict;
    verdict.result = RESULT_CREATED;
    verdict.level = level;
    add_claim(model, (struct model_claim){.id = ++model->seat_count,
                                          .product = product,
                                          .user = user,
                                          .level = level,
                                          .count = 1,
                                          .since_at = model->now});
    return verdict;
}
