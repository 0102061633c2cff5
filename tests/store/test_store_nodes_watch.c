// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: a watch tells of accounts that are due, that another server speaks of, or whose waiters
// were left behind.
#include "sharing.h"

// Whether the watch tells of the account, if need be after a while, and of it alone.
static bool is_told(struct desk *desk, struct store_watch *watch, int timeout_ms, uint64_t account)
{
    const uint64_t *accounts;
    size_t count;
    for (int waited_ms = 0; waited_ms <= timeout_ms; waited_ms += 100) {
        if (!store_watch_next(watch, 100, &accounts, &count, &desk->error))
            fail_msg("%s", desk->error.text);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(accounts[i], account);
        if (count > 0)
            return true;
    }
    return false;
}

static void set_due(struct desk *desk, uint64_t account, int64_t due_at)
{
    enter(desk, account, 0, true);
    must(desk, store_put_due(desk->store, account, due_at, &desk->error));
    commit(desk);
}

static void a_watch_tells_which_accounts_are_due(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a), other = make_account(a);
    struct store_watch *watch = open_watch(b);
    int64_t now = enter(a, 0, 0, false)->entry.now;
    store_rollback(a->store);
    set_due(a, other, now + 3600000);
    assert_false(is_told(b, watch, 1200, account));
    set_due(a, account, now - 1);
    assert_true(is_told(b, watch, 3000, account));
    assert_true(is_told(b, watch, 3000, account)); // as long as it is
    assert_int_equal(visit_of(enter(b, account, 0, false), account)->due_at, now - 1);
    store_rollback(b->store);
    assert_int_equal(visit_of(enter(b, other, 0, false), other)->due_at, now + 3600000);
    store_rollback(b->store);
    set_due(b, account, 0);
    is_told(b, watch, 0, account); // what was on its way
    assert_false(is_told(b, watch, 1200, account));
    store_watch_close(watch);
}

static void a_watch_tells_what_another_server_says(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1], *c = &fleet->desks[2];
    uint64_t account = make_account(a);
    struct store_watch *watch_b = open_watch(b), *watch_c = open_watch(c);
    enter(a, account, 0, true);
    must(a, store_tell(a->store, store_node(b->store), account, &a->error));
    must(a, store_tell(a->store, 999999, account, &a->error)); // one that is gone
    assert_false(is_told(b, watch_b, 0, account));             // before the commit
    store_rollback(a->store);
    assert_false(is_told(b, watch_b, 300, account));
    enter(a, account, 0, true);
    must(a, store_tell(a->store, store_node(b->store), account, &a->error));
    commit(a);
    assert_true(is_told(b, watch_b, 3000, account));
    assert_false(is_told(c, watch_c, 300, account));
    assert_false(is_told(b, watch_b, 300, account)); // once
    store_watch_close(watch_b);
    store_watch_close(watch_c);
}

static void a_watch_tells_where_somebody_waits_at_a_server_that_is_dead(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    struct waiter_row left = a_waiter(4, store_node(fleet->desks[2].store)), here = a_waiter(5, store_node(b->store));
    struct store_watch *watch = open_watch(b);
    enter(a, account, 0, true);
    write_fact(a, account, at_s(1), FACT_WAITER_JOINED, NULL, &left);
    write_fact(a, account, at_s(1), FACT_WAITER_JOINED, NULL, &here);
    commit(a);
    assert_false(is_told(b, watch, 1200, account));
    fleet_kill(fleet, 2);
    assert_true(is_told(b, watch, 5000, account));
    enter(b, account, 0, true);
    write_fact(b, account, at_s(2), FACT_WAITER_LEFT, &left, NULL);
    commit(b);
    is_told(b, watch, 0, account);
    assert_false(is_told(b, watch, 1200, account));
    store_watch_close(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHARED(a_watch_tells_which_accounts_are_due),
        ON_SHARED(a_watch_tells_what_another_server_says),
        ON_SHARED(a_watch_tells_where_somebody_waits_at_a_server_that_is_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
