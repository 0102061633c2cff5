// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "engine/password.h"

#include <string.h>

static const char *fault(const char *password)
{
    return password_fault(password, "alice.in.wonderland@example.com", "Alice in Wonderland");
}

static void what_is_tried_first_is_no_password(void **state)
{
    (void)state;
    static const char *const common[] = {
        "aaaaaaaaaaaa",     "abababababab",     "abcabcabcabc", "abcdefghabcdefgh", "0123456789012", "123456789012",
        "abcdefghijklm",    "987654321098",     "zyxwvutsrqpo", "password1234",     "Password2026!", "PASSWORD!!!!",
        "1234password1234", "!!!letmein!!!!!!", "qwertyuiop12", "1q2w3e4r5t6y",     "1qaz2wsx3edc",  "administrator",
        "administrator1",   "iloveyou12345",    "welcome 2026", "usher1234567",     "............",  "passwordpassword",
        "thequickbrownfox", "CorrectHorseBatteryStaple",
    };
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (fault(common[i]) == NULL)
            fail_msg("%s would be taken", common[i]);
    }
}

static void what_is_the_users_own_is_none(void **state)
{
    (void)state;
    assert_non_null(fault("alice.in.wonderland@example.com"));
    assert_non_null(fault("ALICE.IN.Wonderland@Example.com"));
    assert_non_null(fault("alice in wonderland"));
    assert_null(fault("alice in wonderland went down"));
    assert_null(password_fault("alice.in.wonderland@example.com", NULL, "CI"));
}

static void all_else_is_one(void **state)
{
    (void)state;
    static const char *const good[] = {
        "correct horse battery", "staple the horse", "x7#kQ9!vLm2$", "the password is long", "123456789013",
        "8271 6402 9135",        "ääääöööö üüüü",    "passwordless entry", "qwerty for the win", "aaaaaaaaaaab",
        "never password1234",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (fault(good[i]) != NULL)
            fail_msg("%s is not taken: %s", good[i], fault(good[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_tried_first_is_no_password),
        cmocka_unit_test(what_is_the_users_own_is_none),
        cmocka_unit_test(all_else_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
