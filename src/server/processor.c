// SPDX-License-Identifier: Apache-2.0
#include "server/processor.h"

#include "api/access.h"
#include "base/check.h"
#include "base/moment.h"
#include "server/batch.h"
#include "server/identify.h"
#include "server/parking.h"
#include "server/repeat.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LATER_MS = 1000, RETRY_AFTER_S = 1, ANSWERS_FORGOTTEN = 100 };

struct processor {
    struct processor_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *queue, **queue_end;
    bool is_closing, is_stopping_waiting;
    atomic_bool is_ready;
    struct batch batch;
    struct parking parking;
    bool is_waiting_over; // nobody is let wait any more
    int64_t wrote_later_at; // when what may wait was last written
    int64_t retry_at;       // after a batch that failed: nothing is tried unasked before
};

// ---- One call

static void note_denial(struct processor *processor, struct tenant *tenant, const struct session_request *request,
                        const struct actor *actor, const struct outcome *outcome)
{
    struct service *service = processor->options.service;
    const struct explanation *explanation = outcome->explanation;
    struct denial denial = {
        .user = request->user != 0 ? request->user : actor->user,
        .product = outcome->product,
        .machine = request->machine,
        .error = outcome->result,
        .reason = explanation->tried_count > 0 ? explanation->tried[0].reason : REASON_NONE,
        .project = request->project,
        .organization = request->organization,
        .units = request->count,
        .explanation = explanation,
    };
    episodes_add(&tenant->episodes, &denial, processor->batch.now, &service->numbers.next[ID_DENIAL]);
    service_note_unsaved(service, tenant);
    const char *values[] = {result_types[outcome->result].name, reason_words[denial.reason]};
    metric_count(processor->options.instruments->denials, values, 1);
}

static bool is_denial(enum result result)
{
    return result == RESULT_NO_LICENSE_AVAILABLE || result == RESULT_NOT_ELIGIBLE || result == RESULT_NOT_A_MEMBER;
}

static void note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                         const struct actor *actor, const struct outcome *outcome)
{
    bool is_acquire = command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_LEASE_BORROW;
    if (!is_acquire || processor->batch.has_failed)
        return;
    if (is_denial(outcome->result)) {
        note_denial(processor, tenant, &command->session, actor, outcome);
    } else if (outcome->result == RESULT_CREATED) {
        const struct session_row *row = outcome->row;
        episodes_close(&tenant->episodes, row->user, row->product, row->machine, processor->batch.now);
        service_note_unsaved(processor->options.service, tenant);
    }
}

// ---- Waiting in line

static bool may_wait(const struct processor *processor, const struct call *call)
{
    return call->command.kind == COMMAND_SESSION_ACQUIRE && call->command.session.wait_s > 0 &&
           !processor->is_waiting_over;
}

static void refuse(struct call *call, enum result result, const char *pointer, const char *detail)
{
    call->outcome = (struct outcome){.result = result,
                                     .detail = detail,
                                     .pointer = pointer,
                                     .requested = NUMBER_NONE,
                                     .available = NUMBER_NONE};
}

static struct age age_of(const struct parked *parked)
{
    return (struct age){parked->waiter.since_at, parked->waiter.head_since};
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
    if (!may_wait(processor, call))
        return false;
    struct age age =
        former != NULL ? age_of(former) : parking_take_age(&processor->parking, call, batch->now);
    if (age.since_at + moment_seconds(call->command.session.wait_s) <= batch->now)
        return false;
    parking_add(&processor->parking, batch_look(batch, tenant), job, tenant, age, former);
    return true;
}

static void step_aside(struct processor *processor, struct parked *former)
{
    struct job *job = parking_remove(&processor->parking, former);
    refuse(job->call, RESULT_CONFLICT, NULL, "The same request came again, and is answered in place of this one.");
    processor->options.answer(processor->options.user, job);
}

// Whether the call waits in line from now on.
static bool wait_in_line(struct processor *processor, struct tenant *tenant, struct job *job)
{
    if (job->call->outcome.result != RESULT_NO_LICENSE_AVAILABLE || processor->batch.has_failed)
        return false;
    struct parked *former = find_former(tenant, job->call);
    bool is_parked = park(processor, tenant, job, former);
    if (former != NULL)
        step_aside(processor, former);
    return is_parked;
}

