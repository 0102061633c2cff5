// SPDX-License-Identifier: Apache-2.0
#include "client/moments.h"

#include <time.h>

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t boot_now(void)
{
    return now(CLOCK_BOOTTIME);
}

int64_t wall_now(void)
{
    return now(CLOCK_REALTIME);
}
