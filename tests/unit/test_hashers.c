// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "server/hashers.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

enum { JOBS = HASHERS_LINE_MAX + HASHERS_TRUSTED_MAX + 3 };

struct desk {
    pthread_mutex_t gate; // held by the test, it keeps the thread at its first job
    struct hashers *hashers;
    struct arena arena;
    struct call calls[JOBS];
    struct job jobs[JOBS];
    int done[JOBS], done_count;
    atomic_int arrived; // at the gate
};

static void note_done(void *user, struct job *job)
{
    struct desk *desk = user;
    atomic_fetch_add(&desk->arrived, 1);
    pthread_mutex_lock(&desk->gate);
    desk->done[desk->done_count++] = (int)(job - desk->jobs);
    pthread_mutex_unlock(&desk->gate);
}

static int start(void **state)
{
    assert_true(sodium_init() >= 0);
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    pthread_mutex_init(&desk->gate, NULL);
    pthread_mutex_lock(&desk->gate);
    arena_init(&desk->arena);
    desk->hashers = hashers_open(note_done, desk);
    for (int i = 0; i < JOBS; i++) {
        desk->calls[i].arena = &desk->arena;
        desk->jobs[i].call = &desk->calls[i];
    }
    *state = desk;
    return 0;
}

static int stop(void **state)
{
    struct desk *desk = *state;
    pthread_mutex_destroy(&desk->gate);
    arena_fini(&desk->arena);
    free(desk);
    return 0;
}

static bool submit(struct desk *desk, int job, bool is_trusted)
{
    desk->calls[job].password.is_trusted = is_trusted;
    return hashers_submit(desk->hashers, &desk->jobs[job]);
}

// Lets all go, and waits until they are done.
static void finish(struct desk *desk, int count)
{
    pthread_mutex_unlock(&desk->gate);
    for (bool is_done = false; !is_done; usleep(1000)) {
        pthread_mutex_lock(&desk->gate);
        is_done = desk->done_count == count;
        pthread_mutex_unlock(&desk->gate);
    }
    hashers_close(desk->hashers);
}

// Until the thread has taken the first: it stands at the gate then.
static void hold(struct desk *desk)
{
    assert_true(submit(desk, 0, false));
    while (atomic_load(&desk->arrived) == 0)
        usleep(1000);
}

static void lines_end_and_the_trusted_go_first(void **state)
{
    struct desk *desk = *state;
    hold(desk);
    int job = 1;
    for (int i = 0; i < HASHERS_LINE_MAX; i++)
        assert_true(submit(desk, job++, false));
    assert_false(submit(desk, JOBS - 1, false));
    for (int i = 0; i < HASHERS_TRUSTED_MAX; i++)
        assert_true(submit(desk, job++, true));
    assert_false(submit(desk, JOBS - 1, true));
    finish(desk, job);
    assert_int_equal(desk->done[0], 0);
    for (int i = 0; i < HASHERS_TRUSTED_MAX; i++)
        assert_int_equal(desk->done[1 + i], 1 + HASHERS_LINE_MAX + i);
    for (int i = 0; i < HASHERS_LINE_MAX; i++)
        assert_int_equal(desk->done[1 + HASHERS_TRUSTED_MAX + i], 1 + i);
}

static void a_hash_is_of_its_password(void **state)
{
    struct desk *desk = *state;
    struct password_work *password = &desk->calls[0].password;
    *password = (struct password_work){.wanted = "correct horse battery"};
    assert_true(submit(desk, 0, false));
    finish(desk, 1);
    assert_int_equal(password->state, PASSWORD_HASHED);
    assert_memory_equal(password->made, "$argon2id$", 10);
    assert_int_equal(crypto_pwhash_str_verify(password->made, "correct horse battery", 21), 0);
}

static void right_and_wrong_are_told_apart_and_another_is_made(void **state)
{
    struct desk *desk = *state;
    const char *kept = password_hash(&desk->arena, "correct horse battery");
    desk->calls[0].password = (struct password_work){.kept = kept, .given = "correct horse battery"};
    desk->calls[1].password = (struct password_work){.kept = kept, .given = "correct horse battery ", .wanted = "another"};
    assert_true(submit(desk, 0, false));
    assert_true(submit(desk, 1, false));
    finish(desk, 2);
    assert_true(desk->calls[0].password.is_right);
    assert_null(desk->calls[0].password.made);
    assert_int_equal(desk->calls[1].password.state, PASSWORD_HASHED);
    assert_false(desk->calls[1].password.is_right);
    assert_non_null(desk->calls[1].password.made);
}

static void a_hash_that_is_none_is_no_wrong_password(void **state)
{
    struct desk *desk = *state;
    desk->calls[0].password = (struct password_work){.kept = "$argon2id$damaged", .given = "correct horse battery"};
    assert_true(submit(desk, 0, false));
    finish(desk, 1);
    assert_int_equal(desk->calls[0].password.state, PASSWORD_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_end_and_the_trusted_go_first, start, stop),
        cmocka_unit_test_setup_teardown(a_hash_is_of_its_password, start, stop),
        cmocka_unit_test_setup_teardown(right_and_wrong_are_told_apart_and_another_is_made, start, stop),
        cmocka_unit_test_setup_teardown(a_hash_that_is_none_is_no_wrong_password, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
