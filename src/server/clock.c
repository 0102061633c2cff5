// SPDX-License-Identifier: Apache-2.0
#include "server/clock.h"

#include "base/moment.h"

#include <stdio.h>

bool clock_start(struct clock *clock, int64_t last_at, bool accept, char *error, size_t error_size)
{
    int64_t wall_at = clock_wall_ms();
    bool behind = last_at - wall_at > moment_seconds(CLOCK_BEHIND_MAX_S);
    bool ahead = last_at != 0 && wall_at - last_at > moment_seconds(CLOCK_AHEAD_MAX_S);
    if ((behind || ahead) && !accept) {
        char now[MOMENT_TEXT_SIZE], last[MOMENT_TEXT_SIZE];
        moment_format(wall_at, now);
        moment_format(last_at, last);
        snprintf(error, error_size,
                 "the clock says %s, but the last change in the data is of %s: set the clock right, or start with "
                 "--accept-clock if it is",
                 now, last);
        return false;
    }
    clock->start_at = wall_at > last_at ? wall_at : last_at;
    clock->start_mono_ms = clock_mono_ns() / 1000000;
    return true;
}

int64_t clock_now(const struct clock *clock)
{
    return clock->start_at + clock_mono_ns() / 1000000 - clock->start_mono_ms;
}

void clock_set(struct clock *clock, int64_t at)
{
    clock->start_at = at;
    clock->start_mono_ms = clock_mono_ns() / 1000000;
}
