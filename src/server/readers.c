// SPDX-License-Identifier: Apache-2.0
#include "server/readers.h"

#include "api/put.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Some threads that share a queue.
struct line {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *queue, **queue_end;
    bool is_closing;
};

struct reader {
    struct readers *readers;
    struct line *line;
    struct store_reader *store;
    pthread_t thread;
    bool is_running;
};

struct readers {
    struct readers_options options;
    struct line lists, backups;
    struct reader *all;
    unsigned count;
};

static void refuse(struct call *call, enum result result, const char *detail)
{
    call->outcome = (struct outcome){
        .result = result, .detail = detail, .requested = NUMBER_NONE, .available = NUMBER_NONE};
}

static bool list_events(struct reader *reader, struct call *call, struct store_error *error)
{
    return store_list_events(reader->store, &call->history, call->arena, &call->events, &call->item_count, &call->more,
                             error);
}

static bool list_denials(struct reader *reader, struct call *call, struct store_error *error)
{
    return store_list_denials(reader->store, &call->history, call->arena, &call->denials, &call->item_count,
                              &call->more, error);
}

// One denial is a page of one, from the id before it.
static bool find_denial(struct reader *reader, struct call *call, struct store_error *error)
{
    call->history.after = call->command.id - 1;
    call->history.limit = 1;
    if (!list_denials(reader, call, error))
        return false;
    if (call->item_count == 0 || call->denials[0].denial.id != call->command.id)
        refuse(call, RESULT_NOT_FOUND, "This account has no such denial.");
    return true;
}

// The reason stands in the last event of the seat.
static bool find_why_gone(struct reader *reader, struct call *call, struct store_error *error)
{
    char subject[ID_TEXT_SIZE];
    id_format(ID_SEAT, call->command.id, call->account, subject);
    call->history = (struct history_query){.account = call->account,
                                           .subject = arena_strdup(call->arena, subject),
                                           .scope_user = call->actor.user,
                                           .newest_first = true,
                                           .limit = 1};
    if (!list_events(reader, call, error))
        return false;
    size_t length = 0;
    const char *reason = call->item_count > 0 ? json_find(call->events[0].data, "reason", &length) : NULL;
    if (reason == NULL || *reason != '"')
        return true;
    call->gone_reason = arena_printf(call->arena, "%.*s", (int)length, reason);
    call->outcome.detail = "The seat was taken back; `reason` says why. Ask an admin for another.";
    return true;
}

static bool read_list(struct reader *reader, struct call *call, struct store_error *error)
{
    switch (call->kind) {
    case CALL_COMMAND:
        return find_why_gone(reader, call, error);
    case CALL_LIST:
        return store_list(reader->store, &call->list, call->arena, &call->page, error);
    case CALL_MEMBERS:
        return store_list_members(reader->store, call->list.account, call->command.id, call->list.after,
                                  call->list.limit, call->arena, &call->page, error);
    case CALL_EVENTS:
        return list_events(reader, call, error);
    case CALL_DENIALS:
        return list_denials(reader, call, error);
    case CALL_DENIAL:
        return find_denial(reader, call, error);
    default:
        break;
    }
    CHECK(false && "a call for the readers");
    return false;
}

static void fail(struct reader *reader, struct job *job, const char *cause)
{
    log_line(reader->readers->options.log, LOG_ERROR, "the store could not be read", log_text("cause", cause),
             log_text("request_id", job->call->request_id));
    refuse(job->call, RESULT_UNAVAILABLE, "The server could not read that just now. Try again in a moment.");
    job->call->retry_after_s = 1;
}

// The copy is made beside the data, opened and unlinked: whatever happens to this process, nothing is left behind.
static bool make_backup(struct reader *reader, int *ret_file, uint64_t *ret_length, struct store_error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/backup.part", reader->readers->options.folder);
    unlink(path);
    if (!store_backup(reader->store, path, error)) {
        unlink(path);
        return false;
    }
    *ret_file = open(path, O_RDONLY | O_CLOEXEC);
    unlink(path);
    struct stat stat;
    if (*ret_file < 0 || fstat(*ret_file, &stat) != 0) {
        snprintf(error->text, sizeof error->text, "the copy cannot be opened: %s", strerror(errno));
        return false;
    }
    *ret_length = (uint64_t)stat.st_size;
    return true;
}

