// SPDX-License-Identifier: Apache-2.0
//
// The service's time. It starts at the wall clock, but never before the last fact of the store, and goes on by the
// monotonic clock: nobody who sets the machine's clock ends a lease or makes one last.
#ifndef SERVER_CLOCK_H
#define SERVER_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_BEHIND_MAX_S = 3600, CLOCK_AHEAD_MAX_S = 30 * 86400 };

struct clock {
    int64_t start_at;      // ms since 1970
    int64_t start_mono_ms; // on CLOCK_MONOTONIC
};

// `last_at`: of the newest fact, 0 if there is none. False, with advice, when the wall clock is more than an hour
// before it or more than 30 days after it and `accept` is not set: a wrong clock would end purchases, or keep them.
bool clock_start(struct clock *clock, int64_t last_at, bool accept, char *error, size_t error_size);
int64_t clock_now(const struct clock *clock);
// Goes on from this moment.
void clock_set(struct clock *clock, int64_t at);

// The machine's clocks (clock_system.c): the wall's, ms since 1970, which anyone may set; and one that only goes on.
int64_t clock_wall_ms(void);
int64_t clock_mono_ns(void);

#endif
