// SPDX-License-Identifier: Apache-2.0
// The calls that wait in line for a license: how they join, are served, and are given up.
#include "server/processor_parts.h"

#include "api/access.h"
#include "base/moment.h"
#include "server/sharing.h"

static bool may_wait(const struct processor *processor, const struct call *call)
{
    return call->command.kind == COMMAND_SESSION_ACQUIRE && call->command.session.wait_s > 0 &&
           !processor->is_waiting_over;
}

static struct age take_age(struct processor *processor, struct tenant *tenant, const struct call *call)
{
    const struct batch *batch = &processor->batch;
    return parking_take_age(&processor->parking, tenant, call, batch->serial, batch_time(batch, tenant));
}

// The same request that waits already, whose client is here again before anyone noticed that it had gone.
static struct parked *find_former(const struct tenant *tenant, const struct call *call)
{
    if (call->command.kind != COMMAND_SESSION_ACQUIRE || call->idempotency_key == NULL)
        return NULL;
    return (struct parked *)queue_find(&tenant->account, call->actor.key, call->idempotency_key);
}

// Whether it waits: it was denied, but has time left, and its client is still there.
static bool park(struct processor *processor, struct tenant *tenant, struct job *job, struct parked *former)
{
    const struct call *call = job->call;
    struct batch *batch = &processor->batch;
    struct service *service = processor->options.service;
    if (!may_wait(processor, call))
        return false;
    // Also where the store's clock was set back nobody is older than those that wait already.
    struct decision *look = batch_look(batch, tenant);
    struct age age = former != NULL ? (struct age){former->waiter.since_at, former->waiter.head_since}
                                    : take_age(processor, tenant, call);
    if (age.since_at + moment_seconds(call->command.session.wait_s) <= look->now)
        return false;
    uint64_t id = service->is_shared ? service->numbers.next[ID_WAITER]++ : 0;
    struct parked *parked = parking_add(&processor->parking, look, job, tenant, age, former, id);
    if (service->is_shared)
        sharing_note_joined(batch, &parked->waiter);
    return true;
}

static struct job *leave(struct processor *processor, struct parked *parked, bool may_come_back)
{
    const struct batch *batch = &processor->batch;
    struct parking *parking = &processor->parking;
    int64_t now = batch_time(batch, parked->tenant);
    if (!processor->options.service->is_shared)
        parking_forget_over(parking, parked->tenant, batch->serial, now);
    parking_note_leaving(parking, parked, may_come_back, now);
    return parking_remove(parking, parked);
}

// For the same request, which is parked in its place: as if it had hung up and were back at once, so that it is as old
// where the batch fails and is tried again.
static void step_aside(struct processor *processor, struct parked *former, const struct call *call, bool is_parked)
{
    struct tenant *tenant = former->tenant;
    struct job *job = leave(processor, former, is_parked);
    if (is_parked)
        take_age(processor, tenant, call);
    if (job == NULL)
        return; // it waits at another server, which is told
    call_refuse(job->call, RESULT_CONFLICT, NULL, "The same request came again, and is answered in place of this one.");
    processor->options.answer(processor->options.user, job);
}

bool line_wait(struct processor *processor, struct tenant *tenant, struct job *job)
{
    if (job->call->outcome.result != RESULT_NO_LICENSE_AVAILABLE || processor->batch.has_failed)
        return false;
    struct parked *former = find_former(tenant, job->call);
    bool is_parked = park(processor, tenant, job, former);
    if (former != NULL)
        step_aside(processor, former, job->call, is_parked);
    return is_parked;
}

void line_give_up(struct processor *processor, uint64_t serial)
{
    struct parked *parked = parking_find(&processor->parking, serial);
    if (parked == NULL || parked->waiter.is_served)
        return; // answered, or about to be
    struct tenant *tenant = parked->tenant;
    struct job *job = leave(processor, parked, true);
    service_reschedule(processor->options.service, tenant);
    call_refuse_gone(job->call);
    processor->options.answer(processor->options.user, job);
}

static void answer_served(struct processor *processor, struct parked *parked)
{
    const struct batch *batch = &processor->batch;
    struct tenant *tenant = parked->tenant;
    struct outcome outcome = parked->waiter.outcome;
    struct job *job = parking_remove(&processor->parking, parked);
    if (job == NULL)
        return; // it waits at another server, which answers it
    struct call *call = job->call;
    call->outcome = outcome;
    outcome_keep(&call->outcome, call->arena);
    call->now = batch->now;
    if (!processor->options.service->is_shared)
        note_acquire(processor, tenant, &call->command, &call->actor, &call->outcome);
    access_hide(&call->actor, &tenant->account, call->arena, &call->outcome);
    processor->options.answer(processor->options.user, job);
}

void line_answer_served(struct processor *processor)
{
    const struct batch *batch = &processor->batch;
    for (size_t i = 0; i < batch->served_count; i++)
        answer_served(processor, (struct parked *)batch->served[i]);
}

static void note_served(struct processor *processor, const struct parked *parked)
{
    if (parked->job != NULL)
        note_acquire(processor, parked->tenant, &parked->job->call->command, &parked->waiter.actor,
                     &parked->waiter.outcome);
}

void line_note_served(struct processor *processor)
{
    const struct batch *batch = &processor->batch;
    for (size_t i = 0; i < batch->served_count; i++)
        note_served(processor, (struct parked *)batch->served[i]);
}

void line_answer_told(struct processor *processor)
{
    struct parking *parking = &processor->parking;
    struct parked *next;
    for (struct parked *parked = parking->told; parked != NULL; parked = next) {
        next = parked->next;
        note_served(processor, parked);
        answer_served(processor, parked);
    }
    parking->told = NULL;
    parking->told_end = &parking->told;
}

struct job *line_take_back_joined(struct processor *processor)
{
    struct job *jobs = NULL;
    size_t cursor = 0;
    for (struct parked *parked; (parked = parking_next(&processor->parking, &cursor)) != NULL;) {
        if (parked->joined_in != processor->batch.serial || parked->id == 0)
            continue;
        parked->job->next = jobs;
        jobs = parked->job;
    }
    for (struct job *job = jobs; job != NULL; job = job->next)
        parking_remove(&processor->parking, parking_find(&processor->parking, job->serial));
    return jobs;
}

void line_answer_uncertain(struct processor *processor)
{
    const struct batch *batch = &processor->batch;
    for (size_t i = 0; i < batch->served_count; i++) {
        struct parked *parked = (struct parked *)batch->served[i];
        if (parked->waiter.request.idempotency_key == NULL || parked->job == NULL)
            continue;
        struct tenant *tenant = parked->tenant;
        struct job *job = leave(processor, parked, true);
        service_reschedule(processor->options.service, tenant);
        call_refuse_unwritten(job->call);
        processor->options.answer(processor->options.user, job);
    }
}

void line_end(struct processor *processor)
{
    processor->is_waiting_over = true;
    struct job *jobs = NULL;
    size_t cursor = 0;
    for (struct parked *parked; (parked = parking_next(&processor->parking, &cursor)) != NULL;) {
        parked->job->next = jobs;
        jobs = parked->job;
    }
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        leave(processor, parking_find(&processor->parking, job->serial), true);
        call_refuse(job->call, RESULT_UNAVAILABLE, NULL,
               "The server is stopping. Try again in a moment, with the same Idempotency-Key.");
        job->call->retry_after_s = RETRY_AFTER_S;
        processor->options.answer(processor->options.user, job);
    }
}
