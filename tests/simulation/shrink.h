// SPDX-License-Identifier: Apache-2.0
//
// Worlds in children of their own, since one ends where it differs, or where a check of the laws stops it; and a
// failing one cut down to the few acts that it needs.
#ifndef SIMULATION_SHRINK_H
#define SIMULATION_SHRINK_H

#include "simulation/sim.h"

// What a child leaves behind.
struct shared {
    const struct ground *ground; // as they all are
    struct tally tally;
    struct tally again; // of the last that was done again
    struct act acts[WORLD_ACTS_MAX];
    int act_count;
    struct act by_serial[WORLD_ACTS_MAX]; // of the last that was done again
};

// Memory that children share.
struct shared *shared_open(void);
void shared_close(struct shared *shared);

// Worlds, one after another, from this seed on, in one child, until so many requests were sent or so much time is over
// (0: no matter). False: one of them differs; it is *ret_seed, and its acts are in `shared`. What it told goes to
// stderr unless it is quiet.
bool worlds_run(struct shared *shared, uint64_t seed, unsigned long requests, double seconds, bool is_quiet,
                uint64_t *ret_seed);
// Leaves out and simplifies as long as the world still differs in the same way.
void worlds_shrink(struct shared *shared, uint64_t seed);
// Whether the acts in `shared` differ at all; what it told goes to stderr.
bool worlds_differ(struct shared *shared, uint64_t seed);
// As a script, with what it comes to.
void worlds_tell(struct shared *shared, uint64_t seed);

#endif