static void forget(struct processor *processor, struct job *job, struct age age)
{
    parking_keep_age(&processor->parking, job->call, age, processor->batch.now);
    refuse(job->call, RESULT_UNAVAILABLE, NULL, "The client hung up.");
}

static void give_up(struct processor *processor, uint64_t serial)
{
    struct parked *parked = parking_find(&processor->parking, serial);
    if (parked == NULL || parked->waiter.is_served)
        return; // answered, or about to be
    struct tenant *tenant = parked->tenant;
    struct age age = age_of(parked);
    struct job *job = parking_remove(&processor->parking, parked);
    service_reschedule(processor->options.service, tenant);
    forget(processor, job, age);
    processor->options.answer(processor->options.user, job);
}

// After the commit: those who were served while others were decided.
static void answer_served(struct processor *processor)
{
    const struct batch *batch = &processor->batch;
    for (size_t i = 0; i < batch->served_count; i++) {
        struct parked *parked = (struct parked *)batch->served[i];
        struct tenant *tenant = parked->tenant;
        struct job *job = parking_remove(&processor->parking, parked);
        struct call *call = job->call;
        call->outcome = parked->waiter.outcome;
        outcome_keep(&call->outcome, call->arena);
        call->now = batch->now;
        note_acquire(processor, tenant, &call->command, &call->actor, &call->outcome);
        access_hide(&call->actor, &tenant->account, call->arena, &call->outcome);
        processor->options.answer(processor->options.user, job);
    }
}

static void answer_all_waiting(struct processor *processor)
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
        parking_remove(&processor->parking, parking_find(&processor->parking, job->serial));
        refuse(job->call, RESULT_UNAVAILABLE, NULL,
               "The server is stopping. Try again in a moment, with the same Idempotency-Key.");
        job->call->retry_after_s = RETRY_AFTER_S;
        processor->options.answer(processor->options.user, job);
    }
}

// ---- Deciding

// Whether the call is parked: it waits in line, and its job is answered another time.
static bool decide_command(struct processor *processor, struct tenant *tenant, struct job *job)
{
    struct batch *batch = &processor->batch;
    struct call *call = job->call;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, &call->command))
        return false;
    if (atomic_load(&job->is_gone)) {
        forget(processor, job, parking_take_age(&processor->parking, call, batch->now));
        return false;
    }
    struct memory memory = {call->past, repeat.session};
    batch_decide(batch, tenant, &call->command, &call->actor, memory, call->arena, &call->outcome);
    if (wait_in_line(processor, tenant, job))
        return true;
    note_acquire(processor, tenant, &call->command, &call->actor, &call->outcome);
    access_hide(&call->actor, &tenant->account, call->arena, &call->outcome);
    repeat_keep(batch, &repeat, call, &call->command);
    return false;
}

static void decide_op(struct processor *processor, struct tenant *tenant, struct call *call, struct batch_op *op)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = op->idempotency_key, .hash = op->request_hash};
    op->past = batch_find_past(batch, tenant, &op->command, call->arena);
    if (!access_op(call, op, &tenant->account) || repeat_find_op(batch, &repeat, call, op))
        return;
    struct memory memory = {op->past, repeat.session};
    batch_decide(batch, tenant, &op->command, &call->actor, memory, call->arena, &op->outcome);
    note_acquire(processor, tenant, &op->command, &call->actor, &op->outcome);
    access_hide(&call->actor, &tenant->account, call->arena, &op->outcome);
    repeat_keep_op(batch, &repeat, call, op);
}

static void decide_batch(struct processor *processor, struct tenant *tenant, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    for (size_t i = 0; i < call->op_count && !batch->has_failed; i++)
        decide_op(processor, tenant, call, &call->ops[i]);
    call->outcome.result = RESULT_OK;
    repeat_keep(batch, &repeat, call, NULL);
}

