// SPDX-License-Identifier: Apache-2.0
//
// What a decision of the engine costs, by itself: no store, no network. Run by hand:
//     build/bench/engine [ORGANIZATIONS]
//
// The cost must not grow with organizations, users or sessions (docs: how it is built); each line tells of one shape of
// account that could make it.
#include "base/check.h"
#include "engine/decision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench {
    struct catalog catalog;
    struct account account;
    struct numbers numbers;
    struct arena arena;
    struct decision decision;
    int64_t now;
};

static const struct actor operator_key = {.role = ROLE_OPERATOR};

static const struct outcome *decide(struct bench *bench, const struct command *command)
{
    arena_clear(&bench->arena);
    decision_init(&bench->decision, &bench->account, &bench->catalog, &bench->numbers, &operator_key, bench->now,
                  &bench->arena);
    account_pass_time(&bench->decision);
    decision_init(&bench->decision, &bench->account, &bench->catalog, &bench->numbers, &operator_key, bench->now,
                  &bench->arena);
    account_decide(&bench->decision, command);
    return &bench->decision.outcome;
}

static void must(struct bench *bench, const struct command *command)
{
    const struct outcome *outcome = decide(bench, command);
    if (result_is_refusal(outcome->result)) {
        fprintf(stderr, "%s: %s\n", result_types[outcome->result].name, outcome->detail);
        exit(1);
    }
}

static uint64_t made(const struct bench *bench)
{
    return *(const uint64_t *)bench->decision.outcome.row;
}

// ---- Accounts

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){.now = INT64_C(1767225600000)};
    account_init(&bench->account, 1, NULL);
    for (size_t kind = 0; kind < ID_KINDS; kind++)
        bench->numbers.next[kind] = kind == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    static const struct product product = {.code = "KRE", .name = "KRE", .model = MODEL_SESSION};
    catalog_apply(&bench->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &product});
    struct command account = {.kind = COMMAND_ACCOUNT_CREATE};
    account.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    must(bench, &account);
    struct command purchase = {.kind = COMMAND_PURCHASE_CREATE};
    purchase.purchase.product = "KRE";
    purchase.purchase.row.quantity = 1000000000;
    must(bench, &purchase);
}

static void bench_fini(struct bench *bench)
{
    account_fini(&bench->account);
    catalog_fini(&bench->catalog);
    arena_fini(&bench->arena);
}

static uint64_t add_organization(struct bench *bench, size_t number, uint64_t parent)
{
    char name[32];
    snprintf(name, sizeof name, "o%zu", number);
    struct command command = {.kind = COMMAND_ORGANIZATION_CREATE};
    command.organization.row.name = name;
    command.organization.row.parent = parent;
    must(bench, &command);
    return made(bench);
}

static void dedicate(struct bench *bench, uint64_t organization, int64_t count, enum reclaim reclaim)
{
    struct dedication_change change = {
        .organization = organization, .product = "KRE", .count = count, .reclaim = reclaim};
    struct command command = {.kind = COMMAND_DEDICATIONS_APPLY};
    command.dedications.changes = &change;
    command.dedications.count = 1;
    command.dedications.one = true;
    must(bench, &command);
}

static uint64_t add_user(struct bench *bench, uint64_t organization)
{
    struct command command = {.kind = COMMAND_USER_CREATE};
    command.user = (struct user_row){.name = "someone", .organization = organization, .kind = USER_SERVICE};
    must(bench, &command);
    return made(bench);
}

static void join_projects(struct bench *bench, uint64_t user, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "of %llu", (unsigned long long)user);
        struct command project = {.kind = COMMAND_PROJECT_CREATE};
        project.project = (struct project_row){.name = name, .organization = ORGANIZATION_FIRST_ID + 1 + i};
        must(bench, &project);
        struct command member = {.kind = COMMAND_MEMBERSHIP_ADD};
        member.membership = (struct membership_row){made(bench), user};
        must(bench, &member);
    }
}

static void set_policy(struct bench *bench, enum usage_policy policy, bool fallback)
{
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET};
    command.usage_policy.policy = policy;
    command.usage_policy.fallback = fallback;
    must(bench, &command);
}

static struct command acquire(uint64_t user, int64_t count)
{
    struct command command = {.kind = COMMAND_SESSION_ACQUIRE};
    command.session = (struct session_request){
        .product = "KRE", .user = user, .count = count, .ttl_s = TTL_MAX_S};
    return command;
}

// ---- Measuring

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void tell(const char *what, size_t times, double start)
{
    double each = (seconds() - start) / (double)times;
    printf("%-62s %10.0f / s %10.2f us\n", what, 1 / each, each * 1e6);
}

enum { TURNS = 200000 };

