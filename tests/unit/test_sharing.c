// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: what one of them does, the others know. Each is a processor's round over the shared
// memory twin, without threads and sockets; the clock is the test's.
#include "unit.h"

#include "base/check.h"
#include "base/moment.h"
#include "server/clock.h"
#include "server/processor_parts.h"
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 3, START_AT = 1764000000 };

static int64_t wall = START_AT * INT64_C(1000);

int64_t clock_wall_ms(void)
{
    return wall;
}

int64_t clock_mono_ns(void)
{
    return wall * 1000000;
}

struct node {
    struct store *store;
    struct service service;
    struct instruments instruments;
    struct processor processor;
    uint64_t serial;
};

struct sent {
    struct job job; // first
    struct call call;
    struct arena arena;
    bool is_answered;
};

struct world {
    struct node nodes[NODES];
    struct sent asks[200];
    size_t count;
};

static const struct route any_route = {.kind = CALL_COMMAND, .roles = ~0U, .scoped = true};

static void answer(void *user, struct job *job)
{
    (void)user;
    assert_false(((struct sent *)job)->is_answered);
    ((struct sent *)job)->is_answered = true;
}

static void open_node(struct node *node, struct store *with)
{
    char error[512];
    memset(node, 0, sizeof *node);
    node->store = store_open_memory_shared(with);
    store_memory_set_clock(node->store, wall);
    instruments_open(&node->instruments);
    assert_true(service_open(&node->service, node->store, false, error, sizeof error));
    round_init(&node->processor, &(struct processor_options){.service = &node->service,
                                                             .instruments = &node->instruments,
                                                             .answer = answer,
                                                             .read = answer});
}

// As a process that is gone: what it had in memory is.
static void drop_node(struct node *node)
{
    round_fini(&node->processor);
    service_close(&node->service);
    instruments_close(&node->instruments);
}

static void run(struct world *world, int node, struct job *jobs)
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

static struct sent *new_ask(struct world *world, const char *account)
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

static struct sent *ask_command(struct world *world, int node, const struct command *command, const char *key)
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

static const struct outcome *good(const struct sent *ask)
{
    assert_true(ask->is_answered);
    assert_false(result_is_refusal(ask->call.outcome.result));
    return &ask->call.outcome;
}

static uint64_t id_of(const struct sent *ask)
{
    return *(const uint64_t *)good(ask)->row;
}

static void make_account(struct world *world, int node, uint64_t id)
{
    struct sent *account = new_ask(world, NULL);
    account->call.kind = CALL_ACCOUNT_CREATE;
    account->call.command.kind = COMMAND_ACCOUNT_CREATE;
    account->call.command.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    run(world, node, &account->job);
    assert_int_equal(id_of(account), id);
}

// An account with two licenses of KRE at the account, and a user; each made at another node.
static int open_world(void **state)
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
    ask_command(world, 2,
                &(struct command){.kind = COMMAND_PURCHASE_CREATE, .purchase = {.row = {.quantity = 2}, .product = "KRE"}},
                NULL);
    struct sent *user = ask_command(
        world, 0, &(struct command){.kind = COMMAND_USER_CREATE, .user = {.email = "a@x.example", .name = "A"}}, NULL);
    assert_int_equal(id_of(user), 1);
    return 0;
}

static int close_world(void **state)
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

static void pass(struct world *world, int64_t seconds)
{
    wall += moment_seconds(seconds);
    store_memory_set_clock(world->nodes[0].store, wall);
    for (int i = 0; i < NODES; i++)
        store_memory_mark_alive(world->nodes[i].store);
}

static struct sent *acquire(struct world *world, int node, int64_t wait_s, const char *key)
{
    return ask_command(world, node,
                       &(struct command){.kind = COMMAND_SESSION_ACQUIRE,
                                         .session = {.product = "KRE", .user = 1, .count = 1, .ttl_s = 60, .wait_s = wait_s}},
                       key);
}

static struct sent *act(struct world *world, int node, enum command_kind kind, uint64_t id)
{
    return ask_command(world, node, &(struct command){.kind = kind, .id = id}, NULL);
}

