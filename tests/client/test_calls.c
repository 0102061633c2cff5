// SPDX-License-Identifier: Apache-2.0
// What each call takes, refuses and tells.
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused(const char *url, const char *key, const char *account)
{
    struct usher_error error;
    memset(&error, 0xff, sizeof error);
    assert_null(usher_open(url, key, account, &error));
    assert_code(USHER_INVALID, &error);
    assert_int_equal(error.status, 0);
    assert_int_equal(error.retry_after_s, -1);
    assert_string_equal(error.problem, "");
    assert_true(strlen(error.detail) > 20);
}

static void open_refuses_what_cannot_be(void **state)
{
    (void)state;
    refused("licenses.example.com", "k", NULL);
    refused("ftp://licenses.example.com", "k", NULL);
    refused("http://", "k", NULL);
    refused("", "k", NULL);
    refused("http://user:secret@licenses.example.com", "k", NULL);
    refused("http://licenses.example.com/?a=b", "k", NULL);
    refused("http://licenses.example.com/#x", "k", NULL);
    refused("http://licenses.example.com:99999", "k", NULL);
    refused("http://licenses.example.com", "", NULL);
    refused("http://licenses.example.com", "two words", NULL);
    refused("http://licenses.example.com", "line\r\nX-Header: 1", NULL);
    refused("http://licenses.example.com", NULL, NULL);
    refused("http://licenses.example.com", "k", "");
    refused("http://licenses.example.com", "k", "../AC-1");
    refused("http://licenses.example.com", "k", "AC-1?x");
    // The secret is not told again.
    struct usher_error error;
    assert_null(usher_open("http://user:secret@licenses.example.com", "k", NULL, &error));
    assert_null(strstr(error.detail, "secret"));
}

static void open_reads_the_environment(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher_error error;
    setenv("USHER_URL", getenv("USHER_TEST_PROXY"), 1);
    setenv("USHER_KEY", account.key, 1);
    setenv("USHER_ACCOUNT", "", 1);
    struct usher *usher = usher_open(NULL, NULL, NULL, &error);
    assert_code(USHER_OK, &error);
    release(acquire(usher, &account));
    assert_int_equal(atoi(strchr(ask("keys_of POST /accounts/self/sessions$"), ' ')), 1);
    usher_close(usher);
    setenv("USHER_ACCOUNT", account.id, 1);
    usher = usher_open(NULL, NULL, NULL, &error);
    assert_code(USHER_OK, &error);
    release(acquire(usher, &account));
    assert_int_equal(atoi(strchr(ask("keys_of POST /accounts/%s/sessions$", account.id), ' ')), 1);
    usher_close(usher);
    unsetenv("USHER_URL");
    unsetenv("USHER_KEY");
    unsetenv("USHER_ACCOUNT");
}

static void a_slash_at_the_end_of_the_address_is_no_matter(void **state)
{
    (void)state;
    struct account account = new_account(1);
    char url[256];
    snprintf(url, sizeof url, "%s//", getenv("USHER_TEST_PROXY"));
    struct usher *usher = usher_open(url, account.key, account.id, NULL);
    release(acquire(usher, &account));
    usher_close(usher);
}

