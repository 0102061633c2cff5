// SPDX-License-Identifier: Apache-2.0
//
// The calls that wait in line for a license. Each holds its place in the queue of its account; here they are found
// again by the serial number of their request when they are served, or when the client has hung up.
//
// A client that comes back within AGE_KEPT_S with the same request and Idempotency-Key is as old as it was; meanwhile
// it is not in the line, and keeps nobody from anything.
#ifndef SERVER_PARKING_H
#define SERVER_PARKING_H

#include "engine/queue.h"
#include "server/processor.h"

enum { AGE_KEPT_S = 30, AGES_MAX = 10000 };

struct parked {
    struct waiter waiter; // first: found by it
    struct job *job;
    struct tenant *tenant;
};

// How long a request waits already.
struct age {
    int64_t since_at; // when it was first made
    int64_t head_since; // as in struct waiter
};

struct kept_age;

struct parking {
    struct table by_serial; // struct parked
    struct table by_key;    // struct kept_age
    struct kept_age *ring;  // of those that are kept, oldest overwritten
    size_t next;
    uint64_t order;
};

void parking_fini(struct parking *parking);
// Lets the call wait until call->command.session.wait_s after its age began. It was denied just now; `decision` is one
// on the tenant's account. If the same request waits already, as `former`, its place in the line is taken.
void parking_add(struct parking *parking, struct decision *decision, struct job *job, struct tenant *tenant,
                 struct age age, struct parked *former);
// Takes it out; the job is the caller's again.
struct job *parking_remove(struct parking *parking, struct parked *parked);
struct parked *parking_find(const struct parking *parking, uint64_t serial); // NULL: it does not wait
struct parked *parking_next(const struct parking *parking, size_t *cursor);
// The age of a call that hung up is kept for a while, if it has an Idempotency-Key.
void parking_keep_age(struct parking *parking, const struct call *call, struct age age, int64_t now);
// How old the call is: as old as it was when it hung up, else new.
struct age parking_take_age(struct parking *parking, const struct call *call, int64_t now);

#endif
