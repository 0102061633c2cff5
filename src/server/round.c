// SPDX-License-Identifier: Apache-2.0
//
// One round of the processor: all calls that have queued up are decided, one commit, the answers. It knows nothing of
// threads, and of time only what the service's clock says, so that a simulation runs it as the server does.
#include "server/processor_parts.h"

#include "base/check.h"
#include "server/sharing.h"

#include <stdlib.h>
#include <string.h>

enum { LATER_MS = 1000, ANSWERS_FORGOTTEN = 100 };
// In a shared store a batch that another server, or the database's own failover, stood in the way of is tried again;
// a request waits so long for it.
enum { AGAIN_MS = 25, PATIENCE_MS = 10000, DUES_MAX = 64, SLACK_FIRST = 16, SPARE_MAX = 1000 };

// ---- One batch

static void finish(struct processor *processor, struct job *job)
{
    const struct call *call = job->call;
    if (call->password.state == PASSWORD_TO_HASH && !result_is_refusal(call->outcome.result))
        processor->options.hash(processor->options.user, job);
    else if (call_wants_reader(call))
        processor->options.read(processor->options.user, job);
    else
        processor->options.answer(processor->options.user, job);
}

// Heartbeats and denials may be answered before the commit, which need not hold them up.
static bool may_go_first(const struct processor *processor, const struct call *call)
{
    if (processor->options.service->is_shared || call->kind != CALL_COMMAND || call->idempotency_key != NULL)
        return false;
    return (call->command.kind == COMMAND_SESSION_HEARTBEAT && call->outcome.result == RESULT_OK) ||
           (call->command.kind == COMMAND_SESSION_ACQUIRE && call_is_denial(call->outcome.result));
}

static void answer_unwritten(struct processor *processor, struct job *job)
{
    call_refuse_unwritten(job->call);
    processor->options.answer(processor->options.user, job);
}

static void tell_state(struct processor *processor, bool is_ready)
{
    const struct processor_options *options = &processor->options;
    bool was_ready = atomic_exchange(&processor->is_ready, is_ready);
    if (was_ready && !is_ready)
        log_line(options->log, LOG_ERROR, "the store cannot write; requests are answered 503 until it can",
                 log_text("cause", processor->batch.error.text));
    else if (!was_ready && is_ready)
        log_line(options->log, LOG_INFO, "the store writes again", log_text("state", "ready"));
}

// In a shared store one that fails is tried again, and says little: others may have stood in the way.
static bool is_well(struct processor *processor, bool good)
{
    const struct batch *batch = &processor->batch;
    if (good)
        processor->failing_since = 0;
    else if (processor->failing_since == 0)
        processor->failing_since = batch->now;
    return good || (processor->options.service->is_shared && batch->now - processor->failing_since < LATER_MS);
}

static void observe(struct processor *processor, bool good, size_t count)
{
    const struct batch *batch = &processor->batch;
    if (!good)
        metric_count(processor->options.instruments->failures, NULL, 1);
    if (!good || batch->commit_ns != 0)
        tell_state(processor, is_well(processor, good));
    if (batch->commit_ns != 0)
        metric_observe(processor->options.instruments->commit_duration, NULL, batch->commit_ns);
    if (count > 0)
        metric_observe(processor->options.instruments->batch_size, NULL, (int64_t)count);
}

// Whether the job is tried again with the next batch. Of one whose outcome nobody knows, it may have happened already.
static bool may_try_again(const struct processor *processor, struct job *job)
{
    const struct batch *batch = &processor->batch;
    if (!processor->options.service->is_shared || batch->is_uncertain || processor->is_last)
        return false;
    if (job->failed_at == 0)
        job->failed_at = batch->now;
    return batch->now - job->failed_at < PATIENCE_MS && !atomic_load(&job->is_gone);
}

static struct job **end_of(struct job **jobs)
{
    while (*jobs != NULL)
        jobs = &(*jobs)->next;
    return jobs;
}

