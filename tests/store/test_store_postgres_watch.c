// SPDX-License-Identifier: Apache-2.0
// The watch of a server on PostgreSQL: it is woken up, reads little, and misses nothing while it cannot hear.
#include "postgres_nodes.h"

#include "base/moment.h"

#include <time.h>

struct heard {
    const uint64_t *accounts;
    size_t count;
};

// What the watch tells next; it must work.
static struct heard hear(struct desk *desk, struct store_watch *watch, int timeout_ms)
{
    struct heard heard;
    if (!store_watch_next(watch, timeout_ms, &heard.accounts, &heard.count, &desk->error))
        fail_msg("%s", desk->error.text);
    return heard;
}

static bool tells_of(struct heard heard, uint64_t account)
{
    for (size_t i = 0; i < heard.count; i++) {
        if (heard.accounts[i] == account)
            return true;
    }
    return false;
}

static void tell(struct desk *desk, uint64_t node, uint64_t account)
{
    enter(desk, account, 0, true);
    must(desk, store_tell(desk->store, node, account, &desk->error));
    commit(desk);
}

static int64_t elapsed_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What is told wakes the watch up at once, not at its next look.
static void a_watch_is_woken_up(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    struct store_watch *watch = open_watch(a);
    hear(a, watch, 1);
    tell(b, store_node(a->store), account);
    int64_t start = elapsed_ms();
    struct heard heard = hear(a, watch, 30000);
    assert_in_range(elapsed_ms() - start, 0, 900);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.accounts[0], account);
    store_watch_close(watch);
}

// What is due is looked for each second: accounts that are not must not be read for it, however many there are.
static void a_watch_does_not_read_what_is_not_due(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    postgres_run("INSERT INTO account_state SELECT 1000000 + i, 1, 0, decode(repeat('00', 32), 'hex'), 0, "
                 "moment_now() + 3600000 FROM generate_series(1, 20000) AS i");
    postgres_run("ANALYZE account_state");
    postgres_run("SELECT pg_stat_reset_single_table_counters('account_state_due_at'::regclass)");
    struct store_watch *watch = open_watch(a);
    for (int64_t end = elapsed_ms() + 2500; elapsed_ms() < end;)
        assert_int_equal(hear(a, watch, 250).count, 0);
    store_watch_close(watch); // its counts are told at the end of its connection at the latest
    postgres_run("SELECT pg_sleep(0.5)");
    postgres_run("DO $$ DECLARE scans BIGINT; entries BIGINT; BEGIN SELECT idx_scan, idx_tup_read INTO scans, entries "
                 "FROM pg_stat_user_indexes WHERE indexrelname = 'account_state_due_at' "
                 "AND schemaname = current_schema(); "
                 "ASSERT scans > 0, 'the index is not used'; "
                 "ASSERT entries < 1000, 'it read ' || entries || ' entries'; END $$");
}

// What was told while it could not hear is made good: it tells of all where somebody waits here.
static void a_watch_comes_back_and_misses_nothing(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct desk *near = &doubt.near, *b = &doubt.fleet->desks[1];
    struct waiter_row waiter = a_waiter(3, store_node(near->store));
    struct heard heard;
    enter(b, doubt.account, 0, true);
    write_fact(b, doubt.account, at_s(1), FACT_WAITER_JOINED, NULL, &waiter);
    commit(b);
    struct store_watch *watch = open_watch(near);
    hear(near, watch, 1);
    proxy_shut(doubt.proxy, 1);
    int64_t start = elapsed_ms();
    bool good = true;
    while (good && elapsed_ms() - start < 5000)
        good = store_watch_next(watch, 100, &heard.accounts, &heard.count, &near->error);
    assert_false(good);
    assert_int_equal(heard.count, 0);
    assert_null(strstr(near->error.text, "node"));
    assert_false(store_watch_next(watch, 50, &heard.accounts, &heard.count, &near->error));
    tell(b, store_node(near->store), doubt.account); // to nobody
    proxy_shut(doubt.proxy, 0);
    assert_true(tells_of(hear(near, watch, 2000), doubt.account));
    store_watch_close(watch);
    close_doubt(&doubt);
}

// The first that marks itself after a silence may be a watch: the silence must not be forgotten by that.
static void a_watch_that_comes_back_renews_what_nobody_could(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    acquire(a, account, 12);
    int64_t known = version_of(b, account);
    struct store_watch *watch = open_watch(a);
    struct heard heard;
    hear(a, watch, 1);
    assert_int_equal(version_of(b, account), known);
    postgres_run("UPDATE node SET alive_at = alive_at - 60000");
    postgres_run("SELECT 1 / count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                 "WHERE query LIKE '%FROM waiter%' AND pid <> pg_backend_pid()");
    while (!store_watch_next(watch, 1000, &heard.accounts, &heard.count, &a->error)) {
    }
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    do_enter(b, entered);
    assert_true(visit_of(entered, account)->is_lost);
    assert_int_equal(visit_of(entered, account)->version, known + 1);
    struct loaded loaded = load(b, account, 0);
    const struct session_row *renewed = loaded_row(&loaded, ROW_SESSION, 12);
    int64_t full = entered->entry.now + moment_seconds(renewed->ttl_s);
    assert_in_range(renewed->expires_at, full - 5000, full);
    commit(b);
    store_watch_close(watch);
}

static void a_server_that_closes_is_known_to_be_gone_at_once(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1], *c = &fleet->desks[2];
    uint64_t account = make_account(a), node = store_node(c->store);
    struct waiter_row waiter = a_waiter(3, node);
    struct store_watch *watch = open_watch(a);
    enter(b, account, 0, true);
    write_fact(b, account, at_s(1), FACT_WAITER_JOINED, NULL, &waiter);
    commit(b);
    assert_false(tells_of(hear(a, watch, 1), account));
    store_reader_close(c->reader);
    store_close(c->store);
    c->store = NULL;
    c->reader = NULL;
    struct entered *entered = enter(b, account, 0, false);
    for (size_t i = 0; i < entered->entry.node_count; i++)
        assert_int_not_equal(entered->entry.nodes[i], node);
    store_rollback(b->store);
    assert_true(tells_of(hear(a, watch, 3000), account));
    store_watch_close(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FLEET(a_watch_that_comes_back_renews_what_nobody_could),
        ON_FLEET(a_watch_does_not_read_what_is_not_due),
        ON_FLEET(a_watch_is_woken_up),
        ON_FLEET(a_watch_comes_back_and_misses_nothing),
        ON_FLEET(a_server_that_closes_is_known_to_be_gone_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
