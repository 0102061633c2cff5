// SPDX-License-Identifier: Apache-2.0
// Many at once: threads on one handle, sessions on one handle, and whatever can happen to all of them together.
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    struct usher *usher;
    const struct account *account;
    struct usher_session *shared;
    int done;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct usher_request *request = usher_request_new(worker->account->product);
    for (int i = 0; i < 10; i++) {
        struct usher_session_info info;
        struct usher_error error;
        struct usher_session *session = usher_acquire(worker->usher, request, &error);
        usher_session_read(worker->shared, &info);
        usher_explanation_free(usher_explain(worker->usher, request, &error));
        usher_set_timeout(worker->usher, PATIENCE_S + i, NULL);
        worker->done += session != NULL && usher_release_within(session, PATIENCE_S, &error) == USHER_OK;
    }
    usher_request_free(request);
    return NULL;
}

static void many_threads_share_a_handle(void **state)
{
    (void)state;
    enum { WORKERS = 8 };
    struct account account = new_account(WORKERS + 1);
    struct usher *usher = open_account(&account);
    struct usher_session *shared = acquire(usher, &account);
    struct worker workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.usher = usher, .account = &account, .shared = shared};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].done, 10);
    }
    assert_int_equal(ask_number("active %s", account.id), 1);
    release(shared);
    usher_close(usher);
    assert_int_equal(ask_number("active %s", account.id), 0);
}

struct rover {
    pthread_t thread;
    const struct account *account;
    unsigned seed;
    int64_t until;
    atomic_int *held;
};

static int dice(struct rover *rover, int sides)
{
    return rand_r(&rover->seed) % sides;
}

static void *cancel_later(void *context)
{
    sleep_ms(20);
    usher_cancel(context);
    return NULL;
}

// For a while, and until there was something to lose.
static bool goes_on(int64_t until, atomic_int *held)
{
    int64_t now = now_ms();
    return now < until || (atomic_load(held) <= 10 && now < until + PATIENCE_S * 1000);
}

static void *rove(void *context)
{
    struct rover *rover = context;
    while (goes_on(rover->until, rover->held)) {
        struct changes changes;
        struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), rover->account->key, rover->account->id, NULL);
        struct usher_request *request = usher_request_new(rover->account->product);
        pthread_t canceller;
        bool cancels = dice(rover, 3) == 0;
        changes_init(&changes);
        changes_attach(&changes, request);
        usher_request_set_ttl(request, 10);
        usher_request_set_wait(request, dice(rover, 3));
        usher_request_set_reacquire(request, dice(rover, 2) == 0);
        usher_set_timeout(usher, 1, NULL);
        if (cancels)
            pthread_create(&canceller, NULL, cancel_later, request);
        struct usher_session *first = usher_acquire(usher, request, NULL);
        struct usher_session *second = usher_acquire(usher, request, NULL);
        atomic_fetch_add(rover->held, (first != NULL) + (second != NULL));
        sleep_ms(dice(rover, 300));
        if (dice(rover, 2) == 0)
            usher_release_within(second, dice(rover, 2), NULL);
        if (cancels)
            pthread_join(canceller, NULL);
        usher_close(usher);
        usher_request_free(request);
        changes_fini(&changes);
    }
    return NULL;
}

static void whatever_happens_nothing_stays_behind(void **state)
{
    (void)state;
    enum { ROVERS = 6 };
    struct account account = new_account(4);
    struct rover rovers[ROVERS];
    int64_t until = now_ms() + 8000;
    atomic_int held = 0;
    for (unsigned i = 0; i < ROVERS; i++) {
        rovers[i] = (struct rover){.account = &account, .seed = i, .until = until, .held = &held};
        pthread_create(&rovers[i].thread, NULL, rove, &rovers[i]);
    }
    while (goes_on(until, &held)) {
        static const char *const faults[] = {"cut_before", "silent", "half_json", "storm_after"};
        ask("harm * /sessions %s", faults[now_ms() % 4]);
        ask("end_all %s", account.id);
        sleep_ms(150);
        ask("hang_up");
    }
    for (int i = 0; i < ROVERS; i++)
        pthread_join(rovers[i].thread, NULL);
    assert_true(held > 10);
    // By usher_close, or where the harm went on, by the end of the lease.
    ask("clear");
    wait_active(&account, 0);
}

static void many_sessions_live_on_one_handle(void **state)
{
    (void)state;
    enum { SESSIONS = 40 };
    struct account account = new_account(SESSIONS);
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    struct usher_session *sessions[SESSIONS];
    usher_request_set_ttl(request, 10);
    for (int i = 0; i < SESSIONS; i++) {
        sessions[i] = usher_acquire(usher, request, NULL);
        assert_non_null(sessions[i]);
    }
    sleep_ms(12000);
    assert_int_equal(ask_number("active %s", account.id), SESSIONS);
    for (int i = 0; i < SESSIONS; i += 2)
        release(sessions[i]);
    assert_int_equal(ask_number("active %s", account.id), SESSIONS / 2);
    usher_request_free(request);
    usher_close(usher);
    assert_int_equal(ask_number("active %s", account.id), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_share_a_handle),
        cmocka_unit_test(whatever_happens_nothing_stays_behind),
        cmocka_unit_test(many_sessions_live_on_one_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
