// SPDX-License-Identifier: Apache-2.0
//
// Serving the line of one product, turn by turn.
//
// Whoever was not granted before is granted now only from a pool that was changed, and grants only take away. So one
// walk from the oldest on finds all who can be served, and most are passed by at a glance: the pools that were changed
// are few, and whether one is open to the waiter and has enough is seen without the walk over its candidates.
#include "engine/queue_parts.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/pool.h"

enum { GAINED_FEW = 8 }; // with more pools changed, looking at each costs more than the walk it saves

struct sweep {
    struct decision *decision;
    struct stock *stock;
    bool is_any;       // any pool may grant what it did not grant before, not only those noted
    struct waiter *at; // nobody older would be granted
};

static int64_t most_available(const struct stock *stock)
{
    const struct tree_node *most = tree_first(&stock->ranked);
    int64_t at_root = pool_available(stock->root);
    return most != NULL && most->rank > at_root ? most->rank : at_root;
}

static bool can_give(const struct sweep *sweep)
{
    if (sweep->is_any)
        return most_available(sweep->stock) > 0;
    for (struct list_node *node = sweep->stock->gained.first; node != NULL; node = node->after) {
        if (pool_available(ITEM_OF(node, struct pool, of_gained)) > 0)
            return true;
    }
    return false;
}

static bool has_enough(const struct pool *pool, const struct waiter *waiter)
{
    return pool_available(pool) >= waiter->request.count &&
           (pool->reserved_for == NULL || pool->reserved_for == waiter) &&
           trial_is_open(&waiter->ask.trial, pool->level);
}

// Whether it is worth the walk over its candidates.
static bool may_be_granted(const struct sweep *sweep, struct waiter *waiter)
{
    if (!waiter_know(sweep->decision, waiter) || waiter_is_kept_back(sweep->decision, waiter))
        return false;
    if (sweep->is_any)
        return most_available(sweep->stock) >= waiter->request.count;
    for (struct list_node *node = sweep->stock->gained.first; node != NULL; node = node->after) {
        if (has_enough(ITEM_OF(node, struct pool, of_gained), waiter))
            return true;
    }
    return false;
}

static const struct pool *choose(const struct sweep *sweep, const struct waiter *waiter)
{
    enum session_via via;
    const struct decision *decision = sweep->decision;
    return trial_choose(decision->account, &waiter->ask.trial, decision->now, decision->arena, &via);
}

static struct waiter *find_oldest(struct sweep *sweep, const struct pool **ret_pool)
{
    for (; sweep->at != NULL && can_give(sweep); sweep->at = stock_waiter(sweep->at->of_stock.after)) {
        if (may_be_granted(sweep, sweep->at) && (*ret_pool = choose(sweep, sweep->at)) != NULL)
            return sweep->at;
    }
    return NULL;
}

// Of the group, the oldest that would be granted from the account's pool.
static struct waiter *first_of_group(const struct sweep *sweep, const struct group *group)
{
    const struct pool *root = sweep->stock->root;
    for (struct waiter *at = group_waiter(group->line.first); at != NULL; at = group_waiter(at->of_group.after)) {
        if (waiter_know(sweep->decision, at) && !waiter_is_kept_back(sweep->decision, at) && has_enough(root, at) &&
            choose(sweep, at) == root)
            return at;
    }
    return NULL;
}

// The group that holds least goes first, then the oldest.
static struct waiter *first_at_root(const struct sweep *sweep)
{
    struct waiter *best = NULL;
    for (struct list_node *node = sweep->stock->groups.first; node != NULL; node = node->after) {
        const struct group *group = ITEM_OF(node, struct group, of_stock);
        if (best != NULL && group->units > best->group->units)
            continue;
        struct waiter *first = first_of_group(sweep, group);
        if (first != NULL &&
            (best == NULL || group->units < best->group->units || waiter_is_before(first, best)))
            best = first;
    }
    return best;
}

static bool is_aged(const struct decision *decision, const struct waiter *waiter)
{
    return decision->now - waiter->since_at > moment_seconds(QUEUE_AGED_S);
}

static struct waiter *find_next(struct sweep *sweep)
{
    const struct pool *pool;
    struct waiter *oldest = find_oldest(sweep, &pool);
    if (oldest == NULL || pool != sweep->stock->root || is_aged(sweep->decision, oldest))
        return oldest;
    return first_at_root(sweep);
}

