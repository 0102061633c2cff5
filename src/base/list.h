// SPDX-License-Identifier: Apache-2.0
//
// A doubly linked list of items that embed a list_node. Zeroed memory is an empty list, and a node in no list.
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *before, *after;
};

struct list {
    struct list_node *first, *last;
};

// The item that embeds the node as its member.
#define ITEM_OF(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void list_add(struct list *list, struct list_node *node)
{
    *node = (struct list_node){.before = list->last};
    if (list->last != NULL)
        list->last->after = node;
    else
        list->first = node;
    list->last = node;
}

// Behind `before`, or in front when that is NULL.
static inline void list_insert_after(struct list *list, struct list_node *before, struct list_node *node)
{
    struct list_node *after = before != NULL ? before->after : list->first;
    *node = (struct list_node){.before = before, .after = after};
    if (before != NULL)
        before->after = node;
    else
        list->first = node;
    if (after != NULL)
        after->before = node;
    else
        list->last = node;
}

static inline void list_remove(struct list *list, struct list_node *node)
{
    if (node->before != NULL)
        node->before->after = node->after;
    else
        list->first = node->after;
    if (node->after != NULL)
        node->after->before = node->before;
    else
        list->last = node->before;
    *node = (struct list_node){0};
}

#endif