static void look(struct world *world, int node)
{
    struct job *job = check_calloc(1, sizeof *job);
    job->is_look = true;
    job->accounts[0] = 1;
    run(world, node, job);
}

static void hang_up(struct world *world, int node, const struct sent *ask)
{
    struct job *job = check_calloc(1, sizeof *job);
    job->is_giving_up = true;
    job->serial = ask->job.serial;
    run(world, node, job);
}

// ---- Tests

static void test_what_one_does_all_know(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    uint64_t second = id_of(acquire(world, 1, 0, NULL));
    assert_true(second > first);
    assert_int_equal(acquire(world, 2, 0, NULL)->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    pass(world, 50);
    good(act(world, 2, COMMAND_SESSION_HEARTBEAT, first));
    pass(world, 20); // the second has run out, the first has not
    struct sent *read = ask_command(
        world, 1, &(struct command){.kind = COMMAND_ROW_READ, .row_read = ROW_SESSION, .id = first}, NULL);
    assert_int_equal(((const struct session_row *)good(read)->row)->expires_at, wall + moment_seconds(40));
    assert_int_equal(act(world, 0, COMMAND_SESSION_HEARTBEAT, second)->call.outcome.result, RESULT_SESSION_ENDED);
    good(act(world, 1, COMMAND_SESSION_END, first));
    assert_int_equal(act(world, 2, COMMAND_SESSION_HEARTBEAT, first)->call.outcome.result, RESULT_SESSION_ENDED);
}

static void test_an_answer_is_kept_for_all(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, "k1"));
    struct sent *again = acquire(world, 1, 0, "k1");
    assert_int_equal(again->call.outcome.result, RESULT_OK);
    assert_int_equal(id_of(again), first);
    good(act(world, 2, COMMAND_SESSION_END, first));
    assert_int_equal(acquire(world, 1, 0, "k1")->call.outcome.result, RESULT_SESSION_ENDED);
}

static void test_a_license_freed_elsewhere_wakes_the_next(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    uint64_t second = id_of(acquire(world, 0, 0, NULL));
    struct sent *oldest = acquire(world, 1, 100, "w1"), *younger = acquire(world, 2, 100, NULL);
    assert_false(oldest->is_answered || younger->is_answered);
    good(act(world, 0, COMMAND_SESSION_END, first));
    assert_false(oldest->is_answered);
    // Nobody overtakes: it was granted where it was freed, before its own server heard of it.
    assert_int_equal(acquire(world, 2, 0, NULL)->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    look(world, 1);
    assert_int_equal(good(oldest)->result, RESULT_CREATED);
    good(act(world, 1, COMMAND_SESSION_END, second));
    look(world, 2);
    assert_int_equal(good(younger)->result, RESULT_CREATED);
}

static void test_who_hangs_up_is_skipped_and_comes_back_elsewhere(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *oldest = acquire(world, 1, 100, "w1");
    pass(world, 1);
    struct sent *younger = acquire(world, 2, 100, "w2");
    hang_up(world, 1, oldest);
    assert_true(oldest->is_answered);
    struct sent *back = acquire(world, 0, 100, "w1"); // as old as it was
    good(act(world, 2, COMMAND_SESSION_END, first));
    look(world, 0);
    look(world, 2);
    assert_int_equal(good(back)->result, RESULT_CREATED);
    assert_false(younger->is_answered);
    hang_up(world, 2, younger);
}

// The first that waits, older by a second than the other, hangs up. Returns the session to be ended.
static uint64_t wait_and_hang_up(struct world *world, struct sent **ret_younger)
{
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *oldest = acquire(world, 1, 40, "w1");
    pass(world, 1);
    *ret_younger = acquire(world, 2, 100, "w2");
    hang_up(world, 1, oldest);
    return first;
}

// A license is free: who stands first has it, and the younger waits on.
static void end_and_expect(struct world *world, uint64_t session, int node, struct sent *back, struct sent *younger)
{
    good(act(world, 0, COMMAND_SESSION_END, session));
    look(world, node);
    look(world, 2);
    assert_int_equal(good(back)->result, RESULT_CREATED);
    assert_false(younger->is_answered);
    hang_up(world, 2, younger);
}

static void test_who_came_back_and_was_denied_is_new_at_all_servers(void **state)
{
    struct world *world = *state;
    struct sent *younger;
    uint64_t first = wait_and_hang_up(world, &younger);
    pass(world, 20);
    assert_int_equal(acquire(world, 0, 10, "w1")->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    struct sent *again = acquire(world, 1, 10, "w1");
    assert_false(again->is_answered);
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 2);
    assert_int_equal(good(younger)->result, RESULT_CREATED);
    assert_false(again->is_answered);
    // In line as at once.
    pass(world, 10);
    look(world, 1);
    assert_int_equal(again->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    struct sent *other = acquire(world, 2, 10, "w1");
    assert_false(other->is_answered);
    hang_up(world, 2, other);
}

static void test_a_server_that_was_not_there_knows_who_hung_up(void **state)
{
    struct world *world = *state;
    struct sent *younger;
    uint64_t first = wait_and_hang_up(world, &younger);
    store_memory_prune(world->nodes[0].store);
    drop_node(&world->nodes[0]);
    struct store *gone = world->nodes[0].store;
    open_node(&world->nodes[0], gone);
    end_and_expect(world, first, 0, acquire(world, 0, 100, "w1"), younger);
    store_close(gone);
}

static void test_who_comes_back_in_a_batch_that_fails_is_as_old(void **state)
{
    struct world *world = *state;
    struct sent *younger;
    uint64_t first = wait_and_hang_up(world, &younger);
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_REFUSED);
    struct sent *back = acquire(world, 0, 100, "w1");
    run(world, 0, NULL);
    // And so is one that stands in its own former place then.
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_REFUSED);
    struct sent *again = acquire(world, 0, 100, "w1");
    assert_int_equal(back->call.outcome.result, RESULT_CONFLICT);
    run(world, 0, NULL);
    end_and_expect(world, first, 0, again, younger);
}

