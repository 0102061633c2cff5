// SPDX-License-Identifier: Apache-2.0
//
// A hash table of pointers with open addressing. The items belong to the caller, who gives each item's hash and
// says, when looking one up, how an item compares with the key. Zeroed memory is an empty table.
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
    uint64_t hash;
    void *item; // NULL: free
};

struct table {
    struct table_slot *slots;
    size_t size; // a power of two, or 0
    size_t count;
};

typedef bool table_same(const void *item, const void *key);

void table_fini(struct table *table);
// The item for which same(item, key) holds, or NULL.
void *table_find(const struct table *table, uint64_t hash, table_same *same, const void *key);
// The item must not be in the table yet.
void table_add(struct table *table, uint64_t hash, void *item);
// The item must be in the table, under this hash.
void table_remove(struct table *table, uint64_t hash, const void *item);
// Walks all items in no order: start with *cursor = 0, ends with NULL. The table must not change meanwhile.
void *table_next(const struct table *table, size_t *cursor);

uint64_t hash_number(uint64_t number);
uint64_t hash_numbers(uint64_t first, uint64_t second);
uint64_t hash_text(const char *text);
// As hash_text, with A to Z counted as a to z.
uint64_t hash_text_folded(const char *text);
uint64_t hash_bytes(const void *bytes, size_t length);

#endif
