// SPDX-License-Identifier: Apache-2.0
// In place of server/clock_system.c.
#include "server/clock.h"
#include "simulation/rig.h"

static int64_t wall, mono;

void rig_set_clocks(int64_t wall_ms, int64_t mono_ms)
{
    wall = wall_ms;
    mono = mono_ms;
}

int64_t clock_wall_ms(void)
{
    return wall;
}

int64_t clock_mono_ns(void)
{
    return mono * 1000000;
}
