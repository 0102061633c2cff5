// SPDX-License-Identifier: Apache-2.0
#include "account.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct actor operator_key = {.role = ROLE_OPERATOR};

struct decision *bench_begin(struct bench *bench)
{
    arena_clear(&bench->arena);
    decision_init(&bench->decision, &bench->account, &bench->catalog, &bench->numbers, &operator_key, bench->now,
                  &bench->arena);
    return &bench->decision;
}

// As the server does: nothing is looked at before it is due.
const struct outcome *bench_decide(struct bench *bench, const struct command *command)
{
    int64_t due_at = account_next_due(&bench->account);
    if (due_at != 0 && due_at <= bench->now)
        account_pass_time(bench_begin(bench));
    account_decide(bench_begin(bench), command);
    return &bench->decision.outcome;
}

void bench_must(struct bench *bench, const struct command *command)
{
    const struct outcome *outcome = bench_decide(bench, command);
    if (!result_is_refusal(outcome->result))
        return;
    fprintf(stderr, "%s: %s\n", result_types[outcome->result].name, outcome->detail);
    exit(1);
}

uint64_t bench_made(const struct bench *bench)
{
    return *(const uint64_t *)bench->decision.outcome.row;
}

void bench_init(struct bench *bench, int64_t quantity)
{
    static const struct product product = {
        .code = "KRE", .name = "KRE", .model = MODEL_SESSION, .machines_per_seat = NUMBER_NONE};
    *bench = (struct bench){.now = INT64_C(1767225600000)};
    account_init(&bench->account, 1, NULL);
    for (size_t kind = 0; kind < ID_KINDS; kind++)
        bench->numbers.next[kind] = kind == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    catalog_apply(&bench->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &product});
    struct command account = {.kind = COMMAND_ACCOUNT_CREATE};
    account.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    bench_must(bench, &account);
    struct command purchase = {.kind = COMMAND_PURCHASE_CREATE};
    purchase.purchase.product = "KRE";
    purchase.purchase.row.quantity = quantity;
    bench_must(bench, &purchase);
}

void bench_fini(struct bench *bench)
{
    account_fini(&bench->account);
    catalog_fini(&bench->catalog);
    arena_fini(&bench->arena);
}

uint64_t bench_add_organization(struct bench *bench, size_t number, int64_t dedicated)
{
    char name[32];
    snprintf(name, sizeof name, "o%zu", number);
    struct command command = {.kind = COMMAND_ORGANIZATION_CREATE};
    command.organization.row.name = name;
    bench_must(bench, &command);
    uint64_t id = bench_made(bench);
    struct dedication_change change = {.organization = id, .product = "KRE", .count = dedicated};
    command = (struct command){.kind = COMMAND_DEDICATIONS_APPLY};
    command.dedications.changes = &change;
    command.dedications.count = 1;
    bench_must(bench, &command);
    return id;
}

uint64_t bench_add_user(struct bench *bench, uint64_t organization)
{
    struct command command = {.kind = COMMAND_USER_CREATE};
    command.user = (struct user_row){.name = "someone", .organization = organization, .kind = USER_SERVICE};
    bench_must(bench, &command);
    return bench_made(bench);
}

void bench_set_policy(struct bench *bench, enum usage_policy policy, bool fallback)
{
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET};
    command.usage_policy.policy = policy;
    command.usage_policy.fallback = fallback;
    bench_must(bench, &command);
}

struct command bench_acquire(uint64_t user, uint64_t organization, int64_t count)
{
    struct command command = {.kind = COMMAND_SESSION_ACQUIRE};
    command.session = (struct session_request){
        .product = "KRE", .user = user, .organization = organization, .count = count, .ttl_s = TTL_MAX_S};
    return command;
}

double bench_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
