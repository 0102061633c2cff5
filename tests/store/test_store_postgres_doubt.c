// SPDX-License-Identifier: Apache-2.0
// Commits in doubt: the connection is lost or silent at the commit, and how it ended is looked up by another.
#include "postgres_nodes.h"

static void expect_said(const struct desk *desk, const char *part)
{
    if (strstr(desk->error.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, desk->error.text);
}

// What is told of a commit is so, whoever looks.
static void expect_truth(struct doubt *doubt, enum store_status status, uint64_t session)
{
    assert_int_not_equal(status, STORE_UNCERTAIN);
    assert_int_equal(has_session(&doubt->fleet->desks[1], doubt->account, session), status == STORE_OK);
    // It goes on.
    assert_int_equal(try_acquiring(&doubt->near, doubt->account, session + 1000), STORE_OK);
    assert_int_equal(try_acquiring(&doubt->fleet->desks[1], doubt->account, session + 2000), STORE_OK);
}

static void a_commit_without_an_answer_is_looked_up(void **state)
{
    struct doubt doubt = open_doubt(state);
    proxy_set(doubt.proxy, PROXY_CUTS_BEFORE);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_REFUSED);
    expect_said(&doubt.near, "Cannot commit to");
    expect_truth(&doubt, status, 1);

    proxy_set(doubt.proxy, PROXY_CUTS_AFTER);
    status = try_acquiring(&doubt.near, doubt.account, 2);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 2);

    for (uint64_t session = 10; session < 20; session++) {
        proxy_set(doubt.proxy, PROXY_CUTS_BEHIND);
        expect_truth(&doubt, try_acquiring(&doubt.near, doubt.account, session), session);
    }
    close_doubt(&doubt);
}

// The database is still at it when the connection is lost: its end is waited for.
static void a_commit_that_is_under_way_is_waited_for(void **state)
{
    struct doubt doubt = open_doubt(state);
    postgres_run("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$;"
                 "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON session DEFERRABLE INITIALLY DEFERRED "
                 "FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION dawdle()");
    proxy_set(doubt.proxy, PROXY_CUTS_BEHIND);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 1);
    close_doubt(&doubt);
}

// The connection is there, and nothing comes: it is given up, and the other side does so, too.
static void a_silent_database_is_given_up(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct pg_link *link = writer_of(&doubt.near);
    link->patience_ms = 200;
    proxy_set(doubt.proxy, PROXY_EATS_ANSWER);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 1);

    // As the commit did not arrive, the transaction stands open there until the database ends it.
    link->patience_ms = 200;
    assert_int_equal(pg_queue_sql(link, "SET idle_in_transaction_session_timeout = 600", &doubt.near.error), STORE_OK);
    proxy_set(doubt.proxy, PROXY_EATS);
    status = try_acquiring(&doubt.near, doubt.account, 2);
    assert_int_equal(status, STORE_REFUSED);
    expect_said(&doubt.near, "said nothing for too long");
    expect_truth(&doubt, status, 2);
    close_doubt(&doubt);
}

// Nobody can be asked: memory is to be dropped.
static void what_cannot_be_looked_up_stays_in_doubt(void **state)
{
    struct doubt doubt = open_doubt(state);
    enter(&doubt.near, doubt.account, 0, true);
    assert_int_equal(write_session(&doubt.near, doubt.account, 1), STORE_OK);
    proxy_shut(doubt.proxy, 1);
    assert_int_equal(store_commit(doubt.near.store, &doubt.near.error), STORE_UNCERTAIN);
    expect_said(&doubt.near, "Cannot commit to");
    assert_int_equal(try_acquiring(&doubt.near, doubt.account, 2), STORE_REFUSED);
    proxy_shut(doubt.proxy, 0);
    assert_int_equal(try_acquiring(&doubt.near, doubt.account, 2), STORE_OK);
    assert_int_equal(count_sessions(&doubt.fleet->desks[1], doubt.account), 1);
    close_doubt(&doubt);
}

static void a_new_account_in_doubt_is_looked_up_like_any(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct actor nobody = {.nobody = true};
    for (int i = 0; i < 2; i++) {
        struct entered *entered = plan_entering(&doubt.near);
        entered->entry.wanted[ID_ACCOUNT] = 1;
        do_enter(&doubt.near, entered);
        struct account_row row = an_account(entered->entry.numbers.next[ID_ACCOUNT]);
        struct fact made = {.kind = FACT_ACCOUNT_CREATED, .after = &row};
        assert_int_equal(store_write(doubt.near.store, row.id, at_s(0), &nobody, &made, &doubt.near.error), STORE_OK);
        proxy_set(doubt.proxy, i == 0 ? PROXY_CUTS_BEFORE : PROXY_CUTS_AFTER);
        assert_int_equal(store_commit(doubt.near.store, &doubt.near.error), i == 0 ? STORE_REFUSED : STORE_OK);
        assert_int_equal(version_of(&doubt.fleet->desks[1], row.id), i);
    }
    close_doubt(&doubt);
}

// A commit that waits for a standby in vain has not ended: nobody is told that it is there, or that it is not.
static void a_commit_that_no_standby_confirms_stays_in_doubt(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    enter(a, account, 0, true);
    assert_int_equal(write_session(a, account, 1), STORE_OK);
    writer_of(a)->patience_ms = 200;
    postgres_run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    postgres_run("SELECT pg_reload_conf()");
    postgres_run("SELECT pg_sleep(0.3)");
    enum store_status status = store_commit(a->store, &a->error);
    postgres_run("ALTER SYSTEM RESET synchronous_standby_names");
    postgres_run("SELECT pg_reload_conf()");
    assert_int_equal(status, STORE_UNCERTAIN);
    expect_said(a, "said nothing for too long");
    assert_int_equal(try_acquiring(a, account, 2), STORE_OK);
    assert_int_equal(count_sessions(b, account), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FLEET(a_commit_without_an_answer_is_looked_up),
        ON_FLEET(a_commit_that_is_under_way_is_waited_for),
        ON_FLEET(a_silent_database_is_given_up),
        ON_FLEET(what_cannot_be_looked_up_stays_in_doubt),
        ON_FLEET(a_new_account_in_doubt_is_looked_up_like_any),
        ON_FLEET(a_commit_that_no_standby_confirms_stays_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
