// SPDX-License-Identifier: Apache-2.0
// Who waits at one of several servers on one store: served in turn, whoever frees a license, and as old when it comes
// back.
#include "servers.h"

#include "base/moment.h"
#include "store/memory.h"

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

static int64_t at_head_since(const struct world *world, int node)
{
    const struct tenant *tenant = service_tenant(&world->nodes[node].service, 1);
    assert_non_null(tenant->away.first);
    return ITEM_OF(tenant->away.first, struct away, of_tenant)->row.head_since;
}

// Another server has put it at the head since its own looked, which stops now.
static void test_who_is_away_was_at_the_head_as_the_store_has_it(void **state)
{
    struct world *world = *state;
    uint64_t first = id_of(acquire(world, 0, 0, NULL));
    acquire(world, 0, 0, NULL);
    struct sent *oldest = acquire(world, 0, 100, NULL), *large = new_ask(world, "AC-1");
    pass(world, 1);
    large->call.kind = CALL_COMMAND;
    large->call.idempotency_key = "w1";
    large->call.command = (struct command){.kind = COMMAND_SESSION_ACQUIRE,
                                           .session = {.product = "KRE", .user = 1, .count = 2, .ttl_s = 60,
                                                       .wait_s = 100, .idempotency_key = "w1"}};
    run(world, 1, &large->job);
    pass(world, 1);
    good(act(world, 2, COMMAND_SESSION_END, first));
    int64_t since = world->nodes[2].processor.batch.now;
    pass(world, 1);
    line_end(&world->nodes[1].processor);
    round_run_last(&world->nodes[1].processor);
    assert_int_equal(large->call.outcome.result, RESULT_UNAVAILABLE);
    assert_int_equal(at_head_since(world, 1), since);
    look(world, 2);
    assert_int_equal(at_head_since(world, 2), since);
    look(world, 0);
    good(oldest);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_license_freed_elsewhere_wakes_the_next),
        IN_WORLD(test_who_hangs_up_is_skipped_and_comes_back_elsewhere),
        IN_WORLD(test_who_came_back_and_was_denied_is_new_at_all_servers),
        IN_WORLD(test_a_server_that_was_not_there_knows_who_hung_up),
        IN_WORLD(test_who_comes_back_in_a_batch_that_fails_is_as_old),
        IN_WORLD(test_who_hung_up_unwritten_comes_back_elsewhere),
        IN_WORLD(test_who_is_away_was_at_the_head_as_the_store_has_it),
        IN_WORLD(test_an_age_is_kept_for_half_a_minute),
        IN_WORLD(test_the_same_request_elsewhere_takes_the_place),
        IN_WORLD(test_a_clock_set_back_lets_nobody_overtake),
        IN_WORLD(test_the_line_of_a_dead_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
