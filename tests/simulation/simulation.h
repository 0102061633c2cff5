// SPDX-License-Identifier: Apache-2.0
//
// A simulation: random commands on an account, each decided by the engine and predicted by the naive model, and all
// figures compared after each. The same seed gives the same run.
#ifndef SIMULATION_SIMULATION_H
#define SIMULATION_SIMULATION_H

#include "scripts/world.h"
#include "simulation/model.h"

enum {
    TOLD_STEPS = 30,  // how many of the last steps are told with a difference
    KEYS = 6,         // idempotency keys in use
    WAITING = 8,      // most that wait at a time
    TEXT_SIZE = 512,
    EXIT_DIFFERENCE = 3,
};

// A request that was sent with an Idempotency-Key.
struct kept {
    bool used;
    struct model_request request;
    uint64_t session;
};

// How often things came about: a simulation that never meets a rule proves nothing of it.
struct tally {
    unsigned long results[RESULT_COUNT];
    unsigned long vias[VIA_OTHER + 1];
    unsigned long reasons[REASON_COUNT]; // of the first pool that was tried
    unsigned long facts[FACT_KIND_COUNT];
    unsigned long dry_runs, denied; // of dry runs, and grants that they would have denied
    unsigned long waited, served, gave_up, refused, reserved; // in line
};

// One who waits in line.
struct waiting {
    struct waiter *waiter; // NULL: the place is free
    struct model_request request;
};

struct simulation {
    struct tally *tally;
    struct world world;
    struct model model;
    uint64_t seed, rolls;
    unsigned long step;
    char told[TOLD_STEPS][TEXT_SIZE]; // a ring of the last steps, in the words of scripts
    struct kept kept[KEYS];
    struct waiting waiting[WAITING];
};

// 0 to below - 1.
uint64_t roll(struct simulation *simulation, uint64_t below);
bool roll_percent(struct simulation *simulation, unsigned percent);
// One random step: decides, predicts, compares. A difference ends the process with EXIT_DIFFERENCE.
void simulation_step(struct simulation *simulation);
// What time does until world.now, and who is served by it.
void simulation_pass_time(struct simulation *simulation);
// Lets a denied request wait.
void line_join(struct simulation *simulation, const struct actor *actor, const struct session_request *wanted,
               const struct model_request *request);
bool line_has_room(const struct simulation *simulation);
void line_leave(struct simulation *simulation, size_t place);
// After each decision: those it served, each held against the model, until nobody more is.
void line_serve(struct simulation *simulation);
// Nobody waits for what he could have.
void line_compare(struct simulation *simulation);
// Ends the process, with the last steps.
_Noreturn void simulation_differs(struct simulation *simulation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// All figures and claims, of both.
void simulation_compare(struct simulation *simulation);
// A whole run; adds to the tally.
void simulation_run(uint64_t seed, unsigned long steps, struct tally *tally);
// Counts the facts of the last decision.
void tally_facts(struct tally *tally, const struct decision *decision);
void tally_print(const struct tally *tally);
// Whether all was met that the simulation is for; tells what was not.
bool tally_is_full(const struct tally *tally);

#endif
