// SPDX-License-Identifier: Apache-2.0
//
// The simulation is tried itself: one fault at a time is put into the engine, the processor or the store, by functions
// that the linker puts in front of their own, and each must be found. A simulation that finds nothing here proves
// nothing elsewhere.
#include "simulation/nodes.h"
#include "simulation/shrink.h"

#include "simulation/canary.h"

#include <stdio.h>
#include <string.h>

enum { GOOD_STEPS = 400000, MOST_STEPS = 4000000 };

static const char *const fault_names[FAULTS] = {
    [NO_FAULT] = "no fault",
    [NO_FAULT_OF_SERVERS] = "no fault of several servers",
#define X(fault, name) [fault] = name,
    CANARY_FAULTS(X) CANARY_SERVER_FAULTS(X)
#undef X
};

static enum fault planted;

bool is_planted(enum fault fault)
{
    return fault == planted;
}

// Tells how many requests it took, and how few acts show it.
static bool is_found(enum fault fault)
{
    struct shared *shared = shared_open();
    bool is_none = fault == NO_FAULT || fault == NO_FAULT_OF_SERVERS;
    uint64_t seed;
    planted = fault;
    shared->ground = fault >= NO_FAULT_OF_SERVERS ? &ground_memory : NULL;
    bool found = !worlds_run(shared, 1, is_none ? GOOD_STEPS : MOST_STEPS, 0, true, &seed);
    bool good = found != is_none;
    printf("%s - %s: ", good ? "ok" : "not ok", fault_names[fault]);
    if (found) {
        worlds_shrink(shared, seed);
        printf("found after %lu commands, shown by %d acts\n", shared->tally.requests, shared->act_count);
    } else {
        printf("nothing found in %lu commands\n", shared->tally.requests);
    }
    shared_close(shared);
    return good;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int fault = NO_FAULT; fault < FAULTS; fault++) {
        if (argc < 2 || strstr(fault_names[fault], argv[1]) != NULL)
            failed += !is_found((enum fault)fault);
    }
    return failed > 0;
}
