// SPDX-License-Identifier: Apache-2.0
//
// Usage: sim [--seed N] [--steps N] [--seconds N] [--servers]
// Simulated worlds, one after another, from this seed on (else one that is rolled, and told), until so many requests
// were sent or so much time is over. The first world that differs from the model is cut down and told as a script.
#include "simulation/nodes.h"
#include "simulation/shrink.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

enum { STEPS = 1000000, FULL_STEPS = 300000 };

struct wanted {
    bool has_seed, has_servers;
    uint64_t seed, steps, seconds;
};

static bool read_number(const char *text, uint64_t *ret_number)
{
    char *end;
    *ret_number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool read_wanted(int argc, char **argv, struct wanted *wanted)
{
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--servers") == 0) {
            wanted->has_servers = true;
            i--;
            continue;
        }
        uint64_t *number = strcmp(argv[i], "--seed") == 0      ? &wanted->seed
                           : strcmp(argv[i], "--steps") == 0   ? &wanted->steps
                           : strcmp(argv[i], "--seconds") == 0 ? &wanted->seconds
                                                               : NULL;
        if (number == NULL || i + 1 == argc || !read_number(argv[i + 1], number))
            return false;
        wanted->has_seed = wanted->has_seed || number == &wanted->seed;
    }
    return true;
}

static double seconds_of_children(void)
{
    struct rusage usage;
    CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 + (double)usage.ru_stime.tv_sec +
           (double)usage.ru_stime.tv_usec / 1e6;
}

static void tell_difference(struct shared *shared, uint64_t seed)
{
    printf("the world of seed %" PRIu64 " differs; again: make sim SEED=%" PRIu64 " STEPS=1%s\n", seed, seed,
           shared->ground != NULL ? " SERVERS=1" : "");
    puts("cut down, it is:");
    worlds_shrink(shared, seed);
    worlds_tell(shared, seed);
}

int main(int argc, char **argv)
{
    struct wanted wanted = {0};
    if (!read_wanted(argc, argv, &wanted)) {
        fputs("usage: sim [--seed N] [--steps N] [--seconds N] [--servers]\n", stderr);
        return 2;
    }
    if (!wanted.has_seed)
        CHECK(getrandom(&wanted.seed, 4, 0) == 4);
    if (wanted.steps == 0 && wanted.seconds == 0)
        wanted.steps = STEPS;
    printf("seed %" PRIu64 "\n", wanted.seed);
    struct shared *shared = shared_open();
    shared->ground = wanted.has_servers ? &ground_memory : NULL;
    const struct tally *tally = &shared->tally;
    uint64_t seed;
    bool good = worlds_run(shared, wanted.seed, wanted.steps, (double)wanted.seconds, false, &seed);
    double seconds = seconds_of_children();
    printf("%lu worlds, %lu commands in %lu batches, %lu commits; %.1f s of one core, %.0f commands a second\n",
           tally->worlds, tally->requests, tally->rounds, tally->commits, seconds, (double)tally->requests / seconds);
    if (good)
        tally_print(tally);
    else
        tell_difference(shared, seed);
    bool is_full = !good || tally->requests < FULL_STEPS || tally_is_full(tally, wanted.has_servers);
    shared_close(shared);
    return good && is_full ? 0 : 1;
}