static void answer_failed(struct processor *processor, struct job *jobs)
{
    struct job **end = end_of(&processor->again);
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        job->next = NULL;
        if (may_try_again(processor, job)) {
            *end = job;
            end = &job->next;
        } else {
            answer_unwritten(processor, job);
        }
    }
    if (processor->batch.wants_numbers)
        processor->slack = processor->slack > 0 ? 4 * processor->slack : SLACK_FIRST;
}

static int64_t retry_after_ms(const struct processor *processor)
{
    if (!processor->options.service->is_shared)
        return LATER_MS;
    return processor->batch.wants_numbers ? 0 : AGAIN_MS;
}

static void end_batch(struct processor *processor, struct job *jobs, size_t count)
{
    if (processor->options.service->is_shared && !processor->batch.has_failed)
        line_note_served(processor);
    bool good = batch_end(&processor->batch);
    if (!good)
        processor->retry_at = processor->batch.now + retry_after_ms(processor);
    observe(processor, good, count);
    if (good)
        line_answer_served(processor);
    else if (processor->batch.is_uncertain)
        line_answer_uncertain(processor);
    if (!good) {
        answer_failed(processor, line_take_back_joined(processor));
        answer_failed(processor, jobs);
        return;
    }
    processor->slack = 0;
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        finish(processor, job);
    }
}

static int compare_accounts(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static bool is_left(const struct batch *batch, const struct job *job)
{
    for (size_t i = 0; i < JOB_ACCOUNTS_MAX && batch->left_count > 0; i++) {
        if (bsearch(&job->accounts[i], batch->left, batch->left_count, sizeof *batch->left, compare_accounts) != NULL)
            return true;
    }
    return false;
}

// Decides all jobs, but those whose accounts had to be left: they are tried again. Those that wait for the commit are
// put behind `end`, in order; returns the new end.
static struct job **process_all(struct processor *processor, struct job *jobs, struct job **end, size_t *count)
{
    struct job **again = end_of(&processor->again);
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (!processor->batch.has_failed && is_left(&processor->batch, job)) {
            job->next = NULL;
            *again = job;
            again = &job->next;
            continue;
        }
        if (job->is_giving_up || job->is_look) {
            if (job->is_giving_up)
                line_give_up(processor, job->serial);
            free(job);
            continue;
        }
        ++*count;
        if (!processor->batch.has_failed && call_process(processor, job))
            continue;
        if (!processor->batch.has_failed && may_go_first(processor, job->call)) {
            processor->options.answer(processor->options.user, job);
            continue;
        }
        *end = job;
        end = &job->next;
    }
    *end = NULL;
    return end;
}

// ---- What is due without a call

static void pass_time_of_visited(struct batch *batch)
{
    for (size_t i = 0; i < batch->visit_count && !batch->has_failed; i++) {
        struct tenant *tenant = service_tenant(batch->service, batch->visits[i].account);
        if (tenant != NULL && batch->visits[i].is_changed)
            batch_pass_time(batch, tenant);
    }
}

static void pass_time(struct processor *processor)
{
    struct service *service = processor->options.service;
    struct batch *batch = &processor->batch;
    if (service->is_shared)
        pass_time_of_visited(batch);
    if (service->is_shared || batch->now < processor->retry_at)
        return;
    for (;;) {
        struct heap_node *first = heap_first(&service->dues);
        if (first == NULL || first->key > batch->now || batch->has_failed)
            return;
        struct tenant *tenant = ITEM_OF(first, struct tenant, due);
        if (tenant->is_lost && !service_reload(service, tenant))
            continue;
        batch_pass_time(batch, tenant);
        service_reschedule(service, tenant);
        // Should something be left, the others come first.
        if (heap_holds(&tenant->due) && tenant->due.key <= batch->now)
            heap_move(&service->dues, &tenant->due, batch->now + 1);
    }
}

