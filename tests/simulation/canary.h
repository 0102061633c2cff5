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

// Those of several servers on one store.
#define CANARY_SERVER_FAULTS(X)                                                                                        \
    X(CHANGE_NOT_FOLLOWED, "dedications that another server changed are not followed")                                 \
    X(WAITER_NOT_TAKEN_UP, "who waits at another server is not in the line")                                           \
    X(HEADS_OF_ITS_OWN, "who is at the head at another server is not heard")                                           \
    X(AGE_STAYS, "who came back at another server may do so again, as old as it was")                                   \
    X(OWN_CHANGES_AGAIN, "what a server did itself is told to it")                                                     \
    X(LOST_NOT_LOADED, "an account whose changes are not known is not loaded")                                         \
    X(WAITER_NOT_ANSWERED, "the server of who was served is not told")                                                 \
    X(DUE_NOT_PUT, "the store is not told when time changes an account")                                               \
    X(DEAD_WAIT_ON, "who waited at a server that died stays in the line")                                              \
    X(REVIVAL_FORGOTTEN, "leases run out while no server is there")                                                    \
    X(IDS_OF_OTHERS, "ids are taken that were given to another server")                                                \
    X(JOINED_IS_LOST, "who joined the line in a batch that failed is forgotten")                                       \
    X(UNCERTAIN_STAYS, "memory stays as it is when a commit is uncertain")

enum fault {
    NO_FAULT,
#define X(fault, name) fault,
    CANARY_FAULTS(X) FAULTS_OF_ONE,
    NO_FAULT_OF_SERVERS = FAULTS_OF_ONE,
    CANARY_SERVER_FAULTS(X)
#undef X
        FAULTS,
};

bool is_planted(enum fault fault);

#endif
