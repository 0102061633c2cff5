// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/check.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 4096 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_clear(struct arena *arena)
{
    if (arena->blocks != NULL) {
        free_blocks(arena->blocks->next);
        arena->blocks->next = NULL;
        arena->blocks->used = 0;
    }
    arena->taken = 0;
}

void arena_fini(struct arena *arena)
{
    free_blocks(arena->blocks);
    arena_init(arena);
}

static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    if (block != NULL && block->size - block->used >= size)
        return block;
    // Blocks grow with the arena, so that a long list takes few of them.
    size_t block_size = arena->taken > BLOCK_SIZE ? arena->taken : BLOCK_SIZE;
    if (block_size < size)
        block_size = size;
    block = check_malloc(sizeof *block + block_size);
    *block = (struct arena_block){.next = arena->blocks, .size = block_size};
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    size = (size + align - 1) / align * align;
    struct arena_block *block = block_with_room(arena, size);
    void *memory = block->bytes + block->used;
    block->used += size;
    arena->taken += size;
    return memset(memory, 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *memory = arena_alloc(arena, size);
    if (size > 0)
        memcpy(memory, data, size);
    return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text, strlen(text) + 1) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t item_size)
{
    if ((count & (count - 1)) != 0)
        return items;
    void *larger = arena_alloc(arena, (count > 0 ? 2 * count : 1) * item_size);
    if (count > 0)
        memcpy(larger, items, count * item_size);
    return larger;
}
