// SPDX-License-Identifier: Apache-2.0
#include "simulation/shrink.h"

#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRIES_MAX = 4000, CHILD_S = 60 };

struct shared *shared_open(void)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    return shared;
}

void shared_close(struct shared *shared)
{
    munmap(shared, sizeof *shared);
}

// A world that does not end is one that differs.
static void begin_child(bool is_quiet)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    if (is_quiet && freopen("/dev/null", "w", stderr) == NULL)
        _exit(2);
}

static bool end_child(pid_t child)
{
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    bool is_found = (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DIFFERENCE) || WIFSIGNALED(status);
    CHECK(is_found); // else the simulation itself is broken
    return false;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_worlds(struct shared *shared, uint64_t seed, unsigned long requests, double seconds)
{
    double until = seconds_now() + seconds;
    struct tally *tally = &shared->tally;
    do {
        sim_run(shared->ground, seed++, shared->acts, &shared->act_count, tally);
    } while ((requests == 0 || tally->requests < requests) && (seconds == 0 || seconds_now() < until));
}

bool worlds_run(struct shared *shared, uint64_t seed, unsigned long requests, double seconds, bool is_quiet,
                uint64_t *ret_seed)
{
    unsigned long worlds = shared->tally.worlds;
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        begin_child(is_quiet);
        run_worlds(shared, seed, requests, seconds);
        _exit(0);
    }
    bool good = end_child(child);
    *ret_seed = seed + (shared->tally.worlds - worlds) - 1;
    return good;
}

static bool differs_at_all(struct shared *shared, uint64_t seed, const struct act *acts, int count, bool is_quiet)
{
    shared->again.difference = 0;
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        begin_child(is_quiet);
        alarm(CHILD_S);
        sim_replay(shared->ground, seed, acts, count, shared->by_serial, &shared->again);
        _exit(0);
    }
    return !end_child(child);
}

// Whether it differs as the first time.
static bool differs(struct shared *shared, uint64_t seed, const struct act *acts, int count)
{
    return differs_at_all(shared, seed, acts, count, true) && shared->again.difference == shared->tally.difference;
}

bool worlds_differ(struct shared *shared, uint64_t seed)
{
    return differs_at_all(shared, seed, shared->acts, shared->act_count, false);
}

// ---- Leaving out

struct shrinking {
    struct shared *shared;
    uint64_t seed;
    struct act *acts; // that still differ
    int count, tries;
};

static bool try_without(struct shrinking *shrinking, int from, int size)
{
    static struct act fewer[WORLD_ACTS_MAX];
    int rest = shrinking->count - from - size;
    memcpy(fewer, shrinking->acts, (size_t)from * sizeof *fewer);
    memcpy(fewer + from, shrinking->acts + from + size, (size_t)rest * sizeof *fewer);
    shrinking->tries++;
    if (!differs(shrinking->shared, shrinking->seed, fewer, from + rest))
        return false;
    memcpy(shrinking->acts, fewer, (size_t)(from + rest) * sizeof *fewer);
    shrinking->count = from + rest;
    return true;
}

static void leave_out(struct shrinking *shrinking)
{
    for (int size = shrinking->count / 2; size >= 1; size /= 2) {
        for (int from = shrinking->count - size; from >= 0 && shrinking->tries < TRIES_MAX; from -= size)
            try_without(shrinking, from, size);
    }
}

// ---- Simplifying

static void simplify(struct act *act, int way)
{
    switch (way) {
    case 0:
        act->joins = false;
        break;
    case 1:
        act->project = act->kind == ACT_ACQUIRE || act->kind == ACT_EXPLAIN ? NOBODY : act->project;
        break;
    case 2:
        act->level = act->kind == ACT_ACQUIRE || act->kind == ACT_EXPLAIN ? NOBODY : act->level;
        break;
    case 3:
        act->key = NOBODY;
        break;
    case 4:
        act->platform = false;
        break;
    case 5:
        act->count = act->count > 1 ? 1 : act->count;
        break;
    case 6:
        act->wait_s = 0;
        break;
    case 7:
        act->from_ms = act->until_ms = 0;
        break;
    case 8:
        act->cooldown_s = 0;
        break;
    case 9:
        act->change_count -= act->change_count > 1;
        break;
    default:
        act->parent = act->kind == ACT_CREATE_LEVEL ? THE_ACCOUNT : act->parent;
    }
}

static void simplify_all(struct shrinking *shrinking)
{
    enum { WAYS = 11 };
    for (int i = 0; i < shrinking->count; i++) {
        for (int way = 0; way < WAYS && shrinking->tries < TRIES_MAX; way++) {
            struct act before = shrinking->acts[i];
            simplify(&shrinking->acts[i], way);
            if (memcmp(&before, &shrinking->acts[i], sizeof before) == 0)
                continue;
            shrinking->tries++;
            if (!differs(shrinking->shared, shrinking->seed, shrinking->acts, shrinking->count))
                shrinking->acts[i] = before;
        }
    }
}

void worlds_shrink(struct shared *shared, uint64_t seed)
{
    struct shrinking shrinking = {shared, seed, shared->acts, shared->act_count, 0};
    if (!differs(shared, seed, shared->acts, shared->act_count))
        return; // it does not differ again: the whole is told
    leave_out(&shrinking);
    simplify_all(&shrinking);
    leave_out(&shrinking);
    shared->act_count = shrinking.count;
}

void worlds_tell(struct shared *shared, uint64_t seed)
{
    worlds_differ(shared, seed);
    puts("product KRE session\nproduct ZED session\nproduct SEA seat\naccount");
    for (int i = 0; i < shared->act_count; i++) {
        struct act act = shared->acts[i];
        act.came_to = shared->by_serial[act.serial].came_to;
        char text[1024];
        act_print(&act, text, sizeof text);
        puts(text);
    }
}