static void create_account(struct processor *processor, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {.key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    struct tenant *tenant = batch_create_account(batch, &call->command, &call->actor, call->arena, &call->outcome);
    if (tenant != NULL)
        call->account = tenant->account.row.id;
    repeat_keep(batch, &repeat, call, NULL);
}

static void answer_product(struct call *call, enum result result, const struct product *product)
{
    call->outcome = (struct outcome){
        .result = result,
        .answer = ANSWER_ROW,
        .row_kind = ROW_PRODUCT,
        .row = row_copy(ROW_PRODUCT, product, call->arena),
    };
}

static void create_product(struct processor *processor, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {.key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    if (catalog_find(&processor->options.service->catalog, call->product.code) != NULL) {
        refuse(call, RESULT_CONFLICT, "/code", "There is a product with this code already.");
        call->outcome.with = call->product.code;
        return;
    }
    call->product.created_at = batch->now;
    batch_change_product(batch, NULL, &call->product, &call->actor, call->arena);
    answer_product(call, RESULT_CREATED, &call->product);
    repeat_keep(batch, &repeat, call, NULL);
}

static void update_product(struct processor *processor, struct call *call)
{
    const struct product *product = catalog_find(&processor->options.service->catalog, call->product.code);
    if (product == NULL) {
        refuse(call, RESULT_NOT_FOUND, NULL, "There is no product with this code.");
        return;
    }
    struct product after = *product;
    if (call->given & GIVEN_NAME)
        after.name = call->product.name;
    if (call->given & GIVEN_MACHINES_PER_SEAT)
        after.machines_per_seat = call->product.machines_per_seat;
    if (call->product_code != NULL && strcmp(call->product_code, product->code) != 0) {
        refuse(call, RESULT_CONFLICT, "/code", "The code of a product stays. Make a new product for the other code.");
        return;
    }
    if (call->product_model_given && call->product.model != product->model) {
        refuse(call, RESULT_CONFLICT, "/model",
               "The licensing model of a product stays. Make a new product for the other model.");
        return;
    }
    if (product->model != MODEL_SEAT && after.machines_per_seat != NUMBER_NONE) {
        refuse(call, RESULT_INVALID_REQUEST, "/machines_per_seat",
               "Only products with the model seat have a number of machines.");
        return;
    }
    if (!row_same(ROW_PRODUCT, product, &after))
        batch_change_product(&processor->batch, product, &after, &call->actor, call->arena);
    answer_product(call, RESULT_OK, product);
}

static void read_product(struct processor *processor, struct call *call)
{
    const struct product *product = catalog_find(&processor->options.service->catalog, call->product.code);
    if (product != NULL)
        answer_product(call, RESULT_OK, product);
    else
        refuse(call, RESULT_NOT_FOUND, NULL, "There is no product with this code.");
}

// Whether the call is to be read by the readers once its batch is durable.
static bool wants_reader(enum call_kind kind)
{
    return kind == CALL_LIST || kind == CALL_MEMBERS || kind == CALL_EVENTS || kind == CALL_DENIALS ||
           kind == CALL_DENIAL || kind == CALL_BACKUP;
}

static bool decide(struct processor *processor, struct tenant *tenant, struct job *job)
{
    struct call *call = job->call;
    switch (call->kind) {
    case CALL_COMMAND:
        return decide_command(processor, tenant, job);
    case CALL_BATCH:
        decide_batch(processor, tenant, call);
        break;
    case CALL_ACCOUNT_CREATE:
        create_account(processor, call);
        break;
    case CALL_PRODUCT_CREATE:
        create_product(processor, call);
        break;
    case CALL_PRODUCT_UPDATE:
        update_product(processor, call);
        break;
    case CALL_PRODUCT_READ:
        read_product(processor, call);
        break;
    case CALL_METRICS:
        instruments_look(processor->options.instruments, processor->options.service);
        break;
    default:
        break; // whoami, the contract, and what the readers do
    }
    return false;
}

// The account that access is judged by; whoami has none in its path, but tells the key's.
static const struct account *scope_of(const struct processor *processor, const struct call *call,
                                      const struct tenant *tenant)
{
    if (tenant == NULL && call->kind == CALL_WHOAMI && call->account != 0)
        tenant = service_tenant(processor->options.service, call->account);
    return tenant != NULL ? &tenant->account : NULL;
}

// Whether the call is parked.
static bool process(struct processor *processor, struct job *job)
{
    struct batch *batch = &processor->batch;
    struct call *call = job->call;
    struct tenant *tenant;
    call->now = batch->now;
    call->outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    if (!identify(processor->options.service, call, batch->now, &tenant) || !access_role(call))
        return false;
    if (result_is_refusal(call->form.result)) {
        call->outcome = call->form;
        return false;
    }
    if (tenant != NULL)
        batch_pass_time(batch, tenant);
    if (tenant != NULL && call->kind == CALL_COMMAND)
        call->past = batch_find_past(batch, tenant, &call->command, call->arena);
    if (!access_scope(call, scope_of(processor, call, tenant)))
        return false;
    if (decide(processor, tenant, job))
        return true;
    // Lists are read from the store: what was only in memory is written first.
    if (wants_reader(call->kind))
        batch_write_quiet(batch);
    return false;
}

// ---- One batch

static void finish(struct processor *processor, struct job *job)
{
    const struct call *call = job->call;
    if (wants_reader(call->kind) && !result_is_refusal(call->outcome.result))
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
           (call->command.kind == COMMAND_SESSION_ACQUIRE && is_denial(call->outcome.result));
}

static void answer_unavailable(struct processor *processor, struct job *job)
{
    refuse(job->call, RESULT_UNAVAILABLE, NULL,
           "The server could not write that down, so it did not happen. Try again in a moment, with the same "
           "Idempotency-Key.");
    job->call->retry_after_s = RETRY_AFTER_S;
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
        answer_served(processor);
    for (struct job *job = jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (good)
            finish(processor, job);
        else
            answer_unavailable(processor, job);
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
            give_up(processor, job->serial);
            free(job);
            continue;
        }
        ++*ret_count;
        if (!processor->batch.has_failed && process(processor, job))
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

// ---- The thread

// When to wake without a call; in milliseconds from now.
static int64_t next_wake_ms(const struct processor *processor)
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

static struct job *take_jobs(struct processor *processor, bool *ret_closing)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + next_wake_ms(processor) * 1000000;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&processor->lock);
    while (processor->queue == NULL && !processor->is_closing &&
           !(processor->is_stopping_waiting && !processor->is_waiting_over) &&
           pthread_cond_timedwait(&processor->wake, &processor->lock, &until) == 0)
        ;
    struct job *jobs = processor->queue;
    processor->queue = NULL;
    processor->queue_end = &processor->queue;
    *ret_closing = processor->is_closing;
    bool is_stopping_waiting = processor->is_stopping_waiting;
    pthread_mutex_unlock(&processor->lock);
    if (is_stopping_waiting && !processor->is_waiting_over)
        answer_all_waiting(processor);
    return jobs;
}

static void run_batch(struct processor *processor, struct job *jobs)
{
    size_t count;
    batch_start(&processor->batch);
    struct job *waiting = process_all(processor, jobs, &count);
    pass_time(processor);
    write_later(processor);
    end_batch(processor, waiting, count);
}

static void *run(void *arg)
{
    struct processor *processor = arg;
    bool is_closing = false;
    while (!is_closing)
        run_batch(processor, take_jobs(processor, &is_closing));
    processor->wrote_later_at = 0;
    processor->retry_at = 0;
    run_batch(processor, NULL);
    return NULL;
}

struct processor *processor_open(const struct processor_options *options)
{
    struct processor *processor = check_calloc(1, sizeof *processor);
    processor->options = *options;
    processor->queue_end = &processor->queue;
    atomic_init(&processor->is_ready, true);
    batch_init(&processor->batch, options->service);
    pthread_mutex_init(&processor->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&processor->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    CHECK(pthread_create(&processor->thread, NULL, run, processor) == 0);
    return processor;
}

void processor_submit(struct processor *processor, struct job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&processor->lock);
    bool was_empty = processor->queue == NULL;
    *processor->queue_end = job;
    processor->queue_end = &job->next;
    pthread_mutex_unlock(&processor->lock);
    if (was_empty)
        pthread_cond_signal(&processor->wake);
}

void processor_give_up(struct processor *processor, uint64_t serial)
{
    struct job *message = check_calloc(1, sizeof *message);
    message->is_giving_up = true;
    message->serial = serial;
    processor_submit(processor, message);
}

void processor_stop_waiting(struct processor *processor)
{
    pthread_mutex_lock(&processor->lock);
    processor->is_stopping_waiting = true;
    pthread_mutex_unlock(&processor->lock);
    pthread_cond_signal(&processor->wake);
}

bool processor_is_ready(const struct processor *processor)
{
    return atomic_load(&processor->is_ready);
}

void processor_close(struct processor *processor)
{
    if (processor == NULL)
        return;
    pthread_mutex_lock(&processor->lock);
    processor->is_closing = true;
    pthread_mutex_unlock(&processor->lock);
    pthread_cond_signal(&processor->wake);
    pthread_join(processor->thread, NULL);
    batch_fini(&processor->batch);
    parking_fini(&processor->parking);
    pthread_cond_destroy(&processor->wake);
    pthread_mutex_destroy(&processor->lock);
    free(processor);
}
