// SPDX-License-Identifier: Apache-2.0
#include "base/tree.h"

#include "unit.h"

enum { NODES = 80 };

struct item {
    struct tree_node node;
    bool inside;
    int64_t rank;
};

static bool comes_before(const struct tree_node *a, const struct tree_node *b)
{
    return a->rank > b->rank || (a->rank == b->rank && a->id < b->id);
}

static size_t count_inside(const struct item *items)
{
    size_t count = 0;
    for (size_t i = 0; i < NODES; i++)
        count += items[i].inside;
    return count;
}

static void assert_walk_is_complete_and_in_order(const struct tree *tree, const struct item *items)
{
    size_t count = 0;
    const struct tree_node *last = NULL;
    for (const struct tree_node *node = tree_first(tree); node != NULL; node = tree_after(tree, node), count++) {
        assert_true(items[node->id].inside);
        assert_true(last == NULL || comes_before(last, node));
        last = node;
    }
    assert_int_equal(count, tree->count);
    assert_int_equal(count, count_inside(items));
}

static bool same_shape(const struct tree_node *a, const struct tree_node *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->id == b->id && a->rank == b->rank && same_shape(a->left, b->left) && same_shape(a->right, b->right);
}

// The same set, added in the order of ids.
static void assert_shape_follows_from_the_set(const struct tree *tree, const struct item *items)
{
    struct tree fresh = {0};
    struct tree_node nodes[NODES];
    for (size_t i = 0; i < NODES; i++) {
        if (items[i].inside)
            tree_add(&fresh, &nodes[i], items[i].rank, i);
    }
    assert_true(same_shape(tree->root, fresh.root));
}

static void first_is_the_largest_rank_then_the_smallest_id(void **state)
{
    (void)state;
    struct tree tree = {0};
    struct tree_node nodes[4];
    assert_null(tree_first(&tree));
    tree_add(&tree, &nodes[0], 5, 30);
    tree_add(&tree, &nodes[1], 9, 40);
    tree_add(&tree, &nodes[2], 5, 10);
    tree_add(&tree, &nodes[3], -1, 1);
    const uint64_t expected[] = {40, 10, 30, 1};
    const struct tree_node *node = tree_first(&tree);
    for (size_t i = 0; i < 4; i++, node = tree_after(&tree, node))
        assert_int_equal(node->id, expected[i]);
    assert_null(node);
}

static void after_finds_the_next_even_of_a_node_outside(void **state)
{
    (void)state;
    struct tree tree = {0};
    struct tree_node nodes[2], probe = {.rank = 5, .id = 20};
    assert_null(tree_after(&tree, &probe));
    tree_add(&tree, &nodes[0], 5, 10);
    tree_add(&tree, &nodes[1], 5, 30);
    assert_ptr_equal(tree_after(&tree, &probe), &nodes[1]);
}

static void one_id_may_stand_at_two_ranks(void **state)
{
    (void)state;
    struct tree tree = {0};
    struct tree_node nodes[2];
    tree_add(&tree, &nodes[0], 1, 7);
    tree_add(&tree, &nodes[1], 2, 7);
    assert_ptr_equal(tree_first(&tree), &nodes[1]);
    assert_ptr_equal(tree_after(&tree, &nodes[1]), &nodes[0]);
    tree_remove(&tree, &nodes[1]);
    assert_ptr_equal(tree_first(&tree), &nodes[0]);
    assert_int_equal(tree.count, 1);
}

static void any_changes_keep_order_and_shape(void **state)
{
    (void)state;
    struct dice dice = {6};
    struct tree tree = {0};
    struct item items[NODES] = {0};
    for (int step = 0; step < 5000; step++) {
        uint64_t id = dice_below(&dice, NODES);
        struct item *item = &items[id];
        if (item->inside) {
            tree_remove(&tree, &item->node);
        } else {
            item->rank = (int64_t)dice_below(&dice, 20) - 10;
            tree_add(&tree, &item->node, item->rank, id);
        }
        item->inside = !item->inside;
        assert_walk_is_complete_and_in_order(&tree, items);
        assert_shape_follows_from_the_set(&tree, items);
    }
}

static size_t depth(const struct tree_node *node)
{
    if (node == NULL)
        return 0;
    size_t left = depth(node->left), right = depth(node->right);
    return 1 + (left > right ? left : right);
}

static void a_tree_stays_shallow_whatever_the_order(void **state)
{
    (void)state;
    enum { MANY = 4096 };
    struct tree_node *nodes = calloc(MANY, sizeof *nodes);
    struct tree tree = {0};
    for (uint64_t i = 0; i < MANY; i++)
        tree_add(&tree, &nodes[i], (int64_t)i, i);
    // Twice the logarithm of the count is usual for a treap; four times would be a fault.
    assert_in_range(depth(tree.root), 12, 48);
    free(nodes);
}

static void remove_a_stranger(void *context)
{
    struct tree_node stranger = {.rank = 5, .id = 99};
    tree_remove(context, &stranger);
}

static void removing_a_stranger_stops_the_process(void **state)
{
    (void)state;
    struct tree tree = {0};
    struct tree_node node;
    assert_true(stops(remove_a_stranger, &tree));
    tree_add(&tree, &node, 5, 10);
    assert_true(stops(remove_a_stranger, &tree));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_the_largest_rank_then_the_smallest_id),
        cmocka_unit_test(after_finds_the_next_even_of_a_node_outside),
        cmocka_unit_test(one_id_may_stand_at_two_ranks),
        cmocka_unit_test(any_changes_keep_order_and_shape),
        cmocka_unit_test(a_tree_stays_shallow_whatever_the_order),
        cmocka_unit_test(removing_a_stranger_stops_the_process),
    };
    return cmocka_run_group_tests_name("base/tree", tests, NULL, NULL);
}
