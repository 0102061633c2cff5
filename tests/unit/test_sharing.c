// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: what one of them does, the others know.
#include "servers.h"

#include "base/moment.h"
#include "server/clock.h"
#include "store/memory.h"

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
    struct sent *read =
        ask_command(world, 1, &(struct command){.kind = COMMAND_ROW_READ, .row_read = ROW_SESSION, .id = first}, NULL);
    assert_int_equal(((const struct session_row *)good(read)->row)->expires_at, clock_wall_ms() + moment_seconds(40));
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
    ask->call.command = (struct command){.kind = COMMAND_SESSION_ACQUIRE,
                                         .session = {.product = "KRE", .user = 1, .count = 1, .ttl_s = 60}};
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
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_what_one_does_all_know),
        IN_WORLD(test_an_answer_is_kept_for_all),
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
