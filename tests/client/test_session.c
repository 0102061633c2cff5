// SPDX-License-Identifier: Apache-2.0
//
// The life of a session: heartbeats, loss, servers that go and come back, another session in place of a lost one.
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct account account;
    struct usher *usher;
    struct usher_request *request;
    struct usher_session *session;
    struct changes changes;
};

// A session with the shortest time to live, and what happens to it written down.
static void begin(struct fixture *fixture, int quantity, bool reacquire)
{
    struct usher_error error;
    fixture->account = new_account(quantity);
    fixture->usher = open_account(&fixture->account);
    fixture->request = usher_request_new(fixture->account.product);
    changes_init(&fixture->changes);
    changes_attach(&fixture->changes, fixture->request);
    usher_request_set_ttl(fixture->request, 10);
    usher_request_set_reacquire(fixture->request, reacquire);
    fixture->session = usher_acquire(fixture->usher, fixture->request, &error);
    assert_code(USHER_OK, &error);
}

static void end(struct fixture *fixture)
{
    usher_request_free(fixture->request);
    usher_close(fixture->usher);
    changes_fini(&fixture->changes);
}

static void a_session_tells_what_it_is(void **state)
{
    (void)state;
    struct account account = new_account(3);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    usher_request_set_count(request, 2);
    usher_request_set_ttl(request, 600);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_int_equal(error.status, 201);
    struct usher_session_info info = read_info(session);
    assert_int_equal(info.state, USHER_ACTIVE);
    assert_int_equal(info.count, 2);
    assert_int_equal(info.ttl_s, 600);
    assert_string_equal(info.product, account.product);
    assert_string_equal(info.user, account.user);
    assert_string_equal(info.level, account.id);
    assert_string_equal(info.via, "fallback");
    assert_int_equal(info.expires_at, info.started_at + 600 * 1000);
    assert_true(info.remaining_s > 590 && info.remaining_s <= 600);
    assert_string_equal(ask("state %s %s", account.id, info.id), "active");
    release(session);
    assert_string_equal(ask("state %s %s", account.id, info.id), "released");
    usher_request_free(request);
    usher_close(usher);
}

static void heartbeats_keep_it_alive(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, false);
    for (int i = 0; i < 13; i++) {
        sleep_ms(1000);
        assert_true(read_info(fixture.session).remaining_s > 0);
    }
    assert_int_equal(ask_number("active %s", fixture.account.id), 1);
    assert_string_equal(changes_text(&fixture.changes), "");
    release(fixture.session);
    end(&fixture);
}

static void a_revoked_session_is_lost_with_its_reason(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, false);
    ask("end %s %s needed for the show", fixture.account.id, read_info(fixture.session).id);
    changes_wait(&fixture.changes, USHER_LOST);
    assert_string_equal(changes_text(&fixture.changes), "lost");
    struct usher_error error = changes_error(&fixture.changes);
    assert_code(USHER_ENDED, &error);
    assert_string_equal(error.reason, "needed for the show");
    assert_string_equal(error.problem, "session-ended");
    struct usher_session_info info = read_info(fixture.session);
    assert_int_equal(info.state, USHER_LOST);
    // Until then the program was told that it may go on.
    assert_true(info.remaining_s > 0);
    release(fixture.session);
    end(&fixture);
}

static void a_revoked_key_is_a_loss(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, true);
    ask("revoke %s %s", fixture.account.id, fixture.account.key_id);
    changes_wait(&fixture.changes, USHER_LOST);
    struct usher_error error = changes_error(&fixture.changes);
    assert_code(USHER_UNAUTHENTICATED, &error);
    sleep_ms(1500);
    // It is not tried again with a key that does not count: failed keys are held against the address.
    assert_string_equal(changes_text(&fixture.changes), "lost");
    int64_t heartbeats = atoll(strchr(ask("keys_of POST /heartbeat$"), ' '));
    sleep_ms(4000);
    assert_int_equal(atoll(strchr(ask("keys_of POST /heartbeat$"), ' ')), heartbeats);
    release(fixture.session);
    end(&fixture);
}

