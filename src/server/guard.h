// SPDX-License-Identifier: Apache-2.0
//
// The guard against guessing: counts failed keys by the address they come from. Only failures are ever refused: a
// good key works from any address at any time.
#ifndef SERVER_GUARD_H
#define SERVER_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { GUARD_WINDOW_S = 60, GUARD_FAILURES_MAX = 600, GUARD_PLACES = 1024, GUARD_ADDRESS_SIZE = 46 };

struct guard_place {
    char address[GUARD_ADDRESS_SIZE];
    int64_t window_start_s;
    unsigned failures;
};

struct guard {
    pthread_mutex_t lock;
    struct guard_place places[GUARD_PLACES]; // by a hash of the address; a collision takes the place over
};

void guard_init(struct guard *guard);
// Counts one more failure from the address. True: there were too many within the last minute, answer 429.
bool guard_fail(struct guard *guard, const char *address, int64_t mono_s);

#endif