// It has left, but its server could not write that yet: the others have it in the line.
static void test_who_hung_up_unwritten_comes_back_elsewhere(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL)), second = id_of(acquire(world, 0, 0, NULL));
    struct sent *oldest = acquire(world, 1, 100, "w1");
    pass(world, 1);
    struct sent *younger = acquire(world, 2, 100, "w2");
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_REFUSED);
    hang_up(world, 1, oldest);
    struct sent *back = acquire(world, 0, 100, "w1");
    look(world, 1); // which has nothing to write of it any more
    end_and_expect(world, first, 0, back, younger);
    // Granted meanwhile, it is its own when it comes back.
    oldest = acquire(world, 1, 100, "w3");
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_REFUSED);
    hang_up(world, 1, oldest);
    good(act(world, 2, COMMAND_SESSION_END, second));
    look(world, 1);
    assert_int_equal(good(acquire(world, 0, 100, "w3"))->result, RESULT_OK);
}

static void test_an_age_is_kept_for_half_a_minute(void **state)
{
    struct world *world = *state;
    struct sent *younger;
    uint64_t first = wait_and_hang_up(world, &younger);
    pass(world, 30);
    struct sent *back = acquire(world, 0, 100, "w1");
    good(act(world, 0, COMMAND_SESSION_HEARTBEAT, first));
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 2);
    assert_int_equal(good(younger)->result, RESULT_CREATED);
    assert_false(back->is_answered);
    hang_up(world, 0, back);
}

static void test_the_same_request_elsewhere_takes_the_place(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *former = acquire(world, 1, 100, "w1"), *again = acquire(world, 2, 100, "w1");
    look(world, 1);
    assert_int_equal(former->call.outcome.result, RESULT_CONFLICT);
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 2);
    assert_int_equal(good(again)->result, RESULT_CREATED);
}