static void another_session_is_taken_in_place_of_a_lost_one(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, true);
    struct usher_session_info first = read_info(fixture.session);
    ask("end %s %s", fixture.account.id, first.id);
    changes_wait(&fixture.changes, USHER_ACTIVE);
    assert_string_equal(changes_text(&fixture.changes), "lost active");
    struct usher_session_info second = read_info(fixture.session);
    assert_string_not_equal(second.id, first.id);
    assert_string_equal(ask("state %s %s", fixture.account.id, second.id), "active");
    // It is kept as the first one was.
    sleep_ms(11000);
    assert_int_equal(ask_number("active %s", fixture.account.id), 1);
    release(fixture.session);
    assert_int_equal(ask_number("active %s", fixture.account.id), 0);
    end(&fixture);
}

// Two licenses: one is another's, and ours is revoked and taken by a third. When it is free, we have it.
static void a_lost_session_stands_in_line_for_another(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, true);
    ask("end %s %s", fixture.account.id, read_info(fixture.session).id);
    char taken[64];
    snprintf(taken, sizeof taken, "%s", ask("take %s %s %s", fixture.account.id, fixture.account.product,
                                            fixture.account.user));
    changes_wait(&fixture.changes, USHER_LOST);
    sleep_ms(1000);
    assert_int_equal(read_info(fixture.session).state, USHER_LOST);
    ask("end %s %s", fixture.account.id, taken);
    changes_wait(&fixture.changes, USHER_ACTIVE);
    release(fixture.session);
    assert_int_equal(ask_number("active %s", fixture.account.id), 0);
    end(&fixture);
}

static void what_is_released_while_it_is_taken_anew_leaves_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, true);
    // The answer to the second acquire never comes.
    ask("harm POST /sessions$ silent 1000");
    ask("end %s %s", fixture.account.id, read_info(fixture.session).id);
    changes_wait(&fixture.changes, USHER_LOST);
    wait_active(&fixture.account, 1);
    release(fixture.session);
    ask("clear");
    wait_active(&fixture.account, 0);
    end(&fixture);
}

static void a_server_that_is_away_for_a_while_finds_it_active(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, false);
    ask("stop");
    changes_wait(&fixture.changes, USHER_AWAY);
    struct usher_error error = changes_error(&fixture.changes);
    assert_code(USHER_UNAVAILABLE, &error);
    changes_wait(&fixture.changes, USHER_OVERDUE);
    assert_true(read_info(fixture.session).remaining_s <= 0);
    sleep_ms(2000);
    ask("start");
    changes_wait(&fixture.changes, USHER_ACTIVE);
    assert_string_equal(changes_text(&fixture.changes), "away overdue active");
    assert_int_equal(ask_number("sessions %s", fixture.account.id), 1);
    assert_int_equal(ask_number("active %s", fixture.account.id), 1);
    release(fixture.session);
    end(&fixture);
}

static void a_killed_server_finds_it_active(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, false);
    ask("kill");
    sleep_ms(1000);
    ask("start");
    sleep_ms(11000);
    assert_int_equal(read_info(fixture.session).state, USHER_ACTIVE);
    assert_int_equal(ask_number("active %s", fixture.account.id), 1);
    release(fixture.session);
    end(&fixture);
}

// The server is there, but not for us: the lease ends there, and another takes the license.
static void a_lease_that_ended_while_we_were_cut_off_is_lost(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 1, false);
    ask("down yes");
    changes_wait(&fixture.changes, USHER_OVERDUE);
    wait_active(&fixture.account, 0);
    ask("down no");
    changes_wait(&fixture.changes, USHER_LOST);
    assert_string_equal(changes_text(&fixture.changes), "away overdue lost");
    struct usher_error error = changes_error(&fixture.changes);
    assert_code(USHER_ENDED, &error);
    release(fixture.session);
    end(&fixture);
}

