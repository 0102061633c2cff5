// SPDX-License-Identifier: Apache-2.0
// The canary's faults in the engine; see canary.c.
#include "simulation/canary.h"

#include "engine/claims.h"
#include "engine/pool.h"
#include "engine/queue_parts.h"
#include "engine/trial.h"

enum reason __real_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units);
enum reason __wrap_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units);
enum reason __wrap_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units)
{
    enum reason reason = __real_pool_why_not(stock, pool, units);
    if (is_planted(LAW_2_FORGOTTEN) && reason == REASON_OVER_COMMITTED && pool != NULL &&
        pool_available(pool) >= units)
        return REASON_NONE;
    if (is_planted(ONE_TOO_MANY) && reason == REASON_EXHAUSTED && pool != NULL && pool_available(pool) == units - 1)
        return REASON_NONE;
    return reason;
}

int64_t __real_account_cooldown(const struct account *account, uint64_t user, const struct product *product,
                                int64_t now);
int64_t __wrap_account_cooldown(const struct account *account, uint64_t user, const struct product *product,
                                int64_t now);
int64_t __wrap_account_cooldown(const struct account *account, uint64_t user, const struct product *product,
                                int64_t now)
{
    // Setting one asks with 0 for what stands, and is left alone.
    return is_planted(COOLDOWN_FORGOTTEN) && now > 0 ? 0 : __real_account_cooldown(account, user, product, now);
}

struct claims __real_claims_of_pool(struct decision *decision, const struct pool *pool);
struct claims __wrap_claims_of_pool(struct decision *decision, const struct pool *pool);
struct claims __wrap_claims_of_pool(struct decision *decision, const struct pool *pool)
{
    struct claims claims = __real_claims_of_pool(decision, pool);
    for (size_t i = 0; is_planted(OLDEST_MOVE_FIRST) && i < claims.count / 2; i++) {
        struct claim claim = claims.items[i];
        claims.items[i] = claims.items[claims.count - 1 - i];
        claims.items[claims.count - 1 - i] = claim;
    }
    return claims;
}

bool __real_trial_is_eligible(const struct trial_request *request, const struct level *level);
bool __wrap_trial_is_eligible(const struct trial_request *request, const struct level *level);
bool __wrap_trial_is_eligible(const struct trial_request *request, const struct level *level)
{
    return is_planted(ANYONE_IS_ELIGIBLE) || __real_trial_is_eligible(request, level);
}

struct tree_node *__real_tree_first(const struct tree *tree);
struct tree_node *__wrap_tree_first(const struct tree *tree);
struct tree_node *__wrap_tree_first(const struct tree *tree)
{
    struct tree_node *first = __real_tree_first(tree);
    struct tree_node *second = is_planted(SECOND_BEST_FIRST) && first != NULL ? tree_after(tree, first) : NULL;
    return second != NULL ? second : first;
}

void __real_account_pass_time(struct decision *decision);
void __wrap_account_pass_time(struct decision *decision);
void __wrap_account_pass_time(struct decision *decision)
{
    decision->now -= is_planted(LEASE_A_MOMENT_LONGER);
    __real_account_pass_time(decision);
}

bool __real_level_is_within(const struct level *level, const struct level *top);
bool __wrap_level_is_within(const struct level *level, const struct level *top);
bool __wrap_level_is_within(const struct level *level, const struct level *top)
{
    return is_planted(SUBTREE_IS_EVERYTHING) || __real_level_is_within(level, top);
}

void __real_queue_serve(struct decision *decision);
void __wrap_queue_serve(struct decision *decision);
void __wrap_queue_serve(struct decision *decision)
{
    if (!is_planted(LINE_FORGOTTEN) || decision->actor->nobody)
        __real_queue_serve(decision);
}

// Every user of an organization counts as one of the account's own group.
struct pool *__real_pool_of_group(struct account *account, const struct user *user, const struct product *product);
struct pool *__wrap_pool_of_group(struct account *account, const struct user *user, const struct product *product);
struct pool *__wrap_pool_of_group(struct account *account, const struct user *user, const struct product *product)
{
    return is_planted(LINE_BY_AGE_ALONE) ? account_stock(account, product)->root
                                         : __real_pool_of_group(account, user, product);
}
