// SPDX-License-Identifier: Apache-2.0
// Moving house, into a database, out of it and between two.
#include "house.h"

#include "postgres.h"

static void there_and_back_it_is_the_same(void **state)
{
    struct desk *desk = *state;
    char back[PATH];
    const char *uri = postgres_empty();
    beside(desk, "back", back);
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    expect_whole_at(desk, uri);
    copy_well(desk, uri, back);
    expect_same(desk->folder, back);
    expect_lease_keys(back);
    remove_folder(back);
}

static void one_database_is_copied_to_another(void **state)
{
    struct desk *desk = *state;
    char back[PATH], other[PATH];
    const char *uri = postgres_empty();
    beside(desk, "back", back);
    postgres_run("SET client_min_messages = error; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other");
    snprintf(other, sizeof other, "%s&options=-csearch_path%%3Dother", uri);
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    copy_well(desk, uri, other);
    copy_well(desk, other, back);
    expect_same(desk->folder, back);
    expect_lease_keys(back);
    remove_folder(back);
    postgres_run("SET client_min_messages = error; DROP SCHEMA other CASCADE");
}

static void a_database_that_is_in_use_or_not_new_is_refused(void **state)
{
    struct desk *desk = *state;
    char to[PATH];
    const char *uri = postgres_empty();
    beside(desk, "copy", to);
    refuse(desk, uri, to, "older Usher, or is empty");
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    refuse(desk, desk->folder, uri, "is not empty");
    refuse(desk, uri, uri, "are the same");
    postgres_run("INSERT INTO node (id, name, started_at, alive_at) VALUES (1, 'a', 1, moment_now() - 9000)");
    refuse(desk, uri, to, "of its servers, 1 were alive");
    expect_no_store(to);
    postgres_run("UPDATE node SET is_closed = true");
    copy_well(desk, uri, to);
    remove_folder(to);
    postgres_run("UPDATE node SET is_closed = false, alive_at = alive_at - 3000");
    copy_well(desk, uri, to);
    remove_folder(to);
    refuse(desk, desk->folder, "postgresql://usher:secret@/nowhere?host=/tmp/no-such-folder", "PostgreSQL store");
    assert_null(strstr(desk->error.text, "secret"));
    refuse(desk, desk->folder, "postgresql://usher:secret@[", "cannot be read");
    assert_null(strstr(desk->error.text, "secret"));
}

// What a server needs to begin at once: where each chain ends, which numbers come next, and where time must be looked
// at.
static void servers_find_what_they_share(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    postgres_run("DO $$ BEGIN "
                 "ASSERT (SELECT count(*) FROM account_state) = 3; "
                 "ASSERT (SELECT count(*) FROM account_state AS s JOIN event AS e ON e.account_id = s.account_id "
                 "AND e.seq = s.event_seq AND e.hash = s.event_hash) = 1; "
                 "ASSERT (SELECT count(*) FROM account_state AS s JOIN checkpoint AS c ON c.account_id = s.account_id "
                 "AND c.seq = s.event_seq AND c.hash = s.event_hash) = 2; "
                 "ASSERT (SELECT count(*) FROM event AS e JOIN account_state AS s USING (account_id) "
                 "WHERE e.seq > s.event_seq OR e.at > s.last_at) = 0; "
                 "ASSERT (SELECT due_at = 3 FROM account_state WHERE account_id = 1); " // the purchase begins
                 "ASSERT (SELECT due_at IS NULL FROM account_state WHERE account_id = 2); "
                 "ASSERT (SELECT count(*) FROM counter WHERE next > 1000000) = 9; "
                 "ASSERT (SELECT next FROM counter WHERE kind = 'waiter') = 1; "
                 "END $$");
}

static void a_broken_history_leaves_a_database_empty(void **state)
{
    struct desk *desk = *state;
    struct told told = {0};
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "DROP TRIGGER event_stays; UPDATE event SET at = at + 1 WHERE account_id = 1 AND seq = 60");
    assert_true(copy(desk, desk->folder, uri, &told));
    assert_int_equal(told.breaks.seq, 60);
    postgres_run("DO $$ BEGIN ASSERT (SELECT count(*) FROM account) + (SELECT count(*) FROM event) = 0; END $$");
    tamper(desk, "UPDATE event SET at = at - 1 WHERE account_id = 1 AND seq = 60");
    copy_well(desk, desk->folder, uri);
}

// Somebody's trigger changes a row or takes one away: what is read back is not what was written.
static void what_arrives_otherwise_is_found(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *body, *what;
    } triggers[] = {
        {"NEW.name := 'x'; RETURN NEW;", "the rows of project are not what was read"},
        {"IF NEW.id = 4 THEN RETURN NULL; END IF; RETURN NEW;", "the rows of project are not what was read"},
    };
    char sql[400];
    struct told told = {.may_differ = true};
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "UPDATE app_user SET name = 'a' || char(0) || 'b'");
    refuse(desk, desk->folder, uri, "cannot be held"); // the tables are there now
    tamper(desk, "UPDATE app_user SET name = 'User'");
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        snprintf(sql, sizeof sql,
                 "CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$; "
                 "CREATE OR REPLACE TRIGGER spoil BEFORE INSERT ON project FOR EACH ROW EXECUTE FUNCTION spoil()",
                 triggers[i].body);
        postgres_run(sql);
        assert_true(copy(desk, desk->folder, uri, &told));
        assert_int_equal(told.breaks.count, 1);
        assert_string_equal(told.breaks.what, triggers[i].what);
    }
    postgres_run("DROP TRIGGER spoil ON project");
    copy_well(desk, desk->folder, uri);
}

// What PostgreSQL cannot hold, a text with a zero in it, is told; and nothing of the copy is there.
static void what_cannot_be_held_is_told(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "UPDATE app_user SET name = 'a' || char(0) || 'b'");
    refuse(desk, desk->folder, uri, "cannot be held");
    postgres_run("DO $$ BEGIN ASSERT (SELECT count(*) FROM account) = 0; END $$");
}

static void one_that_is_killed_leaves_a_database_empty(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    int killed = 0;
    fill_house(desk);
    for (unsigned delay_us = 20000; delay_us < 2000000; delay_us += delay_us / 3) {
        bool done = copy_and_kill(desk, desk->folder, uri, delay_us);
        if (done) {
            expect_whole_at(desk, uri);
            break;
        }
        killed++;
    }
    assert_true(killed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(there_and_back_it_is_the_same),
        ON_SQLITE(one_database_is_copied_to_another),
        ON_SQLITE(a_database_that_is_in_use_or_not_new_is_refused),
        ON_SQLITE(servers_find_what_they_share),
        ON_SQLITE(a_broken_history_leaves_a_database_empty),
        ON_SQLITE(what_arrives_otherwise_is_found),
        ON_SQLITE(what_cannot_be_held_is_told),
        ON_SQLITE(one_that_is_killed_leaves_a_database_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
