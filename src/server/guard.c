// SPDX-License-Identifier: Apache-2.0
#include "server/guard.h"

#include "base/table.h"

#include <stdio.h>
#include <string.h>

void guard_init(struct guard *guard)
{
    memset(guard, 0, sizeof *guard);
    pthread_mutex_init(&guard->lock, NULL);
}

bool guard_fail(struct guard *guard, const char *address, int64_t mono_s)
{
    struct guard_place *place = &guard->places[hash_text(address) % GUARD_PLACES];
    pthread_mutex_lock(&guard->lock);
    bool is_other = strcmp(place->address, address) != 0;
    if (is_other || mono_s - place->window_start_s >= GUARD_WINDOW_S) {
        snprintf(place->address, sizeof place->address, "%s", address);
        place->window_start_s = mono_s;
        place->failures = 0;
    }
    bool too_many = ++place->failures > GUARD_FAILURES_MAX;
    pthread_mutex_unlock(&guard->lock);
    return too_many;
}