static void grant(struct sweep *sweep, struct waiter *waiter)
{
    bool kept_something = waiter->reserved != NULL;
    if (waiter == sweep->at)
        sweep->at = stock_waiter(waiter->of_stock.after);
    struct turn turn = turn_take(sweep->decision, waiter);
    bool is_granted = turn_judge(&turn) && ask_grant(sweep->decision, &waiter->ask);
    CHECK(is_granted);
    turn_end(&turn, true);
    // What is left of the pool that it had for itself is there for the others again.
    if (kept_something)
        sweep->at = stock_waiter(sweep->stock->line.first);
}

static void forget_gained(struct stock *stock)
{
    while (stock->gained.first != NULL) {
        struct pool *pool = ITEM_OF(stock->gained.first, struct pool, of_gained);
        list_remove(&stock->gained, &pool->of_gained);
        pool->is_gained = false;
    }
    stock->gained_count = 0;
}

static void serve_line(struct decision *decision, struct stock *stock, bool is_any)
{
    struct sweep sweep = {decision, stock, is_any || stock->was_over || stock->gained_count > GAINED_FEW,
                          stock_waiter(stock->line.first)};
    for (struct waiter *next; (next = find_next(&sweep)) != NULL;)
        grant(&sweep, next);
    stock->was_over = pool_balance(stock->root) < 0;
    forget_gained(stock);
}

static void serve_stock(struct decision *decision, struct stock *stock, bool is_any)
{
    do {
        if (is_any || stock->gained.first != NULL)
            serve_line(decision, stock, is_any);
        // A reservation that is given up lets others in.
        queue_reserve(decision, stock, false);
    } while (stock->gained.first != NULL);
    queue_reserve(decision, stock, true);
}

// Refuses those that lost the right to wait; of the others it is known what they ask for.
static void judge_all(struct decision *decision)
{
    struct queue *queue = &decision->account->queue;
    queue->look_at = 0;
    for (struct waiter *at = line_waiter(queue->line.first), *next; at != NULL; at = next) {
        next = line_waiter(at->of_line.after);
        struct turn turn = turn_take(decision, at);
        bool is_allowed = turn_judge(&turn);
        turn_end(&turn, !is_allowed && !at->is_elsewhere);
    }
}

void queue_serve(struct decision *decision)
{
    struct account *account = decision->account;
    struct queue *queue = &account->queue;
    bool is_any = queue->must_judge || (queue->look_at != 0 && queue->look_at <= decision->now);
    if (queue->count == 0)
        return;
    queue->must_judge = false;
    queue->must_serve = false;
    if (is_any)
        judge_all(decision);
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        struct stock *stock = ITEM_OF(node, struct stock, of_account);
        stock->must_reserve = stock->must_reserve || queue->must_reserve;
        if (stock->line.first != NULL && (is_any || stock->gained.first != NULL || stock->must_reserve))
            serve_stock(decision, stock, is_any);
    }
    queue->must_reserve = false;
    // Grants touch pools, but free nothing.
    settle(decision);
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after)
        forget_gained(ITEM_OF(node, struct stock, of_account));
}

static struct waiter **take_due(struct decision *decision, size_t *ret_count)
{
    struct heap *deadlines = &decision->account->queue.deadlines;
    struct waiter **due = NULL;
    size_t count = 0;
    bool frees_nothing = true;
    for (struct heap_node *first;
         frees_nothing && (first = heap_first(deadlines)) != NULL && first->key <= decision->now;) {
        heap_remove(deadlines, first);
        due = arena_grow(decision->arena, due, count, sizeof(struct waiter *));
        due[count] = ITEM_OF(first, struct waiter, deadline);
        frees_nothing = due[count++]->reserved == NULL;
    }
    *ret_count = count;
    return due;
}

bool queue_expire(struct decision *decision)
{
    size_t count;
    struct waiter **due = take_due(decision, &count);
    if (count == 0)
        return false;
    // Told as it was while they all still stood there.
    const struct standing *standings = queue_standings(decision, due, count);
    for (size_t i = 0; i < count; i++) {
        struct turn turn = turn_take(decision, due[i]);
        if (turn_judge(&turn))
            ask_deny(decision, &due[i]->ask);
        decision->outcome.has_waited = true;
        decision->outcome.position = standings[i].position;
        decision->outcome.estimate_s = standings[i].estimate_s;
        turn_end(&turn, true);
    }
    return true;
}