// As after a failover to a machine whose clock is behind.
static void test_a_clock_set_back_lets_nobody_overtake(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *oldest = acquire(world, 1, 100, NULL);
    pass(world, -3);
    struct sent *younger = acquire(world, 2, 100, NULL), *hasty = acquire(world, 2, 1, NULL);
    assert_false(younger->is_answered || hasty->is_answered);
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 1);
    assert_int_equal(good(oldest)->result, RESULT_CREATED);
    assert_false(younger->is_answered || hasty->is_answered);
    // Time stands until the clock is where it was; then it goes on.
    pass(world, 3);
    look(world, 2);
    assert_false(hasty->is_answered);
    pass(world, 1);
    look(world, 2);
    assert_int_equal(hasty->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    hang_up(world, 2, younger);
}

static void test_the_line_of_a_dead_server(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    acquire(world, 2, 100, "w1");
    struct sent *younger = acquire(world, 1, 100, NULL);
    store_memory_kill(world->nodes[2].store);
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 1);
    assert_int_equal(good(younger)->result, RESULT_CREATED);
}

static void test_what_is_forgotten_is_loaded(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *waiting = acquire(world, 1, 100, NULL), *younger = acquire(world, 0, 100, NULL);
    good(act(world, 2, COMMAND_SESSION_HEARTBEAT, first));
    store_memory_prune(world->nodes[0].store);
    look(world, 0);
    look(world, 1);
    assert_false(waiting->is_answered || younger->is_answered);
    good(act(world, 0, COMMAND_SESSION_END, first));
    look(world, 1);
    assert_int_equal(good(waiting)->result, RESULT_CREATED);
    hang_up(world, 0, younger);
}

static void test_a_commit_that_fails_is_tried_again(void **state)
{
    struct world *world = *state;
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_REFUSED);
    struct sent *ask = acquire(world, 0, 0, NULL);
    assert_false(ask->is_answered);
    run(world, 0, NULL);
    assert_int_equal(good(ask)->result, RESULT_CREATED);
}

static void test_a_commit_in_doubt_is_not(void **state)
{
    struct world *world = *state;
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_KEPT);
    struct sent *ask = acquire(world, 0, 0, "k1");
    assert_int_equal(ask->call.outcome.result, RESULT_UNAVAILABLE);
    assert_int_equal(good(acquire(world, 0, 0, "k1"))->result, RESULT_OK);
    store_memory_fail_commit(world->nodes[0].store, 1, COMMIT_LOST);
    assert_int_equal(acquire(world, 0, 0, "k2")->call.outcome.result, RESULT_UNAVAILABLE);
    assert_int_equal(good(acquire(world, 1, 0, "k2"))->result, RESULT_CREATED);
}

static void test_a_line_joined_in_doubt(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    static const enum commit_fault faults[] = {COMMIT_KEPT, COMMIT_LOST};
    for (size_t i = 0; i < 2; i++) {
        store_memory_fail_commit(world->nodes[0].store, 1, faults[i]);
        struct sent *ask = acquire(world, 1, 100, i == 0 ? "w1" : "w2");
        assert_int_equal(ask->call.outcome.result, RESULT_UNAVAILABLE);
        look(world, 1);
    }
    good(act(world, 0, COMMAND_SESSION_END, first));
    assert_int_equal(good(acquire(world, 2, 0, NULL))->result, RESULT_CREATED);
}

// A command in a second account, whose id is 2, without running it.
static struct sent *ask_other(struct world *world, enum command_kind kind)
{
    struct sent *ask = new_ask(world, "AC-2");
    ask->call.kind = CALL_COMMAND;
    ask->call.command.kind = kind;
    ask->call.command.user.email = "b@x.example";
    ask->call.command.user.name = "B";
    return ask;
}

static struct sent *ask_acquire(struct world *world)
{
    struct sent *ask = new_ask(world, "AC-1");
    ask->call.kind = CALL_COMMAND;
    ask->call.command = (struct command){
        .kind = COMMAND_SESSION_ACQUIRE, .session = {.product = "KRE", .user = 1, .count = 1, .ttl_s = 60}};
    return ask;
}

