// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "engine/row.h"

#include <string.h>

static void written(enum id_kind kind, uint64_t id, const char *wanted)
{
    char text[ID_TEXT_SIZE];
    id_format(kind, id, 7, text);
    assert_string_equal(text, wanted);
}

static void test_an_id_is_a_prefix_and_a_number(void **state)
{
    (void)state;
    written(ID_ACCOUNT, 1, "AC-1");
    written(ID_ORGANIZATION, 1001, "OG-1001");
    written(ID_USER, 20, "US-20");
    written(ID_PROJECT, 3, "PR-3");
    written(ID_PURCHASE, 4, "PU-4");
    written(ID_SEAT, 5, "ST-5");
    written(ID_SESSION, 6, "SN-6");
    written(ID_API_KEY, 7, "AK-7");
    written(ID_DENIAL, 8, "DN-8");
    written(ID_SESSION, INT64_MAX, "SN-9223372036854775807");
    written(ID_SESSION, UINT64_MAX, "SN-18446744073709551615");
}

static void test_the_level_of_the_account_is_written_as_the_account(void **state)
{
    (void)state;
    written(ID_LEVEL, 0, "AC-7");
    written(ID_LEVEL, 1001, "OG-1001");
    assert_int_equal(id_parse(ID_LEVEL, "AC-7", 7), 0);
    assert_int_equal(id_parse(ID_LEVEL, "OG-1001", 7), 1001);
    assert_true(id_parse(ID_LEVEL, "AC-8", 7) == ID_UNKNOWN);
    assert_true(id_parse(ID_LEVEL, "US-1", 7) == ID_UNKNOWN);
}

static void test_what_is_written_is_read_again(void **state)
{
    (void)state;
    struct dice dice = {1};
    for (int i = 0; i < 1000; i++) {
        char text[ID_TEXT_SIZE];
        uint64_t id = 1 + (dice_below(&dice, INT64_MAX / 16) >> dice_below(&dice, 60));
        enum id_kind kind = (enum id_kind)dice_below(&dice, ID_KINDS);
        id_format(kind, id, 7, text);
        assert_true(id_parse(kind, text, 7) == id);
    }
}

static void test_an_id_has_one_form_only(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",     "US",    "US-",   "US-0",  "US-01", "US--1", "US-+1", "US- 1",                   "US-1 ", "us-1",
        "US-1a", "US-/", "US-1/", "US-1:", "1",     "PR-1",  "OG-1",  "US-99999999999999999999", "US-9223372036854775807",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(id_parse(ID_USER, wrong[i], 1) == ID_UNKNOWN);
    assert_true(id_parse(ID_USER, "US-1", 1) == 1);
}

static void test_no_id_is_no_text_but_for_a_level(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_null(id_text(&arena, ID_USER, 0, 7));
    assert_string_equal(id_text(&arena, ID_USER, 1, 7), "US-1");
    assert_string_equal(id_text(&arena, ID_LEVEL, 0, 7), "AC-7");
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_a_prefix_and_a_number),
        cmocka_unit_test(test_the_level_of_the_account_is_written_as_the_account),
        cmocka_unit_test(test_what_is_written_is_read_again),
        cmocka_unit_test(test_an_id_has_one_form_only),
        cmocka_unit_test(test_no_id_is_no_text_but_for_a_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
