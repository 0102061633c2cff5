// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

int64_t pool_balance(const struct pool *pool)
{
    return pool->dedicated - pool->children_dedicated - pool->assigned;
}

int64_t pool_available(const struct pool *pool)
{
    int64_t balance = pool_balance(pool);
    return balance > 0 ? balance : 0;
}

// Law 2: a level that is over-committed, and would be used beyond what it was given, keeps all below it from granting.
// One that is not over-committed has room for whatever the pools below it still have.
static bool would_go_beyond(const struct pool *pool, int64_t units)
{
    return pool_balance(pool) < 0 && pool->use + units > pool->dedicated;
}

bool stock_is_used_up(const struct stock *stock, int64_t units)
{
    return would_go_beyond(stock->root, units);
}

bool pool_fits(const struct pool *pool, int64_t units)
{
    return pool->draining_to == NUMBER_NONE && pool->dedicated - pool->children_dedicated >= units;
}

enum reason pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units)
{
    if (stock == NULL)
        return REASON_EXHAUSTED;
    if (pool == NULL)
        return stock_is_used_up(stock, units) ? REASON_OVER_COMMITTED : REASON_EXHAUSTED;
    if (pool->draining_to != NUMBER_NONE)
        return REASON_DRAINING;
    if (pool_balance(pool) < 0)
        return REASON_OVER_COMMITTED;
    for (const struct pool *at = pool; at != NULL; at = at->parent) {
        if (would_go_beyond(at, units))
            return REASON_OVER_COMMITTED;
    }
    return pool_available(pool) >= units ? REASON_NONE : REASON_EXHAUSTED;
}

bool stock_is_all_borrowed(const struct stock *stock)
{
    return stock->root->use == stock->borrowed;
}

bool stock_is_shown(const struct stock *stock)
{
    const struct pool *root = stock->root;
    return stock->purchases > 0 || root->dedicated > 0 || root->children_dedicated > 0 || root->use > 0;
}

static int64_t not_below_zero(int64_t number)
{
    return number > 0 ? number : 0;
}

struct figures pool_figures(const struct pool *pool)
{
    return (struct figures){
        .level = pool->level->row.id,
        .name = pool->level->row.name,
        .parent = pool->level->row.parent,
        .product = pool->stock->product,
        .dedicated = pool->dedicated,
        .pool = not_below_zero(pool->dedicated - pool->children_dedicated),
        .assigned = pool->assigned,
        .available = pool_available(pool),
        .over_committed = not_below_zero(-pool_balance(pool)),
        .draining_to = pool->draining_to,
        .filling_to = pool->filling_to,
    };
}

struct figures level_figures(const struct account *account, const struct level *level, const struct product *product)
{
    const struct pool *pool = account_pool(account, level->row.id, product);
    if (pool != NULL)
        return pool_figures(pool);
    return (struct figures){
        .level = level->row.id,
        .name = level->row.name,
        .parent = level->row.parent,
        .product = product,
        .draining_to = NUMBER_NONE,
        .filling_to = NUMBER_NONE,
    };
}

struct dedication_row pool_dedication(const struct pool *pool)
{
    return (struct dedication_row){
        .organization = pool->level->row.id,
        .product = pool->stock->product,
        .dedicated = pool->dedicated,
        .draining_to = pool->draining_to,
        .filling_to = pool->filling_to,
        .filling_since = pool->filling_since,
    };
}

int64_t pool_first_ends(const struct pool *pool)
{
    const struct heap_node *first = heap_first(&pool->sessions);
    return first != NULL ? first->key : 0;
}

static uint64_t pool_hash(uint64_t level, const struct product *product)
{
    return hash_numbers(level, (uint64_t)(uintptr_t)product);
}

static void rank(struct pool *pool)
{
    bool wanted = pool->parent != NULL && pool->dedicated > 0;
    if (pool->ranked && wanted && pool->by_available.rank == pool_available(pool))
        return;
    if (pool->ranked)
        tree_remove(&pool->stock->ranked, &pool->by_available);
    if (wanted)
        tree_add(&pool->stock->ranked, &pool->by_available, pool_available(pool), pool->level->row.id);
    pool->ranked = wanted;
}

void pool_touch(struct account *account, struct pool *pool)
{
    rank(pool);
    if (!pool->dirty) {
        pool->dirty = true;
        list_add(&account->dirty, &pool->of_dirty);
    }
}

