// SPDX-License-Identifier: Apache-2.0
//
// A heap with the smallest key on top. Items embed a heap_node and know their place, so that one in the middle can
// be moved or taken out. Equal keys come in the order of `tie`, which makes the order of a run repeatable.
// Zeroed memory is an empty heap.
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    uint64_t tie;
    size_t place; // 1 for the top; 0: in no heap
};

struct heap {
    struct heap_node **nodes;
    size_t count;
    size_t size;
};

void heap_fini(struct heap *heap);
void heap_add(struct heap *heap, struct heap_node *node, int64_t key, uint64_t tie);
void heap_move(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node);
// NULL when empty.
struct heap_node *heap_first(const struct heap *heap);

static inline bool heap_holds(const struct heap_node *node)
{
    return node->place != 0;
}

#endif
