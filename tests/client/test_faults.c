// SPDX-License-Identifier: Apache-2.0
//
// Whatever happens to a connection, wherever in the answer: one attempt is one session, and none stays behind.
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Harm that comes once: the next try gets through.
static const char *const passing[] = {
    "refuse",     "refuse_reset", "cut_before", "reset_before", "cut_in_head", "cut_after_head", "cut_in_body",
    "cut_after",  "half_close",   "slow",       "drip",         "noise",       "page",           "half_json",
    "other_json", "storm",        "storm_after", "retry_after", "limited",     "bad_gateway",
};

// Harm after which it makes no sense to go on, or harm that comes again and again.
static const char *const lasting[] = {
    "refuse", "cut_before", "cut_in_body", "half_close", "silent", "silent_before", "noise",     "page", "half_json",
    "huge",   "endless",    "storm_after", "elsewhere",  "teapot", "bad_gateway",   "retry_much_later",
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void one_fault_in_acquire_is_one_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(passing); i++) {
        print_message("acquire: %s\n", passing[i]);
        struct account account = new_account(5);
        struct usher *usher = open_account(&account);
        ask("harm POST /sessions$ %s", passing[i]);
        struct usher_session *session = acquire(usher, &account);
        assert_int_equal(ask_number("harmed"), 1);
        assert_int_equal(ask_number("active %s", account.id), 1);
        assert_int_equal(ask_number("sessions %s", account.id), 1);
        // All tries had the same key.
        assert_int_equal(ask_number("keys_of POST /sessions$"), 1);
        release(session);
        assert_int_equal(ask_number("active %s", account.id), 0);
        usher_close(usher);
    }
}

static void several_faults_in_a_row_are_one_session(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    ask("harm POST /sessions$ cut_before");
    ask("harm POST /sessions$ storm_after");
    ask("harm POST /sessions$ cut_in_body");
    ask("harm POST /sessions$ refuse");
    struct usher_session *session = acquire(usher, &account);
    assert_int_equal(ask_number("harmed"), 4);
    assert_int_equal(ask_number("sessions %s", account.id), 1);
    assert_int_equal(ask_number("keys_of POST /sessions$"), 1);
    release(session);
    usher_close(usher);
}

static void each_attempt_has_a_key_of_its_own(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_session *first = acquire(usher, &account), *second = acquire(usher, &account);
    assert_int_equal(ask_number("active %s", account.id), 2);
    assert_string_equal(ask("keys_of POST /sessions$"), "2 2");
    release(first);
    release(second);
    usher_close(usher);
}

// The attempt fails; what it may have led to is found out and given back once the way is free again.
static void an_attempt_that_fails_leaves_no_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lasting); i++) {
        print_message("acquire, again and again: %s\n", lasting[i]);
        struct account account = new_account(5);
        struct usher *usher = open_account(&account);
        struct usher_error error;
        usher_set_timeout(usher, 2, NULL);
        ask("harm POST /sessions$ %s 1000", lasting[i]);
        struct usher_request *request = usher_request_new(account.product);
        int64_t start = now_ms();
        assert_null(usher_acquire(usher, request, &error));
        assert_in_range(now_ms() - start, 0, SOON_MS);
        if (error.code != USHER_UNAVAILABLE && error.code != USHER_PROTOCOL)
            assert_code(USHER_UNAVAILABLE, &error);
        assert_true(strlen(error.detail) > 10);
        ask("clear");
        wait_active(&account, 0);
        usher_request_free(request);
        usher_close(usher);
        assert_int_equal(ask_number("active %s", account.id), 0);
    }
}

static void a_fault_in_release_ends_it_all_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(passing); i++) {
        print_message("release: %s\n", passing[i]);
        struct account account = new_account(5);
        struct usher *usher = open_account(&account);
        struct usher_session *session = acquire(usher, &account);
        ask("harm DELETE . %s", passing[i]);
        release(session);
        assert_int_equal(ask_number("harmed"), 1);
        assert_int_equal(ask_number("active %s", account.id), 0);
        usher_close(usher);
    }
}

static void a_release_that_fails_goes_on_behind(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_error error;
    ask("down yes");
    int64_t start = now_ms();
    assert_int_equal(usher_release_within(session, 1, &error), USHER_UNAVAILABLE);
    assert_in_range(now_ms() - start, 0, SOON_MS);
    assert_int_equal(ask_number("active %s", account.id), 1);
    ask("down no");
    wait_active(&account, 0);
    usher_close(usher);
}