static void grant_and_release(struct bench *bench, const char *what, uint64_t user)
{
    struct command ask = acquire(user, 1), end = {.kind = COMMAND_SESSION_END};
    double start = seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        must(bench, &ask);
        end.id = made(bench);
        must(bench, &end);
    }
    tell(what, TURNS, start);
}

static void deny(struct bench *bench, const char *what, uint64_t user, int64_t count)
{
    struct command ask = acquire(user, count);
    double start = seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        CHECK(decide(bench, &ask)->result == RESULT_NO_LICENSE_AVAILABLE);
    }
    tell(what, TURNS, start);
}

static void heartbeat(struct bench *bench, const char *what, uint64_t session)
{
    struct command command = {.kind = COMMAND_SESSION_HEARTBEAT, .id = session};
    double start = seconds();
    for (size_t i = 0; i < TURNS; i++) {
        bench->now++;
        must(bench, &command);
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
    double start = seconds();
    for (size_t i = 0; i < TIMES; i++) {
        arena_clear(&bench->arena);
        decision_init(&bench->decision, &bench->account, &bench->catalog, &bench->numbers, &operator_key, bench->now,
                      &bench->arena);
        bench->decision.recent = recent;
        bench->decision.recent_count = 1;
        account_decide(&bench->decision, &command);
    }
    tell(what, TIMES, start);
}

int main(int argc, char **argv)
{
    size_t organizations = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    struct bench bench;
    bench_init(&bench);
    printf("%zu organizations with 10 licenses each\n", organizations);
    double start = seconds();
    for (size_t i = 0; i < organizations; i++) {
        uint64_t id = add_organization(&bench, i, 0);
        dedicate(&bench, id, 10, RECLAIM_REFUSE);
    }
    tell("an organization made, and 10 licenses dedicated", organizations, start);

    uint64_t first = ORGANIZATION_FIRST_ID;
    uint64_t user = add_user(&bench, first), stranger = add_user(&bench, 0);
    uint64_t member = add_user(&bench, 0), busy = add_user(&bench, 0);
    join_projects(&bench, member, 20);
    join_projects(&bench, busy, organizations < 1001 ? organizations - 1 : 1000);

    grant_and_release(&bench, "acquire and release: the own organization", user);
    grant_and_release(&bench, "acquire and release: fallback to the account", stranger);
    grant_and_release(&bench, "acquire and release: member of 20", member);
    grant_and_release(&bench, "acquire and release: member of 1,000", busy);
    set_policy(&bench, POLICY_UNRESTRICTED, false);
    grant_and_release(&bench, "acquire and release: strangers' licenses, no fallback", stranger);
    set_policy(&bench, POLICY_MEMBER_BASED, false);
    grant_and_release(&bench, "acquire and release: member_based, member of 20", member);
    deny(&bench, "denied: member_based, member of 20", member, 11);
    deny(&bench, "denied: member_based, member of 1,000", busy, 11);
    set_policy(&bench, POLICY_UNRESTRICTED, false);
    deny(&bench, "denied: unrestricted, more than any has", stranger, 11);
    deny(&bench, "denied: unrestricted, more than any has, member of 1,000", busy, 11);

    dry_run(&bench, "dry run of a policy, one grant replayed", stranger);

    // 100,000 sessions that run, spread over the organizations.
    start = seconds();
    uint64_t last = 0;
    for (size_t i = 0; i < 100000; i++) {
        struct command ask = acquire(stranger, 1);
        must(&bench, &ask);
        last = made(&bench);
    }
    tell("acquire, 100,000 times", 100000, start);
    grant_and_release(&bench, "acquire and release beside 100,000 sessions", stranger);
    heartbeat(&bench, "heartbeat beside 100,000 sessions", last);

    // Nothing is bought any more: law 2 forbids everything, though pools show licenses.
    struct command purchase = {.kind = COMMAND_PURCHASE_UPDATE, .id = 1, .given = GIVEN_QUANTITY};
    purchase.purchase.row.quantity = 1;
    must(&bench, &purchase);
    deny(&bench, "denied: unrestricted, by law 2", stranger, 1);
    struct command cooldown = {.kind = COMMAND_SESSION_END, .id = last};
    cooldown.end.reason = "bench";
    cooldown.end.cooldown_s = COOLDOWN_MAX_S;
    must(&bench, &cooldown);
    deny(&bench, "denied: unrestricted, in cool-down", stranger, 1);

    start = seconds();
    bench.now += INT64_C(1000) * TTL_MAX_S + 1;
    arena_clear(&bench.arena);
    decision_init(&bench.decision, &bench.account, &bench.catalog, &bench.numbers, &operator_key, bench.now,
                  &bench.arena);
    account_pass_time(&bench.decision);
    tell("a lease that ends, 99,999 at once", bench.decision.fact_count, start);
    bench_fini(&bench);
    return 0;
}
