// SPDX-License-Identifier: Apache-2.0
// Calls that are cancelled, by a thread or by the handler of a signal: at once, and nothing stays granted.
#include "world.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static void *cancel_soon(void *context)
{
    sleep_ms(1200);
    usher_cancel(context);
    return NULL;
}

struct canceller {
    pthread_t thread;
    const struct account *account;
    struct usher_request *request;
};

static void *cancel_in_line(void *context)
{
    struct canceller *canceller = context;
    wait_in_line(canceller->account, 1);
    usher_cancel(canceller->request);
    return NULL;
}

static void *cancel_when_granted(void *context)
{
    struct canceller *canceller = context;
    wait_active(canceller->account, 1);
    usher_cancel(canceller->request);
    return NULL;
}

static struct usher_request *signalled;

static void on_signal(int number)
{
    (void)number;
    usher_cancel(signalled);
}

static void expect_cancelled(struct usher *usher, struct usher_request *request)
{
    struct usher_error error;
    int64_t start = now_ms();
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_CANCELLED, &error);
    assert_in_range(now_ms() - start, 0, SOON_MS);
    // It stays cancelled.
    assert_null(usher_acquire(usher, request, &error));
    assert_code(USHER_CANCELLED, &error);
}

static void a_waiting_call_is_cancelled_by_a_thread(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_request *request = usher_request_new(account.product);
    struct canceller canceller = {.account = &account, .request = request};
    usher_request_set_wait(request, 600);
    pthread_create(&canceller.thread, NULL, cancel_in_line, &canceller);
    expect_cancelled(usher, request);
    pthread_join(canceller.thread, NULL);
    release(session);
    sleep_ms(500);
    // If it was granted at the end, it was given back.
    wait_active(&account, 0);
    usher_request_free(request);
    usher_close(usher);
}

static void a_waiting_call_is_cancelled_by_a_signal_handler(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_request *request = signalled = usher_request_new(account.product);
    struct sigaction action = {.sa_handler = on_signal}, before;
    struct itimerval soon = {.it_value = {.tv_sec = 1, .tv_usec = 200000}};
    sigaction(SIGALRM, &action, &before);
    usher_request_set_wait(request, 600);
    setitimer(ITIMER_REAL, &soon, NULL);
    expect_cancelled(usher, request);
    sigaction(SIGALRM, &before, NULL);
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

static void a_call_that_waits_for_a_server_is_cancelled(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    pthread_t thread;
    ask("down yes");
    pthread_create(&thread, NULL, cancel_soon, request);
    expect_cancelled(usher, request);
    pthread_join(thread, NULL);
    ask("down no");
    usher_request_free(request);
    usher_close(usher);
}

// Granted, but the call is cancelled before it hears of it: the license comes back.
static void what_was_granted_to_a_cancelled_call_is_given_back(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct canceller canceller = {.account = &account, .request = request};
    ask("harm POST /sessions$ silent");
    pthread_create(&canceller.thread, NULL, cancel_when_granted, &canceller);
    expect_cancelled(usher, request);
    pthread_join(canceller.thread, NULL);
    wait_active(&account, 0);
    assert_int_equal(ask_number("sessions %s", account.id), 1);
    // Or, when the handle is closed at once, before that.
    usher_request_free(request);
    request = canceller.request = usher_request_new(account.product);
    ask("harm POST /sessions$ silent");
    pthread_create(&canceller.thread, NULL, cancel_when_granted, &canceller);
    expect_cancelled(usher, request);
    pthread_join(canceller.thread, NULL);
    usher_close(usher);
    assert_int_equal(ask_number("active %s", account.id), 0);
    usher_request_free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiting_call_is_cancelled_by_a_thread),
        cmocka_unit_test(a_waiting_call_is_cancelled_by_a_signal_handler),
        cmocka_unit_test(a_call_that_waits_for_a_server_is_cancelled),
        cmocka_unit_test(what_was_granted_to_a_cancelled_call_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
