// SPDX-License-Identifier: Apache-2.0
//
// What the tables of fields promise, tried on each kind of row through the tables themselves: so a kind or a member
// that is added is tried, too.
#include "unit.h"

#include "engine/fact.h"
#include "engine/row.h"

#include <string.h>

enum { ROW_BYTES_MAX = 512 };

// A row of any kind.
union any_row {
    unsigned char bytes[ROW_BYTES_MAX];
    int64_t number;
    void *pointer;
};

static const struct product products[] = {{.code = "KRE", .name = "one"}, {.code = "ZED", .name = "two"}};

// Sets a field to the first or the second of two different values.
static void set(const struct field *field, union any_row *row, bool second)
{
    static const char *const texts[] = {"first", "second"};
    void *place = row->bytes + field->offset;
    switch (field->type) {
    case FIELD_ID:
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        *(int64_t *)place = second ? 22 : 11;
        return;
    case FIELD_TEXT:
        *(const char **)place = texts[second];
        return;
    case FIELD_FLAG:
        *(bool *)place = second;
        return;
    case FIELD_WORD:
        *(unsigned *)place = second;
        return;
    case FIELD_PRODUCT:
        *(const struct product **)place = &products[second];
        return;
    case FIELD_HASH:
        memset(place, second ? 2 : 1, KEY_HASH_BYTES);
        return;
    }
    fail_msg("a type of field that this test does not know");
}

static union any_row filled(enum row_kind kind)
{
    union any_row row = {.bytes = {0}};
    assert_true(row_types[kind].size <= sizeof row);
    for (size_t i = 0; i < row_types[kind].field_count; i++)
        set(&row_types[kind].fields[i], &row, false);
    return row;
}

static void test_each_kind_says_what_it_is_of(void **state)
{
    (void)state;
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        const struct row_type *type = &row_types[kind];
        assert_non_null(type->name);
        assert_true(type->key_count >= 1 && type->key_count <= type->field_count);
        for (size_t i = 0; i < type->field_count; i++) {
            assert_true(type->fields[i].offset < type->size);
            assert_true((type->fields[i].type == FIELD_WORD) == (type->fields[i].words != NULL));
        }
    }
    for (int kind = 0; kind < FACT_KIND_COUNT; kind++) {
        assert_non_null(strchr(fact_types[kind].name, '.'));
        assert_true(fact_types[kind].row < ROW_KINDS);
    }
}

static void test_rows_are_the_same_when_every_field_is(void **state)
{
    (void)state;
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        union any_row one = filled((enum row_kind)kind), other = filled((enum row_kind)kind);
        assert_true(row_same((enum row_kind)kind, &one, &other));
        for (size_t i = 0; i < row_types[kind].field_count; i++) {
            set(&row_types[kind].fields[i], &other, true);
            assert_false(row_same((enum row_kind)kind, &one, &other));
            set(&row_types[kind].fields[i], &other, false);
        }
        assert_true(row_same((enum row_kind)kind, &one, &other));
    }
}

static void test_absent_texts_and_products_are_values_like_others(void **state)
{
    (void)state;
    struct purchase_row one = {.product = &products[0]}, none = {.product = NULL};
    assert_false(row_same(ROW_PURCHASE, &one, &none));
    assert_true(row_same(ROW_PURCHASE, &none, &none));
    struct user_row with = {.email = "a@example.com"}, without = {.email = NULL};
    assert_false(row_same(ROW_USER, &with, &without));
    assert_false(row_same(ROW_USER, &without, &with));
    assert_true(row_same(ROW_USER, &without, &without));
}

static void test_a_copy_lives_on_its_own(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        union any_row row = filled((enum row_kind)kind), owned = {.bytes = {0}};
        void *copy = row_copy((enum row_kind)kind, &row, &arena);
        row_own((enum row_kind)kind, &owned, &row);
        assert_true(row_same((enum row_kind)kind, &row, copy));
        assert_true(row_same((enum row_kind)kind, &row, &owned));
        for (size_t i = 0; i < row_types[kind].field_count; i++) {
            const struct field *field = &row_types[kind].fields[i];
            if (field->type != FIELD_TEXT)
                continue;
            assert_ptr_not_equal(field_text(field, &row), field_text(field, copy));
            assert_ptr_not_equal(field_text(field, &row), field_text(field, &owned));
        }
        row_disown((enum row_kind)kind, &owned);
        row_disown((enum row_kind)kind, &owned); // nothing is left to give back
    }
    arena_fini(&arena);
}

static void test_fields_are_read_by_their_types(void **state)
{
    (void)state;
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        union any_row row = filled((enum row_kind)kind);
        for (size_t i = 0; i < row_types[kind].field_count; i++) {
            const struct field *field = &row_types[kind].fields[i];
            switch (field->type) {
            case FIELD_ID:
                assert_int_equal(field_id(field, &row), 11);
                break;
            case FIELD_NUMBER:
            case FIELD_MOMENT:
                assert_int_equal(field_number(field, &row), 11);
                break;
            case FIELD_TEXT:
                assert_string_equal(field_text(field, &row), "first");
                break;
            case FIELD_PRODUCT:
                assert_string_equal(field_text(field, &row), "KRE");
                break;
            case FIELD_FLAG:
                assert_false(field_flag(field, &row));
                break;
            case FIELD_WORD:
                assert_int_equal(field_word(field, &row), 0);
                break;
            case FIELD_HASH:
                assert_int_equal(*field_hash(field, &row), 1);
                break;
            }
        }
    }
}

static void read_an_id_as_a_number(void *row)
{
    field_number(&row_types[ROW_USER].fields[0], row);
}

static void test_a_field_of_another_type_stops_the_process(void **state)
{
    (void)state;
    union any_row row = filled(ROW_USER);
    assert_true(stops(read_an_id_as_a_number, &row));
}

static void test_words_are_found_by_their_whole_spelling(void **state)
{
    (void)state;
    assert_int_equal(word_find(policy_words, "unrestricted"), POLICY_UNRESTRICTED);
    assert_int_equal(word_find(policy_words, "strict"), POLICY_STRICT);
    assert_int_equal(word_find(policy_words, "Strict"), -1);
    assert_int_equal(word_find(policy_words, "stric"), -1);
    assert_int_equal(word_find(policy_words, ""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_says_what_it_is_of),
        cmocka_unit_test(test_rows_are_the_same_when_every_field_is),
        cmocka_unit_test(test_absent_texts_and_products_are_values_like_others),
        cmocka_unit_test(test_a_copy_lives_on_its_own),
        cmocka_unit_test(test_fields_are_read_by_their_types),
        cmocka_unit_test(test_a_field_of_another_type_stops_the_process),
        cmocka_unit_test(test_words_are_found_by_their_whole_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
