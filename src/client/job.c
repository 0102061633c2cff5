// SPDX-License-Identifier: Apache-2.0
#include "client/job.h"

#include "client/call.h"
#include "client/moments.h"

#include <stdlib.h>
#include <string.h>

enum {
    LINE_S = 600, // how long to stand in line for a session in place of a lost one
    PAUSE_BASE_MS = 250,
    PAUSE_MAX_MS = 30000,
    TRY_MIN_MS = 1000,
    CLEAN_TRY_MS = 2000,
    FAILURES_UNTIL_AWAY = 2,
};

struct job *job_new(enum task task, json_t *members)
{
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    job->task = task;
    job->due_at = job->give_up_at = NEVER;
    job->members = json_deep_copy(members);
    if (job->members != NULL && exchange_init(&job->exchange))
        return job;
    job_free(job);
    return NULL;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    exchange_fini(&job->exchange);
    json_decref(job->members);
    free(job);
}

// ---- Asking

static int64_t try_ms(const struct job *job)
{
    if (job->task == TASK_REACQUIRE)
        return LINE_S * 1000 + TRY_MS;
    // Several tries before the lease's end, or before usher_close gives up; longer ones for a server that is slow.
    int64_t limit = job->task == TASK_HEARTBEAT ? job->ttl_ms / 4 : CLEAN_TRY_MS * (job->failures + 1);
    if (limit > TRY_MS)
        return TRY_MS;
    return limit > TRY_MIN_MS ? limit : TRY_MIN_MS;
}

static char *path_of(const struct usher *usher, const struct job *job)
{
    if (job->task == TASK_HEARTBEAT)
        return call_path(usher, "/sessions/%s/heartbeat", job->id);
    return job->task == TASK_RELEASE ? call_path(usher, "/sessions/%s", job->id) : call_path(usher, "/sessions");
}

// To stand in line for a moment takes the place of a request of ours that the server believes to be there still: it
// does not always hear that a connection has ended.
static int64_t wait_s(const struct job *job)
{
    if (job->task == TASK_REACQUIRE)
        return LINE_S;
    return job->was_in_line ? 1 : 0;
}

bool job_ask(struct usher *usher, struct job *job)
{
    bool acquires = job->task == TASK_REACQUIRE || job->task == TASK_UNDO;
    char *path = path_of(usher, job);
    char *body = acquires ? request_body(job->members, wait_s(job)) : NULL;
    struct ask ask = {
        .method = job->task == TASK_RELEASE ? "DELETE" : "POST",
        .path = path,
        .body = body,
        .idempotency_key = acquires ? job->key : NULL,
        .timeout_ms = try_ms(job),
    };
    bool ready = path != NULL && (body != NULL || !acquires) && exchange_prepare(&job->exchange, usher, &ask);
    free(body);
    free(path);
    return ready;
}

// ---- Answers

static void again(struct job *job, const struct usher_error *error)
{
    // A heartbeat has several tries before the lease's end.
    int64_t most = job->task == TASK_HEARTBEAT ? job->heartbeat_ms / 3 : PAUSE_MAX_MS;
    most = most < PAUSE_MAX_MS ? most : PAUSE_MAX_MS;
    int64_t pause = chance_pause(++job->failures, PAUSE_BASE_MS, most);
    // What the server asks for, as long as the lease allows it.
    int64_t asked = error->retry_after_s < most / 1000 ? error->retry_after_s * 1000 : most;
    if (error->retry_after_s >= 0 && pause < asked)
        pause = asked;
    job->due_at = boot_now() + pause;
}

static void tell(struct job *job, enum usher_state state, const struct usher_error *error, struct news *news)
{
    struct usher_session *session = job->session;
    session->info.state = state;
    news->session = session;
    news->info = session->info;
    news->error = *error;
    session_remaining(session, &news->info);
}

static void keep(struct job *job, const struct usher_session_info *info, int64_t heartbeat_s, struct news *news)
{
    struct usher_session *session = job->session;
    enum usher_state before = session->info.state;
    session->info = *info;
    session->is_gone = false;
    session->end_at = job->exchange.sent_at + info->ttl_s * 1000;
    job->task = TASK_HEARTBEAT;
    job->failures = 0;
    job->maybe = false;
    job->ttl_ms = info->ttl_s * 1000;
    job->heartbeat_ms = heartbeat_s * 1000;
    text_copy(job->id, sizeof job->id, info->id);
    // A little early and each time otherwise, so that those started together drift apart.
    job->due_at = job->exchange.sent_at + job->heartbeat_ms - chance_below(job->heartbeat_ms / 10);
    struct usher_error none;
    error_clear(&none);
    session->info.state = before;
    if (before != USHER_ACTIVE)
        tell(job, USHER_ACTIVE, &none, news);
}

