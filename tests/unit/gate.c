// SPDX-License-Identifier: Apache-2.0
#include "gate.h"

#include <stdlib.h>

const struct product kre = {.code = "KRE", .name = "Krea", .model = MODEL_SESSION, .created_at = 1};
const struct product fou = {.code = "FOU", .name = "Fou", .model = MODEL_SEAT, .created_at = 1};

static void add(struct account *account, enum fact_kind kind, const void *row)
{
    account_apply(account, &(struct fact){.kind = kind, .after = row});
}

static void add_tree(struct account *account)
{
    static const struct organization_row organizations[] = {{.id = 1001, .name = "Studio"},
                                                            {.id = 1002, .name = "Lighting", .parent = 1001},
                                                            {.id = 1003, .name = "Other"}};
    static const struct user_row users[] = {
        {.id = 1, .email = "1@x", .name = "1", .organization = 1001},
        {.id = 2, .email = "2@x", .name = "2", .organization = 1002},
        {.id = 3, .email = "3@x", .name = "3", .organization = 1003},
        {.id = 4, .email = "4@x", .name = "4", .organization = 1001, .role = ROLE_ACCOUNT_ADMIN},
        {.id = 5, .email = "5@x", .name = "5", .organization = 1001, .role = ROLE_ORG_ADMIN},
        {.id = 6, .email = "6@x", .name = "6"},
    };
    for (size_t i = 0; i < sizeof organizations / sizeof *organizations; i++)
        add(account, FACT_ORGANIZATION_CREATED, &organizations[i]);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        add(account, FACT_USER_CREATED, &users[i]);
    add(account, FACT_PROJECT_CREATED, &(struct project_row){.id = 1, .name = "Film", .organization = 1002});
    add(account, FACT_PROJECT_CREATED, &(struct project_row){.id = 2, .name = "Game", .organization = 1003});
    add(account, FACT_MEMBERSHIP_ADDED, &(struct membership_row){2, 1});
}

struct session_row gate_session(uint64_t id, uint64_t user, uint64_t level, uint64_t key)
{
    return (struct session_row){.id = id,
                                .product = &kre,
                                .user = user,
                                .level = level,
                                .count = 1,
                                .ttl_s = 60,
                                .started_at = 1000,
                                .expires_at = 61000,
                                .key = key};
}

static struct session_row lease(uint64_t id, uint64_t user, uint64_t level)
{
    struct session_row row = gate_session(id, user, level, 0);
    row.machine = "m";
    row.borrowed = true;
    return row;
}

static void add_claims(struct account *account)
{
    const struct purchase_row purchases[] = {{.id = 1, .product = &kre, .quantity = 100, .in_force = true},
                                             {.id = 2, .product = &fou, .quantity = 100, .in_force = true}};
    const struct seat_row seats[] = {{.id = 1, .product = &fou, .user = 1},
                                     {.id = 2, .product = &fou, .user = 2, .level = 1002},
                                     {.id = 3, .product = &fou, .user = 3, .level = 1003}};
    const struct session_row sessions[] = {
        gate_session(1, 1, 1003, 1), gate_session(2, 2, 0, 0), gate_session(3, 3, 1003, 50),
        gate_session(4, 3, 1001, 0), lease(5, 1, 1002),        lease(6, 3, 1003)};
    for (size_t i = 0; i < 2; i++)
        add(account, FACT_PURCHASE_CREATED, &purchases[i]);
    for (size_t i = 0; i < 3; i++)
        add(account, FACT_SEAT_ASSIGNED, &seats[i]);
    for (size_t i = 0; i < 6; i++)
        add(account, FACT_SESSION_ACQUIRED, &sessions[i]);
}

static void add_keys(struct account *account)
{
    const struct api_key_row keys[] = {
        {.id = 1, .name = "k", .role = ROLE_MEMBER, .user = 1, .hash = {1}},
        {.id = 2, .name = "k", .role = ROLE_MEMBER, .user = 2, .hash = {2}},
        {.id = 3, .name = "k", .role = ROLE_MEMBER, .user = 3, .hash = {3}},
        {.id = 4, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1002, .hash = {4}},
        {.id = 5, .name = "k", .role = ROLE_AUDITOR, .user = 1, .hash = {5}},
        {.id = 6, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1003, .user = 2, .hash = {6}},
        {.id = 10, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1001, .hash = {10}},
        {.id = 50, .name = "k", .role = ROLE_PLATFORM, .hash = {50}},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(account, FACT_API_KEY_CREATED, &keys[i]);
}

void gate_init(struct gate *gate, bool delegate, bool self_service)
{
    struct account *account = &gate->account;
    account_init(account, 1, NULL);
    add(account, FACT_ACCOUNT_CREATED,
        &(struct account_row){.id = 1,
                              .name = "A",
                              .plan = PLAN_TRUE_ENTERPRISE,
                              .fallback = true,
                              .delegate_dedication = delegate,
                              .self_service_seats = self_service});
    add_tree(account);
    add_claims(account);
    add_keys(account);
    probe_init(&gate->probe);
}

void gate_fini(struct gate *gate)
{
    probe_fini(&gate->probe);
    account_fini(&gate->account);
}

int gate_open(void **state)
{
    *state = calloc(1, sizeof(struct gate));
    gate_init(*state, false, false);
    return 0;
}

int gate_close(void **state)
{
    gate_fini(*state);
    free(*state);
    return 0;
}

const struct actor actors[ACTORS] = {
    {.role = ROLE_OPERATOR},
    {.role = ROLE_ACCOUNT_ADMIN, .key = 90},
    {.role = ROLE_ORG_ADMIN, .key = 10, .organization = 1001},
    {.role = ROLE_ORG_ADMIN, .key = 11, .organization = 1001, .user = 5},
    {.role = ROLE_MEMBER, .key = 1, .user = 1},
    {.role = ROLE_PLATFORM, .key = 50},
    {.role = ROLE_AUDITOR, .key = 92},
    {.role = ROLE_AUDITOR, .key = 93, .user = 1},
};

struct call *gate_ask(struct gate *gate, const char *line, const char *body, const struct actor *actor)
{
    struct call *call = probe_read(&gate->probe, line, body);
    assert_reads(call);
    call->account = 1;
    call->actor = *actor;
    return call;
}

char gate_judge(struct call *call, const struct account *account)
{
    if (access_role(call) && access_scope(call, account))
        return 'y';
    assert_non_null(call->outcome.detail);
    return call->outcome.result == RESULT_FORBIDDEN ? 'F' : call->outcome.result == RESULT_NOT_FOUND ? 'N' : '?';
}
