// SPDX-License-Identifier: Apache-2.0
#include "engine/claims.h"

#include <stdlib.h>

static int newest_first(const void *a, const void *b)
{
    const struct claim *left = a, *right = b;
    if (left->since_at != right->since_at)
        return left->since_at > right->since_at ? -1 : 1;
    return left->id > right->id ? -1 : left->id < right->id;
}

static void add_claim(struct decision *decision, struct claims *claims, struct claim claim)
{
    claims->items = arena_grow(decision->arena, claims->items, claims->count, sizeof *claims->items);
    claims->items[claims->count++] = claim;
}

static void add_pool(struct decision *decision, struct claims *claims, const struct pool *pool)
{
    for (size_t i = 0; i < pool->sessions.count; i++) {
        struct session *session = ITEM_OF(pool->sessions.nodes[i], struct session, lease);
        add_claim(decision, claims,
                  (struct claim){.session = session,
                                 .since_at = session->row.started_at,
                                 .id = session->row.id,
                                 .count = session->row.count});
    }
    for (struct list_node *node = pool->seats.first; node != NULL; node = node->after) {
        struct seat *seat = ITEM_OF(node, struct seat, of_pool);
        add_claim(decision, claims,
                  (struct claim){.seat = seat, .since_at = seat->row.assigned_at, .id = seat->row.id, .count = 1});
    }
}

static struct claims sorted(struct claims claims)
{
    if (claims.count > 1)
        qsort(claims.items, claims.count, sizeof *claims.items, newest_first);
    return claims;
}

struct claims claims_of_pool(struct decision *decision, const struct pool *pool)
{
    struct claims claims = {0};
    add_pool(decision, &claims, pool);
    return sorted(claims);
}

struct claims claims_of_stock(struct decision *decision, const struct stock *stock)
{
    struct claims claims = {0};
    struct level *top = &decision->account->root;
    for (struct level *level = top; level != NULL; level = level_after(level, top)) {
        const struct pool *pool = account_pool(decision->account, level->row.id, stock->product);
        if (pool != NULL)
            add_pool(decision, &claims, pool);
    }
    return sorted(claims);
}

void claim_move(struct decision *decision, const struct claim *claim, uint64_t level)
{
    if (claim->session != NULL) {
        struct session_row after = claim->session->row;
        after.level = level;
        decision_add(decision, FACT_SESSION_MOVED, &claim->session->row, &after);
    } else {
        struct seat_row after = claim->seat->row;
        after.level = level;
        decision_add(decision, FACT_SEAT_MOVED, &claim->seat->row, &after);
    }
}

void claim_revoke(struct decision *decision, const struct claim *claim, const char *reason)
{
    if (claim->session != NULL)
        session_end(decision, claim->session, SESSION_REVOKED, reason, decision->now, 0);
    else
        seat_end(decision, claim->seat, FACT_SEAT_REVOKED, reason);
}
