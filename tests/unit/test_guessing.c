// SPDX-License-Identifier: Apache-2.0
// Who guesses is slowed, and nobody else. Time is a number here.
#include "unit.h"

#include "server/guessing.h"

#include <sodium.h>
#include <string.h>

enum { SECOND = 1000, HOUR = 3600 * SECOND };

static struct guessing guessing;
static int64_t now;

static int start(void **state)
{
    (void)state;
    assert_true(sodium_init() >= 0);
    guessing_init(&guessing);
    now = 100 * SECOND;
    return 0;
}

static unsigned begin_at(struct attempt *attempt, const char *address, const char *name)
{
    return guessing_begin(&guessing, attempt, address, 1, name, true, now);
}

// Seconds to wait; 0: it was made, and came to this.
static unsigned attempt(const char *address, const char *name, enum attempt_end end)
{
    struct attempt made;
    unsigned wait_s = begin_at(&made, address, name);
    guessing_end(&guessing, &made, end, now);
    return wait_s;
}

static void fail_times(const char *address, const char *name, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(attempt(address, name, ATTEMPT_WRONG), 0);
}

// Waits as long as is asked for; how long that was.
static unsigned fail_again(const char *address, const char *name)
{
    unsigned wait_s = attempt(address, name, ATTEMPT_WRONG);
    assert_true(wait_s > 0);
    now += (int64_t)wait_s * SECOND - 1;
    assert_int_equal(attempt(address, name, ATTEMPT_WRONG), 1);
    now += 1;
    assert_int_equal(attempt(address, name, ATTEMPT_WRONG), 0);
    return wait_s;
}

static void five_are_free_and_the_wait_doubles_up_to_a_quarter_of_an_hour(void **state)
{
    (void)state;
    static const unsigned waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900};
    fail_times("192.0.2.1", "alice@example.com", 5);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        assert_int_equal(fail_again("192.0.2.1", "alice@example.com"), waits[i]);
}

static void an_hour_without_attempts_is_forgotten(void **state)
{
    (void)state;
    fail_times("192.0.2.1", "alice@example.com", 5);
    now += HOUR - 1;
    fail_times("192.0.2.1", "alice@example.com", 1); // one more than five: it did wait long enough
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_WRONG), 2);
    now += HOUR;
    fail_times("192.0.2.1", "alice@example.com", 5);
}

static void a_name_is_the_same_in_any_case_and_another_in_another_account(void **state)
{
    (void)state;
    fail_times("192.0.2.1", "alice@example.com", 5);
    assert_int_equal(attempt("192.0.2.1", "ALICE@Example.Com", ATTEMPT_WRONG), 1);
    struct attempt other;
    assert_int_equal(guessing_begin(&guessing, &other, "192.0.2.1", 2, "alice@example.com", true, now), 0);
}

static void at_another_address_a_name_is_free_until_it_is_tried_from_everywhere(void **state)
{
    (void)state;
    char address[32];
    for (int i = 0; i < 5; i++) {
        snprintf(address, sizeof address, "192.0.2.%d", i);
        fail_times(address, "alice@example.com", 4);
    }
    assert_int_equal(attempt("198.51.100.7", "alice@example.com", ATTEMPT_WRONG), 1);
    fail_times("198.51.100.7", "bob@example.com", 1);
}

static void an_address_that_tries_many_names_is_slowed_for_all(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d@example.com", i);
        fail_times("192.0.2.1", name, 1);
    }
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_WRONG), 1);
    fail_times("192.0.2.2", "alice@example.com", 1);
}

static void the_addresses_of_one_ipv6_network_are_one(void **state)
{
    (void)state;
    char address[64];
    for (int i = 0; i < 5; i++) {
        snprintf(address, sizeof address, "2001:db8:1:2::%d", i + 1);
        fail_times(address, "alice@example.com", 1);
    }
    assert_int_equal(attempt("2001:db8:1:2:ffff::9", "alice@example.com", ATTEMPT_WRONG), 1);
    fail_times("2001:db8:1:3::1", "alice@example.com", 1);
}

