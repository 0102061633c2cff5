// SPDX-License-Identifier: Apache-2.0
//
// What those who wait in line cost others: a change while many wait. No store, no network. Run by hand:
//     build/bench/line [WAITERS]
//
// Each line tells of one kind of crowd: how long one change takes that serves one of them, or none, and what the rest
// costs: joining, a change of the policy, reading the line, many whose time is up at once.
#include "base/check.h"
#include "base/moment.h"
#include "engine/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ORGANIZATIONS = 100, MEASURED = 200 };

struct bench {
    struct catalog catalog;
    struct account account;
    struct numbers numbers;
    struct arena arena;
    struct decision decision;
    int64_t now;
    uint64_t organizations[ORGANIZATIONS];
    struct waiter *waiters;
    size_t waiting;
    uint64_t *users;
};

static const struct actor operator_key = {.role = ROLE_OPERATOR};

static struct decision *begin(struct bench *bench)
{
    arena_clear(&bench->arena);
    decision_init(&bench->decision, &bench->account, &bench->catalog, &bench->numbers, &operator_key, bench->now,
                  &bench->arena);
    return &bench->decision;
}

static const struct outcome *decide(struct bench *bench, const struct command *command)
{
    int64_t due_at = account_next_due(&bench->account);
    if (due_at != 0 && due_at <= bench->now)
        account_pass_time(begin(bench));
    account_decide(begin(bench), command);
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

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// ---- The account: organizations with ten licenses each, all in use, and so are a thousand of the account's own

static void change_policy(struct bench *bench, enum usage_policy policy, bool fallback)
{
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET};
    command.usage_policy.policy = policy;
    command.usage_policy.fallback = fallback;
    must(bench, &command);
}

static void add_organization(struct bench *bench, size_t number)
{
    char name[32];
    snprintf(name, sizeof name, "o%zu", number);
    struct command command = {.kind = COMMAND_ORGANIZATION_CREATE};
    command.organization.row.name = name;
    must(bench, &command);
    bench->organizations[number] = made(bench);
    struct dedication_change change = {.organization = made(bench), .product = "KRE", .count = 10};
    command = (struct command){.kind = COMMAND_DEDICATIONS_APPLY};
    command.dedications.changes = &change;
    command.dedications.count = 1;
    must(bench, &command);
}

static uint64_t add_user(struct bench *bench, uint64_t organization)
{
    struct command command = {.kind = COMMAND_USER_CREATE};
    command.user = (struct user_row){.name = "someone", .organization = organization, .kind = USER_SERVICE};
    must(bench, &command);
    return made(bench);
}

static struct command acquire(uint64_t user, uint64_t organization, int64_t count)
{
    struct command command = {.kind = COMMAND_SESSION_ACQUIRE};
    command.session = (struct session_request){
        .product = "KRE", .user = user, .organization = organization, .count = count, .ttl_s = TTL_MAX_S};
    return command;
}

static void fill(struct bench *bench)
{
    uint64_t user = add_user(bench, 0);
    for (size_t i = 0; i < 10 * ORGANIZATIONS; i++) {
        struct command command = acquire(user, bench->organizations[i % ORGANIZATIONS], 1);
        must(bench, &command);
    }
    for (size_t i = 0; i < 1000; i++) {
        struct command command = acquire(bench->users[i % bench->waiting], 0, 1);
        while (result_is_refusal(decide(bench, &command)->result))
            return;
    }
}

