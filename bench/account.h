// SPDX-License-Identifier: Apache-2.0
//
// An account to be measured, by itself: no store, no network. Time stands still unless the measurement moves it.
#ifndef BENCH_ACCOUNT_H
#define BENCH_ACCOUNT_H

#include "engine/decision.h"

struct bench {
    struct catalog catalog;
    struct account account;
    struct numbers numbers;
    struct arena arena;
    struct decision decision; // the last one
    int64_t now;
};

// An account on the highest plan, with so many licenses of KRE.
void bench_init(struct bench *bench, int64_t quantity);
void bench_fini(struct bench *bench);

// A decision that is still of nothing.
struct decision *bench_begin(struct bench *bench);
// Lets time pass if it must, then decides.
const struct outcome *bench_decide(struct bench *bench, const struct command *command);
// The same; a refusal ends the program.
void bench_must(struct bench *bench, const struct command *command);
// The id of what was made last.
uint64_t bench_made(const struct bench *bench);

// Each returns the new thing's id.
uint64_t bench_add_organization(struct bench *bench, size_t number, int64_t dedicated);
uint64_t bench_add_user(struct bench *bench, uint64_t organization);
void bench_set_policy(struct bench *bench, enum usage_policy policy, bool fallback);
// An acquire of KRE with the longest time; organization 0: none named.
struct command bench_acquire(uint64_t user, uint64_t organization, int64_t count);

// Processor time used so far: others who use the machine do not count.
double bench_seconds(void);

#endif
