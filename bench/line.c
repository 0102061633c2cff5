// SPDX-License-Identifier: Apache-2.0
//
// What those who wait in line cost others: a change while many wait. No store, no network. Run by hand:
//     build/bench/line [WAITERS]
//
// Each line tells of one kind of crowd: how long one change takes that serves one of them, or none, and what the rest
// costs: joining, a change of the policy, reading the line, many whose time is up at once.
#include "account.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { ORGANIZATIONS = 100, OF_ACCOUNT = 1000, MEASURED = 200 };

struct crowd {
    struct bench bench;
    uint64_t organizations[ORGANIZATIONS];
    struct waiter *waiters;
    size_t waiting;
    uint64_t *users;
};

// ---- The account: organizations with ten licenses each, all in use, and so are a thousand of the account's own

static void fill(struct crowd *crowd)
{
    uint64_t user = bench_add_user(&crowd->bench, 0);
    for (size_t i = 0; i < 10 * ORGANIZATIONS; i++) {
        struct command command = bench_acquire(user, crowd->organizations[i % ORGANIZATIONS], 1);
        bench_must(&crowd->bench, &command);
    }
    for (size_t i = 0; i < OF_ACCOUNT; i++) {
        struct command command = bench_acquire(crowd->users[i % crowd->waiting], 0, 1);
        bench_must(&crowd->bench, &command);
    }
}

static void gather(struct crowd *crowd, size_t waiters)
{
    struct bench *bench = &crowd->bench;
    *crowd = (struct crowd){.waiting = waiters};
    bench_init(bench, 10 * ORGANIZATIONS + OF_ACCOUNT);
    for (size_t i = 0; i < ORGANIZATIONS; i++)
        crowd->organizations[i] = bench_add_organization(bench, i, 10);
    crowd->waiters = check_calloc(waiters, sizeof *crowd->waiters);
    crowd->users = check_calloc(waiters, sizeof *crowd->users);
    for (size_t i = 0; i < waiters; i++)
        crowd->users[i] = bench_add_user(bench, crowd->organizations[i % ORGANIZATIONS]);
    fill(crowd);
}

static void disperse(struct crowd *crowd)
{
    bench_fini(&crowd->bench);
    free(crowd->waiters);
    free(crowd->users);
}

static void join_all(struct crowd *crowd, int64_t count)
{
    struct bench *bench = &crowd->bench;
    for (size_t i = 0; i < crowd->waiting; i++) {
        struct command command = bench_acquire(crowd->users[i], 0, count);
        CHECK(bench_decide(bench, &command)->result == RESULT_NO_LICENSE_AVAILABLE);
        crowd->waiters[i] = (struct waiter){
            .request = command.session,
            .actor = *bench->decision.actor,
            .since_at = bench->now,
            .deadline_at = bench->now + moment_seconds(WAIT_MAX_S),
            .order = i + 1,
        };
        queue_join(bench_begin(bench), &crowd->waiters[i]);
    }
}

// ---- Measuring

static uint64_t find_session(const struct bench *bench, uint64_t organization)
{
    const struct product *product = catalog_find(&bench->catalog, "KRE");
    const struct pool *pool = account_pool(&bench->account, organization, product);
    return pool->sessions.count > 0 ? ITEM_OF(pool->sessions.nodes[0], struct session, lease)->row.id : 0;
}

// Returns to one pool after another; the account's own is 0 of `organizations`.
static void measure_returns(struct bench *bench, const char *what, const uint64_t *organizations, size_t count)
{
    double most = 0, total = 0;
    size_t served = 0, returned = 0;
    for (size_t i = 0; i < MEASURED; i++) {
        struct command command = {.kind = COMMAND_SESSION_END, .id = find_session(bench, organizations[i % count])};
        if (command.id == 0)
            continue;
        bench->now += 1;
        double before = bench_seconds();
        bench_must(bench, &command);
        double took = bench_seconds() - before;
        served += bench->decision.served_count;
        total += took;
        most = took > most ? took : most;
        returned++;
    }
    printf("  %-44s %8.1f us, at most %8.1f us; %zu returns served %zu\n", what,
           total / (double)returned * 1e6, most * 1e6, returned, served);
}

static void tell(const char *what, double since)
{
    printf("  %-44s %8.1f ms\n", what, (bench_seconds() - since) * 1e3);
}

static void run(const char *what, size_t waiters, enum usage_policy policy, bool fallback, int64_t count)
{
    static const uint64_t root[] = {0};
    struct crowd *crowd = check_calloc(1, sizeof *crowd);
    struct bench *bench = &crowd->bench;
    printf("%s\n", what);
    gather(crowd, waiters);
    bench_set_policy(bench, policy, fallback);
    double since = bench_seconds();
    join_all(crowd, count);
    tell("all join", since);
    measure_returns(bench, "a return to an organization", crowd->organizations, ORGANIZATIONS);
    measure_returns(bench, "a return to the account", root, 1);
    bench->now += moment_seconds(QUEUE_RESERVE_S);
    since = bench_seconds();
    bench_set_policy(bench, policy, !fallback);
    tell("a change of the policy", since);
    bench_set_policy(bench, policy, fallback);
    measure_returns(bench, "a return to an organization, after a minute", crowd->organizations, ORGANIZATIONS);
    since = bench_seconds();
    struct command read = {.kind = COMMAND_WAITERS_READ, .waiters.limit = 1000};
    bench_must(bench, &read);
    tell("reading a page of 1000", since);
    bench->now += moment_seconds(WAIT_MAX_S);
    since = bench_seconds();
    account_pass_time(bench_begin(bench));
    tell("the time of all who are left is up", since);
    CHECK(bench->account.queue.count == 0);
    disperse(crowd);
    free(crowd);
}

int main(int argc, char **argv)
{
    size_t waiters = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    printf("%zu wait, of %d organizations\n", waiters, ORGANIZATIONS);
    run("unrestricted", waiters, POLICY_UNRESTRICTED, true, 1);
    run("unrestricted, five units each", waiters, POLICY_UNRESTRICTED, true, 5);
    run("strict", waiters, POLICY_STRICT, true, 1);
    run("strict, no fallback", waiters, POLICY_STRICT, false, 1);
    run("strict, no fallback, five units each", waiters, POLICY_STRICT, false, 5);
    run("member_based, no fallback, 11 units: none fits", waiters, POLICY_MEMBER_BASED, false, 11);
    return 0;
}