static void bench_init(struct bench *bench, size_t waiters)
{
    static const struct product product = {
        .code = "KRE", .name = "KRE", .model = MODEL_SESSION, .machines_per_seat = NUMBER_NONE};
    *bench = (struct bench){.now = INT64_C(1767225600000), .waiting = waiters};
    account_init(&bench->account, 1, NULL);
    for (size_t kind = 0; kind < ID_KINDS; kind++)
        bench->numbers.next[kind] = kind == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    catalog_apply(&bench->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &product});
    struct command account = {.kind = COMMAND_ACCOUNT_CREATE};
    account.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    must(bench, &account);
    struct command purchase = {.kind = COMMAND_PURCHASE_CREATE};
    purchase.purchase.product = "KRE";
    purchase.purchase.row.quantity = 10 * ORGANIZATIONS + 1000;
    must(bench, &purchase);
    for (size_t i = 0; i < ORGANIZATIONS; i++)
        add_organization(bench, i);
    bench->waiters = check_calloc(waiters, sizeof *bench->waiters);
    bench->users = check_calloc(waiters, sizeof *bench->users);
    for (size_t i = 0; i < waiters; i++)
        bench->users[i] = add_user(bench, bench->organizations[i % ORGANIZATIONS]);
    fill(bench);
}

static void bench_fini(struct bench *bench)
{
    account_fini(&bench->account);
    catalog_fini(&bench->catalog);
    arena_fini(&bench->arena);
    free(bench->waiters);
    free(bench->users);
}

static void join_all(struct bench *bench, int64_t count)
{
    for (size_t i = 0; i < bench->waiting; i++) {
        struct command command = acquire(bench->users[i], 0, count);
        CHECK(decide(bench, &command)->result == RESULT_NO_LICENSE_AVAILABLE);
        bench->waiters[i] = (struct waiter){
            .request = command.session,
            .actor = operator_key,
            .since_at = bench->now,
            .deadline_at = bench->now + moment_seconds(WAIT_MAX_S),
            .order = i + 1,
        };
        queue_join(begin(bench), &bench->waiters[i]);
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
    int64_t most_ns = 0, total_ns = 0;
    size_t served = 0, returned = 0;
    for (size_t i = 0; i < MEASURED; i++) {
        struct command command = {.kind = COMMAND_SESSION_END, .id = find_session(bench, organizations[i % count])};
        if (command.id == 0)
            continue;
        bench->now += 1;
        int64_t before_ns = now_ns();
        must(bench, &command);
        int64_t took_ns = now_ns() - before_ns;
        served += bench->decision.served_count;
        total_ns += took_ns;
        most_ns = took_ns > most_ns ? took_ns : most_ns;
        returned++;
    }
    printf("  %-44s %8.1f us, at most %8.1f us; %zu returns served %zu\n", what,
           (double)total_ns / (double)returned / 1000, (double)most_ns / 1000, returned, served);
}

static void tell(const char *what, int64_t since_ns)
{
    printf("  %-44s %8.1f ms\n", what, (double)(now_ns() - since_ns) / 1000000);
}

static void run(const char *what, size_t waiters, enum usage_policy policy, bool fallback, int64_t count)
{
    static const uint64_t root[] = {0};
    struct bench *bench = check_calloc(1, sizeof *bench);
    printf("%s\n", what);
    bench_init(bench, waiters);
    change_policy(bench, policy, fallback);
    int64_t since_ns = now_ns();
    join_all(bench, count);
    tell("all join", since_ns);
    measure_returns(bench, "a return to an organization", bench->organizations, ORGANIZATIONS);
    measure_returns(bench, "a return to the account", root, 1);
    bench->now += moment_seconds(QUEUE_RESERVE_S);
    since_ns = now_ns();
    change_policy(bench, policy, !fallback);
    tell("a change of the policy", since_ns);
    change_policy(bench, policy, fallback);
    measure_returns(bench, "a return to an organization, after a minute", bench->organizations, ORGANIZATIONS);
    since_ns = now_ns();
    struct command read = {.kind = COMMAND_WAITERS_READ, .waiters.limit = 1000};
    must(bench, &read);
    tell("reading a page of 1000", since_ns);
    bench->now += moment_seconds(WAIT_MAX_S);
    since_ns = now_ns();
    account_pass_time(begin(bench));
    tell("the time of all who are left is up", since_ns);
    CHECK(bench->account.queue.count == 0);
    bench_fini(bench);
    free(bench);
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