static void a_release_has_an_end_even_when_nothing_comes(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    ask("harm DELETE . silent_before 1000");
    int64_t start = now_ms();
    assert_int_equal(usher_release_within(session, 0, NULL), USHER_UNAVAILABLE);
    assert_in_range(now_ms() - start, 0, 4000);
    start = now_ms();
    usher_close(usher);
    assert_in_range(now_ms() - start, 0, SOON_MS);
}

static void a_fault_in_explain_is_asked_again(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    for (size_t i = 0; i < COUNT(passing); i++) {
        struct usher_error error;
        print_message("explain: %s\n", passing[i]);
        // That one is an answer of another kind, and explain tells so.
        if (strcmp(passing[i], "other_json") == 0)
            continue;
        ask("clear");
        ask("harm POST :explain %s", passing[i]);
        struct usher_explanation *explanation = usher_explain(usher, request, &error);
        assert_code(USHER_OK, &error);
        assert_true(explanation->would_grant);
        assert_int_equal(ask_number("harmed"), 1);
        usher_explanation_free(explanation);
    }
    usher_request_free(request);
    usher_close(usher);
}

static void faults_in_heartbeats_are_not_the_end(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    struct changes changes;
    changes_init(&changes);
    changes_attach(&changes, request);
    usher_request_set_ttl(request, 10);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    static const char *const faults[] = {"cut_before", "half_json", "other_json", "teapot", "page", "storm"};
    for (size_t i = 0; i < COUNT(faults); i++)
        ask("harm POST /heartbeat$ %s", faults[i]);
    // Until the faults are used up and the lease's first end has passed.
    for (int i = 0; i < PATIENCE_S * 10 && ask_number("harmed") < (int64_t)COUNT(faults); i++)
        sleep_ms(100);
    assert_int_equal(ask_number("harmed"), COUNT(faults));
    changes_wait(&changes, USHER_ACTIVE);
    sleep_ms(2000);
    // Where each try takes its time, the lease's end may pass before one of them gets through.
    if (strcmp(changes_text(&changes), "away overdue active") != 0)
        assert_string_equal(changes_text(&changes), "away active");
    assert_int_equal(ask_number("active %s", account.id), 1);
    assert_int_equal(read_info(session).state, USHER_ACTIVE);
    release(session);
    usher_request_free(request);
    usher_close(usher);
    changes_fini(&changes);
}

static void retry_after_is_respected(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    ask("harm POST /sessions$ retry_after");
    int64_t start = now_ms();
    struct usher_session *session = acquire(usher, &account);
    assert_in_range(now_ms() - start, 1000, SOON_MS);
    release(session);
    // Longer than there is time: told at once.
    ask("harm POST /sessions$ retry_much_later 1000");
    start = now_ms();
    struct usher_request *request = usher_request_new(account.product);
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_UNAVAILABLE, &error);
    assert_int_equal(error.retry_after_s, 3600);
    assert_int_equal(error.status, 503);
    assert_string_equal(error.problem, "unavailable");
    assert_string_equal(error.request_id, "proxy");
    assert_in_range(now_ms() - start, 0, SOON_MS);
    usher_request_free(request);
    usher_close(usher);
}

static void refusals_are_not_sent_again(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    struct usher_request *request = usher_request_new("no-such-product");
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_NOT_FOUND, &error);
    assert_string_equal(ask("keys_of POST /sessions$"), "1 1");
    usher_request_free(request);
    usher_close(usher);
}

// The server grants, the answer is lost, and the lease is over before the next try: a new attempt, with a new key.
static void a_session_that_ended_before_its_answer_is_taken_anew(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    usher_set_timeout(usher, 60, NULL);
    usher_request_set_ttl(request, 10);
    ask("harm POST /sessions$ silent");
    int64_t start = now_ms();
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_in_range(now_ms() - start, 10000, 59000);
    assert_string_equal(ask("keys_of POST /sessions$"), "2 3");
    assert_int_equal(ask_number("active %s", account.id), 1);
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_fault_in_acquire_is_one_session),
        cmocka_unit_test(several_faults_in_a_row_are_one_session),
        cmocka_unit_test(each_attempt_has_a_key_of_its_own),
        cmocka_unit_test(an_attempt_that_fails_leaves_no_session),
        cmocka_unit_test(a_fault_in_release_ends_it_all_the_same),
        cmocka_unit_test(a_release_that_fails_goes_on_behind),
        cmocka_unit_test(a_release_has_an_end_even_when_nothing_comes),
        cmocka_unit_test(a_fault_in_explain_is_asked_again),
        cmocka_unit_test(faults_in_heartbeats_are_not_the_end),
        cmocka_unit_test(retry_after_is_respected),
        cmocka_unit_test(refusals_are_not_sent_again),
        cmocka_unit_test(a_session_that_ended_before_its_answer_is_taken_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
