// SPDX-License-Identifier: Apache-2.0
//
// Standing in line for a license, with everything that can happen to the connection meanwhile.
#include "world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
    pthread_t thread;
    struct usher *usher;
    struct usher_request *request;
    struct usher_session *session;
    struct usher_error error;
    int64_t ended_at;
};

static void *stand_in_line(void *context)
{
    struct waiter *waiter = context;
    waiter->session = usher_acquire(waiter->usher, waiter->request, &waiter->error);
    waiter->ended_at = now_ms();
    return NULL;
}

static void begin(struct waiter *waiter, struct usher *usher, const struct account *account, int64_t wait_s)
{
    *waiter = (struct waiter){.usher = usher, .request = usher_request_new(account->product)};
    usher_request_set_wait(waiter->request, wait_s);
    pthread_create(&waiter->thread, NULL, stand_in_line, waiter);
}

static void end(struct waiter *waiter, enum usher_code code)
{
    pthread_join(waiter->thread, NULL);
    assert_code(code, &waiter->error);
    assert_true((waiter->session != NULL) == (code == USHER_OK));
}

static void finish(struct waiter *waiter)
{
    if (waiter->session != NULL)
        release(waiter->session);
    usher_request_free(waiter->request);
}

static void a_license_that_comes_back_ends_the_wait(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    begin(&waiter, usher, &account, 60);
    wait_in_line(&account, 1);
    sleep_ms(1000);
    assert_int_equal(waiter.ended_at, 0);
    int64_t freed_at = now_ms();
    release(session);
    end(&waiter, USHER_OK);
    assert_in_range(waiter.ended_at - freed_at, 0, SOON_MS);
    // By its own reckoning the lease ends no later than by the server.
    assert_in_range(read_info(waiter.session).remaining_s, 90, 119);
    assert_int_equal(ask_number("sessions %s", account.id), 2);
    finish(&waiter);
    usher_close(usher);
}

static void the_wait_ends_with_the_denial(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    int64_t start = now_ms();
    begin(&waiter, usher, &account, 2);
    end(&waiter, USHER_DENIED);
    assert_in_range(waiter.ended_at - start, 1500, SOON_MS);
    assert_non_null(usher_request_denial(waiter.request));
    finish(&waiter);
    release(session);
    usher_close(usher);
}

static void a_wait_longer_than_the_timeout_is_no_timeout(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    usher_set_timeout(usher, 1, NULL);
    begin(&waiter, usher, &account, 30);
    sleep_ms(4000);
    assert_int_equal(waiter.ended_at, 0);
    release(session);
    end(&waiter, USHER_OK);
    finish(&waiter);
    usher_close(usher);
}

static void a_cut_connection_keeps_the_place_in_line(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter first, second;
    begin(&first, usher, &account, 60);
    wait_in_line(&account, 1);
    begin(&second, usher, &account, 60);
    wait_in_line(&account, 2);
    for (int i = 0; i < 3; i++) {
        ask("hang_up");
        // Both are back, and their former requests have left.
        wait_asked(3 + 2 * (i + 1));
        sleep_ms(100);
        wait_in_line(&account, 2);
    }
    // The first is still the first.
    release(session);
    end(&first, USHER_OK);
    sleep_ms(300);
    assert_int_equal(second.ended_at, 0);
    release(first.session);
    first.session = NULL;
    end(&second, USHER_OK);
    assert_int_equal(ask_number("sessions %s", account.id), 3);
    // Each attempt kept its key, however often it was sent.
    assert_int_equal(ask_number("keys_of POST /sessions$"), 3);
    finish(&first);
    finish(&second);
    usher_close(usher);
}

// The connection ends in the moment in which the license is granted.
static void a_grant_whose_answer_is_lost_is_told_again(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    ask("harm POST /sessions$ cut_before");
    begin(&waiter, usher, &account, 60);
    wait_in_line(&account, 1);
    release(session);
    end(&waiter, USHER_OK);
    assert_int_equal(ask_number("harmed"), 1);
    assert_int_equal(ask_number("active %s", account.id), 1);
    assert_int_equal(ask_number("sessions %s", account.id), 2);
    finish(&waiter);
    assert_int_equal(ask_number("active %s", account.id), 0);
    usher_close(usher);
}

static void the_wait_goes_on_over_a_restart_of_the_server(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    begin(&waiter, usher, &account, 60);
    wait_in_line(&account, 1);
    ask("stop");
    sleep_ms(1500);
    ask("start");
    sleep_ms(2000);
    assert_int_equal(waiter.ended_at, 0);
    release(session);
    end(&waiter, USHER_OK);
    finish(&waiter);
    usher_close(usher);
}

static void the_wait_goes_on_when_the_server_is_killed(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    begin(&waiter, usher, &account, 60);
    wait_in_line(&account, 1);
    ask("kill");
    ask("start");
    sleep_ms(2000);
    release(session);
    end(&waiter, USHER_OK);
    assert_int_equal(ask_number("active %s", account.id), 1);
    finish(&waiter);
    usher_close(usher);
}

static void who_closes_in_line_leaves_nothing(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account), *other = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct waiter waiter;
    begin(&waiter, other, &account, 60);
    wait_in_line(&account, 1);
    usher_cancel(waiter.request);
    end(&waiter, USHER_CANCELLED);
    finish(&waiter);
    usher_close(other);
    release(session);
    // Whoever comes next has it at once.
    session = acquire(usher, &account);
    assert_int_equal(ask_number("active %s", account.id), 1);
    release(session);
    usher_close(usher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_license_that_comes_back_ends_the_wait),
        cmocka_unit_test(the_wait_ends_with_the_denial),
        cmocka_unit_test(a_wait_longer_than_the_timeout_is_no_timeout),
        cmocka_unit_test(a_cut_connection_keeps_the_place_in_line),
        cmocka_unit_test(a_grant_whose_answer_is_lost_is_told_again),
        cmocka_unit_test(the_wait_goes_on_over_a_restart_of_the_server),
        cmocka_unit_test(the_wait_goes_on_when_the_server_is_killed),
        cmocka_unit_test(who_closes_in_line_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
