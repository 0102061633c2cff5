// SPDX-License-Identifier: Apache-2.0
//
// Usage: simulation [--seed N] [--runs N] [--steps N]
// Runs of so many steps each, from this seed on. Without arguments what fits into the tests.
#include "simulation/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    static struct tally tally;
    unsigned long long seed = 1, runs = 40, steps = 2000;
    for (int i = 1; i < argc; i++) {
        unsigned long long *number = strcmp(argv[i], "--seed") == 0    ? &seed
                                     : strcmp(argv[i], "--runs") == 0  ? &runs
                                     : strcmp(argv[i], "--steps") == 0 ? &steps
                                                                       : NULL;
        if (number == NULL || i + 1 == argc) {
            fprintf(stderr, "usage: simulation [--seed N] [--runs N] [--steps N]\n");
            return 2;
        }
        *number = strtoull(argv[++i], NULL, 10);
    }
    for (unsigned long long run = 0; run < runs; run++)
        simulation_run(seed + run, (unsigned long)steps, &tally);
    printf("%llu runs of %llu steps, from seed %llu\n", runs, steps, seed);
    tally_print(&tally);
    return tally_is_full(&tally) ? 0 : 1;
}