static void who_has_signed_in_before_is_not_locked_out_by_others(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_RIGHT), 0);
    for (int i = 0; i < 40; i++) { // for her name, from everywhere
        snprintf(text, sizeof text, "198.51.100.%d", i);
        attempt(text, "alice@example.com", ATTEMPT_WRONG);
    }
    for (int i = 0; i < 80; i++) { // from where she is, for other names
        snprintf(text, sizeof text, "%d@example.com", i);
        attempt("192.0.2.1", text, ATTEMPT_WRONG);
    }
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_RIGHT), 0);
    assert_true(attempt("192.0.2.9", "alice@example.com", ATTEMPT_RIGHT) > 0);
    assert_true(attempt("192.0.2.1", "bob@example.com", ATTEMPT_RIGHT) > 0);
    // Her own mistakes count there, for her alone.
    fail_times("192.0.2.1", "alice@example.com", 5);
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_RIGHT), 1);
    now += GUESSING_KNOWN_S * INT64_C(1000);
    struct attempt late;
    assert_int_equal(begin_at(&late, "192.0.2.1", "alice@example.com"), 0);
    assert_false(late.is_known);
}

static void a_right_one_begins_anew(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        fail_times("192.0.2.1", "alice@example.com", 4);
        assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_RIGHT), 0);
    }
}

// Or whoever has one password could guess the others without end, signing in in between.
static void a_right_one_does_not_clear_the_address(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d@example.com", i);
        assert_int_equal(attempt("192.0.2.1", name, ATTEMPT_WRONG), 0);
        assert_int_equal(attempt("192.0.2.1", "mallory@example.com", ATTEMPT_RIGHT), 0);
    }
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_WRONG), 1);
}

static void what_was_not_judged_does_not_count(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_NONE), 0);
}

static void many_at_once_count_from_their_beginning(void **state)
{
    (void)state;
    struct attempt attempts[6];
    for (int i = 0; i < 5; i++)
        assert_int_equal(begin_at(&attempts[i], "192.0.2.1", "alice@example.com"), 0);
    assert_int_equal(begin_at(&attempts[5], "192.0.2.1", "alice@example.com"), 1);
    guessing_end(&guessing, &attempts[5], ATTEMPT_NONE, now); // it was none: nothing is taken back
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_WRONG), 1);
}

static void places_run_out_without_harm(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 4 * GUESSING_PLACES; i++) {
        snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
        attempt(text, text, ATTEMPT_WRONG);
        now++;
    }
    fail_times("192.0.2.1", "alice@example.com", 5);
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_WRONG), 1);
}

static void a_flood_does_not_make_forgotten_who_has_signed_in(void **state)
{
    (void)state;
    char text[64];
    struct attempt again;
    assert_int_equal(attempt("192.0.2.1", "alice@example.com", ATTEMPT_RIGHT), 0);
    for (int i = 0; i < 4 * GUESSING_PLACES; i++) {
        snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
        now++;
        attempt(text, text, i % 2 == 0 ? ATTEMPT_WRONG : ATTEMPT_NONE);
    }
    assert_int_equal(begin_at(&again, "192.0.2.1", "alice@example.com"), 0);
    assert_true(again.is_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(five_are_free_and_the_wait_doubles_up_to_a_quarter_of_an_hour, start),
        cmocka_unit_test_setup(an_hour_without_attempts_is_forgotten, start),
        cmocka_unit_test_setup(a_name_is_the_same_in_any_case_and_another_in_another_account, start),
        cmocka_unit_test_setup(at_another_address_a_name_is_free_until_it_is_tried_from_everywhere, start),
        cmocka_unit_test_setup(an_address_that_tries_many_names_is_slowed_for_all, start),
        cmocka_unit_test_setup(the_addresses_of_one_ipv6_network_are_one, start),
        cmocka_unit_test_setup(who_has_signed_in_before_is_not_locked_out_by_others, start),
        cmocka_unit_test_setup(a_right_one_begins_anew, start),
        cmocka_unit_test_setup(a_right_one_does_not_clear_the_address, start),
        cmocka_unit_test_setup(what_was_not_judged_does_not_count, start),
        cmocka_unit_test_setup(many_at_once_count_from_their_beginning, start),
        cmocka_unit_test_setup(places_run_out_without_harm, start),
        cmocka_unit_test_setup(a_flood_does_not_make_forgotten_who_has_signed_in, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
