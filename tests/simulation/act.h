// SPDX-License-Identifier: Apache-2.0
//
// An act: one thing that happens in a simulated world, as plain data: a request, time that passes, a fault, a restart.
// A world is a list of acts, and the same list is the same world, so that a list can be cut down to the few acts that
// a difference needs.
//
// Acts name things by the number of the act that made them (its serial), whatever id they were given. So an act means
// the same when others before it are left out; where what it names was never made, it names something unknown.
#ifndef SIMULATION_ACT_H
#define SIMULATION_ACT_H

#include "engine/command.h"
#include "engine/outcome.h"

enum {
    NOBODY = -1,  // no level, user, project or claim
    UNKNOWN = -2, // one that does not exist
    THE_ACCOUNT = -3, // the account's own level, as a serial
    CHANGES_MAX = 4,
};

// X(enum, is it a request). Those that make something come to be known by their serial.
#define ACT_KINDS(X)                                                                                                   \
    X(ACQUIRE, true)                                                                                                   \
    X(EXPLAIN, true)                                                                                                   \
    X(BORROW, true)                                                                                                    \
    X(HEARTBEAT, true)                                                                                                 \
    X(END, true)                                                                                                       \
    X(RETURN, true)                                                                                                    \
    X(SEAT, true)                                                                                                      \
    X(UNSEAT, true)                                                                                                    \
    X(CHECK_IN, true)                                                                                                  \
    X(DEDICATE, true)                                                                                                  \
    X(POLICY, true)                                                                                                    \
    X(PLAN, true)                                                                                                      \
    X(SHORTFALL, true)                                                                                                 \
    X(BORROWING, true)                                                                                                 \
    X(BUY, true)                                                                                                       \
    X(CHANGE_PURCHASE, true)                                                                                           \
    X(CREATE_LEVEL, true)                                                                                              \
    X(MOVE_LEVEL, true)                                                                                                \
    X(DELETE_LEVEL, true)                                                                                              \
    X(CREATE_USER, true)                                                                                               \
    X(MOVE_USER, true)                                                                                                 \
    X(DELETE_USER, true)                                                                                               \
    X(CREATE_PROJECT, true)                                                                                            \
    X(MOVE_PROJECT, true)                                                                                              \
    X(DELETE_PROJECT, true)                                                                                            \
    X(MEMBER, true)                                                                                                    \
    X(HANG_UP, false)                                                                                                  \
    X(TIME, false)                                                                                                     \
    X(REFUSE_WRITE, false)                                                                                             \
    X(FAIL_COMMIT, false)                                                                                              \
    X(CUT_POWER, false)                                                                                                \
    X(RESTART, false)                                                                                                  \
    X(SERVER, false)

enum act_kind {
#define X(kind, is_request) ACT_##kind,
    ACT_KINDS(X)
#undef X
        ACT_KIND_COUNT,
};

// What happens to one of several servers.
enum server_event { SERVER_JOINS, SERVER_STOPS, SERVER_DIES, ALL_DIE, FEED_PRUNED, LOADS_REFUSED, CLOCK_SET_BACK };

struct act_change {
    int level, product;
    int64_t count;
    enum reclaim reclaim;
    bool when_available;
};

struct act {
    enum act_kind kind;
    int serial;
    bool joins; // decided in one batch with the act before it
    bool is_op; // of a request sessions:batch, together with those next to it
    bool dry;
    bool platform; // by a key of that role
    bool is_on;    // fallback, enterprise, delete, membership, release_seats, whole, graceful: what its kind asks
    int account;   // place
    int server;    // of several; of ACT_SERVER: to which `event` comes
    enum server_event event;
    int product, user, project, level, parent;
    int thing;     // purchase, session or seat; a waiter
    int key;       // the serial that its Idempotency-Key is called by; NOBODY: it has none
    uint64_t id;   // of `thing`, once it is resolved
    int64_t count, ttl_s, wait_s, cooldown_s, ms;
    int64_t from_ms, until_ms; // of a purchase, from now; 0: always, endless
    enum usage_policy policy;
    enum on_shortfall on_shortfall;
    int change_count;
    struct act_change changes[CHANGES_MAX];
    enum result came_to; // by the model's word, once it was done
};

bool act_is_request(enum act_kind kind);
// Whether it may be an op of a sessions:batch.
bool act_may_be_op(const struct act *act);
// Whether both ask for the same, by the words of the contract: parsed, with `wait_s` left out.
bool act_asks_same(const struct act *a, const struct act *b);
// In the words of tests/scripts where there is one; without a newline.
void act_print(const struct act *act, char *text, size_t size);

#endif
