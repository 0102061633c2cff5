// SPDX-License-Identifier: Apache-2.0
// The laws of the line, looked at afresh.
#include "engine/queue_parts.h"

#include "base/check.h"
#include "engine/pool.h"

#include <string.h>

static void check_deadline(const struct queue *queue, const struct waiter *waiter)
{
    CHECK(!waiter->is_elsewhere || !heap_holds(&waiter->deadline));
    if (waiter->is_elsewhere)
        return;
    CHECK(heap_holds(&waiter->deadline) && waiter->deadline.key == waiter->deadline_at);
    CHECK(queue->deadlines.nodes[waiter->deadline.place - 1] == &waiter->deadline);
}

static void check_group(const struct account *account, const struct waiter *waiter)
{
    const struct pool *pool =
        pool_of_group((struct account *)(uintptr_t)account, waiter->ask.trial.user, waiter->stock->product);
    const struct waiter *before = group_waiter(waiter->of_group.before);
    CHECK(waiter->group == &pool->group);
    CHECK(before == NULL ? pool->group.line.first == &waiter->of_group : waiter_is_before(before, waiter));
    CHECK(before == NULL || before->group == waiter->group);
}

static void check_waiter(const struct account *account, const struct waiter *waiter)
{
    const struct waiter *before = line_waiter(waiter->of_line.before);
    const struct waiter *before_it = stock_waiter(waiter->of_stock.before);
    const char *text = waiter->request.idempotency_key;
    CHECK(waiter->is_in_line && !waiter->is_served && waiter->standing == NULL);
    CHECK(before == NULL || waiter_is_before(before, waiter));
    CHECK(before_it == NULL || (waiter_is_before(before_it, waiter) && before_it->stock == waiter->stock));
    CHECK(text == NULL || queue_find(account, waiter->actor.key, text) == waiter);
    CHECK(waiter->reserved == NULL || waiter->reserved->reserved_for == waiter);
    check_deadline(&account->queue, waiter);
}

// The line's promise: who could have a license has it.
static void check_rest(const struct account *account, const struct waiter *waiter, struct arena *arena)
{
    const struct trial_request *trial = &waiter->ask.trial;
    enum session_via via;
    if (waiter->is_elsewhere && !waiter->is_allowed)
        return; // its own server refuses it
    CHECK(waiter->is_allowed && waiter->judged == account->queue.rights && trial->waiter == waiter);
    CHECK(strcmp(trial->product->code, waiter->request.product) == 0 && trial->product == waiter->stock->product);
    CHECK(trial->user == account_user(account, trial->user->row.id));
    // A cool-down that ends in the meantime says nothing against it: its end is due.
    CHECK(waiter->kept_until > account->last_at ||
          trial_choose(account, trial, account->last_at, arena, &via) == NULL);
    check_group(account, waiter);
}

static void check_stock(const struct stock *stock)
{
    size_t count = 0, large = 0;
    for (const struct list_node *node = stock->line.first; node != NULL; node = node->after, count++)
        large += stock_waiter(node)->request.count > 1;
    CHECK(large == stock->large);
    for (const struct list_node *node = stock->groups.first; node != NULL; node = node->after) {
        const struct group *group = ITEM_OF(node, struct group, of_stock);
        CHECK(group->line.first != NULL);
        for (const struct list_node *at = group->line.first; at != NULL; at = at->after)
            count--;
    }
    for (const struct list_node *node = stock->line.first; node != NULL; node = node->after)
        count -= stock_waiter(node)->is_elsewhere && stock_waiter(node)->group == NULL;
    CHECK(count == 0 || stock->gained.first != NULL);
}

static void check_reservations(const struct account *account)
{
    size_t cursor = 0;
    for (const struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;) {
        const struct waiter *waiter = pool->reserved_for;
        CHECK(waiter == NULL || (waiter->is_in_line && waiter->reserved == pool && waiter->request.count > 1));
    }
}

void queue_check(const struct account *account)
{
    const struct queue *queue = &account->queue;
    struct arena arena = {0};
    bool is_at_rest = !queue->must_judge && !queue->must_serve;
    size_t count = 0, here = 0, keys = 0;
    for (const struct waiter *at = line_waiter(queue->line.first); at != NULL; at = line_waiter(at->of_line.after)) {
        check_waiter(account, at);
        if (is_at_rest)
            check_rest(account, at, &arena);
        count++;
        here += !at->is_elsewhere;
        keys += at->request.idempotency_key != NULL;
    }
    CHECK(count == queue->count && here == queue->deadlines.count && keys == queue->by_key.count);
    for (const struct list_node *node = account->stock_order.first; is_at_rest && node != NULL; node = node->after)
        check_stock(ITEM_OF(node, struct stock, of_account));
    check_reservations(account);
    arena_fini(&arena);
}
