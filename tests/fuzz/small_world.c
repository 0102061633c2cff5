// SPDX-License-Identifier: Apache-2.0
#include "fuzz/small_world.h"

#include "base/check.h"

#include <signal.h>

static void add(struct world *world, enum fact_kind kind, const void *row)
{
    const struct fact fact = {.kind = kind, .after = row};
    account_apply(&world->account, &fact);
    account_apply(&world->mirror, &fact);
}

static void add_people(struct world *world)
{
    static const struct organization_row organizations[] = {
        {.id = 1001, .name = "Studio"},
        {.id = 1002, .name = "Lighting", .parent = 1001},
        {.id = 1003, .name = "Other"},
    };
    static const struct user_row users[] = {
        {.id = 1, .email = "a@x", .name = "Alice", .organization = 1001},
        {.id = 2, .email = "b@x", .name = "Bob", .organization = 1002, .role = ROLE_AUDITOR},
        {.id = 3, .name = "CI", .kind = USER_SERVICE},
    };
    for (size_t i = 0; i < 3; i++)
        add(world, FACT_ORGANIZATION_CREATED, &organizations[i]);
    for (size_t i = 0; i < 3; i++)
        add(world, FACT_USER_CREATED, &users[i]);
    add(world, FACT_PROJECT_CREATED, &(struct project_row){.id = 1, .name = "Film", .organization = 1003});
    add(world, FACT_MEMBERSHIP_ADDED, &(struct membership_row){1, 1});
}

static void add_licenses(struct world *world, const struct product *kre, const struct product *fou)
{
    const struct purchase_row purchases[] = {{.id = 1, .product = kre, .quantity = 8, .in_force = true},
                                             {.id = 2, .product = fou, .quantity = 4, .in_force = true}};
    const struct dedication_row dedications[] = {
        {.organization = 1001, .product = kre, .dedicated = 5, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE},
        {.organization = 1002, .product = kre, .dedicated = 2, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE},
        {.organization = 1001, .product = fou, .dedicated = 2, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE}};
    for (size_t i = 0; i < 2; i++)
        add(world, FACT_PURCHASE_CREATED, &purchases[i]);
    for (size_t i = 0; i < 3; i++)
        add(world, FACT_DEDICATION_CHANGED, &dedications[i]);
    add(world, FACT_BORROWING_SET, &(struct borrowing_row){.product = kre, .max_borrow_days = 30, .share_percent = 50});
}

static void add_claims(struct world *world, const struct product *kre, const struct product *fou)
{
    struct session_row session = {.id = 1, .product = kre, .user = 1, .level = 1001, .via = VIA_OWN, .count = 1,
                                  .organization = 0, .ttl_s = 120, .started_at = WORLD_START, .key = 1,
                                  .expires_at = WORLD_START + 120000, .idempotency_key = "once"};
    struct session_row lease = session;
    lease.id = 2;
    lease.borrowed = true;
    lease.ttl_s = 86400;
    lease.machine = "m1";
    lease.idempotency_key = NULL;
    lease.expires_at = WORLD_START + 86400000;
    struct session_row last = session;
    last.id = 3;
    last.user = 2;
    last.level = 1002;
    last.idempotency_key = NULL;
    last.count = 2;
    add(world, FACT_SESSION_ACQUIRED, &session);
    add(world, FACT_SESSION_ACQUIRED, &lease);
    add(world, FACT_SESSION_ACQUIRED, &last);
    add(world, FACT_SEAT_ASSIGNED, &(struct seat_row){.id = 1, .product = fou, .user = 1, .level = 1001});
}

static void add_keys(struct world *world)
{
    static const struct api_key_row keys[] = {
        {.id = 1, .name = "k", .role = ROLE_MEMBER, .user = 1, .hash = {1}},
        {.id = 2, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1001, .hash = {2}},
        {.id = 3, .name = "k", .role = ROLE_ACCOUNT_ADMIN, .hash = {3}},
        {.id = 4, .name = "k", .role = ROLE_AUDITOR, .user = 2, .hash = {4}},
        {.id = 5, .name = "k", .role = ROLE_PLATFORM, .hash = {5}},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(world, FACT_API_KEY_CREATED, &keys[i]);
}

// The ids above are taken.
static void count_ids(struct world *world)
{
    for (size_t kind = 0; kind < ID_KINDS; kind++)
        world->numbers.next[kind] = kind == ID_ORGANIZATION ? 1004 : 6;
    world->numbers.next[ID_SESSION] = 4;
}

// world_decide looks sessions up by their number, as a store would.
static void remember_sessions(struct world *world)
{
    world->session_count = 3;
    world->sessions = check_calloc(world->session_count, sizeof *world->sessions);
    for (uint64_t id = 1; id <= world->session_count; id++) {
        const struct session_row *row = &account_session(&world->account, id)->row;
        world->sessions[id - 1] = *(struct session_row *)row_copy(ROW_SESSION, row, &world->memory);
    }
}

// The world has a handler of its own for what a CHECK does, and so has the fuzzer, whose it is to be.
static void begin(struct world *world)
{
    struct sigaction of_fuzzer;
    if (world->place != NULL)
        world_fini(world);
    sigaction(SIGABRT, NULL, &of_fuzzer);
    world_init(world);
    sigaction(SIGABRT, &of_fuzzer, NULL);
    world->place = "a small world";
    world->thorough = false;
}

void small_world_make(struct world *world, bool thorough)
{
    begin(world);
    world_add_product(world, "KRE", MODEL_SESSION);
    world_add_product(world, "FOU", MODEL_SEAT);
    const struct product *kre = catalog_find(&world->catalog, "KRE"), *fou = catalog_find(&world->catalog, "FOU");
    add(world, FACT_ACCOUNT_CREATED,
        &(struct account_row){.id = 1, .name = "Acme", .plan = PLAN_TRUE_ENTERPRISE, .fallback = true,
                              .delegate_dedication = true, .self_service_seats = true});
    add_people(world);
    add_licenses(world, kre, fou);
    add_claims(world, kre, fou);
    add_keys(world);
    count_ids(world);
    remember_sessions(world);
    world_pass_time(world);
    world->now += 1000;
    world->thorough = thorough;
}

const struct session_row *small_world_past(const struct world *world, const struct command *command)
{
    if (command->id < 1 || command->id > world->session_count)
        return NULL;
    const struct session_row *row = &world->sessions[command->id - 1];
    return row->state != SESSION_ACTIVE ? row : NULL;
}
