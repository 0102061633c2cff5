// SPDX-License-Identifier: Apache-2.0
//
// The world of a script or a simulation: products, one account, a virtual clock, and what a store would remember.
// Every command that goes through world_decide is proven while it is decided:
//
//     a refusal, a dry run, a question     the account is the same before and after, to the last figure
//     an accepted command                  its facts taken back give the account as it was; applied again, as it is
//     always                               account_check; the facts alone, applied to a second account that never
//                                          decided anything, give the same account; so does a snapshot, and an
//                                          account made of one decides the same
//     those who wait in line               who was served stands in the line again when that is taken back, with all
//                                          that is reserved; a copy of the line is served alike, and stays at rest
//
// Where a proof fails the process ends, with the place that the script or the simulation gave.
#ifndef SCRIPTS_WORLD_H
#define SCRIPTS_WORLD_H

#include "base/buffer.h"
#include "engine/decision.h"
#include "engine/queue.h"

struct world {
    struct catalog catalog;
    struct directory directory;
    struct account account;
    struct account mirror; // made of facts alone
    struct numbers numbers;
    int64_t now;
    // What the store would know: every session there ever was, as it was last told, by id from 1.
    struct session_row *sessions;
    size_t session_count;
    struct arena memory;   // of the sessions, and of those who wait
    uint64_t waited;       // how many ever waited
    struct arena arena;    // of the last decision and of what time did before it
    struct decision time;  // what time did
    struct decision taken; // what the command came to
    bool thorough;         // all proofs; else the laws alone
    const char *place;     // of the command, for a message
    void (*before_end)(void); // called when a proof fails; or NULL
};

// The first moment of every script and simulation, 2026-01-01T00:00:00Z.
#define WORLD_START INT64_C(1767225600000)

void world_init(struct world *world);
void world_fini(struct world *world);

void world_add_product(struct world *world, const char *code, enum product_model model);
void world_set_machines_per_seat(struct world *world, const char *code, int64_t machines_per_seat);
// Decides at world->now, after time has passed until then. Both decisions stay until the next call.
const struct outcome *world_decide(struct world *world, const struct actor *actor, const struct command *command);
// What time alone does until world->now.
void world_pass_time(struct world *world);
// Lets a request wait that was denied just now, as of `since_at`; `head_since` as in struct waiter.
struct waiter *world_wait(struct world *world, const struct actor *actor, const struct session_request *request,
                          int64_t since_at, int64_t head_since);

// The account in words, a line for each row, in an order of its own. The caller frees it.
char *world_snapshot(const struct account *account);

_Noreturn void world_fail(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
