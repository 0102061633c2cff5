// SPDX-License-Identifier: Apache-2.0
//
// Waiting in line (spec: waiting). A request that waits is in line at all its candidate pools at once. After every
// change, whoever would now be granted is granted, in the order of the line, before the next command: so between two
// commands nobody waits for a license that he could have, and a newcomer overtakes nobody by taking what is free.
//
// The line is not part of the facts: it lives in memory, and ends with the service. A waiter belongs to whoever lets
// it wait, and is in the line from queue_join until it is served or leaves. Being served is part of a decision and is
// taken back with it, so the owner keeps the waiter until the decision is durable.
//
//     join ──► in line ──► served: granted, refused, or denied when its time is up
//                 └──────► left: its client hung up
//
// Whose turn it is (queue_serve.c): again and again the oldest who would be granted, until there is none. If it would
// be granted from the account's pool, and is not older than QUEUE_AGED_S, it lets one go first: of those who would be
// granted from there the oldest of the top-level organization that holds least there.
//
// Reserving (queue_reserve.c): who asks for more than one unit and has been at the head of the first candidate pool
// that is large enough, for QUEUE_RESERVE_S, has that pool for itself until it is served. At the head is whoever has
// nobody older before it that waits for the same pool. Who is kept back by a cool-down stands before nobody.
//
// What it costs: a change looks at those in line until what it freed is used up, by a few pointers each, without
// judging anyone anew. Only when a right has changed (users, projects, keys, the policy) is everybody judged.
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include "engine/ask.h"
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
    int64_t head_since;  // since when it is at the head of its first fitting pool; 0: it is not
    bool is_elsewhere;   // at another server, which alone refuses it or lets its time run out; here it is only granted

    // The queue's
    struct stock *stock;
    struct list_node of_line, of_stock, of_group;
    struct heap_node deadline;
    struct ask ask; // as it was judged when `rights` of the queue was this
    uint64_t judged;
    bool is_allowed;
    int64_t kept_until;    // by a cool-down; 0: it is not
    struct group *group;   // whose user it is for
    struct pool *reserved; // the pool that grants to no other
    enum session_via reserved_via;
    bool is_in_line;
    bool is_served; // by a decision that may still be taken back
    struct outcome outcome;
    struct standing *standing; // to be told; NULL: not asked for
};

void queue_fini(struct queue *queue);
// The request must have been denied just now.
void queue_join(struct decision *decision, struct waiter *waiter);
// The same request again: takes the place of the former, which leaves. Its own `order` counts.
void queue_replace(struct decision *decision, struct waiter *former, struct waiter *waiter);
void queue_leave(struct account *account, struct waiter *waiter);
// At the head since then, with this pool for itself (NULL: none), as another server has found.
void queue_stand(struct account *account, struct waiter *waiter, int64_t head_since, struct pool *reserved,
                 enum session_via via);
// Who waits with this Idempotency-Key of this credential, or NULL.
struct waiter *queue_find(const struct account *account, uint64_t key, const char *idempotency_key);
// All leave, to join again the account as it was loaded anew.
struct list queue_detach(struct account *account);
void queue_attach(struct decision *decision, struct list *waiters);

// Serves whoever can be served after what the decision has changed so far; they are in decision->served.
void queue_serve(struct decision *decision);
// Denies those whose time is up, as far as the first that had a pool for itself. False: there are none.
bool queue_expire(struct decision *decision);
// Puts back who was served.
void queue_take_back(struct decision *decision);
// When queue_serve or queue_expire has something to do by time alone; 0: never.
int64_t queue_next_due(const struct account *account);

// For settling and account_apply. The pool was changed, and may grant what it did not grant before.
void queue_note_pool(struct pool *pool);
// The pool is about to be freed.
void queue_forget_pool(struct account *account, struct pool *pool);
// Who may wait, and where, has changed.
void queue_note_rights(struct account *account);
// Another server has changed the account, and served whoever could be.
void queue_note_followed(struct account *account);
// A fact was, and with it perhaps a reservation is not what it was before.
void queue_note_taken_back(struct account *account);

// Checks the laws of the line: in order, all indexes alike, and nobody in it would be granted.
void queue_check(const struct account *account);

#endif
