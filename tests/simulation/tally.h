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
    unsigned long waited, served, gave_up, refused, reserved, aside, back; // in line
    unsigned long refused_rounds, lost_commits, kept_commits, lost_accounts;
    unsigned long crashes, whole_crashes, restarts, bad_clocks;
    // Of several servers
    unsigned long deaths, stops, revivals;
    unsigned long followed, reloads, looks; // entered after others; loaded; looked since they were told to
    unsigned long again_rounds, short_rounds; // tried again; of those with too few new ids
    unsigned long left; // rounds that left an account to another server
    unsigned long told_later, left_behind; // who waited and was served elsewhere; whose server died
    unsigned long settled; // all servers held against each other
    // What differed, told apart by its words without their numbers; 0: nothing, or a check stopped it.
    uint64_t difference;
};

void tally_print(const struct tally *tally);
// Whether all was met that the simulation of one server, or of several, is for; tells what was not.
bool tally_is_full(const struct tally *tally, bool has_servers);

#endif
