// SPDX-License-Identifier: Apache-2.0
// Questions about the present, answered from memory.
#include "engine/decide.h"

#include "engine/pool.h"

#include <string.h>

void decide_account_read(struct decision *decision, const struct command *command)
{
    (void)command;
    decision_answer_row(decision, RESULT_OK, ROW_ACCOUNT, &decision->account->row);
}

// Items keep their row in front (see free_rows in account.c), so a found item is its row.
static const void *find_row(const struct decision *decision, enum row_kind kind, uint64_t id)
{
    const struct account *account = decision->account;
    switch (kind) {
    case ROW_PURCHASE:
        return account_purchase(account, id);
    case ROW_ORGANIZATION:
        return id != 0 ? account_level(account, id) : NULL;
    case ROW_USER:
        return account_user(account, id);
    case ROW_PROJECT:
        return account_project(account, id);
    case ROW_SEAT:
        return account_seat(account, id);
    case ROW_SESSION: {
        const struct session *session = account_session(account, id);
        return session != NULL ? (const void *)session : (const void *)decision->past;
    }
    case ROW_API_KEY:
        return account_key(account, id);
    default:
        return NULL;
    }
}

void decide_row_read(struct decision *decision, const struct command *command)
{
    const void *row = find_row(decision, command->row_read, command->id);
    if (row != NULL)
        decision_answer_row(decision, RESULT_OK, command->row_read, row);
    else
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such %s.",
                        row_types[command->row_read].name);
}

// ---- Pools: per product, the account first, then the tree depth first by id

struct page {
    struct decision *decision;
    struct level *top;
    size_t limit;
    bool only_dedicated;
};

static bool add_row(struct page *page, const struct level *level, const struct product *product)
{
    struct outcome *outcome = &page->decision->outcome;
    if (outcome->figure_count == page->limit) {
        outcome->more = true;
        return false;
    }
    struct figures *rows = (struct figures *)(uintptr_t)outcome->figures;
    rows = arena_grow(page->decision->arena, rows, outcome->figure_count, sizeof *rows);
    rows[outcome->figure_count++] = level_figures(page->decision->account, level, product);
    outcome->figures = rows;
    return true;
}

static bool is_listed(const struct page *page, const struct level *level, const struct pool *pool)
{
    if (!page->only_dedicated || level->parent == NULL)
        return true;
    return pool != NULL &&
           (pool->dedicated > 0 || pool->draining_to != NUMBER_NONE || pool->filling_to != NUMBER_NONE);
}

static bool add_one(struct page *page, const struct level *level, const struct product *product)
{
    const struct pool *pool = account_pool(page->decision->account, level->row.id, product);
    return !is_listed(page, level, pool) || add_row(page, level, product);
}

// The levels below this one, from its child at the place `first` on. A level without a pool has none below, either, so
// nothing is dedicated there.
static bool add_below(struct page *page, const struct product *product, const struct level *level, size_t first)
{
    for (size_t i = first; i < level->child_count; i++) {
        const struct level *child = level->children[i];
        const struct pool *pool =
            child->pools.first != NULL ? account_pool(page->decision->account, child->row.id, product) : NULL;
        if (is_listed(page, child, pool) && !add_row(page, child, product))
            return false;
        if ((pool != NULL || !page->only_dedicated) && !add_below(page, product, child, 0))
            return false;
    }
    return true;
}

// What comes after the level at which the page before ended. That one may be gone since, or those above it: then what
// came after them.
static bool add_after(struct page *page, const struct product *product, const uint64_t *path, size_t depth)
{
    const struct level *level = page->top;
    size_t place = 0;
    for (size_t i = 0; i < depth; i++) {
        place = level_child_place(level, path[i]);
        if (place == level->child_count || level->children[place]->row.id != path[i])
            break;
        level = level->children[place];
        place = 0;
    }
    while (add_below(page, product, level, place)) {
        if (level == page->top)
            return true;
        place = level_child_place(level->parent, level->row.id) + 1;
        level = level->parent;
    }
    return false;
}

static bool add_levels(struct page *page, const struct command *command, const struct product *product)
{
    const char *after = command->pools.after_product;
    if (after != NULL && strcmp(after, product->code) == 0)
        return add_after(page, product, command->pools.after_path, command->pools.after_depth);
    return add_one(page, page->top, product) && add_below(page, product, page->top, 0);
}

static void add_products(struct page *page, const struct command *command)
{
    struct account *account = page->decision->account;
    const char *after = command->pools.after_product;
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (!stock_is_shown(stock) || (after != NULL && strcmp(stock->product->code, after) < 0))
            continue;
        if (!add_levels(page, command, stock->product))
            return;
    }
}

static void add_level_only(struct page *page, const struct level *level, const char *after)
{
    for (struct list_node *node = page->decision->account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (stock_is_shown(stock) && (after == NULL || strcmp(stock->product->code, after) > 0) &&
            !add_one(page, level, stock->product))
            return;
    }
}

// What lies outside the reader's subtree is not there for it.
static struct level *find_level(const struct page *page, uint64_t id)
{
    const struct level *level = account_level(page->decision->account, id);
    bool is_seen = level != NULL && level_is_within(level, page->top);
    return decision_level(page->decision, is_seen ? id : ID_UNKNOWN, NULL);
}

// Where the page ended, for the next one.
static void tell_last(struct page *page)
{
    struct outcome *outcome = &page->decision->outcome;
    if (!outcome->more || outcome->figure_count == 0)
        return;
    const struct level *last =
        account_level(page->decision->account, outcome->figures[outcome->figure_count - 1].level);
    size_t depth = last->depth - page->top->depth;
    uint64_t *path = arena_alloc(page->decision->arena, depth * sizeof *path);
    for (size_t i = depth; i > 0; last = last->parent)
        path[--i] = last->row.id;
    outcome->last_path = path;
    outcome->last_depth = depth;
}

void decide_pools_read(struct decision *decision, const struct command *command)
{
    struct page page = {
        .decision = decision,
        .top = decision_level(decision, command->pools.subtree, NULL),
        .limit = command->pools.limit,
        .only_dedicated = command->pools.only_dedicated,
    };
    if (page.top == NULL)
        return;
    const struct product *product = NULL;
    if (command->pools.product != NULL) {
        product = decision_product(decision, command->pools.product, NULL);
        if (product == NULL)
            return;
    }
    struct level *level = command->pools.has_level ? find_level(&page, command->pools.level) : page.top;
    if (level == NULL)
        return;
    decision->outcome.answer = ANSWER_FIGURES;
    if (product != NULL && command->pools.has_level)
        add_one(&page, level, product);
    else if (product != NULL)
        add_levels(&page, command, product);
    else if (command->pools.has_level)
        add_level_only(&page, level, command->pools.after_product);
    else
        add_products(&page, command);
    tell_last(&page);
}
