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

static bool add_tree(struct page *page, const struct product *product, struct level *from)
{
    for (struct level *level = from; level != NULL; level = level_after(level, page->top)) {
        if (!add_row(page, level, product))
            return false;
    }
    return true;
}

static struct level *first_level(const struct page *page, const struct command *command, const struct product *product)
{
    if (command->pools.after_product == NULL || strcmp(command->pools.after_product, product->code) != 0)
        return page->top;
    // A page ended within this product; the level it ended at may be gone since.
    struct level *last = account_level(page->decision->account, command->pools.after_level);
    return last != NULL && level_is_within(last, page->top) ? level_after(last, page->top) : NULL;
}

static void add_products(struct page *page, const struct command *command)
{
    struct account *account = page->decision->account;
    const char *after = command->pools.after_product;
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (!stock_is_shown(stock) || (after != NULL && strcmp(stock->product->code, after) < 0))
            continue;
        if (!add_tree(page, stock->product, first_level(page, command, stock->product)))
            return;
    }
}

static void add_levels_of(struct page *page, const struct command *command, const struct product *product)
{
    if (command->pools.has_level) {
        add_row(page, account_level(page->decision->account, command->pools.level), product);
        return;
    }
    add_tree(page, product, first_level(page, command, product));
}

static void add_level_only(struct page *page, const struct level *level, const char *after)
{
    for (struct list_node *node = page->decision->account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (stock_is_shown(stock) && (after == NULL || strcmp(stock->product->code, after) > 0) &&
            !add_row(page, level, stock->product))
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

void decide_pools_read(struct decision *decision, const struct command *command)
{
    struct page page = {
        .decision = decision,
        .top = decision_level(decision, command->pools.subtree, NULL),
        .limit = command->pools.limit,
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
    if (product != NULL)
        add_levels_of(&page, command, product);
    else if (command->pools.has_level)
        add_level_only(&page, level, command->pools.after_product);
    else
        add_products(&page, command);
}
