// SPDX-License-Identifier: Apache-2.0
//
// Claims of either kind, seats and sessions, in the order in which they are moved or ended: whole, newest first.
#ifndef ENGINE_CLAIMS_H
#define ENGINE_CLAIMS_H

#include "engine/decision.h"

struct claim {
    struct seat *seat; // one of the two is set
    struct session *session;
    int64_t since_at;
    uint64_t id;
    int64_t count;
};

struct claims {
    struct claim *items; // newest first, in the arena
    size_t count;
};

// Those on this very pool.
struct claims claims_of_pool(struct decision *decision, const struct pool *pool);
// Those of the product at any level of the account.
struct claims claims_of_stock(struct decision *decision, const struct stock *stock);
void claim_move(struct decision *decision, const struct claim *claim, uint64_t level);
// Ends it for the account's own reasons; the holder is told the reason.
void claim_revoke(struct decision *decision, const struct claim *claim, const char *reason);

#endif
