// SPDX-License-Identifier: Apache-2.0
// The faults that the canary plants.
#ifndef SIMULATION_CANARY_H
#define SIMULATION_CANARY_H

#include <stdbool.h>

#define CANARY_FAULTS(X)                                                                                               \
    X(LAW_2_FORGOTTEN, "law 2 is not looked at")                                                                       \
    X(ONE_TOO_MANY, "a pool gives one more than it has")                                                               \
    X(COOLDOWN_FORGOTTEN, "cool-downs are forgotten")                                                                  \
    X(OLDEST_MOVE_FIRST, "the oldest claims move first")                                                               \
    X(ANYONE_IS_ELIGIBLE, "every organization may be named")                                                           \
    X(SECOND_BEST_FIRST, "the second of the others is tried first")                                                    \
    X(LEASE_A_MOMENT_LONGER, "a lease is good at expires_at")                                                          \
    X(SUBTREE_IS_EVERYTHING, "every level lies within every other")                                                    \
    X(LINE_FORGOTTEN, "those who wait are served by time alone")                                                       \
    X(LINE_BY_AGE_ALONE, "the line has no turns of organizations")                                                     \
    X(REFUSED_IS_ACKNOWLEDGED, "a batch that was refused is acknowledged")                                             \
    X(ACKNOWLEDGED_BEFORE_COMMIT, "a grant is acknowledged before its commit")                                         \
    X(REFUSED_STAYS_IN_MEMORY, "what was refused stays in memory")                                                     \
    X(UNCERTAIN_IS_REFUSED, "an uncertain commit is taken for a refused one")                                          \
    X(GRANTED_TWICE, "who waits may be granted twice when a commit is uncertain")                                      \
    X(COMMIT_FORGOTTEN, "now and then a commit is not made")                                                           \
    X(FACT_LOST_AT_LOADING, "a dedication is lost at loading")                                                         \
    X(LEASES_RUN_ON, "leases run out while the service is down")                                                       \
    X(KEYS_FORGOTTEN, "what was answered to an Idempotency-Key is forgotten")                                          \
    X(HEARTBEATS_UNWRITTEN, "heartbeats are never written")                                                            \
    X(IDS_GIVEN_AGAIN, "counters of ids are not stored")                                                               \
    X(HISTORY_HAS_A_GAP, "an event is left out of the history")

enum fault {
    NO_FAULT,
#define X(fault, name) fault,
    CANARY_FAULTS(X)
#undef X
        FAULTS,
};

bool is_planted(enum fault fault);

#endif
