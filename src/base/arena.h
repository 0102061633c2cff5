// SPDX-License-Identifier: Apache-2.0
//
// An arena: memory that is taken piece by piece and given back all at once. A request, a decision and a page of
// a list each have one; whatever hangs below them lives exactly as long as they do.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first
    size_t taken;               // bytes handed out since init or clear
};

void arena_init(struct arena *arena);
// Gives everything back but the newest block, which is kept for the next use.
void arena_clear(struct arena *arena);
// Takes a zeroed arena, too.
void arena_fini(struct arena *arena);

// Zeroed memory, aligned for any type; never NULL.
void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
// NULL for NULL.
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Makes room for one more item in an array of *count items that lives in the arena: doubles it when *count is a
// power of two. Returns the array, which may have moved; the caller writes item *count and adds one.
void *arena_grow(struct arena *arena, void *items, size_t count, size_t item_size);

#endif
