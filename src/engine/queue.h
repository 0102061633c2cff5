// SPDX-License-Identifier: Apache-2.0
//
// Waiting in line (spec: waiting). A request that waits is in line at all its candidate pools at once. After every
// change, whoever would now be granted is granted, in the order of the line, before the next command: so between two
// commands nobody waits for a license that he could have, and a newcomer overtakes nobody by taking what is free.
//
// The line is not part of the facts: it lives in memory, and ends with the service. A waiter belongs to whoever lets
// it wait, and is in the line from queue_join until queue_leave. Being served is part of a decision and is taken back
// with it: the owner takes the waiter out once the decision is durable.
//
//     join ──► waiting ──► served: granted, refused, or denied when its time is up ──► leave
//                 └──────► given up: it left before
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "engine/command.h"
#include "engine/decision.h"

enum {
    QUEUE_AGED_S = 120,   // older than this goes before all, by age
    QUEUE_RESERVE_S = 60, // at the head for so long, a large request reserves
};

struct waiter {
    // The owner's, before queue_join; texts live as long as the waiter.
    struct session_request request;
    struct actor actor;
    int64_t since_at;    // of the first request
    int64_t deadline_at; // when the denial is due
    uint64_t order;      // among those of the same moment

    // The queue's
    const struct product *product;
    struct list_node of_line;
    struct heap_node deadline;
    int64_t head_since;    // since when it is at the head of its first fitting pool; 0: it is not
    struct pool *reserved; // the pool that grants to no other
    bool is_in_line;
    bool is_served; // by a decision that may still be taken back
    struct outcome outcome;
};

void queue_fini(struct queue *queue);
void queue_join(struct account *account, struct waiter *waiter, const struct product *product, int64_t now);
void queue_leave(struct account *account, struct waiter *waiter);
// The waiter of this credential with this Idempotency-Key, or NULL.
struct waiter *queue_find(const struct account *account, uint64_t key, const char *idempotency_key);
// Moves the line to an account that was loaded anew.
void queue_move(struct account *from, struct account *to, int64_t now);

// Serves whoever can be served after what the decision has changed so far; they are in decision->served.
void queue_serve(struct decision *decision);
// Denies those whose time is up.
void queue_expire(struct decision *decision);
// Puts back who was served.
void queue_take_back(struct decision *decision);
// When queue_serve or queue_expire has something to do by time alone; 0: never.
int64_t queue_next_due(const struct account *account);

struct standing queue_standing(struct decision *decision, struct waiter *waiter);

#endif