static bool has_later_work(const struct processor *processor)
{
    const struct service *service = processor->options.service;
    return service->quiet_count > 0 || service->unsaved.first != NULL || processor->parking.leaving_count > 0 ||
           !atomic_load(&processor->is_ready);
}

static void write_later(struct processor *processor)
{
    struct batch *batch = &processor->batch;
    struct service *service = processor->options.service;
    bool is_inside = service->is_shared && batch->has_begun;
    if (!(is_inside || has_later_work(processor)) || batch->has_failed || batch->now < processor->retry_at ||
        batch->now - processor->wrote_later_at < LATER_MS)
        return;
    processor->wrote_later_at = batch->now;
    batch_write_quiet(batch);
    // When the store could not write, this is how it is found out that it can again.
    if (!atomic_load(&processor->is_ready) && batch_begin(batch))
        batch_keep(batch, store_put_numbers(service->store, &service->numbers, &batch->error));
    if (service->is_shared)
        service_forget_idle(service, batch->now);
    if (batch->has_begun && !batch->has_failed)
        batch_keep(batch, store_forget(service->store, batch->now, ANSWERS_FORGOTTEN, &batch->error));
}

// ---- In a shared store

static void add_dues(struct agenda *agenda, struct service *service, int64_t now)
{
    struct tenant *due[DUES_MAX];
    size_t count = 0;
    for (struct heap_node *first; count < DUES_MAX && (first = heap_first(&service->dues)) != NULL &&
                                  first->key <= now;) {
        due[count] = ITEM_OF(first, struct tenant, due);
        heap_remove(&service->dues, first);
        agenda_add_account(agenda, due[count++]->account.row.id, true);
    }
    // Whatever becomes of the batch, they are looked at again.
    while (count > 0)
        service_reschedule(service, due[--count]);
}

static void note_accounts(const struct agenda *agenda, size_t first, struct job *job)
{
    size_t count = 0;
    memset(job->accounts, 0, sizeof job->accounts);
    for (size_t i = first; i < agenda->visit_count; i++) {
        if (!agenda->visits[i].is_changed || agenda->visits[i].account == 0)
            continue;
        CHECK(count < JOB_ACCOUNTS_MAX);
        job->accounts[count++] = agenda->visits[i].account;
    }
}

static enum store_status add_job(struct processor *processor, struct agenda *agenda, struct job *job)
{
    const struct parked *parked = job->is_giving_up ? parking_find(&processor->parking, job->serial) : NULL;
    enum store_status status = STORE_OK;
    size_t first = agenda->visit_count;
    if (job->is_look)
        agenda_add_account(agenda, job->accounts[0], true);
    else if (parked != NULL)
        agenda_add_account(agenda, parked->tenant->account.row.id, true);
    else if (!job->is_giving_up)
        status = agenda_add_call(agenda, job->call, &processor->batch.error);
    note_accounts(agenda, first, job);
    return status;
}

// Enters the store, unless there is nothing to do there. What another server has is not waited for, but for what must
// be written and for the oldest job: so each job has its turn.
static void enter(struct processor *processor, struct job *jobs)
{
    struct batch *batch = &processor->batch;
    struct agenda agenda;
    agenda_init(&agenda, batch->service, &batch->arena);
    agenda_add_unwritten(&agenda);
    for (struct job *job = jobs; job != NULL && !batch->has_failed; job = job->next) {
        batch_keep(batch, add_job(processor, &agenda, job));
        agenda.may_leave = !processor->is_last;
    }
    if (batch->now >= processor->retry_at)
        add_dues(&agenda, batch->service, batch->now);
    if (batch->has_failed || (jobs == NULL && agenda.visit_count == 1 && !has_later_work(processor)))
        return;
    agenda_settle(&agenda, processor->slack, processor->spare);
    sharing_enter(batch, &agenda);
    line_answer_told(processor);
}