static void test_nobody_waits_for_another_account_but_the_oldest(void **state)
{
    struct world *world = *state;
    make_account(world, 0, 2);
    store_memory_hold(world->nodes[0].store, 2);
    struct sent *first = ask_acquire(world), *held = ask_other(world, COMMAND_USER_CREATE);
    struct sent *last = ask_acquire(world);
    first->job.next = &held->job;
    held->job.next = &last->job;
    round_run(&world->nodes[1].processor, &first->job);
    assert_int_equal(good(first)->result, RESULT_CREATED);
    assert_int_equal(good(last)->result, RESULT_CREATED);
    assert_false(held->is_answered);
    // It is the oldest now, and what comes behind it does not get in its way.
    struct sent *younger = ask_acquire(world);
    round_run(&world->nodes[1].processor, &younger->job);
    assert_int_equal(good(held)->result, RESULT_CREATED);
    assert_int_equal(younger->call.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
}

static void test_the_last_batch_waits_for_all(void **state)
{
    struct world *world = *state;
    struct processor *processor = &world->nodes[1].processor;
    make_account(world, 0, 2);
    store_memory_hold(world->nodes[0].store, 2);
    struct sent *first = ask_acquire(world), *held = ask_other(world, COMMAND_USER_CREATE);
    first->job.next = &held->job;
    processor->again = &first->job; // of the batch before
    round_run_last(processor);
    assert_int_equal(good(first)->result, RESULT_CREATED);
    assert_int_equal(good(held)->result, RESULT_CREATED);
}

static struct job *late;

static struct job *take_late(struct processor *processor)
{
    struct job *jobs = late;
    (void)processor;
    late = NULL;
    return jobs;
}

static void test_who_comes_while_a_batch_enters_goes_along(void **state)
{
    struct world *world = *state;
    struct processor *processor = &world->nodes[0].processor;
    make_account(world, 0, 2);
    processor->take_late = take_late;
    // There is no id for the first one that comes late, but one for the next: so many are expected then.
    struct sent *first = ask_acquire(world), *second = ask_acquire(world);
    late = &second->job;
    run(world, 0, &first->job);
    assert_true(first->is_answered);
    assert_false(second->is_answered);
    struct sent *end = new_ask(world, "AC-1"), *elsewhere = ask_other(world, COMMAND_USER_CREATE);
    end->call.kind = CALL_COMMAND;
    end->call.command = (struct command){.kind = COMMAND_SESSION_END, .id = id_of(first)};
    struct sent *third = ask_acquire(world);
    end->job.next = &elsewhere->job;
    elsewhere->job.next = &third->job;
    late = &end->job;
    run(world, 0, NULL);
    assert_int_equal(good(second)->result, RESULT_CREATED);
    good(end);
    assert_int_equal(good(third)->result, RESULT_CREATED);
    // The batch does not have the other account.
    assert_false(elsewhere->is_answered);
    run(world, 0, NULL);
    good(elsewhere);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_what_one_does_all_know),
        IN_WORLD(test_an_answer_is_kept_for_all),
        IN_WORLD(test_a_license_freed_elsewhere_wakes_the_next),
        IN_WORLD(test_who_hangs_up_is_skipped_and_comes_back_elsewhere),
        IN_WORLD(test_who_came_back_and_was_denied_is_new_at_all_servers),
        IN_WORLD(test_a_server_that_was_not_there_knows_who_hung_up),
        IN_WORLD(test_who_comes_back_in_a_batch_that_fails_is_as_old),
        IN_WORLD(test_who_hung_up_unwritten_comes_back_elsewhere),
        IN_WORLD(test_an_age_is_kept_for_half_a_minute),
        IN_WORLD(test_the_same_request_elsewhere_takes_the_place),
        IN_WORLD(test_a_clock_set_back_lets_nobody_overtake),
        IN_WORLD(test_the_line_of_a_dead_server),
        IN_WORLD(test_what_is_forgotten_is_loaded),
        IN_WORLD(test_a_commit_that_fails_is_tried_again),
        IN_WORLD(test_a_commit_in_doubt_is_not),
        IN_WORLD(test_a_line_joined_in_doubt),
        IN_WORLD(test_nobody_waits_for_another_account_but_the_oldest),
        IN_WORLD(test_the_last_batch_waits_for_all),
        IN_WORLD(test_who_comes_while_a_batch_enters_goes_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
