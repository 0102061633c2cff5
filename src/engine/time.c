// SPDX-License-Identifier: Apache-2.0
//
// What time does by itself: leases end, purchases start and end, the grace of a shortfall runs out.
#include "engine/decision.h"

#include "base/moment.h"
#include "engine/pool.h"
#include "engine/queue.h"

static void end_leases(struct decision *decision)
{
    for (;;) {
        struct heap_node *first = heap_first(&decision->account->leases);
        if (first == NULL || first->key > decision->now)
            return;
        struct pool *pool = ITEM_OF(first, struct pool, first_ends);
        struct session *session = ITEM_OF(heap_first(&pool->sessions), struct session, lease);
        session_end(decision, session, SESSION_EXPIRED, "expired", session->row.expires_at, 0);
    }
}

static void turn_purchases(struct decision *decision)
{
    struct account *account = decision->account;
    for (;;) {
        struct heap_node *first = heap_first(&account->dues);
        if (first == NULL || first->key > decision->now)
            return;
        struct purchase *purchase = ITEM_OF(first, struct purchase, due);
        struct purchase_row after = purchase->row;
        after.in_force = purchase_in_force(&after, decision->now);
        if (after.in_force == purchase->row.in_force)
            heap_remove(&account->dues, first); // it has ended, and does not come back
        else
            decision_add(decision, after.in_force ? FACT_PURCHASE_STARTED : FACT_PURCHASE_ENDED, &purchase->row,
                         &after);
    }
}

void account_pass_time(struct decision *decision)
{
    end_leases(decision);
    turn_purchases(decision);
    settle(decision);
    queue_serve(decision);
    // Whoever could be granted at the last moment was. What one kept for itself whose time is up is there again.
    while (queue_expire(decision))
        queue_serve(decision);
    if (decision->fact_count > 0)
        decision->account->last_at = decision->now;
}

static int64_t earlier(int64_t due, int64_t other)
{
    return due == 0 || other < due ? other : due;
}

int64_t account_next_due(const struct account *account)
{
    int64_t due = queue_next_due(account);
    if (heap_first(&account->leases) != NULL)
        due = earlier(due, heap_first(&account->leases)->key);
    if (heap_first(&account->dues) != NULL)
        due = earlier(due, heap_first(&account->dues)->key);
    if (account->shortfalls == 0 || account->row.on_shortfall != SHORTFALL_END_NEWEST)
        return due;
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (stock->shortfall_since != 0 && !stock_is_all_borrowed(stock))
            due = earlier(due, stock->shortfall_since + moment_seconds(account->row.shortfall_grace_s));
    }
    return due;
}
