// SPDX-License-Identifier: Apache-2.0
// How often things came about: a simulation that never meets a rule proves nothing of it.
#ifndef SIMULATION_TALLY_H
#define SIMULATION_TALLY_H

#include "engine/outcome.h"
#include "simulation/act.h"

struct tally {
    unsigned long worlds, requests, rounds, commits;
    unsigned long acts[ACT_KIND_COUNT];
    unsigned long results[RESULT_COUNT];
    unsigned long vias[VIA_OTHER + 1];
    unsigned long reasons[REASON_COUNT]; // of the first pool that was tried
    unsigned long dry_runs, again, batches;
    unsigned long waited, served, gave_up, refused, reserved, aside; // in line
    unsigned long refused_rounds, lost_commits, kept_commits, lost_accounts;
    unsigned long crashes, whole_crashes, restarts, bad_clocks;
    // Of several servers
    unsigned long deaths, stops, revivals, looks, again_rounds, reloads, followed, left_behind, told_later, settled, short_rounds;
    // What differed, told apart by its words without their numbers; 0: nothing, or a check stopped it.
    uint64_t difference;
};

void tally_print(const struct tally *tally);
// Whether all was met that the simulation is for; tells what was not.
bool tally_is_full(const struct tally *tally);

#endif
