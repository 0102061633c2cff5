// SPDX-License-Identifier: Apache-2.0
// Organizations: the tree of levels, and the pools that hang on them.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/pool.h"
#include "engine/queue.h"

#include <stdlib.h>
#include <string.h>

static void add_child(struct level *parent, struct level *child)
{
    if (parent->child_count == parent->child_size) {
        parent->child_size = parent->child_size > 0 ? 2 * parent->child_size : 4;
        parent->children = check_realloc(parent->children, parent->child_size * sizeof *parent->children);
    }
    size_t place = level_child_place(parent, child->row.id);
    memmove(parent->children + place + 1, parent->children + place,
            (parent->child_count - place) * sizeof *parent->children);
    parent->children[place] = child;
    parent->child_count++;
    child->parent = parent;
}

static void remove_child(struct level *child)
{
    struct level *parent = child->parent;
    size_t place = level_child_place(parent, child->row.id);
    CHECK(place < parent->child_count && parent->children[place] == child);
    memmove(parent->children + place, parent->children + place + 1,
            (parent->child_count - place - 1) * sizeof *parent->children);
    parent->child_count--;
    child->parent = NULL;
}

static void set_depths(struct level *top)
{
    for (struct level *level = top; level != NULL; level = level_after(level, top))
        level->depth = level->parent->depth + 1;
}

static uint64_t level_name_hash(const struct level *level)
{
    return hash_numbers(level->row.parent, hash_text(level->row.name));
}

static void free_pools(struct account *account, struct level *level)
{
    while (level->pools.first != NULL) {
        struct pool *pool = ITEM_OF(level->pools.first, struct pool, of_level);
        CHECK(pool->dedicated == 0 && pool->use == 0 && pool->sessions.count == 0 && pool->seats.first == NULL);
        CHECK(pool->group.units == 0 && pool->filling_to == NUMBER_NONE);
        queue_forget_pool(account, pool);
        pool_leave(account, pool);
        if (pool->dirty)
            list_remove(&account->dirty, &pool->of_dirty);
        table_remove(&account->pools, hash_numbers(level->row.id, (uint64_t)(uintptr_t)pool->stock->product), pool);
        list_remove(&level->pools, &pool->of_level);
        heap_fini(&pool->sessions);
        heap_fini(&pool->fillers);
        free(pool);
    }
}

static void free_level(struct account *account, struct level *level)
{
    free_pools(account, level);
    remove_child(level);
    table_remove(&account->levels, hash_number(level->row.id), level);
    row_disown(ROW_ORGANIZATION, &level->row);
    free(level->children);
    free(level);
}

static void move_level(struct account *account, struct level *level, struct level *parent)
{
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after)
        pool_leave(account, ITEM_OF(node, struct pool, of_level));
    remove_child(level);
    add_child(parent, level);
    set_depths(level);
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
        struct pool *pool = ITEM_OF(node, struct pool, of_level);
        pool_join(account, pool, pool_of(account, parent, pool->stock->product));
    }
    pool_count_groups(account);
}

void apply_organization(struct account *account, const struct organization_row *before,
                        const struct organization_row *after)
{
    struct level *level;
    if (before != NULL) {
        level = account_level(account, before->id);
        table_remove(&account->levels_by_name, level_name_hash(level), level);
        if (after == NULL) {
            free_level(account, level);
            return;
        }
        row_disown(ROW_ORGANIZATION, &level->row);
    } else {
        level = check_calloc(1, sizeof *level);
        table_add(&account->levels, hash_number(after->id), level);
    }
    row_own(ROW_ORGANIZATION, &level->row, after);
    struct level *parent = account_level(account, after->parent);
    CHECK(parent != NULL);
    if (before == NULL) {
        add_child(parent, level);
        set_depths(level);
    } else if (level->parent != parent) {
        move_level(account, level, parent);
    }
    table_add(&account->levels_by_name, level_name_hash(level), level);
}
