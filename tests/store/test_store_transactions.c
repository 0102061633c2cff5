// SPDX-License-Identifier: Apache-2.0
// What a transaction leaves, and that the chain of the history goes on over rollbacks and restarts.
#include "support.h"

#include "engine/limits.h"

static void make_account(struct desk *desk, uint64_t id)
{
    struct account_row row = an_account(id);
    begin(desk);
    write_fact(desk, id, at_s(0), FACT_ACCOUNT_CREATED, NULL, &row);
    commit(desk);
}

static void acquire(struct desk *desk, uint64_t account, uint64_t id)
{
    struct session_row row = a_session(id);
    write_fact(desk, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
}

static void a_rollback_leaves_nothing(void **state)
{
    struct desk *desk = *state;
    make_account(desk, 1);
    begin(desk);
    acquire(desk, 1, 12);
    store_rollback(desk->store);
    assert_int_equal(load(desk, 1, 0).count, 1);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 1);
    store_rollback(desk->store); // without a transaction: nothing happens
}

static void the_chain_goes_on_over_rollback_and_restart(void **state)
{
    struct desk *desk = *state;
    make_account(desk, 1);
    begin(desk);
    acquire(desk, 1, 12);
    store_rollback(desk->store);
    begin(desk);
    acquire(desk, 1, 13);
    acquire(desk, 1, 14);
    commit(desk);
    desk_reopen(desk);
    begin(desk);
    acquire(desk, 1, 15);
    acquire(desk, 2, 16); // another account has a chain of its own
    commit(desk);
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    assert_int_equal(history.count, 4);
    for (size_t i = 0; i < history.count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
    assert_string_equal(history.events[1].subject, "SN-13");
    assert_string_equal(history.events[3].subject, "SN-15");
    assert_int_equal(events_of(desk, &(struct history_query){.account = 2}).events[0].seq, 1);
}

static void readers_see_whole_commits_only(void **state)
{
    struct desk *desk = *state;
    make_account(desk, 1);
    begin(desk);
    acquire(desk, 1, 12);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 1);
    commit(desk);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 2);
}

// Where several servers share a store, it counts itself: see test_store_nodes.c.
static void numbers_are_kept(void **state)
{
    struct desk *desk = *state;
    struct numbers numbers;
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    assert_int_equal(numbers.next[ID_SESSION], 1);
    assert_int_equal(numbers.next[ID_ORGANIZATION], ORGANIZATION_FIRST_ID);

    begin(desk);
    numbers.next[ID_SESSION] = 77;
    assert_int_equal(store_put_numbers(desk->store, &numbers, &desk->error), STORE_OK);
    commit(desk);
    begin(desk);
    numbers.next[ID_SESSION] = 99;
    assert_int_equal(store_put_numbers(desk->store, &numbers, &desk->error), STORE_OK);
    store_rollback(desk->store);
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    assert_int_equal(numbers.next[ID_SESSION], 77);

    // The same number again, after a rollback, is written again.
    begin(desk);
    numbers.next[ID_SESSION] = 99;
    assert_int_equal(store_put_numbers(desk->store, &numbers, &desk->error), STORE_OK);
    commit(desk);
    desk_reopen(desk);
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    assert_int_equal(numbers.next[ID_SESSION], 99);
    assert_int_equal(numbers.next[ID_ORGANIZATION], ORGANIZATION_FIRST_ID);
}

static void the_operators_key_is_kept(void **state)
{
    struct desk *desk = *state;
    unsigned char hash[KEY_HASH_BYTES] = {1, 2, 3}, found[KEY_HASH_BYTES];
    bool is_there;
    assert_true(store_load_operator(desk->store, found, &is_there, &desk->error));
    assert_false(is_there);
    for (unsigned char turn = 0; turn < 2; turn++) {
        hash[0] = turn;
        begin(desk);
        assert_int_equal(store_put_operator(desk->store, hash, &desk->error), STORE_OK);
        commit(desk);
        desk_reopen(desk);
        assert_true(store_load_operator(desk->store, found, &is_there, &desk->error));
        assert_true(is_there);
        assert_memory_equal(found, hash, sizeof hash);
    }
}

static void the_newest_fact_tells_the_time(void **state)
{
    struct desk *desk = *state;
    int64_t at;
    assert_true(store_last_at(desk->store, &at, &desk->error));
    assert_int_equal(at, 0);
    make_account(desk, 1);
    make_account(desk, 2);
    begin(desk);
    acquire(desk, 1, 12);
    commit(desk);
    desk_reopen(desk);
    assert_true(store_last_at(desk->store, &at, &desk->error));
    assert_int_equal(at, at_s(10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(a_rollback_leaves_nothing),      ON_ALL(the_chain_goes_on_over_rollback_and_restart),
        ON_ALL(readers_see_whole_commits_only), ON_BOTH(numbers_are_kept),
        ON_ALL(the_operators_key_is_kept),      ON_ALL(the_newest_fact_tells_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
