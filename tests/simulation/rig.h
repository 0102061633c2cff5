// SPDX-License-Identifier: Apache-2.0
//
// The server in one thread: the engine, the processor's round, the service, and the memory twin of the store, under a
// time of the simulation's own. No sockets, no JSON: requests are calls as the HTTP threads hand them over.
//
//     rig_add ──► rig_round: decide, commit, answer ──► rig->answered
//
// The power may go at any write: answers that the processor gives after that reached nobody (request.reached_nobody).
#ifndef SIMULATION_RIG_H
#define SIMULATION_RIG_H

#include "server/processor_parts.h"
#include "simulation/model.h"
#include "store/memory.h"

enum { ROUND_MAX = 16, ANSWERED_MAX = 64, ACCOUNTS_MAX = 3 };

struct request {
    struct job job; // first: found by it
    struct call call;
    struct arena arena;
    int serial; // of its act, or of the first of its ops
    int op_serials[ROUND_MAX];
    bool is_answered, reached_nobody;
    struct request *next; // of those that are out, or of the free ones
};

struct rig {
    struct store *store;
    struct service service;
    struct instruments instruments;
    struct processor processor;
    bool is_open;
    uint64_t accounts[ACCOUNTS_MAX]; // their ids
    struct request *out, *free;
    struct job *jobs, **jobs_end;
    int late_after; // of several servers: jobs behind so many come while the next round enters its store; 0: none
    struct job *late;
    uint64_t job_serial;
    struct request *answered[ANSWERED_MAX]; // in this round, in order
    int answered_count;
};

// The clocks of the simulated machine, in milliseconds.
void rig_set_clocks(int64_t wall_ms, int64_t mono_ms);

// A server on the store, which becomes the rig's own: makes the products and so many accounts there; the first moment
// is that of the clocks.
void rig_init(struct rig *rig, struct store *store, int accounts);
// A server on a store in which another rig has made these accounts.
void rig_join(struct rig *rig, struct store *store, const uint64_t accounts[ACCOUNTS_MAX]);
void rig_fini(struct rig *rig);
// The process is gone, and nobody has closed its store, which is the caller's then.
struct store *rig_abandon(struct rig *rig);
// Starts the service on what is in the store. False: it advises against the clock.
bool rig_open(struct rig *rig, bool accept_clock);
// The end of the process: as it stands, or after the work of a stop. Who was waiting has no answer, or that of a stop.
void rig_close(struct rig *rig, bool is_graceful);

// The act, resolved, as a request of the next round.
void rig_add(struct rig *rig, const struct model *model, const struct act *act, int64_t now);
// Several, resolved, as the ops of one request.
void rig_add_ops(struct rig *rig, const struct model *model, const struct act *const *acts, int count, int64_t now);
// The client of the act with this serial hangs up.
void rig_hang_up(struct rig *rig, int serial);
// The account with this id is to be looked at.
void rig_look(struct rig *rig, uint64_t account);
void rig_round(struct rig *rig);
// Whether the round has decided the job, which is tried again.
bool rig_was_done(const struct job *job);
// Frees those that were answered.
void rig_forget_answered(struct rig *rig);
const struct account *rig_account(const struct rig *rig, int account);

// ---- request.c

const char *product_code(int product); // "?" for UNKNOWN
struct command request_command(const struct model *model, const struct act *act, int64_t now, const char *key,
                               struct arena *arena);

#endif
