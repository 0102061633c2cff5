// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include "base/check.h"

#include <stdlib.h>

void heap_fini(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){0};
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

static void put(struct heap *heap, struct heap_node *node, size_t place)
{
    heap->nodes[place - 1] = node;
    node->place = place;
}

static void rise(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    while (place > 1 && before(node, heap->nodes[place / 2 - 1])) {
        put(heap, heap->nodes[place / 2 - 1], place);
        place /= 2;
    }
    put(heap, node, place);
}

static void sink(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    for (;;) {
        size_t child = 2 * place;
        if (child > heap->count)
            break;
        if (child < heap->count && before(heap->nodes[child], heap->nodes[child - 1]))
            child++;
        if (!before(heap->nodes[child - 1], node))
            break;
        put(heap, heap->nodes[child - 1], place);
        place = child;
    }
    put(heap, node, place);
}

void heap_add(struct heap *heap, struct heap_node *node, int64_t key, uint64_t tie)
{
    CHECK(node->place == 0);
    if (heap->count == heap->size) {
        heap->size = heap->size > 0 ? 2 * heap->size : 8;
        heap->nodes = check_realloc(heap->nodes, heap->size * sizeof *heap->nodes);
    }
    *node = (struct heap_node){.key = key, .tie = tie, .place = ++heap->count};
    rise(heap, node);
}

void heap_move(struct heap *heap, struct heap_node *node, int64_t key)
{
    CHECK(node->place != 0);
    bool up = key < node->key;
    node->key = key;
    if (up)
        rise(heap, node);
    else
        sink(heap, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    CHECK(node->place != 0 && heap->nodes[node->place - 1] == node);
    struct heap_node *last = heap->nodes[--heap->count];
    if (last != node) {
        put(heap, last, node->place);
        rise(heap, last);
        sink(heap, last);
    }
    node->place = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count > 0 ? heap->nodes[0] : NULL;
}
