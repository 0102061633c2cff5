// SPDX-License-Identifier: Apache-2.0
//
// The calls that wait in line for a license. Each holds its place in the queue of its account; here they are found
// again by the serial number of their request when they are served, or when the client has hung up.
//
// A client that comes back within AGE_KEPT_S with its Idempotency-Key is as old as it was; meanwhile it is not in the
// line, and keeps nobody from anything.
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

// Whose age is kept though it hung up.
struct kept_age {
    uint64_t account, key;
    char text[IDEMPOTENCY_KEY_MAX_BYTES + 1];
    int64_t since_at, until_at;
};

struct parking {
    struct table by_serial; // struct parked
    struct kept_age *ages;  // a ring
    size_t age_next;
    uint64_t order;
};

void parking_fini(struct parking *parking);
// Lets the call wait, if there is time left. `since_at`: when it first asked.
bool parking_add(struct parking *parking, struct job *job, struct tenant *tenant, int64_t since_at, int64_t now);
// Takes it out; the job is the caller's again.
struct job *parking_remove(struct parking *parking, struct parked *parked);
struct parked *parking_find(const struct parking *parking, uint64_t serial); // NULL: it does not wait
struct parked *parking_next(const struct parking *parking, size_t *cursor);
// The age of one that hung up is kept for a while, if it has an Idempotency-Key.
void parking_keep_age(struct parking *parking, const struct parked *parked, int64_t now);
// When the same credential first asked with the same Idempotency-Key; 0: it did not, or long ago.
int64_t parking_age(struct parking *parking, uint64_t account, uint64_t key, const char *text, int64_t now);

#endif
