// SPDX-License-Identifier: Apache-2.0
//
// Checking in a seat, on the live server and with answers that only a later or another server gives.
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void a_seat_is_activated(void **state)
{
    (void)state;
    struct account account = new_seat_account(2);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    struct usher_seat seat;
    usher_check_in(usher, account.product, "ws-1", &seat, &error);
    assert_code(USHER_NOT_FOUND, &error);
    char id[32];
    strcpy(id, ask("seat %s %s %s", account.id, account.product, account.user));
    ask("harm POST /check-in$ cut_before");
    usher_check_in(usher, account.product, "ws-1", &seat, &error);
    assert_code(USHER_OK, &error);
    assert_string_equal(seat.id, id);
    assert_string_equal(seat.product, account.product);
    assert_string_equal(seat.user, account.user);
    assert_string_equal(seat.level, account.id);
    assert_true(seat.activated_at > 0);
    assert_true(seat.last_used_at > 0);
    // On this machine, and without a wish to know more.
    assert_int_equal(usher_check_in(usher, account.product, NULL, NULL, NULL), USHER_OK);
    usher_close(usher);
}

static void a_seat_has_as_many_machines_as_it_may(void **state)
{
    (void)state;
    struct account account = new_seat_account(2);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    ask("limit_machines %s 1", account.product);
    ask("seat %s %s %s", account.id, account.product, account.user);
    usher_check_in(usher, account.product, "ws-1", NULL, &error);
    assert_code(USHER_OK, &error);
    usher_check_in(usher, account.product, "ws-2", NULL, &error);
    assert_code(USHER_CONFLICT, &error);
    assert_non_null(strstr(error.detail, "ws-1"));
    usher_check_in(usher, account.product, "ws-1", NULL, &error);
    assert_code(USHER_OK, &error);
    usher_close(usher);
}

static void wrong_wishes_are_told(void **state)
{
    (void)state;
    struct account account = new_seat_account(2);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    usher_check_in(usher, NULL, NULL, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_check_in(usher, "a&b", NULL, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_check_in(usher, account.product, "", NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_close(usher);
    // Seats are users'; a key of nobody has none.
    usher = usher_open(getenv("USHER_TEST_PROXY"), ask("key %s account_admin", account.id), account.id, NULL);
    usher_check_in(usher, account.product, NULL, NULL, &error);
    assert_code(USHER_INVALID, &error);
    assert_int_equal(error.status, 0);
    usher_close(usher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seat_is_activated),
        cmocka_unit_test(a_seat_has_as_many_machines_as_it_may),
        cmocka_unit_test(wrong_wishes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
