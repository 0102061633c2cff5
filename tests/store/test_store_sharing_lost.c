// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: accounts that an entering cannot tell of, as their changes are not known, they are not
// there, or another server has them.
#include "sharing.h"

static void an_account_is_lost_where_its_changes_are_not_known(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    acquire(a, account, 12);
    acquire(a, account, 13);
    fleet_prune(fleet);
    acquire(a, account, 14);
    const struct {
        int64_t version;
        bool is_lost;
        size_t told;
    } cases[] = {{0, true, 0},          {known, true, 0},      {known + 1, true, 0},
                 {known + 2, false, 1}, {known + 3, false, 0}, {known + 4, true, 0}}; // the last: of another database
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entered *entered = enter(b, account, cases[i].version, i % 2 == 0);
        store_rollback(b->store);
        assert_int_equal(visit_of(entered, account)->is_lost, cases[i].is_lost);
        assert_int_equal(visit_of(entered, account)->version, known + 3);
        assert_int_equal(entered->told_count, cases[i].told);
    }
}

static void a_lost_account_is_loaded_inside_its_entering(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    struct waiter_row waiter = a_waiter(4, store_node(a->store));
    acquire(a, account, 12);
    enter(a, account, 0, true);
    write_fact(a, account, at_s(9), FACT_WAITER_JOINED, NULL, &waiter);
    commit(a);
    struct entered *entered = enter(b, account, 0, true);
    assert_true(visit_of(entered, account)->is_lost);
    struct loaded loaded = load(b, account, 0);
    assert_int_equal(loaded.count, 3);
    assert_non_null(loaded_row(&loaded, ROW_SESSION, 12));
    expect_row(ROW_WAITER, loaded_row(&loaded, ROW_WAITER, 4), &waiter);
    // Who waits comes last, when all that it names is there.
    assert_int_equal(loaded.facts[2].kind, FACT_WAITER_JOINED);
    // What the transaction itself has written is loaded, too.
    waiter.session = 13;
    write_fact(b, account, at_s(11), FACT_WAITER_SERVED, &waiter, NULL);
    struct session_row session = a_session(13);
    write_fact(b, account, at_s(11), FACT_SESSION_ACQUIRED, NULL, &session);
    loaded = load(b, account, 0);
    assert_int_equal(loaded.count, 3);
    assert_null(loaded_row(&loaded, ROW_WAITER, 4));
    assert_non_null(loaded_row(&loaded, ROW_SESSION, 13));
    commit(b);
}

static void an_account_that_is_not_there_has_no_version(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    const int64_t versions[] = {0, 3};
    for (size_t i = 0; i < 2; i++) {
        struct entered *entered = plan_entering(b);
        plan_visit(entered, account, 0, true);
        plan_visit(entered, account + 1, versions[i], i == 0);
        do_enter(b, entered);
        commit(b);
        assert_int_equal(visit_of(entered, account + 1)->version, 0);
        assert_true(visit_of(entered, account + 1)->is_lost);
        assert_int_equal(visit_of(entered, account + 1)->due_at, 0);
    }
    // One that came to nothing is not there either.
    struct entered *entered = plan_entering(a);
    entered->entry.wanted[ID_ACCOUNT] = 1;
    do_enter(a, entered);
    struct account_row row = an_account(entered->entry.numbers.next[ID_ACCOUNT]);
    write_fact(a, row.id, at_s(0), FACT_ACCOUNT_CREATED, NULL, &row);
    store_rollback(a->store);
    assert_int_equal(version_of(b, row.id), 0);
    // A new one is there for all, and can be written by any.
    account = make_account(a);
    assert_true(version_of(b, account) > 0);
    acquire(b, account, 12);
    assert_int_equal(load(a, account, 0).count, 2);
}

static void what_another_server_has_may_be_left(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t had = make_account(a), free = make_account(a);
    int64_t known = version_of(b, had);
    struct organization_row studio = an_organization(1001, 0);
    fleet_have(fleet, 0, had);
    struct entered *entered = plan_entering(b);
    plan_visit(entered, had, known, true);
    plan_visit(entered, free, version_of(b, free), true);
    plan_visit(entered, free + 100, 0, true); // it is not there
    for (size_t i = 1; i <= 3; i++)
        entered->visits[i].may_be_left = true;
    do_enter(b, entered);
    assert_true(visit_of(entered, had)->is_left);
    assert_false(visit_of(entered, free)->is_left);
    assert_true(visit_of(entered, free + 100)->is_left);
    assert_false(visit_of(entered, 0)->is_left);
    write_fact(b, free, at_s(1), FACT_ORGANIZATION_CREATED, NULL, &studio);
    commit(b);
    fleet_give_back(fleet, 0);
    // When it is free it is not left, and what was missed is told.
    enter(a, had, known, true);
    write_fact(a, had, at_s(2), FACT_ORGANIZATION_CREATED, NULL, &studio);
    commit(a);
    entered = plan_entering(b);
    plan_visit(entered, had, known, true);
    entered->visits[1].may_be_left = true;
    do_enter(b, entered);
    store_rollback(b->store);
    assert_false(visit_of(entered, had)->is_left);
    assert_int_equal(entered->told_count, 1);
    expect_fact(entered, 0, FACT_ORGANIZATION_CREATED, NULL, &studio);
}

static void the_service_itself_is_always_there(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    unsigned char hash[KEY_HASH_BYTES] = {1, 2, 3}, found[KEY_HASH_BYTES];
    bool is_there;
    int64_t known = version_of(b, 0);
    assert_true(known > 0);
    enter(a, 0, known, true);
    must(a, store_put_operator(a->store, hash, &a->error));
    commit(a);
    // Nobody is told which key it is now: everybody has to look.
    struct entered *entered = enter(b, 0, known, false);
    assert_int_equal(entered->visits[0].version, known + 1);
    assert_true(entered->visits[0].is_lost);
    assert_true(store_load_operator(b->store, found, &is_there, &b->error));
    store_rollback(b->store);
    assert_true(is_there);
    assert_memory_equal(found, hash, KEY_HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHARED(an_account_is_lost_where_its_changes_are_not_known),
        ON_SHARED(a_lost_account_is_loaded_inside_its_entering),
        ON_SHARED(an_account_that_is_not_there_has_no_version),
        ON_SHARED(what_another_server_has_may_be_left),
        ON_SHARED(the_service_itself_is_always_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
