// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "unit.h"

#include <stdalign.h>
#include <string.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct dice dice = {1};
    struct {
        unsigned char *bytes;
        size_t size;
        unsigned char mark;
    } pieces[500];
    for (size_t i = 0; i < 500; i++) {
        // Mostly small, now and then larger than a block.
        size_t size = dice_below(&dice, dice_below(&dice, 10) == 0 ? 20000 : 100);
        unsigned char *bytes = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(bytes[j], 0);
        pieces[i].bytes = bytes;
        pieces[i].size = size;
        pieces[i].mark = (unsigned char)(i % 255 + 1);
        memset(bytes, pieces[i].mark, size);
    }
    for (size_t i = 0; i < 500; i++) {
        for (size_t j = 0; j < pieces[i].size; j++)
            assert_int_equal(pieces[i].bytes[j], pieces[i].mark);
    }
    arena_fini(&arena);
}

static void taken_counts_what_was_handed_out_in_whole_units(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    size_t unit = alignof(max_align_t);
    arena_alloc(&arena, 0);
    assert_int_equal(arena.taken, 0);
    arena_alloc(&arena, 1);
    assert_int_equal(arena.taken, unit);
    arena_alloc(&arena, unit + 1);
    assert_int_equal(arena.taken, 3 * unit);
    arena_clear(&arena);
    assert_int_equal(arena.taken, 0);
    arena_fini(&arena);
}

static void clear_keeps_the_newest_block_and_zeroes_it_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena_clear(&arena); // an empty one may be cleared, too
    for (int i = 0; i < 3; i++)
        memset(arena_alloc(&arena, 4000), 'x', 4000);
    const struct arena_block *newest = arena.blocks;
    arena_clear(&arena);
    assert_ptr_equal(arena.blocks, newest);
    const unsigned char *bytes = arena_alloc(&arena, 4000);
    assert_ptr_equal(arena.blocks, newest);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(bytes[i], 0);
    arena_fini(&arena);
}

static void fini_takes_a_zeroed_arena_and_one_twice(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_fini(&arena);
    arena_alloc(&arena, 10);
    arena_fini(&arena);
    arena_fini(&arena);
    assert_null(arena.blocks);
}

static void copies_are_equal_and_independent(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char text[] = "KRE";
    char *copy = arena_strdup(&arena, text);
    unsigned char *bytes = arena_copy(&arena, text, 2);
    text[0] = '?';
    assert_string_equal(copy, "KRE");
    assert_memory_equal(bytes, "KR", 2);
    assert_null(arena_strdup(&arena, NULL));
    assert_non_null(arena_copy(&arena, NULL, 0));
    assert_string_equal(arena_printf(&arena, "%s-%d", "OG", 1001), "OG-1001");
    assert_string_equal(arena_printf(&arena, "%s", ""), "");
    char *wide = arena_printf(&arena, "%*d", 9000, 7);
    assert_int_equal(strlen(wide), 9000);
    assert_string_equal(wide + 8998, " 7");
    arena_fini(&arena);
}

static void grow_keeps_the_items_and_doubles_at_powers_of_two(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    int *items = NULL;
    for (size_t count = 0; count < 1000; count++) {
        int *before = items;
        items = arena_grow(&arena, items, count, sizeof *items);
        bool power_of_two = (count & (count - 1)) == 0;
        assert_int_equal(items == before, !power_of_two);
        items[count] = (int)count;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(taken_counts_what_was_handed_out_in_whole_units),
        cmocka_unit_test(clear_keeps_the_newest_block_and_zeroes_it_again),
        cmocka_unit_test(fini_takes_a_zeroed_arena_and_one_twice),
        cmocka_unit_test(copies_are_equal_and_independent),
        cmocka_unit_test(grow_keeps_the_items_and_doubles_at_powers_of_two),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
