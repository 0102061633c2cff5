// SPDX-License-Identifier: Apache-2.0
#include "base/list.h"

#include "unit.h"

#include <string.h>

struct item {
    char name;
    struct list_node node;
};

// The names forwards, and a check that backwards they are the same.
static void assert_list(const struct list *list, const char *names)
{
    size_t count = strlen(names);
    const struct list_node *node = list->first;
    for (size_t i = 0; i < count; i++, node = node->after) {
        assert_non_null(node);
        assert_int_equal(ITEM_OF(node, struct item, node)->name, names[i]);
    }
    assert_null(node);
    node = list->last;
    for (size_t i = count; i > 0; i--, node = node->before) {
        assert_non_null(node);
        assert_int_equal(ITEM_OF(node, struct item, node)->name, names[i - 1]);
    }
    assert_null(node);
}

static void items_stand_in_the_order_in_which_they_were_added(void **state)
{
    (void)state;
    struct list list = {0};
    struct item a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
    assert_list(&list, "");
    list_add(&list, &a.node);
    assert_list(&list, "a");
    list_add(&list, &b.node);
    list_add(&list, &c.node);
    assert_list(&list, "abc");
}

static void any_item_can_be_taken_out(void **state)
{
    (void)state;
    struct list list = {0};
    struct item a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};
    list_add(&list, &a.node);
    list_add(&list, &b.node);
    list_add(&list, &c.node);
    list_remove(&list, &b.node);
    assert_list(&list, "ac");
    assert_null(b.node.before);
    assert_null(b.node.after);
    list_remove(&list, &a.node);
    assert_list(&list, "c");
    list_add(&list, &a.node);
    assert_list(&list, "ca");
    list_remove(&list, &a.node);
    list_remove(&list, &c.node);
    assert_list(&list, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_stand_in_the_order_in_which_they_were_added),
        cmocka_unit_test(any_item_can_be_taken_out),
    };
    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
