// SPDX-License-Identifier: Apache-2.0
#include "server/parking_parts.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>
#include <string.h>

void parking_init(struct parking *parking, uint64_t node)
{
    *parking = (struct parking){.node = node};
    parking->told_end = &parking->told;
}

void parking_free_elsewhere(struct parked *parked)
{
    row_disown(ROW_WAITER, parked->row);
    free(parked->row);
    free(parked);
}

void parking_fini(struct parking *parking)
{
    size_t cursor = 0;
    for (struct parked *parked; (parked = table_next(&parking->by_id, &cursor)) != NULL;) {
        if (parked->job == NULL)
            parking_free_elsewhere(parked);
    }
    cursor = 0;
    for (struct away *away; (away = table_next(&parking->away, &cursor)) != NULL;)
        parking_free_away(away);
    for (size_t i = 0; i < parking->leaving_count; i++)
        row_disown(ROW_WAITER, &parking->leavings[i].row);
    free(parking->leavings);
    table_fini(&parking->by_id);
    table_fini(&parking->by_serial);
    table_fini(&parking->away);
    *parking = (struct parking){0};
}

// ---- Who waits

uint64_t parking_id_hash(const struct parked *parked)
{
    return hash_numbers(parked->tenant->account.row.id, parked->id);
}

struct parked *parking_add(struct parking *parking, struct decision *decision, struct job *job, struct tenant *tenant,
                           struct age age, struct parked *former, uint64_t id)
{
    struct call *call = job->call;
    const struct session_request *request = &call->command.session;
    struct parked *parked = arena_alloc(call->arena, sizeof *parked);
    *parked = (struct parked){
        .waiter = {.request = *request,
                   .actor = call->actor,
                   .since_at = age.since_at,
                   .deadline_at = age.since_at + moment_seconds(request->wait_s),
                   .order = id != 0 ? id : ++parking->order,
                   .head_since = age.head_since},
        .job = job,
        .tenant = tenant,
        .id = id,
    };
    // In a shared store its row tells the order, which others go by.
    if (former != NULL && id == 0)
        parked->waiter.order = former->waiter.order;
    if (former != NULL)
        queue_replace(decision, &former->waiter, &parked->waiter);
    else
        queue_join(decision, &parked->waiter);
    table_add(&parking->by_serial, hash_number(job->serial), parked);
    if (id != 0)
        table_add(&parking->by_id, parking_id_hash(parked), parked);
    tenant->waiting_here++;
    return parked;
}

void parking_note_leaving(struct parking *parking, const struct parked *parked, bool may_come_back, int64_t now)
{
    struct tenant *tenant = parked->tenant;
    struct waiter_row row = parking_row(parking, parked);
    if (may_come_back && row.idempotency_key != NULL && tenant->away_count < AWAY_MAX)
        row.kept_until = now + moment_seconds(AGE_KEPT_S);
    if (parked->id != 0)
        parking_add_leaving(parking, tenant, &row, parked->joined_in);
    else if (row.kept_until != 0)
        parking_keep_away(parking, tenant, &row);
}

struct job *parking_remove(struct parking *parking, struct parked *parked)
{
    struct job *job = parked->job;
    queue_leave(&parked->tenant->account, &parked->waiter);
    if (parked->id != 0)
        table_remove(&parking->by_id, parking_id_hash(parked), parked);
    if (job == NULL) {
        parking_free_elsewhere(parked);
        return NULL;
    }
    parked->tenant->waiting_here--;
    table_remove(&parking->by_serial, hash_number(job->serial), parked);
    return job;
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
