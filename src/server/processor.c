// SPDX-License-Identifier: Apache-2.0
#include "server/processor_parts.h"

#include "base/check.h"

#include <stdlib.h>
#include <time.h>

static struct job *empty_queue(struct processor *processor)
{
    struct job *jobs = processor->queue;
    processor->queue = NULL;
    processor->queue_end = &processor->queue;
    return jobs;
}

static struct job *take_late(struct processor *processor)
{
    pthread_mutex_lock(&processor->lock);
    struct job *jobs = empty_queue(processor);
    pthread_mutex_unlock(&processor->lock);
    return jobs;
}

static struct job *take_jobs(struct processor *processor, bool *ret_closing)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + round_next_wake_ms(processor) * 1000000;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&processor->lock);
    while (processor->queue == NULL && !processor->is_closing &&
           !(processor->is_stopping_waiting && !processor->is_waiting_over) &&
           pthread_cond_timedwait(&processor->wake, &processor->lock, &until) == 0)
        ;
    struct job *jobs = empty_queue(processor);
    *ret_closing = processor->is_closing;
    bool is_stopping_waiting = processor->is_stopping_waiting;
    pthread_mutex_unlock(&processor->lock);
    if (is_stopping_waiting && !processor->is_waiting_over)
        line_end(processor);
    return jobs;
}

static void *run(void *arg)
{
    struct processor *processor = arg;
    bool is_closing = false;
    while (!is_closing)
        round_run(processor, take_jobs(processor, &is_closing));
    round_run_last(processor);
    return NULL;
}

struct processor *processor_open(const struct processor_options *options)
{
    struct processor *processor = check_calloc(1, sizeof *processor);
    round_init(processor, options);
    processor->take_late = take_late;
    processor->queue_end = &processor->queue;
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

void processor_look(struct processor *processor, uint64_t account)
{
    struct job *message = check_calloc(1, sizeof *message);
    message->is_look = true;
    message->accounts[0] = account;
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
    round_fini(processor);
    pthread_cond_destroy(&processor->wake);
    pthread_mutex_destroy(&processor->lock);
    free(processor);
}