static void null_is_taken_everywhere(void **state)
{
    (void)state;
    struct usher_error error;
    struct usher_session_info info;
    struct usher_lease lease;
    usher_close(NULL);
    usher_cancel(NULL);
    usher_request_free(NULL);
    usher_explanation_free(NULL);
    usher_store_close(NULL);
    usher_request_set_user(NULL, "US-1");
    usher_request_set_project(NULL, NULL);
    usher_request_set_organization(NULL, NULL);
    usher_request_set_machine(NULL, "m");
    usher_request_set_count(NULL, 1);
    usher_request_set_ttl(NULL, 10);
    usher_request_set_wait(NULL, 10);
    usher_request_set_origin(NULL, "platform");
    usher_request_set_reacquire(NULL, true);
    usher_request_set_idempotency_key(NULL, "k");
    usher_request_set_on_change(NULL, NULL, NULL);
    assert_null(usher_request_denial(NULL));
    assert_null(usher_acquire(NULL, NULL, &error));
    assert_code(USHER_INVALID, &error);
    assert_null(usher_acquire(NULL, NULL, NULL));
    assert_null(usher_explain(NULL, NULL, NULL));
    assert_int_equal(usher_release(NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_release_within(NULL, 1, &error), USHER_INVALID);
    assert_int_equal(usher_session_read(NULL, &info), USHER_INVALID);
    assert_int_equal(usher_check_in(NULL, "P", NULL, NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_set_timeout(NULL, 1, NULL), USHER_INVALID);
    assert_int_equal(usher_set_ca_file(NULL, NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_fetch_keys(NULL, NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_borrow(NULL, NULL, NULL, 1, NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_lease_verify(NULL, NULL, &lease, NULL), USHER_INVALID);
    assert_int_equal(usher_lease_find(NULL, NULL, &lease, NULL), USHER_INVALID);
    assert_int_equal(usher_lease_return(NULL, NULL, NULL, NULL), USHER_INVALID);
    assert_int_equal(usher_machine_fingerprint(NULL, NULL), USHER_INVALID);

    struct usher *usher = usher_open("http://127.0.0.1:1", "k", NULL, NULL);
    assert_null(usher_acquire(usher, NULL, &error));
    assert_code(USHER_INVALID, &error);
    usher_close(usher);
}

enum member { PRODUCT, USER, PROJECT, ORGANIZATION, MACHINE, COUNT, TTL, WAIT, ORIGIN, KEY };

static void wrong(struct usher *usher, enum member member, const char *text, int64_t number)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new(member == PRODUCT ? text : "KRE");
    switch (member) {
    case PRODUCT:
        break;
    case USER:
        usher_request_set_user(request, text);
        break;
    case PROJECT:
        usher_request_set_project(request, text);
        break;
    case ORGANIZATION:
        usher_request_set_organization(request, text);
        break;
    case MACHINE:
        usher_request_set_machine(request, text);
        break;
    case COUNT:
        usher_request_set_count(request, number);
        break;
    case TTL:
        usher_request_set_ttl(request, number);
        break;
    case WAIT:
        usher_request_set_wait(request, number);
        break;
    case ORIGIN:
        usher_request_set_origin(request, text);
        break;
    case KEY:
        usher_request_set_idempotency_key(request, text);
        break;
    }
    // What is set rightly afterwards does not make it good.
    usher_request_set_count(request, 1);
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_INVALID, &error);
    assert_non_null(strstr(error.detail, "is not"));
    assert_null(usher_explain(usher, request, &error));
    assert_code(USHER_INVALID, &error);
    usher_request_free(request);
}

static void wrong_values_are_told_by_the_call_that_uses_them(void **state)
{
    (void)state;
    struct usher *usher = usher_open("http://127.0.0.1:1", "k", NULL, NULL);
    char name[600];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    wrong(usher, PRODUCT, NULL, 0);
    wrong(usher, PRODUCT, "", 0);
    wrong(usher, PRODUCT, "a b", 0);
    wrong(usher, PRODUCT, name, 0);
    wrong(usher, USER, "US 1", 0);
    wrong(usher, USER, "", 0);
    wrong(usher, PROJECT, "PR/1", 0);
    wrong(usher, ORGANIZATION, name, 0);
    wrong(usher, MACHINE, "", 0);
    wrong(usher, MACHINE, name, 0);
    wrong(usher, MACHINE, "\xff", 0);
    wrong(usher, COUNT, NULL, 0);
    wrong(usher, COUNT, NULL, 1001);
    wrong(usher, COUNT, NULL, INT64_MIN);
    wrong(usher, TTL, NULL, 9);
    wrong(usher, TTL, NULL, 86401);
    wrong(usher, WAIT, NULL, -1);
    wrong(usher, WAIT, NULL, INT64_MAX);
    wrong(usher, ORIGIN, "elsewhere", 0);
    wrong(usher, KEY, "", 0);
    wrong(usher, KEY, "a b", 0);
    name[65] = '\0';
    wrong(usher, KEY, name, 0);
    assert_int_equal(usher_set_timeout(usher, 0, NULL), USHER_INVALID);
    assert_int_equal(usher_set_timeout(usher, 86401, NULL), USHER_INVALID);
    assert_int_equal(usher_set_ca_file(usher, "/nowhere.pem", NULL), USHER_INVALID);
    assert_int_equal(usher_set_ca_file(usher, NULL, NULL), USHER_OK);
    usher_close(usher);
}

static void nobody_there_is_unavailable(void **state)
{
    (void)state;
    struct usher_error error;
    struct usher *usher = usher_open("http://127.0.0.1:1", "k", NULL, NULL);
    struct usher_request *request = usher_request_new("KRE");
    usher_set_timeout(usher, 1, NULL);
    int64_t start = now_ms();
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_UNAVAILABLE, &error);
    assert_in_range(now_ms() - start, 0, SOON_MS);
    usher_close(usher);
    usher = usher_open("http://no-such-host.invalid", "k", NULL, NULL);
    usher_set_timeout(usher, 1, NULL);
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_UNAVAILABLE, &error);
    usher_close(usher);
    usher_request_free(request);
}

static void a_key_that_does_not_count_is_unauthenticated(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher_error error;
    struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), "ushk_none", account.id, NULL);
    struct usher_request *request = usher_request_new(account.product);
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_UNAUTHENTICATED, &error);
    assert_int_equal(error.status, 401);
    assert_string_equal(error.problem, "unauthenticated");
    assert_true(strlen(error.request_id) > 0);
    usher_request_free(request);
    usher_close(usher);
}

