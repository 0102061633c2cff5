// SPDX-License-Identifier: Apache-2.0
#include "servers.h"

#include "base/check.h"
#include "base/moment.h"
#include "server/clock.h"
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

static int64_t wall = INT64_C(1764000000000);

int64_t clock_wall_ms(void)
{
    return wall;
}

int64_t clock_mono_ns(void)
{
    return wall * 1000000;
}

static const struct route any_route = {.kind = CALL_COMMAND, .roles = ~0U, .scoped = true};

static void answer(void *user, struct job *job)
{
    (void)user;
    assert_false(((struct sent *)job)->is_answered);
    ((struct sent *)job)->is_answered = true;
}

void open_node(struct node *node, struct store *with)
{
    char error[512];
    memset(node, 0, sizeof *node);
    node->store = store_open_memory_shared(with);
    store_memory_set_clock(node->store, wall);
    instruments_open(&node->instruments);
    assert_true(service_open(&node->service, node->store, false, error, sizeof error));
    round_init(&node->processor,
               &(struct processor_options){
                   .service = &node->service, .instruments = &node->instruments, .answer = answer, .read = answer});
}

void drop_node(struct node *node)
{
    round_fini(&node->processor);
    service_close(&node->service);
    instruments_close(&node->instruments);
}

void run(struct world *world, int node, struct job *jobs)
{
    struct processor *processor = &world->nodes[node].processor;
    round_run(processor, jobs);
    // It may have freed a license for somebody whom it had not known of, and had no id for the session.
    if (processor->batch.wants_numbers)
        round_run(processor, NULL);
    // What time and other servers make of it.
    struct service *service = &world->nodes[node].service;
    size_t cursor = 0;
    for (struct tenant *tenant; (tenant = table_next(&service->tenants, &cursor)) != NULL;) {
        if (tenant->version != 0)
            account_check(&tenant->account);
    }
}

struct sent *new_ask(struct world *world, const char *account)
{
    struct sent *ask = &world->asks[world->count++];
    assert_true(world->count <= sizeof world->asks / sizeof world->asks[0]);
    ask->job = (struct job){.call = &ask->call, .serial = world->count};
    ask->call.arena = &ask->arena;
    ask->call.route = &any_route;
    ask->call.has_key = true; // of zeros, as the operator's is here
    ask->call.account_name = account;
    return ask;
}

struct sent *ask_command(struct world *world, int node, const struct command *command, const char *key)
{
    struct sent *ask = new_ask(world, "AC-1");
    ask->call.kind = CALL_COMMAND;
    ask->call.command = *command;
    ask->call.command.session.idempotency_key =
        command->kind == COMMAND_SESSION_ACQUIRE ? key : command->session.idempotency_key;
    ask->call.idempotency_key = key;
    run(world, node, &ask->job);
    return ask;
}

const struct outcome *good(const struct sent *ask)
{
    assert_true(ask->is_answered);
    assert_false(result_is_refusal(ask->call.outcome.result));
    return &ask->call.outcome;
}

uint64_t id_of(const struct sent *ask)
{
    return *(const uint64_t *)good(ask)->row;
}

void make_account(struct world *world, int node, uint64_t id)
{
    struct sent *account = new_ask(world, NULL);
    account->call.kind = CALL_ACCOUNT_CREATE;
    account->call.command.kind = COMMAND_ACCOUNT_CREATE;
    account->call.command.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    run(world, node, &account->job);
    assert_int_equal(id_of(account), id);
}

// An account with two licenses of KRE at the account, and a user; each made at another node.
int open_world(void **state)
{
    struct world *world = check_calloc(1, sizeof *world);
    *state = world;
    for (int i = 0; i < NODES; i++)
        open_node(&world->nodes[i], i > 0 ? world->nodes[0].store : NULL);
    struct sent *product = new_ask(world, NULL);
    product->call.kind = CALL_PRODUCT_CREATE;
    product->call.product =
        (struct product){.code = "KRE", .name = "K", .model = MODEL_SESSION, .machines_per_seat = NUMBER_NONE};
    run(world, 0, &product->job);
    good(product);
    make_account(world, 1, 1);
    ask_command(
        world, 2,
        &(struct command){.kind = COMMAND_PURCHASE_CREATE, .purchase = {.row = {.quantity = 2}, .product = "KRE"}},
        NULL);
    struct sent *user = ask_command(
        world, 0, &(struct command){.kind = COMMAND_USER_CREATE, .user = {.email = "a@x.example", .name = "A"}}, NULL);
    assert_int_equal(id_of(user), 1);
    return 0;
}

int close_world(void **state)
{
    struct world *world = *state;
    for (int i = NODES - 1; i >= 0; i--) {
        if (world->nodes[i].store == NULL)
            continue;
        drop_node(&world->nodes[i]);
        store_close(world->nodes[i].store);
    }
    for (size_t i = 0; i < world->count; i++)
        arena_fini(&world->asks[i].arena);
    free(world);
    return 0;
}

void pass(struct world *world, int64_t seconds)
{
    wall += moment_seconds(seconds);
    store_memory_set_clock(world->nodes[0].store, wall);
    for (int i = 0; i < NODES; i++)
        store_memory_mark_alive(world->nodes[i].store);
}

struct sent *acquire(struct world *world, int node, int64_t wait_s, const char *key)
{
    return ask_command(
        world, node,
        &(struct command){.kind = COMMAND_SESSION_ACQUIRE,
                          .session = {.product = "KRE", .user = 1, .count = 1, .ttl_s = 60, .wait_s = wait_s}},
        key);
}

struct sent *act(struct world *world, int node, enum command_kind kind, uint64_t id)
{
    return ask_command(world, node, &(struct command){.kind = kind, .id = id}, NULL);
}

void look(struct world *world, int node)
{
    struct job *job = check_calloc(1, sizeof *job);
    job->is_look = true;
    job->accounts[0] = 1;
    run(world, node, job);
}

void hang_up(struct world *world, int node, const struct sent *ask)
{
    struct job *job = check_calloc(1, sizeof *job);
    job->is_giving_up = true;
    job->serial = ask->job.serial;
    run(world, node, job);
}