// Whether the batch can take the job along, which came while it waited to enter.
static bool may_board(struct processor *processor, struct job *job, uint64_t *asked)
{
    struct batch *batch = &processor->batch;
    struct agenda agenda;
    bool is_call = !job->is_look && !job->is_giving_up;
    if (batch->has_failed || (is_call && !agenda_knows_caller(batch->service, job->call)))
        return false;
    agenda_init(&agenda, batch->service, &batch->arena);
    if (!batch_keep(batch, add_job(processor, &agenda, job)) || !agenda_is_covered(&agenda, batch))
        return false;
    *asked += agenda.wanted[ID_SESSION];
    return agenda.wanted[ID_SESSION] == 0 || *asked <= processor->spare;
}

// The jobs that came while the batch waited to enter, often for a server that had the same account: those that it can
// take along, so that they need not wait for its turn after this one. The others are tried with the next batch.
static struct job *board(struct processor *processor)
{
    struct job *boarding = NULL, **end = &boarding, **again = end_of(&processor->again);
    uint64_t asked = 0; // sessions, by those that may come along or could if there were ids for them
    if (processor->take_late == NULL || processor->is_last || !processor->batch.has_begun)
        return NULL;
    for (struct job *job = processor->take_late(processor), *next; job != NULL; job = next) {
        next = job->next;
        struct job ***list = may_board(processor, job, &asked) ? &end : &again;
        job->next = NULL;
        **list = job;
        *list = &job->next;
    }
    processor->spare = asked < SPARE_MAX ? asked : SPARE_MAX;
    return boarding;
}

static struct job *with_again(struct processor *processor, struct job *jobs)
{
    struct job *again = processor->again;
    processor->again = NULL;
    *end_of(&again) = jobs;
    return again;
}

// ---- The round

int64_t round_next_wake_ms(const struct processor *processor)
{
    const struct service *service = processor->options.service;
    int64_t now = clock_now(&service->clock), wake_at = now + 60 * LATER_MS;
    const struct heap_node *first = heap_first(&service->dues);
    if (first != NULL && first->key < wake_at)
        wake_at = first->key;
    if (has_later_work(processor) && processor->wrote_later_at + LATER_MS < wake_at)
        wake_at = processor->wrote_later_at + LATER_MS;
    if (processor->again != NULL)
        wake_at = now;
    if (wake_at < processor->retry_at)
        wake_at = processor->retry_at;
    return wake_at > now ? wake_at - now : 0;
}

void round_run(struct processor *processor, struct job *jobs)
{
    struct job *waiting = NULL;
    size_t count = 0;
    batch_start(&processor->batch);
    jobs = with_again(processor, jobs);
    if (processor->options.service->is_shared)
        enter(processor, jobs);
    struct job **end = process_all(processor, jobs, &waiting, &count);
    if (processor->options.service->is_shared)
        process_all(processor, board(processor), end, &count);
    pass_time(processor);
    write_later(processor);
    end_batch(processor, waiting, count);
}

void round_run_last(struct processor *processor)
{
    processor->wrote_later_at = 0;
    processor->retry_at = 0;
    processor->is_last = true;
    round_run(processor, NULL);
    // Who left may have made room for one of whom it had not known, and there was no id for the session.
    if (processor->batch.wants_numbers)
        round_run(processor, NULL);
}

void round_init(struct processor *processor, const struct processor_options *options)
{
    processor->options = *options;
    atomic_init(&processor->is_ready, true);
    batch_init(&processor->batch, options->service);
    parking_init(&processor->parking, store_node(options->service->store));
    options->service->parking = &processor->parking;
    // Of the accounts that are in memory already, it is not known who waits elsewhere.
    size_t cursor = 0;
    for (struct tenant *tenant; (tenant = table_next(&options->service->tenants, &cursor)) != NULL;)
        tenant->version = 0;
}

void round_fini(struct processor *processor)
{
    batch_fini(&processor->batch);
    processor->options.service->parking = NULL;
    parking_fini(&processor->parking);
}
