// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void table_fini(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}

void *table_find(const struct table *table, uint64_t hash, table_same *same, const void *key)
{
    if (table->size == 0)
        return NULL;
    size_t mask = table->size - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->item == NULL)
            return NULL;
        if (slot->hash == hash && same(slot->item, key))
            return slot->item;
    }
}

static void put(struct table *table, uint64_t hash, void *item)
{
    size_t mask = table->size - 1;
    size_t i = hash & mask;
    while (table->slots[i].item != NULL)
        i = (i + 1) & mask;
    table->slots[i] = (struct table_slot){hash, item};
}

static void grow(struct table *table)
{
    struct table larger = {.size = table->size > 0 ? 2 * table->size : 8, .count = table->count};
    larger.slots = check_calloc(larger.size, sizeof *larger.slots);
    for (size_t i = 0; i < table->size; i++) {
        if (table->slots[i].item != NULL)
            put(&larger, table->slots[i].hash, table->slots[i].item);
    }
    free(table->slots);
    *table = larger;
}

void table_add(struct table *table, uint64_t hash, void *item)
{
    CHECK(item != NULL);
    // At most three quarters full, so that searches stay short.
    if (4 * (table->count + 1) > 3 * table->size)
        grow(table);
    put(table, hash, item);
    table->count++;
}

void table_remove(struct table *table, uint64_t hash, const void *item)
{
    CHECK(table->size > 0);
    size_t mask = table->size - 1;
    size_t i = hash & mask;
    while (table->slots[i].item != item) {
        CHECK(table->slots[i].item != NULL);
        i = (i + 1) & mask;
    }
    // Close the gap: an item behind it moves up unless it stands nearer to its own place already.
    for (size_t j = (i + 1) & mask; table->slots[j].item != NULL; j = (j + 1) & mask) {
        size_t home = table->slots[j].hash & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) {
            table->slots[i] = table->slots[j];
            i = j;
        }
    }
    table->slots[i] = (struct table_slot){0};
    table->count--;
}

void *table_next(const struct table *table, size_t *cursor)
{
    while (*cursor < table->size) {
        void *item = table->slots[(*cursor)++].item;
        if (item != NULL)
            return item;
    }
    return NULL;
}

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t hash_number(uint64_t number)
{
    number += 0x9e3779b97f4a7c15u;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
    return number ^ (number >> 31);
}

uint64_t hash_numbers(uint64_t first, uint64_t second)
{
    return hash_number(hash_number(first) ^ second);
}

// FNV-1a, mixed once more: its low bits alone are weak.
static uint64_t fnv_step(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * 0x100000001b3u;
}

static const uint64_t fnv_start = 0xcbf29ce484222325u;

uint64_t hash_bytes(const void *bytes, size_t length)
{
    uint64_t hash = fnv_start;
    for (size_t i = 0; i < length; i++)
        hash = fnv_step(hash, ((const unsigned char *)bytes)[i]);
    return hash_number(hash);
}

uint64_t hash_text(const char *text)
{
    return hash_bytes(text, strlen(text));
}

uint64_t hash_text_folded(const char *text)
{
    uint64_t hash = fnv_start;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        hash = fnv_step(hash, byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte);
    }
    return hash_number(hash);
}
