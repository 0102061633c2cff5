// SPDX-License-Identifier: Apache-2.0
// Connections that end at any step of a transaction, and a database that was away: what servers remember may be void.
#include "postgres_nodes.h"

static void cut(struct desk *desk)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 5000)", PQbackendPID(writer_of(desk)->conn));
    postgres_run(sql);
}

// ---- Connections that end at any step

enum step { BEFORE_ENTERING, ENTERED, WRITTEN, ASKED, STEPS };

static enum store_status acquire_with_a_cut(struct desk *desk, uint64_t account, uint64_t session, enum step step)
{
    const struct session_row *found;
    struct entered *entered = plan_entering(desk);
    plan_visit(entered, account, 0, true);
    if (step == BEFORE_ENTERING)
        cut(desk);
    enum store_status status = try_entering(desk, entered);
    if (status != STORE_OK)
        return status;
    if (step == ENTERED)
        cut(desk);
    status = write_session(desk, account, session);
    if (step == WRITTEN)
        cut(desk);
    if (status == STORE_OK && step == ASKED) {
        assert_int_equal(store_recall_session(desk->store, account, session, &desk->arena, &found, &desk->error),
                         STORE_OK);
        cut(desk);
    }
    return store_commit(desk->store, &desk->error);
}

static void a_connection_that_ends_at_any_step_refuses(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    for (uint64_t step = 0; step < STEPS; step++) {
        assert_int_equal(acquire_with_a_cut(a, account, 10 + step, (enum step)step), STORE_REFUSED);
        assert_false(has_session(b, account, 10 + step));
        assert_int_equal(try_acquiring(a, account, 20 + step), STORE_OK);
        assert_true(has_session(b, account, 20 + step));
    }
    expect_chain(b, account, 1 + STEPS);
}

// ---- A database that was away

// A crash may lose the last of what need not be flushed: what servers remember is void, though nothing is missing.
static void a_crash_makes_void_what_servers_remember(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = acquire(a, account, 1) + 1;
    assert_false(visit_of(enter(b, account, known, true), account)->is_lost);
    commit(b);
    postgres_crash();
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    if (try_entering(b, entered) != STORE_OK) { // notices
        plan_visit(entered = plan_entering(b), account, known, true);
        do_enter(b, entered);
    }
    assert_true(visit_of(entered, account)->is_lost);
    assert_true(visit_of(entered, account)->version > known + 1000);
    commit(b);
    known = visit_of(entered, account)->version;
    // Once: the next one to come back finds that it was done.
    enum store_status status = STORE_REFUSED;
    for (int i = 0; i < 2 && status != STORE_OK; i++)
        status = try_acquiring(a, account, 2 + (uint64_t)i);
    assert_int_equal(status, STORE_OK);
    entered = enter(b, account, known, true);
    assert_int_equal(entered->told_count, 1);
    assert_int_equal(visit_of(entered, account)->version, known + 1);
    commit(b);
}

// A dump that was read in under servers that run has the mark of the tables that it was made from.
static void a_restored_database_makes_void_what_servers_remember(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    uint64_t account = make_account(a);
    int64_t known = acquire(a, account, 1) + 1;
    assert_int_equal(known, 2);
    cut(a);
    assert_int_equal(try_acquiring(a, account, 2), STORE_REFUSED); // notices
    assert_false(visit_of(enter(a, account, known, true), account)->is_lost);
    store_rollback(a->store);
    postgres_run("UPDATE unbroken SET account_state = account_state + 1");
    cut(a);
    assert_int_equal(try_acquiring(a, account, 2), STORE_REFUSED);
    assert_true(visit_of(enter(a, account, known, true), account)->is_lost);
    store_rollback(a->store);
    assert_true(version_of(a, account) > known + 1000);
    assert_int_equal(version_of(&fleet->desks[1], account), version_of(a, account));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FLEET(a_connection_that_ends_at_any_step_refuses),
        ON_FLEET(a_crash_makes_void_what_servers_remember),
        ON_FLEET(a_restored_database_makes_void_what_servers_remember),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
