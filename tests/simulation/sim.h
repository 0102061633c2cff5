// SPDX-License-Identifier: Apache-2.0
//
// A simulated world: random acts, each done by the server (rig.h) and predicted by the naive model, and everything
// compared after each round. The same seed gives the same acts, and the same acts the same run.
//
//     roll ──► acts ──► resolve ──► rig: the round ──────► judge: every answer ──► compare: every figure
//                          └──────► predict: the model ──────┘
//                                     after a fault: the truth is chosen from two models, of before and after
#ifndef SIMULATION_SIM_H
#define SIMULATION_SIM_H

#include "simulation/rig.h"
#include "simulation/tally.h"

enum {
    EXIT_DIFFERENCE = 3,
    WORLD_ACTS_MAX = 4000,
    SERVERS_MAX = 4,
    CHECK_EVERY = 32, // rounds, between two counts of all the engine's own indexes
};

#define SIM_START INT64_C(1767225600000) // 2026-01-01T00:00:00Z

// What several servers stand on: the store that they share (see nodes.h). NULL: there is one server alone.
struct ground;

// What the world is like.
struct weather {
    int acts; // how long it lasts
    int accounts, levels, users, claims; // about how many
    unsigned fault_percent, join_percent, op_percent, wait_percent, key_percent, structure_percent;
};

// An act of the round under way, and what must come of it.
struct step {
    struct act act; // resolved
    const struct act *as_rolled;
    int64_t asked_at; // when its request was sent
    bool is_left_out;
    bool waits;      // no answer yet
    bool steps_aside; // the request with this serial is answered, as another takes its place
    int aside;
    int aside_server; // where that one waits
    struct verdict verdict;
};

struct sim {
    uint64_t seed, rolls;
    void (*before_end)(const struct sim *sim); // tells more where it differs; or NULL
    struct weather weather;
    struct tally *tally;
    struct rig rigs[SERVERS_MAX], *rig; // the servers, of which one is used at a time
    int64_t wall, mono, now; // of the machine; of the service
    int64_t retry_at;        // after a batch that failed nothing is done unasked before
    struct numbers ids, stored_ids;
    int account_count;
    bool is_lost[ACCOUNTS_MAX], was_lost[ACCOUNTS_MAX]; // could not be loaded anew; and before this round
    struct model accounts[ACCOUNTS_MAX];
    struct told told[ACCOUNTS_MAX];
    int told_at[ACCOUNTS_MAX]; // how many of them were answered
    uint64_t waited;           // how many ever
    struct act *acts;          // all of the world
    int act_count, *ret_act_count;
    bool key_was_used[WORLD_ACTS_MAX]; // by a request that was accepted
    int now_at;                // the act at which we are
    uint64_t rounds;           // of this world
    struct step steps[ROUND_MAX];
    int step_count;
    int hung_up[ROUND_MAX], hung_up_count;
    struct model_waiter joined[ROUND_MAX]; // the line in this round
    int joined_count;
    struct act fault;          // of the next round; kind ACT_TIME: none
    // Before the round, while a fault may come.
    struct model before[ACCOUNTS_MAX];
    struct numbers ids_before;
    uint64_t commits_before;
    int64_t due_at[ACCOUNTS_MAX]; // whose time passes first, which the contract leaves open; 0: it is not due
    const struct ground *ground;
    struct nodes *nodes; // several servers on one store; NULL: one alone
};

// ---- sim.c: a world. Both end the process with EXIT_DIFFERENCE where server and model differ.

// The acts are left in `acts`, with room for WORLD_ACTS_MAX, as they are rolled.
void sim_run(const struct ground *ground, uint64_t seed, struct act *acts, int *ret_act_count, struct tally *tally);
// Does these acts and no others; returns when all was as predicted. `by_serial` has room for WORLD_ACTS_MAX, and is left
// with what each came to.
void sim_replay(const struct ground *ground, uint64_t seed, const struct act *acts, int count, struct act *by_serial,
                struct tally *tally);
_Noreturn void sim_differs(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

// ---- round.c

void sim_round(struct sim *sim, const struct act *acts, int count);
// A round in parts: it begins, and the requests of these acts are sent to the server.
void sim_begin_round(struct sim *sim);
void sim_add_requests(struct sim *sim, const struct act *acts, int count);
// Rounds without a request, while one is due.
void sim_idle(struct sim *sim);
void sim_restart(struct sim *sim, bool is_graceful, int64_t wall_ms);

// ---- resolve.c

// The act with places for serials. False: it is left out, since the model has no room for it or knows too little.
bool sim_resolve(struct sim *sim, const struct act *as_rolled, struct step *step, int *waits);

// ---- predict.c

void sim_predict(struct sim *sim, struct step *step);
void sim_predict_time(struct sim *sim);
// An account that was lost is loaded when it is needed.
void sim_find_again(struct sim *sim, int account);

// ---- fault.c

void sim_arm(struct sim *sim);
// What is true after a round that failed: fills in the models.
void sim_after_failure(struct sim *sim);
// The request with this serial, if it is out at the server; NULL: it was answered.
const struct request *sim_request(const struct sim *sim, int serial);
int sim_level_of(const struct model *model, const struct pool *pool); // NOBODY: no pool

// ---- judge.c

void sim_judge(struct sim *sim, bool has_failed);
// Of one request, and of one who waited.
void judge_outcome(struct sim *sim, const struct step *step, const struct outcome *outcome);
void judge_told(struct sim *sim, int account, const struct outcome *outcome, const struct verdict *verdict);

// ---- compare.c

void sim_compare(struct sim *sim);
void compare_account(struct sim *sim, const struct account *account, const struct catalog *catalog, struct model *model,
                     bool is_thorough);
// Who hung up and may come back, and how old it is then.
void compare_away(struct sim *sim, const struct tenant *tenant, const struct model *model);
// That the history is a whole chain.
void sim_check_history(struct sim *sim, const struct store *store);

// ---- roll.c and its like

struct weather roll_weather(struct sim *sim);
uint64_t roll(struct sim *sim, uint64_t below); // 0 to below - 1
int roll_int(struct sim *sim, int below);
bool roll_percent(struct sim *sim, unsigned percent);
struct act roll_act(struct sim *sim, int serial);

#endif
