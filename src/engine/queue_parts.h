// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the queue share: walking the lines, judging one who waits, and serving it.
#ifndef ENGINE_QUEUE_PARTS_H
#define ENGINE_QUEUE_PARTS_H

#include "engine/queue.h"

static inline struct waiter *line_waiter(const struct list_node *node)
{
    return node != NULL ? ITEM_OF(node, struct waiter, of_line) : NULL;
}

static inline struct waiter *stock_waiter(const struct list_node *node)
{
    return node != NULL ? ITEM_OF(node, struct waiter, of_stock) : NULL;
}

static inline struct waiter *group_waiter(const struct list_node *node)
{
    return node != NULL ? ITEM_OF(node, struct waiter, of_group) : NULL;
}

bool waiter_is_before(const struct waiter *a, const struct waiter *b);
// Whether it may still wait; waiter->ask is then what it asks for. Judged anew only if rights have changed since.
bool waiter_know(struct decision *decision, struct waiter *waiter);
// By a cool-down.
static inline bool waiter_is_kept_back(const struct decision *decision, const struct waiter *waiter)
{
    return waiter->kept_until > decision->now;
}

// Each is judged with its own key and for its own user, and what is decided for it is its own doing.
struct turn {
    struct decision *decision;
    struct waiter *waiter;
    const struct actor *actor; // the decision's own, meanwhile
    struct outcome outcome;
};

struct turn turn_take(struct decision *decision, struct waiter *waiter);
// False: the refusal is in the decision's outcome.
bool turn_judge(struct turn *turn);
// What came of it goes to the waiter, if it is served.
void turn_end(struct turn *turn, bool is_served);

// What a decision changes of how one stands in line, to be taken back with it. It is known by its order: it may have
// left since.
struct stand {
    uint64_t order;
    int64_t head_since;
    bool has_reserved;
    uint64_t level;
    enum session_via via;
};

void stand_note(struct decision *decision, const struct waiter *waiter);
// Everyone in line who is noted stands as before.
void stand_take_back(struct decision *decision);
void waiter_reserve(struct waiter *waiter, struct pool *pool, enum session_via via);
// What others may have again is noted.
void waiter_unreserve(struct waiter *waiter);
void queue_look_later(struct queue *queue, int64_t at); // 0: never
// Who is at the head of its pool may have changed, or its time has come. `is_last`: all who can be served were, so that
// whoever is not at the head is so no more; until then it may have been kept from it for a moment only.
void queue_reserve(struct decision *decision, struct stock *stock, bool is_last);
// Where each of them stands. In the decision's arena, in their order.
const struct standing *queue_standings(struct decision *decision, struct waiter *const *waiters, size_t count);

#endif
