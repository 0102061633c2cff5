// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include "unit.h"

#include <string.h>

enum { ITEMS = 100 };

struct item {
    int number;
    uint64_t hash;
    bool inside;
};

static bool same_number(const void *item, const void *key)
{
    return ((const struct item *)item)->number == *(const int *)key;
}

static void an_empty_table_holds_nothing(void **state)
{
    (void)state;
    struct table table = {0};
    size_t cursor = 0;
    assert_null(table_find(&table, 1, same_number, &(int){1}));
    assert_null(table_next(&table, &cursor));
    table_fini(&table);
    table_fini(&table);
}

static void assert_walk_sees_each_item_once(const struct table *table, const struct item *items)
{
    int seen[ITEMS] = {0};
    size_t cursor = 0, count = 0;
    for (const struct item *item; (item = table_next(table, &cursor)) != NULL; count++)
        seen[item->number]++;
    assert_int_equal(count, table->count);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(seen[i], items[i].inside);
}

static void change_at_random(struct dice *dice, uint64_t hashes)
{
    struct table table = {0};
    struct item items[ITEMS] = {0};
    for (int i = 0; i < ITEMS; i++)
        items[i] = (struct item){.number = i, .hash = hash_number((uint64_t)i) % hashes};
    for (int step = 0; step < 3000; step++) {
        struct item *item = &items[dice_below(dice, ITEMS)];
        if (item->inside)
            table_remove(&table, item->hash, item);
        else
            table_add(&table, item->hash, item);
        item->inside = !item->inside;
        for (int i = 0; i < ITEMS; i++) {
            const struct item *expected = items[i].inside ? &items[i] : NULL;
            assert_ptr_equal(table_find(&table, items[i].hash, same_number, &i), expected);
        }
        assert_walk_sees_each_item_once(&table, items);
    }
    table_fini(&table);
}

// From all items in one slot, through a few crowded ones that run into each other and around the end, to good hashes.
static void any_changes_leave_what_is_inside_to_be_found(void **state)
{
    (void)state;
    struct dice dice = {5};
    const uint64_t hashes[] = {1, 3, 16, 255, UINT64_MAX};
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        change_at_random(&dice, hashes[i]);
}

static void a_table_is_at_most_three_quarters_full(void **state)
{
    (void)state;
    struct table table = {0};
    struct item items[ITEMS] = {0};
    for (uint64_t i = 0; i < ITEMS; i++) {
        table_add(&table, hash_number(i), &items[i]);
        assert_true(4 * table.count <= 3 * table.size);
        assert_int_equal(table.size & (table.size - 1), 0);
    }
    table_fini(&table);
}

static void hashes_tell_like_from_unlike(void **state)
{
    (void)state;
    assert_true(hash_number(1) != hash_number(2));
    assert_true(hash_numbers(1, 2) != hash_numbers(2, 1));
    assert_true(hash_text("KRE") == hash_bytes("KRE", 3));
    assert_true(hash_text("KRE") != hash_text("kre"));
    assert_true(hash_text("") == hash_bytes(NULL, 0));
    assert_true(hash_text_folded("Alice@Example.COM") == hash_text("alice@example.com"));
    assert_true(hash_text_folded("@AZ[`az{") == hash_text("@az[`az{"));
}

// The table looks at the low bits first: a thousand numbers in a row must not crowd there.
static void low_bits_are_spread(void **state)
{
    (void)state;
    int crowd[64] = {0}, crowd_of_texts[64] = {0};
    for (int i = 0; i < 6400; i++) {
        char text[16];
        snprintf(text, sizeof text, "US-%d", i);
        crowd[hash_number((uint64_t)i) % 64]++;
        crowd_of_texts[hash_text(text) % 64]++;
    }
    for (int i = 0; i < 64; i++) {
        assert_in_range(crowd[i], 50, 150);
        assert_in_range(crowd_of_texts[i], 50, 150);
    }
}

static void add_nothing(void *context)
{
    table_add(context, 1, NULL);
}

static void remove_a_stranger(void *context)
{
    table_remove(context, 1, "stranger");
}

static void misuse_stops_the_process(void **state)
{
    (void)state;
    struct table table = {0};
    struct item item = {0};
    assert_true(stops(remove_a_stranger, &table));
    assert_true(stops(add_nothing, &table));
    table_add(&table, 1, &item);
    assert_true(stops(remove_a_stranger, &table));
    table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_holds_nothing),
        cmocka_unit_test(any_changes_leave_what_is_inside_to_be_found),
        cmocka_unit_test(a_table_is_at_most_three_quarters_full),
        cmocka_unit_test(hashes_tell_like_from_unlike),
        cmocka_unit_test(low_bits_are_spread),
        cmocka_unit_test(misuse_stops_the_process),
    };
    return cmocka_run_group_tests_name("base/table", tests, NULL, NULL);
}