// That a connection to a shared store has ended is noticed when it is used next: another try has a new one.
static bool read_patiently(struct reader *reader, struct call *call, struct store_error *error)
{
    return read_list(reader, call, error) ||
           (store_is_shared(reader->readers->options.store) && read_list(reader, call, error));
}

static void serve(struct reader *reader, struct job *job)
{
    const struct readers_options *options = &reader->readers->options;
    struct store_error error = {""};
    if (job->call->kind == CALL_BACKUP && store_is_shared(options->store)) {
        refuse(job->call, RESULT_CONFLICT,
               "The data is in PostgreSQL: its own tools make copies, such as pg_dump or pg_basebackup.");
    } else if (job->call->kind == CALL_BACKUP) {
        int file;
        uint64_t length;
        if (make_backup(reader, &file, &length, &error)) {
            options->answer_file(options->user, job, file, length);
            return;
        }
        fail(reader, job, error.text);
    } else if (!read_patiently(reader, job->call, &error)) {
        fail(reader, job, error.text);
    }
    options->answer(options->user, job);
}

static struct job *take(struct line *line)
{
    pthread_mutex_lock(&line->lock);
    while (line->queue == NULL && !line->is_closing)
        pthread_cond_wait(&line->wake, &line->lock);
    struct job *job = line->queue;
    if (job != NULL) {
        line->queue = job->next;
        if (line->queue == NULL)
            line->queue_end = &line->queue;
    }
    pthread_mutex_unlock(&line->lock);
    return job;
}

static void *run(void *arg)
{
    struct reader *reader = arg;
    for (struct job *job; (job = take(reader->line)) != NULL;)
        serve(reader, job);
    return NULL;
}

static void line_init(struct line *line)
{
    pthread_mutex_init(&line->lock, NULL);
    pthread_cond_init(&line->wake, NULL);
    line->queue_end = &line->queue;
}

static bool start_reader(struct reader *reader, struct store_error *error)
{
    reader->store = store_reader_open(reader->readers->options.store, error);
    if (reader->store == NULL)
        return false;
    CHECK(pthread_create(&reader->thread, NULL, run, reader) == 0);
    reader->is_running = true;
    return true;
}

struct readers *readers_open(const struct readers_options *options, struct store_error *error)
{
    struct readers *readers = check_calloc(1, sizeof *readers);
    readers->options = *options;
    readers->count = options->threads + 1;
    readers->all = check_calloc(readers->count, sizeof *readers->all);
    line_init(&readers->lists);
    line_init(&readers->backups);
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->all[i];
        reader->readers = readers;
        reader->line = i == 0 ? &readers->backups : &readers->lists;
        if (!start_reader(reader, error)) {
            readers_close(readers);
            return NULL;
        }
    }
    return readers;
}

void readers_submit(struct readers *readers, struct job *job)
{
    struct line *line = job->call->kind == CALL_BACKUP ? &readers->backups : &readers->lists;
    job->next = NULL;
    pthread_mutex_lock(&line->lock);
    *line->queue_end = job;
    line->queue_end = &job->next;
    pthread_mutex_unlock(&line->lock);
    pthread_cond_signal(&line->wake);
}

static void line_close(struct line *line)
{
    pthread_mutex_lock(&line->lock);
    line->is_closing = true;
    pthread_mutex_unlock(&line->lock);
    pthread_cond_broadcast(&line->wake);
}

void readers_close(struct readers *readers)
{
    if (readers == NULL)
        return;
    line_close(&readers->lists);
    line_close(&readers->backups);
    for (unsigned i = 0; i < readers->count; i++) {
        if (readers->all[i].is_running)
            pthread_join(readers->all[i].thread, NULL);
        store_reader_close(readers->all[i].store);
    }
    free(readers->all);
    free(readers);
}
