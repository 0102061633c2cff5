// SPDX-License-Identifier: Apache-2.0
//
// One round of the processor: all calls that have queued up are decided, one commit, the answers. It knows nothing of
// threads, and of time only what the service's clock says, so that a simulation runs it as the server does.
#include "server/processor_parts.h"

#include <stdlib.h>

enum { LATER_MS = 1000, ANSWERS_FORGOTTEN = 100 };

// ---- One batch

static void finish(struct processor *processor, struct job *job)
{
    const struct call *call = job->call;
    if (call->password.state == PASSWORD_TO_HASH && !result_is_refusal(call->outcome.result))
        processor->options.hash(processor->options.user, job);
    else if (call_wants_reader(call->kind) && !result_is_refusal(call->outcome.result))
        processor->options.read(processor->options.user, job);
    else
        processor->options.answer(processor->options.user, job);
}

// Heartbeats and denials may be answered before the commit, which need not hold them up.
static bool may_go_first(const struct call *call)
{
    if (call->kind != CALL_COMMAND || call->idempotency_key != NULL)
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
    if (!is_ready)
        metric_count(options->instruments->failures, NULL, 1);
    if (was_ready && !is_ready)
        log_line(options->log, LOG_ERROR, "the store cannot write; requests are answered 503 until it can",
                 log_text("cause", processor->batch.error.text));
    else if (!was_ready && is_ready)
        log_line(options->log, LOG_INFO, "the store writes again", log_text("state", "ready"));
}

static void observe(struct processor *processor, bool good, size_t count)
{
    const struct batch *batch = &processor->batch;
    if (!good || batch->commit_ns != 0)
        tell_state(processor, good);
    if (batch->commit_ns != 0)
        metric_observe(processor->options.instruments->commit_duration, NULL, batch->commit_ns);
    if (count > 0)
        metric_observe(processor->options.instruments->batch_size, NULL, (int64_t)count);
}

static void end_batch(struct processor *processor, struct job *jobs, size_t count)
{
    bool good = batch_end(&processor->batch);
    if (!good)
        processor->retry_at = processor->batch.now + LATER_MS;
    observe(processor, good, count);
    if (good)
        line_answer_served(processor);
    else if (processor->batch.is_uncertain)
        line_answer_uncertain(processor);
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (good)
            finish(processor, job);
        else
            answer_unwritten(processor, job);
    }
}

// Decides all jobs; returns those that wait for the commit, in order.
static struct job *process_all(struct processor *processor, struct job *jobs, size_t *ret_count)
{
    struct job *waiting = NULL, **end = &waiting;
    *ret_count = 0;
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (job->is_giving_up) {
            line_give_up(processor, job->serial);
            free(job);
            continue;
        }
        ++*ret_count;
        if (!processor->batch.has_failed && call_process(processor, job))
            continue;
        if (!processor->batch.has_failed && may_go_first(job->call)) {
            processor->options.answer(processor->options.user, job);
            continue;
        }
        *end = job;
        end = &job->next;
    }
    *end = NULL;
    return waiting;
}

// ---- What is due without a call

static void pass_time(struct processor *processor)
{
    struct service *service = processor->options.service;
    struct batch *batch = &processor->batch;
    if (batch->now < processor->retry_at)
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
    return service->quiet_count > 0 || service->unsaved.first != NULL || !atomic_load(&processor->is_ready);
}

static void write_later(struct processor *processor)
{
    struct batch *batch = &processor->batch;
    struct service *service = processor->options.service;
    if (!has_later_work(processor) || batch->has_failed || batch->now < processor->retry_at ||
        batch->now - processor->wrote_later_at < LATER_MS)
        return;
    processor->wrote_later_at = batch->now;
    batch_write_quiet(batch);
    // When the store could not write, this is how it is found out that it can again.
    if (!atomic_load(&processor->is_ready) && batch_begin(batch))
        batch_keep(batch, store_put_numbers(service->store, &service->numbers, &batch->error));
    if (batch->has_begun && !batch->has_failed)
        batch_keep(batch, store_forget(service->store, batch->now, ANSWERS_FORGOTTEN, &batch->error));
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
    if (wake_at < processor->retry_at)
        wake_at = processor->retry_at;
    return wake_at > now ? wake_at - now : 0;
}

void round_run(struct processor *processor, struct job *jobs)
{
    size_t count;
    batch_start(&processor->batch);
    struct job *waiting = process_all(processor, jobs, &count);
    pass_time(processor);
    write_later(processor);
    end_batch(processor, waiting, count);
}

void round_run_last(struct processor *processor)
{
    processor->wrote_later_at = 0;
    processor->retry_at = 0;
    round_run(processor, NULL);
}

void round_init(struct processor *processor, const struct processor_options *options)
{
    processor->options = *options;
    atomic_init(&processor->is_ready, true);
    batch_init(&processor->batch, options->service);
}

void round_fini(struct processor *processor)
{
    batch_fini(&processor->batch);
    parking_fini(&processor->parking);
}