struct stock *stock_of(struct account *account, const struct product *product)
{
    struct stock *stock = account_stock(account, product);
    if (stock != NULL)
        return stock;
    stock = check_calloc(1, sizeof *stock);
    stock->product = product;
    table_add(&account->stocks, hash_number((uint64_t)(uintptr_t)product), stock);
    // Few products, many pools: a walk keeps the list in the order of codes.
    struct list later = {0};
    while (account->stock_order.last != NULL &&
           strcmp(ITEM_OF(account->stock_order.last, struct stock, of_account)->product->code, product->code) > 0) {
        struct list_node *node = account->stock_order.last;
        list_remove(&account->stock_order, node);
        list_add(&later, node);
    }
    list_add(&account->stock_order, &stock->of_account);
    while (later.last != NULL) {
        struct list_node *node = later.last;
        list_remove(&later, node);
        list_add(&account->stock_order, node);
    }
    stock->root = pool_of(account, &account->root, product);
    return stock;
}

struct pool *pool_of(struct account *account, struct level *level, const struct product *product)
{
    struct pool *pool = account_pool(account, level->row.id, product);
    if (pool != NULL)
        return pool;
    struct stock *stock = stock_of(account, product);
    if (level->parent == NULL && stock->root != NULL)
        return stock->root;
    pool = check_calloc(1, sizeof *pool);
    *pool = (struct pool){.level = level, .stock = stock, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    list_add(&level->pools, &pool->of_level);
    table_add(&account->pools, pool_hash(level->row.id, product), pool);
    if (level->parent != NULL)
        pool->parent = pool_of(account, level->parent, product);
    return pool;
}

void pool_assign(struct account *account, struct pool *pool, int64_t units)
{
    pool->assigned += units;
    for (struct pool *at = pool; at != NULL; at = at->parent)
        at->use += units;
    pool_touch(account, pool);
}

void pool_dedicate(struct account *account, struct pool *pool, int64_t units)
{
    pool->dedicated += units;
    pool_touch(account, pool);
    if (pool->parent != NULL) {
        pool->parent->children_dedicated += units;
        pool_touch(account, pool->parent);
    }
}

struct pool *pool_of_group(struct account *account, const struct user *user, const struct product *product)
{
    struct level *top = user->level != NULL ? user->level : &account->root;
    while (top->depth > 1)
        top = top->parent;
    return pool_of(account, top, product);
}

void pool_group(struct account *account, struct pool *pool, const struct user *user, int64_t units)
{
    if (pool->parent == NULL)
        pool_of_group(account, user, pool->stock->product)->group.units += units;
}

void pool_count_groups(struct account *account)
{
    size_t cursor = 0;
    for (struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;)
        pool->group.units = 0;
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        struct pool *root = ITEM_OF(node, struct stock, of_account)->root;
        for (size_t i = 0; i < root->sessions.count; i++) {
            const struct session *session = ITEM_OF(root->sessions.nodes[i], struct session, lease);
            pool_group(account, root, session->user, session->row.count);
        }
    }
}

void pool_leave(struct account *account, struct pool *pool)
{
    if (heap_holds(&pool->filling))
        heap_remove(&pool->parent->fillers, &pool->filling);
    pool->parent->children_dedicated -= pool->dedicated;
    for (struct pool *at = pool->parent; at != NULL; at = at->parent)
        at->use -= pool->use;
    pool_touch(account, pool->parent);
    pool->parent = NULL;
}

void pool_join(struct account *account, struct pool *pool, struct pool *parent)
{
    pool->parent = parent;
    parent->children_dedicated += pool->dedicated;
    for (struct pool *at = parent; at != NULL; at = at->parent)
        at->use += pool->use;
    if (pool->filling_to != NUMBER_NONE)
        heap_add(&parent->fillers, &pool->filling, pool->filling_since, pool->level->row.id);
    pool_touch(account, parent);
    pool_touch(account, pool);
}

void pool_reschedule(struct account *account, struct pool *pool)
{
    int64_t first_ends = pool_first_ends(pool);
    if (heap_holds(&pool->first_ends)) {
        if (first_ends == pool->first_ends.key)
            return;
        if (first_ends == 0)
            heap_remove(&account->leases, &pool->first_ends);
        else
            heap_move(&account->leases, &pool->first_ends, first_ends);
    } else {
        heap_add(&account->leases, &pool->first_ends, first_ends, pool->level->row.id);
    }
}

void pool_free_all(struct account *account)
{
    size_t cursor = 0;
    for (struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;) {
        heap_fini(&pool->sessions);
        heap_fini(&pool->fillers);
        free(pool);
    }
    table_fini(&account->pools);
    cursor = 0;
    for (struct stock *stock; (stock = table_next(&account->stocks, &cursor)) != NULL;)
        free(stock);
    table_fini(&account->stocks);
}
