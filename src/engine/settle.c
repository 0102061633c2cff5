// SPDX-License-Identifier: Apache-2.0
//
// Settling: the consequences of a change, in the order of the contract. Licenses that come back go first up through
// levels that drain, then to raises that wait, oldest first; only what is then left is there for anyone else. The
// pools that a fact touched are marked by account_apply; a pool that nothing touched needs no look.
#include "engine/decision.h"

#include "engine/claims.h"
#include "base/moment.h"
#include "engine/pool.h"
#include "engine/queue.h"

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// A drained level keeps what is in use, and never less than its target. Whether it gave something up, or is done.
static bool drain_one(struct decision *decision, const struct pool *pool)
{
    if (pool->draining_to == NUMBER_NONE)
        return false;
    struct dedication_row before = pool_dedication(pool), after = before;
    after.dedicated = larger(pool->draining_to, pool->children_dedicated + pool->assigned);
    if (after.dedicated > pool->dedicated)
        after.dedicated = pool->dedicated; // over-committed: there is nothing to give back
    if (after.dedicated == before.dedicated)
        return false;
    if (after.dedicated == pool->draining_to)
        after.draining_to = NUMBER_NONE;
    decision_add(decision, FACT_DEDICATION_DRAINED, &before, after.dedicated > 0 ? &after : NULL);
    return true;
}

static void drain(struct decision *decision)
{
    // A pool that changes while we walk joins at the end, if it was not there; only those above it need another look.
    for (struct list_node *node = decision->account->dirty.first; node != NULL; node = node->after) {
        struct pool *pool = ITEM_OF(node, struct pool, of_dirty);
        while (drain_one(decision, pool)) // the account's own never drains
            pool = pool->parent;
    }
}

static void fill_from(struct decision *decision, const struct pool *parent)
{
    while (pool_available(parent) > 0 && heap_first(&parent->fillers) != NULL) {
        const struct pool *pool = ITEM_OF(heap_first(&parent->fillers), struct pool, filling);
        struct dedication_row before = pool_dedication(pool), after = before;
        int64_t wanted = pool->filling_to - pool->dedicated, there = pool_available(parent);
        after.dedicated += wanted < there ? wanted : there;
        if (after.dedicated == pool->filling_to) {
            after.filling_to = NUMBER_NONE;
            after.filling_since = 0;
        }
        decision_add(decision, FACT_DEDICATION_FILLED, &before, &after);
    }
}

static void watch_shortfall(struct decision *decision, const struct stock *stock)
{
    bool is_short = stock->root->use > stock->root->dedicated;
    if (is_short == (stock->shortfall_since != 0))
        return;
    struct shortfall_row row = {stock->product, is_short ? decision->now : stock->shortfall_since};
    if (is_short)
        decision_add(decision, FACT_SHORTFALL_BEGAN, NULL, &row);
    else
        decision_add(decision, FACT_SHORTFALL_ENDED, &row, NULL);
}

static void fill(struct decision *decision)
{
    struct list *dirty = &decision->account->dirty;
    while (dirty->first != NULL) {
        struct pool *pool = ITEM_OF(dirty->first, struct pool, of_dirty);
        list_remove(dirty, &pool->of_dirty);
        pool->dirty = false;
        queue_note_pool(pool);
        fill_from(decision, pool);
        watch_shortfall(decision, pool->stock);
    }
}

// Setting end_newest: after the grace, the newest claims end until what is used is no more than what there is. What is
// borrowed stays: the machine that uses it would not know.
static void end_newest(struct decision *decision, const struct stock *stock)
{
    struct claims claims = claims_of_stock(decision, stock);
    for (size_t i = 0; i < claims.count && stock->root->use > stock->root->dedicated; i++) {
        const struct session *session = claims.items[i].session;
        if (session == NULL || !session->row.borrowed)
            claim_revoke(decision, &claims.items[i], "purchase-ended");
    }
}

static bool shortfall_is_due(const struct account *account, const struct stock *stock, int64_t now)
{
    return stock->shortfall_since != 0 && account->row.on_shortfall == SHORTFALL_END_NEWEST &&
           !stock_is_all_borrowed(stock) &&
           stock->shortfall_since + moment_seconds(account->row.shortfall_grace_s) <= now;
}

void settle(struct decision *decision)
{
    struct account *account = decision->account;
    while (account->dirty.first != NULL) {
        drain(decision);
        fill(decision);
    }
    if (account->shortfalls == 0)
        return;
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (shortfall_is_due(account, stock, decision->now))
            end_newest(decision, stock);
    }
    if (account->dirty.first != NULL)
        settle(decision); // ends: each round leaves fewer claims
}
