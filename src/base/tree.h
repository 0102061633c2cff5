// SPDX-License-Identifier: Apache-2.0
//
// An ordered set: a treap whose shape follows from the nodes' ids alone, so that the same set is the same tree
// whatever the order of changes. Items embed a tree_node. Ordered by `rank`, largest first, then by `id`, smallest
// first. Zeroed memory is an empty tree.
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stddef.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *left, *right;
    int64_t rank;
    uint64_t id;
};

struct tree {
    struct tree_node *root;
    size_t count;
};

// The pair of rank and id must be new to the tree.
void tree_add(struct tree *tree, struct tree_node *node, int64_t rank, uint64_t id);
void tree_remove(struct tree *tree, struct tree_node *node);
// NULL when empty, or at the end. O(log n).
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_after(const struct tree *tree, const struct tree_node *node);

#endif