static void a_program_that_is_killed_leaks_nothing(void **state)
{
    (void)state;
    struct account account = new_account(1);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), account.key, account.id, NULL);
        struct usher_request *request = usher_request_new(account.product);
        usher_request_set_ttl(request, 10);
        if (usher_acquire(usher, request, NULL) == NULL)
            _exit(1);
        pause();
    }
    wait_active(&account, 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    wait_active(&account, 0);
}

static void closing_releases_what_is_held(void **state)
{
    (void)state;
    struct account account = new_account(3);
    struct usher *usher = open_account(&account);
    for (int i = 0; i < 3; i++)
        acquire(usher, &account);
    assert_int_equal(ask_number("active %s", account.id), 3);
    usher_close(usher);
    assert_int_equal(ask_number("active %s", account.id), 0);
}

static void closing_ends_in_time_when_the_server_is_away(void **state)
{
    (void)state;
    struct account account = new_account(3);
    struct usher *usher = open_account(&account);
    acquire(usher, &account);
    ask("down yes");
    int64_t start = now_ms();
    usher_close(usher);
    assert_in_range(now_ms() - start, 3000, SOON_MS);
    ask("down no");
}

struct misuse {
    struct usher *usher;
    struct usher_session *other;
    enum usher_code release_code;
    enum usher_code explain_code;
    volatile bool is_told;
};

static void misuse(struct usher_session *session, const struct usher_session_info *info,
                   const struct usher_error *error, void *context)
{
    (void)info, (void)error;
    struct misuse *misuse = context;
    misuse->release_code = usher_release(session, NULL);
    usher_release(misuse->other, NULL);
    usher_close(misuse->usher);
    struct usher_error explained;
    struct usher_request *request = usher_request_new("none");
    usher_explanation_free(usher_explain(misuse->usher, request, &explained));
    misuse->explain_code = explained.code;
    usher_request_free(request);
    sleep_ms(500);
    misuse->is_told = true;
}

static void a_callback_cannot_wait_for_itself(void **state)
{
    (void)state;
    struct account account = new_account(2);
    struct usher *usher = open_account(&account);
    struct misuse noted = {.usher = usher, .other = acquire(usher, &account)};
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    usher_request_set_ttl(request, 10);
    usher_request_set_on_change(request, misuse, &noted);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    ask("end %s %s", account.id, read_info(session).id);
    // Released while the callback runs: it waits for the callback's end.
    for (int i = 0; i < PATIENCE_S * 20 && strcmp(ask("keys_of POST :explain$"), "1 1") != 0; i++)
        sleep_ms(50);
    release(session);
    assert_true(noted.is_told);
    assert_int_equal(noted.release_code, USHER_INVALID);
    assert_int_equal(noted.explain_code, USHER_NOT_FOUND);
    release(noted.other);
    usher_request_free(request);
    usher_close(usher);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest quick[] = {
        cmocka_unit_test(a_session_tells_what_it_is),
        cmocka_unit_test(a_revoked_session_is_lost_with_its_reason),
        cmocka_unit_test(a_revoked_key_is_a_loss),
        cmocka_unit_test(a_lost_session_stands_in_line_for_another),
        cmocka_unit_test(what_is_released_while_it_is_taken_anew_leaves_nothing),
        cmocka_unit_test(a_program_that_is_killed_leaks_nothing),
        cmocka_unit_test(closing_releases_what_is_held),
        cmocka_unit_test(closing_ends_in_time_when_the_server_is_away),
        cmocka_unit_test(a_callback_cannot_wait_for_itself),
    };
    const struct CMUnitTest slow[] = {
        cmocka_unit_test(heartbeats_keep_it_alive),
        cmocka_unit_test(another_session_is_taken_in_place_of_a_lost_one),
        cmocka_unit_test(a_server_that_is_away_for_a_while_finds_it_active),
        cmocka_unit_test(a_killed_server_finds_it_active),
        cmocka_unit_test(a_lease_that_ended_while_we_were_cut_off_is_lost),
    };
    if (argc > 1 && strcmp(argv[1], "slow") == 0)
        return cmocka_run_group_tests_name("slow", slow, NULL, NULL);
    return cmocka_run_group_tests_name("quick", quick, NULL, NULL);
}
