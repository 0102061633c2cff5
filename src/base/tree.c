// SPDX-License-Identifier: Apache-2.0
#include "base/tree.h"

#include "base/check.h"
#include "base/table.h"

#include <stdbool.h>

static bool before(const struct tree_node *a, const struct tree_node *b)
{
    return a->rank != b->rank ? a->rank > b->rank : a->id < b->id;
}

static bool above(const struct tree_node *a, const struct tree_node *b)
{
    uint64_t of_a = hash_number(a->id), of_b = hash_number(b->id);
    return of_a != of_b ? of_a > of_b : a->id < b->id;
}

void tree_add(struct tree *tree, struct tree_node *node, int64_t rank, uint64_t id)
{
    *node = (struct tree_node){.rank = rank, .id = id};
    struct tree_node **link = &tree->root;
    while (*link != NULL && above(*link, node))
        link = before(node, *link) ? &(*link)->left : &(*link)->right;
    // The node takes this place; what stood there is split around it.
    struct tree_node *rest = *link, **left = &node->left, **right = &node->right;
    *link = node;
    while (rest != NULL) {
        if (before(rest, node)) {
            *left = rest;
            left = &rest->right;
            rest = rest->right;
        } else {
            *right = rest;
            right = &rest->left;
            rest = rest->left;
        }
    }
    *left = NULL;
    *right = NULL;
    tree->count++;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node **link = &tree->root;
    while (*link != node) {
        CHECK(*link != NULL);
        link = before(node, *link) ? &(*link)->left : &(*link)->right;
    }
    struct tree_node *left = node->left, *right = node->right;
    while (left != NULL && right != NULL) {
        if (above(left, right)) {
            *link = left;
            link = &left->right;
            left = left->right;
        } else {
            *link = right;
            link = &right->left;
            right = right->left;
        }
    }
    *link = left != NULL ? left : right;
    *node = (struct tree_node){0};
    tree->count--;
}

struct tree_node *tree_first(const struct tree *tree)
{
    struct tree_node *node = tree->root;
    while (node != NULL && node->left != NULL)
        node = node->left;
    return node;
}

struct tree_node *tree_after(const struct tree *tree, const struct tree_node *node)
{
    struct tree_node *found = NULL;
    for (struct tree_node *at = tree->root; at != NULL;) {
        if (before(node, at)) {
            found = at;
            at = at->left;
        } else {
            at = at->right;
        }
    }
    return found;
}
