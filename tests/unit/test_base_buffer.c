// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include "unit.h"

#include <string.h>

static void an_empty_buffer_is_an_empty_text(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    assert_string_equal(buffer_text(&buffer), "");
    buffer_clear(&buffer);
    assert_null(buffer.bytes);
    buffer_add(&buffer, NULL, 0);
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer.length, 0);
    buffer_fini(&buffer);
    buffer_fini(&buffer);
}

static void what_is_added_follows_what_was_there(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add_text(&buffer, "seat");
    buffer_add_char(&buffer, 's');
    buffer_add(&buffer, ": and more", 2);
    buffer_printf(&buffer, "%d of %s", 5, "20");
    assert_string_equal(buffer_text(&buffer), "seats: 5 of 20");
    assert_int_equal(buffer.length, 14);
    buffer_fini(&buffer);
}

static void any_mix_of_additions_gives_their_sum(void **state)
{
    (void)state;
    struct dice dice = {2};
    char expected[20000] = "";
    size_t length = 0;
    struct buffer buffer = {0};
    while (length < 19000) {
        char piece[400];
        size_t size = dice_below(&dice, dice_below(&dice, 20) == 0 ? sizeof piece : 8);
        for (size_t i = 0; i < size; i++)
            piece[i] = (char)('a' + dice_below(&dice, 26));
        piece[size < sizeof piece ? size : size - 1] = '\0';
        size = strlen(piece);
        switch (dice_below(&dice, 3)) {
        case 0:
            buffer_add(&buffer, piece, size);
            break;
        case 1:
            buffer_add_text(&buffer, piece);
            break;
        default:
            buffer_printf(&buffer, "%s", piece);
        }
        memcpy(expected + length, piece, size + 1);
        length += size;
        assert_int_equal(buffer.length, length);
        assert_int_equal(buffer.bytes[length], '\0');
    }
    assert_string_equal(buffer_text(&buffer), expected);
    buffer_fini(&buffer);
}

static void zeros_within_are_kept(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add(&buffer, "a\0b", 3);
    buffer_add_char(&buffer, '\0');
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.bytes, "a\0b\0", 5);
    buffer_fini(&buffer);
}

static void clear_keeps_the_memory(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add_text(&buffer, "something");
    const char *bytes = buffer.bytes;
    buffer_clear(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_add_text(&buffer, "else");
    assert_ptr_equal(buffer.bytes, bytes);
    assert_string_equal(buffer_text(&buffer), "else");
    buffer_fini(&buffer);
}

static void take_hands_the_text_over(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_add_text(&buffer, "mine");
    char *text = buffer_take(&buffer);
    assert_string_equal(text, "mine");
    assert_string_equal(buffer_text(&buffer), "");
    free(text);
    text = buffer_take(&buffer);
    assert_string_equal(text, "");
    free(text);
}

static void json_strings_are_quoted_and_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"Alice", "\"Alice\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"\\", "\"\\\\\""},
        {"line\nend\ttab\x1f", "\"line\\u000aend\\u0009tab\\u001f\""},
        {"\x7f", "\"\x7f\""},
        {"Zo\xc3\xab \xf0\x9f\x94\x91", "\"Zo\xc3\xab \xf0\x9f\x94\x91\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer = {0};
        buffer_add_json_string(&buffer, cases[i].text);
        assert_string_equal(buffer_text(&buffer), cases[i].json);
        buffer_fini(&buffer);
    }
}

// Whatever room is left when it comes, to the last byte.
static void quoted_texts_and_single_characters_fit_at_any_length(void **state)
{
    (void)state;
    for (size_t before = 500; before < 520; before++) {
        struct buffer buffer = {0};
        for (size_t i = 0; i < before; i++)
            buffer_add_char(&buffer, 'x');
        assert_int_equal(strlen(buffer_text(&buffer)), before);
        buffer_add_quoted(&buffer, "abc");
        assert_int_equal(buffer.length, before + 5);
        assert_string_equal(buffer_text(&buffer) + before, "\"abc\"");
        buffer_add_quoted(&buffer, "");
        assert_string_equal(buffer_text(&buffer) + before, "\"abc\"\"\"");
        buffer_fini(&buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(what_is_added_follows_what_was_there),
        cmocka_unit_test(any_mix_of_additions_gives_their_sum),
        cmocka_unit_test(zeros_within_are_kept),
        cmocka_unit_test(clear_keeps_the_memory),
        cmocka_unit_test(take_hands_the_text_over),
        cmocka_unit_test(json_strings_are_quoted_and_escaped),
        cmocka_unit_test(quoted_texts_and_single_characters_fit_at_any_length),
    };
    return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
