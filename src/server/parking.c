// SPDX-License-Identifier: Apache-2.0
#include "server/parking.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void parking_fini(struct parking *parking)
{
    table_fini(&parking->by_serial);
    free(parking->ages);
    *parking = (struct parking){0};
}

bool parking_add(struct parking *parking, struct job *job, struct tenant *tenant, int64_t since_at, int64_t now)
{
    struct call *call = job->call;
    const struct session_request *request = &call->command.session;
    int64_t deadline_at = since_at + moment_seconds(request->wait_s);
    if (deadline_at <= now)
        return false;
    struct parked *parked = arena_alloc(call->arena, sizeof *parked);
    *parked = (struct parked){
        .waiter = {.request = *request,
                   .actor = call->actor,
                   .since_at = since_at,
                   .deadline_at = deadline_at,
                   .order = ++parking->order},
        .job = job,
        .tenant = tenant,
    };
    queue_join(&tenant->account, &parked->waiter, call->outcome.product, now);
    table_add(&parking->by_serial, hash_number(job->serial), parked);
    return true;
}

struct job *parking_remove(struct parking *parking, struct parked *parked)
{
    queue_leave(&parked->tenant->account, &parked->waiter);
    table_remove(&parking->by_serial, hash_number(parked->job->serial), parked);
    return parked->job;
}

static bool same_serial(const void *item, const void *key)
{
    return ((const struct parked *)item)->job->serial == *(const uint64_t *)key;
}

struct parked *parking_find(const struct parking *parking, uint64_t serial)
{
    return table_find(&parking->by_serial, hash_number(serial), same_serial, &serial);
}

struct parked *parking_next(const struct parking *parking, size_t *cursor)
{
    return table_next(&parking->by_serial, cursor);
}

void parking_keep_age(struct parking *parking, const struct parked *parked, int64_t now)
{
    const char *text = parked->waiter.request.idempotency_key;
    if (text == NULL)
        return;
    if (parking->ages == NULL)
        parking->ages = check_calloc(AGES_MAX, sizeof *parking->ages);
    struct kept_age *age = &parking->ages[parking->age_next++ % AGES_MAX];
    *age = (struct kept_age){
        .account = parked->job->call->account,
        .key = parked->waiter.actor.key,
        .since_at = parked->waiter.since_at,
        .until_at = now + moment_seconds(AGE_KEPT_S),
    };
    snprintf(age->text, sizeof age->text, "%s", text);
}

int64_t parking_age(struct parking *parking, uint64_t account, uint64_t key, const char *text, int64_t now)
{
    for (size_t i = 0; parking->ages != NULL && i < AGES_MAX; i++) {
        struct kept_age *age = &parking->ages[i];
        if (age->until_at > now && age->account == account && age->key == key && strcmp(age->text, text) == 0) {
            age->until_at = 0;
            return age->since_at;
        }
    }
    return 0;
}
