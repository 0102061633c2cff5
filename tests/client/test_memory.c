// SPDX-License-Identifier: Apache-2.0
//
// Memory that runs out, at every place of the library in turn: the call says so or gets on, nothing is leaked here
// (valgrind and AddressSanitizer look on) nor on the server. The allocations of jansson and libcurl are left alone: when
// one fails in the middle of a string, jansson 2.14 writes behind its buffer.
#include "world.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **ret_text, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **ret_text, const char *format, va_list args);
int __wrap_asprintf(char **ret_text, const char *format, ...);

// The allocation that fails, counted down; 0: none, or it has failed. One for the test's own thread, one for the others.
static _Thread_local bool is_main;
static atomic_int main_countdown, others_countdown;

static bool fails(void)
{
    atomic_int *countdown = is_main ? &main_countdown : &others_countdown;
    int before = atomic_load(countdown);
    while (before > 0 && !atomic_compare_exchange_weak(countdown, &before, before - 1))
        ;
    return before == 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

int __wrap_vasprintf(char **ret_text, const char *format, va_list args)
{
    return fails() ? -1 : __real_vasprintf(ret_text, format, args);
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = fails() ? -1 : __real_vasprintf(ret_text, format, args);
    va_end(args);
    return length;
}

static struct account account;
static char folder[256];
static int met; // how often the failure came up as an error

static void note(enum usher_code code)
{
    if (code != USHER_OK && code != USHER_MEMORY && code != USHER_INVALID && code != USHER_UNAVAILABLE &&
        code != USHER_PROTOCOL && code != USHER_DENIED && code != USHER_SYSTEM)
        fail_msg("unexpected: %s", usher_code_name(code));
    met += code != USHER_OK;
}

static void hold_a_session(struct usher *usher)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new(account.product);
    usher_request_set_machine(request, "ws-17");
    usher_request_set_ttl(request, 10);
    struct usher_session *session = usher_acquire(usher, request, &error);
    note(error.code);
    usher_explanation_free(usher_explain(usher, request, &error));
    note(error.code);
    // There is one license: denied, with what was tried.
    struct usher_session *second = usher_acquire(usher, request, &error);
    usher_release(second, NULL);
    if (session != NULL) {
        usher_release(session, &error);
        note(error.code);
    }
    usher_request_free(request);
}

static void live(void)
{
    struct usher_error error;
    struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), account.key, account.id, &error);
    note(error.code);
    usher_set_timeout(usher, 1, NULL);
    note(usher_set_ca_file(usher, "/etc/passwd", usher != NULL ? &error : NULL));
    hold_a_session(usher);
    usher_close(usher);
}

static void look_at_leases(void)
{
    struct usher_error error;
    struct usher_lease lease;
    struct usher_store *store = usher_store_open(folder, &error);
    note(error.code);
    struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), account.key, account.id, NULL);
    if (store != NULL && usher != NULL) {
        usher_set_timeout(usher, 1, NULL);
        (void)usher_fetch_keys(usher, store, &error);
        bool counts = usher_lease_find(store, "KRE", &lease, &error) == USHER_OK ||
                      usher_lease_verify(store, "ushl1.e30.AA", &lease, &error) == USHER_OK;
        assert_false(counts);
    }
    usher_store_close(store);
    usher_close(usher);
}

// Where the allocation is not reached, nothing may fail; but the scenarios allow the server a second only, which may be
// too short for once.
static void fail_each(void (*scenario)(void), atomic_int *countdown, int most)
{
    for (int at = 1, late = 0; at < most; at++) {
        met = 0;
        atomic_store(countdown, at);
        scenario();
        bool was_reached = atomic_exchange(countdown, 0) == 0;
        assert_int_equal(ask_number("active %s", account.id), 0);
        if (!was_reached && met > 0 && late++ < 5) {
            at--;
        } else if (!was_reached) {
            assert_int_equal(met, 0);
            print_message("%d places\n", at - 1);
            return;
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    is_main = true;
    account = new_account(1);
    snprintf(folder, sizeof folder, "%s", ask("folder_for memory"));
    ask("canned GET usher-keys.json 200 {\"keys\":[]}");
    return 0;
}

static void a_call_survives_it(void **state)
{
    (void)state;
    fail_each(live, &main_countdown, 10000);
}

static void leases_survive_it(void **state)
{
    (void)state;
    fail_each(look_at_leases, &main_countdown, 10000);
}

// A session of ten seconds, long enough for a heartbeat; then the server is away, and it is released behind our back.
static void hold_for_a_heartbeat(void)
{
    struct usher_error error;
    struct usher *usher = open_account(&account);
    struct usher_request *request = usher_request_new(account.product);
    usher_request_set_ttl(request, 10);
    usher_request_set_reacquire(request, true);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    ask("end %s %s", account.id, read_info(session).id);
    sleep_ms(4500);
    ask("down yes");
    usher_release_within(session, 0, NULL);
    ask("down no");
    usher_request_free(request);
    usher_close(usher);
}

static void the_keeper_survives_it(void **state)
{
    (void)state;
    fail_each(hold_for_a_heartbeat, &others_countdown, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_survives_it, set_up),
        cmocka_unit_test_setup(leases_survive_it, set_up),
        cmocka_unit_test_setup(the_keeper_survives_it, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