static void a_denial_tells_what_was_tried(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    assert_null(usher_request_denial(request));
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_DENIED, &error);
    assert_int_equal(error.status, 409);
    assert_string_equal(error.problem, "no-license-available");
    assert_string_equal(error.reason, "exhausted");
    assert_in_range(error.retry_after_s, 1, 120);
    const struct usher_explanation *denial = usher_request_denial(request);
    assert_non_null(denial);
    assert_false(denial->would_grant);
    assert_string_equal(denial->error, "no-license-available");
    assert_string_equal(denial->product, account.product);
    assert_string_equal(denial->policy, "unrestricted");
    assert_true(denial->fallback);
    assert_int_equal(denial->tried_count, 1);
    assert_int_equal(denial->tried_total, 1);
    const struct usher_trial *trial = denial->tried[0];
    assert_string_equal(trial->level, account.id);
    assert_string_equal(trial->rule, "fallback");
    assert_string_equal(trial->reason, "exhausted");
    assert_int_equal(trial->dedicated, 1);
    assert_int_equal(trial->assigned, 1);
    assert_int_equal(trial->available, 0);
    assert_int_equal(denial->reasons_count, 1);
    assert_string_equal(denial->reasons[0]->reason, "exhausted");
    assert_int_equal(denial->reasons[0]->count, 1);
    // The next use forgets it.
    release(session);
    session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_null(usher_request_denial(request));
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

static void explain_tells_and_takes_nothing(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    struct usher_explanation *explanation = usher_explain(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_true(explanation->would_grant);
    assert_string_equal(explanation->level, account.id);
    assert_string_equal(explanation->via, "fallback");
    assert_null(explanation->error);
    assert_string_equal(explanation->user, account.user);
    assert_int_equal(explanation->count, 1);
    assert_null(explanation->tried[explanation->tried_count - 1]->reason);
    usher_explanation_free(explanation);
    assert_int_equal(ask_number("sessions %s", account.id), 0);
    struct usher_session *session = acquire(usher, &account);
    explanation = usher_explain(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_false(explanation->would_grant);
    assert_null(explanation->level);
    assert_string_equal(explanation->error, "no-license-available");
    usher_explanation_free(explanation);
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

static void a_key_of_ones_own_takes_an_attempt_up_again(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_error error;
    usher_request_set_idempotency_key(request, "build-17");
    usher_set_timeout(usher, 1, NULL);
    // The server grants and the answer never comes: with one's own key that is not undone.
    ask("harm POST /sessions$ cut_before 1000");
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_UNAVAILABLE, &error);
    ask("clear");
    wait_active(&account, 1);
    sleep_ms(1000);
    assert_int_equal(ask_number("active %s", account.id), 1);
    usher_set_timeout(usher, PATIENCE_S, NULL);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_int_equal(error.status, 200);
    assert_int_equal(ask_number("sessions %s", account.id), 1);
    release(session);
    // Over is over.
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_ENDED, &error);
    usher_request_free(request);
    usher_close(usher);
}

static void names_are_stable(void **state)
{
    (void)state;
    assert_string_equal(usher_version(), USHER_VERSION);
    assert_string_equal(usher_code_name(USHER_OK), "ok");
    assert_string_equal(usher_code_name(USHER_DENIED), "denied");
    assert_string_equal(usher_code_name(USHER_CLOCK_TURNED_BACK), "clock-turned-back");
    assert_string_equal(usher_code_name((enum usher_code)99), "unknown");
    assert_string_equal(usher_state_name(USHER_OVERDUE), "overdue");
    assert_string_equal(usher_state_name((enum usher_state)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_refuses_what_cannot_be),
        cmocka_unit_test(open_reads_the_environment),
        cmocka_unit_test(a_slash_at_the_end_of_the_address_is_no_matter),
        cmocka_unit_test(null_is_taken_everywhere),
        cmocka_unit_test(wrong_values_are_told_by_the_call_that_uses_them),
        cmocka_unit_test(nobody_there_is_unavailable),
        cmocka_unit_test(a_key_that_does_not_count_is_unauthenticated),
        cmocka_unit_test(a_denial_tells_what_was_tried),
        cmocka_unit_test(explain_tells_and_takes_nothing),
        cmocka_unit_test(a_key_of_ones_own_takes_an_attempt_up_again),
        cmocka_unit_test(names_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