static void begin_attempt(struct job *job)
{
    job->task = TASK_REACQUIRE;
    job->maybe = false;
    // Without random bytes for a key it is tried again later: an attempt without one could take two licenses.
    job->due_at = chance_key(job->key) ? boot_now() : NEVER;
}

static void lose(struct job *job, const struct usher_error *error, struct news *news)
{
    bool has_ended = error->code == USHER_ENDED || error->code == USHER_NOT_FOUND;
    job->session->is_gone = job->session->is_gone || has_ended || error->code == USHER_UNAUTHENTICATED;
    job->due_at = NEVER;
    job->failures = 0;
    if (has_ended && job->task == TASK_HEARTBEAT && job->session->reacquire)
        begin_attempt(job);
    tell(job, USHER_LOST, error, news);
}

static void heartbeat_answered(struct job *job, enum verdict verdict, const json_t *json,
                               const struct usher_error *error, struct news *news)
{
    struct usher_session_info info;
    int64_t heartbeat_s;
    if (verdict == VERDICT_REFUSED) {
        lose(job, error, news);
    } else if (verdict == VERDICT_OK && session_read(json, &info, &heartbeat_s) && strcmp(info.id, job->id) == 0) {
        keep(job, &info, heartbeat_s, news);
    } else {
        struct usher_error strange = *error;
        if (verdict == VERDICT_OK)
            answer_strange(&strange, "the session");
        again(job, &strange);
        if (job->failures >= FAILURES_UNTIL_AWAY && job->session->info.state == USHER_ACTIVE)
            tell(job, USHER_AWAY, &strange, news);
    }
}

static void reacquire_answered(struct job *job, enum verdict verdict, const json_t *json,
                               const struct usher_error *error, struct news *news)
{
    struct usher_session_info info;
    int64_t heartbeat_s;
    if (verdict == VERDICT_OK && session_read(json, &info, &heartbeat_s)) {
        keep(job, &info, heartbeat_s, news);
        // It may have waited in line: when it was granted is not known, and a heartbeat makes it known.
        job->session->end_at = boot_now() + job->ttl_ms;
        job->due_at = boot_now();
    } else if (verdict != VERDICT_REFUSED) {
        job->maybe = job->maybe || exchange_was_sent(&job->exchange);
        again(job, error);
    } else if (error->code == USHER_ENDED) {
        again(job, error);
        int64_t due_at = job->due_at;
        begin_attempt(job);
        job->due_at = job->due_at != NEVER ? due_at : NEVER;
    } else if (error->code == USHER_DENIED) {
        struct usher_error denied = *error;
        // It stands in line again; when a lease ends is of no matter for that.
        denied.retry_after_s = -1;
        job->maybe = false;
        again(job, &denied);
    } else {
        lose(job, error, news);
    }
}

static bool undo_answered(struct job *job, enum verdict verdict, const json_t *json, const struct usher_error *error)
{
    struct usher_session_info info;
    int64_t heartbeat_s;
    if (verdict == VERDICT_REFUSED)
        return false;
    if (verdict != VERDICT_OK || !session_read(json, &info, &heartbeat_s)) {
        again(job, error);
        return true;
    }
    job->task = TASK_RELEASE;
    job->failures = 0;
    job->due_at = boot_now();
    text_copy(job->id, sizeof job->id, info.id);
    return true;
}

bool job_answered(struct job *job, enum verdict verdict, const json_t *json, const struct usher_error *error,
                  struct news *news)
{
    switch (job->task) {
    case TASK_HEARTBEAT:
        heartbeat_answered(job, verdict, json, error, news);
        return true;
    case TASK_REACQUIRE:
        reacquire_answered(job, verdict, json, error, news);
        return true;
    case TASK_UNDO:
        return undo_answered(job, verdict, json, error);
    case TASK_RELEASE:
        if (verdict == VERDICT_OK || verdict == VERDICT_REFUSED)
            return false;
        again(job, error);
        return true;
    }
    return false;
}

void job_overdue(struct job *job, struct news *news)
{
    struct usher_error error;
    error_set(&error, USHER_UNAVAILABLE, "The lease's end has passed, and no heartbeat was answered.");
    tell(job, USHER_OVERDUE, &error, news);
}

bool job_leave(struct job *job)
{
    int64_t now = boot_now();
    job->due_at = now;
    job->give_up_at = now + (job->ttl_ms > 0 ? job->ttl_ms : TTL_MS) + TRY_MS;
    if (job->task == TASK_REACQUIRE && job->maybe) {
        job->task = TASK_UNDO;
        job->was_in_line = true;
    } else if (job->task == TASK_HEARTBEAT && job->is_left) {
        job->task = TASK_RELEASE;
    } else {
        return job->task == TASK_UNDO || job->task == TASK_RELEASE;
    }
    return true;
}
