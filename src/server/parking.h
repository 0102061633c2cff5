// SPDX-License-Identifier: Apache-2.0
//
// The calls that wait in line for a license. Each holds its place in the queue of its account; here they are found
// again by the serial number of their request when they are served, or when the client has hung up.
//
// Who has hung up is away: a client that comes back within AGE_KEPT_S with the same request and Idempotency-Key is as
// old as it was; meanwhile it is not in the line, and keeps nobody from anything. Once it is back its age is that of
// the new request, and ends with it: denied, it is new when it comes again.
//
// In a shared store everybody who waits or is away is known to all servers, as a row: so each server has the whole line
// of an account, whoever is next is granted wherever something becomes free, and whoever comes back is as old at any.
// Those that wait at other servers have no call here.
//
//     here:      joined, written ──► served here, written     ──► answered after the commit
//                               ├──► served elsewhere, told   ──► answered at once
//                               └──► hung up: leaving, written with the next batch ──► away
//     elsewhere: told ──► in the line, granted here if it is next ──► its server is told
//     away:      back at any server, or its time is up ──► its row is deleted
#ifndef SERVER_PARKING_H
#define SERVER_PARKING_H

#include "engine/queue.h"
#include "server/processor.h"

// No more than AWAY_MAX of an account are away at once; who hangs up then comes back as new.
enum { AGE_KEPT_S = 30, AWAY_MAX = 10000 };

// How one stands at the head of its pool.
struct stands {
    int64_t head_since;
    bool is_reserving;
    uint64_t level; // of the pool that it has for itself
    enum session_via via;
};

struct parked {
    struct waiter waiter; // first: found by it
    struct job *job;      // NULL: it waits at another server
    struct tenant *tenant;
    // In a shared store
    uint64_t id;            // of its row; 0: the store is not shared
    uint64_t joined_in;     // the batch in which it joined here
    uint64_t seen_in;       // the batch that found it in the store again
    struct stands written;  // as its row in the store says
    struct waiter_row *row; // own, of one that waits at another server
    struct parked *next;    // of those that are to be answered
};

// How long a request waits already.
struct age {
    int64_t since_at; // when it was first made
    int64_t head_since; // as in struct waiter
};

// One that hung up, and may come back until row.kept_until.
struct away {
    struct tenant *tenant;
    struct waiter_row row; // owns its texts
    struct list_node of_tenant;
    uint64_t back_in; // in a shared store: the batch in which it came back
};

// One that has left the line here, which the store is to be told: with row.kept_until it is away then.
struct leaving {
    struct tenant *tenant;
    struct waiter_row row; // owns its texts
    uint64_t joined_in, seen_in; // as in struct parked
    uint64_t back_in;            // as in struct away
};

struct parking {
    struct table by_serial; // struct parked
    struct table away;      // struct away
    uint64_t order;

    // In a shared store
    struct table by_id; // struct parked, here and elsewhere
    struct leaving *leavings;
    size_t leaving_count, leaving_size;
    struct parked *told, **told_end; // who waits here, and is not in line any more: to be answered
    struct list *taken_up;           // while an account is loaded: those that wait elsewhere
    uint64_t batch;                  // that loads it
    uint64_t node;                   // this server's number; 0: the store is not shared
};

void parking_init(struct parking *parking, uint64_t node);
void parking_fini(struct parking *parking);
// Lets the call wait until call->command.session.wait_s after its age began. It was denied just now; `decision` is one
// on the tenant's account. If the same request waits already, as `former`, its place in the line is taken. `id`: of its
// row; 0 when the store is not shared.
struct parked *parking_add(struct parking *parking, struct decision *decision, struct job *job, struct tenant *tenant,
                           struct age age, struct parked *former, uint64_t id);
// Takes it out; the job is the caller's again. One that waits elsewhere is freed, and has none.
struct job *parking_remove(struct parking *parking, struct parked *parked);
struct parked *parking_find(const struct parking *parking, uint64_t serial); // NULL: it does not wait
struct parked *parking_next(const struct parking *parking, size_t *cursor);
// It is about to be removed: it is away for AGE_KEPT_S if it has an Idempotency-Key and may come back, else gone. In a
// shared store that is so, and its time begins, when it is written.
void parking_note_leaving(struct parking *parking, const struct parked *parked, bool may_come_back, int64_t now);

// ---- Who is away (parking_away.c)

// How old the call is: as old as it was when it hung up, else of this moment of its account. It is back with that, at
// once or, in a shared store, when the batch is in the store.
struct age parking_take_age(struct parking *parking, struct tenant *tenant, const struct call *call, uint64_t batch,
                            int64_t now);
void parking_keep_away(struct parking *parking, struct tenant *tenant, const struct waiter_row *row);
// Whether it is no more: it came back in the batch, or its time is up. Those that came back stand first.
bool parking_is_over(const struct away *away, uint64_t batch, int64_t now);
void parking_forget_over(struct parking *parking, struct tenant *tenant, uint64_t batch, int64_t now);
void parking_forget_away(struct parking *parking, struct tenant *tenant); // all of them

// ---- In a shared store (parking_shared.c)

// The row of one that waits. Its texts are the waiter's.
struct waiter_row parking_row(const struct parking *parking, const struct parked *parked);
// Whether it stands otherwise than its row in the store says: then that is to be written as a change from one to the
// other.
bool parking_has_moved(const struct parking *parking, const struct parked *parked, struct waiter_row *ret_before,
                       struct waiter_row *ret_after);
// What is known of it is in the store.
void parking_note_written(struct parked *parked);
// Whether it is away once the batch is in the store; else it is gone, as one that came back in the same batch.
bool parking_goes_away(const struct leaving *leaving, uint64_t batch);
// The batch is in the store, and with it who left: those that it has told so are forgotten, or away.
void parking_forget_leavings(struct parking *parking, uint64_t batch);
// The batch has failed: what joined in it the store has never heard of, and who waits at another server waits on there,
// which is to be loaded again.
void parking_drop_joined(struct parking *parking, uint64_t batch);
// What another server has done in the line of the tenant. The decision is one on its account.
void parking_follow(struct parking *parking, struct decision *decision, struct tenant *tenant,
                    const struct fact *fact);
// The account is loaded by `load`, which comes to parking_take_up for each row of a waiter. Then its line is as the
// store has it; who waits here and is not there any more is to be answered.
void parking_take_up(struct parking *parking, struct tenant *tenant, const struct waiter_row *row);
bool parking_reload(struct parking *parking, struct decision *decision, struct tenant *tenant, uint64_t batch,
                    bool (*load)(void *arg), void *arg);
// Those in the tenant's line whose server is not among these, by number ascending: they leave.
void parking_drop_dead(struct parking *parking, struct tenant *tenant, const uint64_t *nodes, size_t count,
                       int64_t now);

#endif
