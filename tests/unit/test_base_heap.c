// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include "unit.h"

enum { NODES = 60 };

static void the_smallest_key_is_first_and_ties_come_in_order(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct heap_node nodes[4] = {0};
    assert_null(heap_first(&heap));
    heap_add(&heap, &nodes[0], 7, 2);
    heap_add(&heap, &nodes[1], 7, 1);
    heap_add(&heap, &nodes[2], -3, 9);
    heap_add(&heap, &nodes[3], INT64_MAX, 0);
    const size_t expected[] = {2, 1, 0, 3};
    for (size_t i = 0; i < 4; i++) {
        struct heap_node *first = heap_first(&heap);
        assert_ptr_equal(first, &nodes[expected[i]]);
        assert_true(heap_holds(first));
        heap_remove(&heap, first);
        assert_false(heap_holds(first));
    }
    assert_null(heap_first(&heap));
    heap_fini(&heap);
    heap_fini(&heap);
}

static const struct heap_node *smallest(const struct heap_node *nodes)
{
    const struct heap_node *found = NULL;
    for (const struct heap_node *node = nodes; node < nodes + NODES; node++) {
        if (heap_holds(node) &&
            (found == NULL || node->key < found->key || (node->key == found->key && node->tie < found->tie)))
            found = node;
    }
    return found;
}

static void assert_places(const struct heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        assert_int_equal(heap->nodes[i]->place, i + 1);
}

// After each of many random changes the first is what a search through all nodes finds.
static void any_changes_leave_the_smallest_first(void **state)
{
    (void)state;
    struct dice dice = {3};
    struct heap heap = {0};
    struct heap_node nodes[NODES] = {0};
    for (int step = 0; step < 20000; step++) {
        struct heap_node *node = &nodes[dice_below(&dice, NODES)];
        int64_t key = (int64_t)dice_below(&dice, 40) - 20;
        if (!heap_holds(node))
            heap_add(&heap, node, key, (uint64_t)(node - nodes));
        else if (dice_below(&dice, 3) > 0)
            heap_move(&heap, node, key);
        else
            heap_remove(&heap, node);
        assert_places(&heap);
        assert_ptr_equal(heap_first(&heap), smallest(nodes));
    }
    heap_fini(&heap);
}

static void a_heap_sorts(void **state)
{
    (void)state;
    struct dice dice = {4};
    struct heap heap = {0};
    struct heap_node nodes[NODES] = {0};
    for (uint64_t i = 0; i < NODES; i++)
        heap_add(&heap, &nodes[i], (int64_t)dice_below(&dice, 1000), i);
    int64_t last = INT64_MIN;
    while (heap.count > 0) {
        struct heap_node *first = heap_first(&heap);
        assert_true(first->key >= last);
        last = first->key;
        heap_remove(&heap, first);
    }
    heap_fini(&heap);
}

struct misuse {
    struct heap heap;
    struct heap_node inside, outside;
};

static void add_twice(void *context)
{
    struct misuse *misuse = context;
    heap_add(&misuse->heap, &misuse->inside, 1, 1);
}

static void move_one_outside(void *context)
{
    struct misuse *misuse = context;
    heap_move(&misuse->heap, &misuse->outside, 1);
}

static void remove_one_outside(void *context)
{
    struct misuse *misuse = context;
    heap_remove(&misuse->heap, &misuse->outside);
}

static void remove_one_of_another_heap(void *context)
{
    struct misuse *misuse = context;
    misuse->outside.place = 1;
    heap_remove(&misuse->heap, &misuse->outside);
}

static void misuse_stops_the_process(void **state)
{
    (void)state;
    struct misuse misuse = {0};
    heap_add(&misuse.heap, &misuse.inside, 5, 5);
    assert_true(stops(add_twice, &misuse));
    assert_true(stops(move_one_outside, &misuse));
    assert_true(stops(remove_one_outside, &misuse));
    assert_true(stops(remove_one_of_another_heap, &misuse));
    heap_fini(&misuse.heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_key_is_first_and_ties_come_in_order),
        cmocka_unit_test(any_changes_leave_the_smallest_first),
        cmocka_unit_test(a_heap_sorts),
        cmocka_unit_test(misuse_stops_the_process),
    };
    return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
