// SPDX-License-Identifier: Apache-2.0
//
// What a decision of the engine costs, by itself: no store, no network. Run by hand:
//     build/bench/engine [ORGANIZATIONS]
//
// The cost must not grow with organizations, users or sessions (docs: how it is built); each line tells of one shape of
// account that could make it.
#include "account.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

static void join_projects(struct bench *bench, uint64_t user, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "of %llu", (unsigned long long)user);
        struct command project = {.kind = COMMAND_PROJECT_CREATE};
        project.project = (struct project_row){.name = name, .organization = ORGANIZATION_FIRST_ID + 1 + i};
        bench_must(bench, &project);
        struct command member = {.kind = COMMAND_MEMBERSHIP_ADD};
        member.membership = (struct membership_row){bench_made(bench), user};
        bench_must(bench, &member);
    }
}

// ---- Measuring

static void tell(const char *what, size_t times, double start)
{
    double each = (bench_seconds() - start) / (double)times;
    printf("%-62s %10.0f / s %10.2f us\n", what, 1 / each, each * 1e6);
}

enum { TURNS = 200000 };

static void grant_and_release(struct bench *bench, const char *what, uint64_t user)
{
    struct command ask = bench_acquire(user, 0, 1), end = {.kind = COMMAND_SESSION_END};
    double start = bench_seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        bench_must(bench, &ask);
        end.id = bench_made(bench);
        bench_must(bench, &end);
    }
    tell(what, TURNS, start);
}

static void deny(struct bench *bench, const char *what, uint64_t user, int64_t count)
{
    struct command ask = bench_acquire(user, 0, count);
    double start = bench_seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        CHECK(bench_decide(bench, &ask)->result == RESULT_NO_LICENSE_AVAILABLE);
    }
    tell(what, TURNS, start);
}

static void heartbeat(struct bench *bench, const char *what, uint64_t session)
{
    struct command command = {.kind = COMMAND_SESSION_HEARTBEAT, .id = session};
    double start = bench_seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        bench_must(bench, &command);
    }
    tell(what, TURNS, start);
}

// A dry run with a single grant of the last day: what the copy of the account costs.
static void dry_run(struct bench *bench, const char *what, uint64_t user)
{
    enum { TIMES = 5 };
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET, .dry_run = true};
    const struct session_row grant = {.product = catalog_find(&bench->catalog, "KRE"),
                                      .user = user,
                                      .count = 1,
                                      .state = SESSION_RELEASED,
                                      .started_at = bench->now,
                                      .ended_at = bench->now};
    const struct session_row *const recent[] = {&grant};
    double start = bench_seconds();
    for (size_t i = 0; i < TIMES; i++) {
        bench_begin(bench);
        bench->decision.recent = recent;
        bench->decision.recent_count = 1;
        account_decide(&bench->decision, &command);
    }
    tell(what, TIMES, start);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

int main(int argc, char **argv)
{
    size_t organizations = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    struct bench bench;
    bench_init(&bench, 1000000000);
    printf("%zu organizations with 10 licenses each\n", organizations);
    double start = bench_seconds();
    for (size_t i = 0; i < organizations; i++)
        bench_add_organization(&bench, i, 10);
    tell("an organization made, and 10 licenses dedicated", organizations, start);

    uint64_t first = ORGANIZATION_FIRST_ID;
    uint64_t user = bench_add_user(&bench, first), stranger = bench_add_user(&bench, 0);
    uint64_t member = bench_add_user(&bench, 0), busy = bench_add_user(&bench, 0);
    join_projects(&bench, member, least(20, organizations - 1));
    join_projects(&bench, busy, least(1000, organizations - 1));

    grant_and_release(&bench, "acquire and release: the own organization", user);
    grant_and_release(&bench, "acquire and release: fallback to the account", stranger);
    grant_and_release(&bench, "acquire and release: member of 20", member);
    grant_and_release(&bench, "acquire and release: member of 1,000", busy);
    bench_set_policy(&bench, POLICY_UNRESTRICTED, false);
    grant_and_release(&bench, "acquire and release: strangers' licenses, no fallback", stranger);
    bench_set_policy(&bench, POLICY_MEMBER_BASED, false);
    grant_and_release(&bench, "acquire and release: member_based, member of 20", member);
    deny(&bench, "denied: member_based, member of 20", member, 11);
    deny(&bench, "denied: member_based, member of 1,000", busy, 11);
    bench_set_policy(&bench, POLICY_UNRESTRICTED, false);
    deny(&bench, "denied: unrestricted, more than any has", stranger, 11);
    deny(&bench, "denied: unrestricted, more than any has, member of 1,000", busy, 11);

    dry_run(&bench, "dry run of a policy, one grant replayed", stranger);

    // Many sessions that run, spread over the organizations; one license is left.
    size_t many = least(100000, 10 * organizations - 1);
    start = bench_seconds();
    uint64_t last = 0;
    for (size_t i = 0; i < many; i++) {
        struct command ask = bench_acquire(stranger, 0, 1);
        bench_must(&bench, &ask);
        last = bench_made(&bench);
    }
    tell("acquire, until up to 100,000 sessions run", many, start);
    grant_and_release(&bench, "acquire and release beside them", stranger);
    heartbeat(&bench, "heartbeat beside them", last);

    // Nothing is bought any more: law 2 forbids everything, though pools show licenses.
    struct command purchase = {.kind = COMMAND_PURCHASE_UPDATE, .id = 1, .given = GIVEN_QUANTITY};
    purchase.purchase.row.quantity = 1;
    bench_must(&bench, &purchase);
    deny(&bench, "denied: unrestricted, by law 2", stranger, 1);
    struct command cooldown = {.kind = COMMAND_SESSION_END, .id = last};
    cooldown.end.reason = "bench";
    cooldown.end.cooldown_s = COOLDOWN_MAX_S;
    bench_must(&bench, &cooldown);
    deny(&bench, "denied: unrestricted, in cool-down", stranger, 1);

    start = bench_seconds();
    bench.now += INT64_C(1000) * TTL_MAX_S + 1;
    account_pass_time(bench_begin(&bench));
    tell("a lease that ends, all at once", bench.decision.fact_count, start);
    bench_fini(&bench);
    return 0;
}
