// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "engine/outcome.h"

#include <string.h>

static void test_each_result_has_a_status_a_name_and_a_title(void **state)
{
    (void)state;
    for (int i = 0; i < RESULT_COUNT; i++) {
        const struct result_type *type = &result_types[i];
        assert_non_null(type->title);
        assert_int_equal(result_is_refusal((enum result)i), type->status >= 400);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(type->name, result_types[j].name);
    }
}

static void test_a_kept_outcome_outlives_its_decision(void **state)
{
    (void)state;
    struct arena decision, longer;
    arena_init(&decision);
    arena_init(&longer);
    struct session_row session = {.id = 5, .machine = "m1"};
    struct explanation explanation = {.count = 3};
    struct outcome outcome = {
        .result = RESULT_SESSION_ENDED,
        .detail = arena_strdup(&decision, "It has ended."),
        .pointer = arena_strdup(&decision, "/id"),
        .with = arena_strdup(&decision, "SN-5"),
        .answer = ANSWER_ROW,
        .row_kind = ROW_SESSION,
        .row = row_copy(ROW_SESSION, &session, &decision),
        .explanation = arena_copy(&decision, &explanation, sizeof explanation),
        .session = row_copy(ROW_SESSION, &session, &decision),
    };
    outcome_keep(&outcome, &longer);
    arena_fini(&decision);
    assert_string_equal(outcome.detail, "It has ended.");
    assert_string_equal(outcome.pointer, "/id");
    assert_string_equal(outcome.with, "SN-5");
    assert_true(row_same(ROW_SESSION, outcome.row, &session));
    assert_true(row_same(ROW_SESSION, outcome.session, &session));
    assert_int_equal(outcome.explanation->count, 3);

    struct outcome bare = {.result = RESULT_DONE};
    outcome_keep(&bare, &longer);
    assert_null(bare.detail);
    arena_fini(&longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_result_has_a_status_a_name_and_a_title),
        cmocka_unit_test(test_a_kept_outcome_outlives_its_decision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
