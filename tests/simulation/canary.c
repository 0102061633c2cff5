// SPDX-License-Identifier: Apache-2.0
//
// The simulation is tried itself: one fault at a time is put into the engine, by functions that the linker puts in
// front of the engine's own, and each must be found. A simulation that finds nothing here proves nothing elsewhere.
#include "simulation/simulation.h"

#include "base/check.h"
#include "engine/claims.h"
#include "engine/pool.h"
#include "engine/trial.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum fault {
    NO_FAULT,
    LAW_2_FORGOTTEN,
    ONE_TOO_MANY,
    COOLDOWN_FORGOTTEN,
    OLDEST_MOVE_FIRST,
    ANYONE_IS_ELIGIBLE,
    SECOND_BEST_FIRST,
    LEASE_A_MOMENT_LONGER,
    SUBTREE_IS_EVERYTHING,
    LINE_FORGOTTEN,
    FAULTS,
};

static const char *const fault_names[FAULTS] = {
    [NO_FAULT] = "no fault",
    [LAW_2_FORGOTTEN] = "law 2 is not looked at",
    [ONE_TOO_MANY] = "a pool gives one more than it has",
    [COOLDOWN_FORGOTTEN] = "cool-downs are forgotten",
    [OLDEST_MOVE_FIRST] = "the oldest claims move first",
    [ANYONE_IS_ELIGIBLE] = "every organization may be named",
    [SECOND_BEST_FIRST] = "the second of the others is tried first",
    [LEASE_A_MOMENT_LONGER] = "a lease is good at expires_at",
    [SUBTREE_IS_EVERYTHING] = "every level lies within every other",
    [LINE_FORGOTTEN] = "those who wait are served by time alone",
};

static enum fault fault;

enum reason __real_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units);
enum reason __wrap_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units);
enum reason __wrap_pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units)
{
    enum reason reason = __real_pool_why_not(stock, pool, units);
    if (fault == LAW_2_FORGOTTEN && reason == REASON_OVER_COMMITTED && pool != NULL && pool_available(pool) >= units)
        return REASON_NONE;
    if (fault == ONE_TOO_MANY && reason == REASON_EXHAUSTED && pool != NULL && pool_available(pool) == units - 1)
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
    return fault == COOLDOWN_FORGOTTEN && now > 0 ? 0 : __real_account_cooldown(account, user, product, now);
}

struct claims __real_claims_of_pool(struct decision *decision, const struct pool *pool);
struct claims __wrap_claims_of_pool(struct decision *decision, const struct pool *pool);
struct claims __wrap_claims_of_pool(struct decision *decision, const struct pool *pool)
{
    struct claims claims = __real_claims_of_pool(decision, pool);
    for (size_t i = 0; fault == OLDEST_MOVE_FIRST && i < claims.count / 2; i++) {
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
    return fault == ANYONE_IS_ELIGIBLE || __real_trial_is_eligible(request, level);
}

struct tree_node *__real_tree_first(const struct tree *tree);
struct tree_node *__wrap_tree_first(const struct tree *tree);
struct tree_node *__wrap_tree_first(const struct tree *tree)
{
    struct tree_node *first = __real_tree_first(tree);
    struct tree_node *second = fault == SECOND_BEST_FIRST && first != NULL ? tree_after(tree, first) : NULL;
    return second != NULL ? second : first;
}

void __real_account_pass_time(struct decision *decision);
void __wrap_account_pass_time(struct decision *decision);
void __wrap_account_pass_time(struct decision *decision)
{
    decision->now -= fault == LEASE_A_MOMENT_LONGER;
    __real_account_pass_time(decision);
}

bool __real_level_is_within(const struct level *level, const struct level *top);
bool __wrap_level_is_within(const struct level *level, const struct level *top);
bool __wrap_level_is_within(const struct level *level, const struct level *top)
{
    return fault == SUBTREE_IS_EVERYTHING || __real_level_is_within(level, top);
}

void __real_queue_serve(struct decision *decision);
void __wrap_queue_serve(struct decision *decision);
void __wrap_queue_serve(struct decision *decision)
{
    if (fault != LINE_FORGOTTEN || decision->actor->nobody)
        __real_queue_serve(decision);
}

// In a child of its own, which ends as a simulation ends that finds a difference, or by a check of the laws.
static bool is_found(enum fault tried)
{
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        static struct tally tally;
        if (freopen("/dev/null", "w", stderr) == NULL || setrlimit(RLIMIT_CORE, &(struct rlimit){0}) != 0)
            _exit(2);
        fault = tried;
        for (uint64_t seed = 1; seed <= 4; seed++)
            simulation_run(seed, 2000, &tally);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    return (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DIFFERENCE) ||
           (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    int failed = 0;
    for (int tried = NO_FAULT; tried < FAULTS; tried++) {
        bool found = is_found((enum fault)tried), good = found == (tried != NO_FAULT);
        printf("%s - %s: %s\n", good ? "ok" : "not ok", fault_names[tried], found ? "found" : "nothing found");
        failed += !good;
    }
    return failed > 0;
}
