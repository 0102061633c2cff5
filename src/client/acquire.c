// SPDX-License-Identifier: Apache-2.0
//
// One attempt to take a license: all its tries carry one key, so the server grants once, however often an answer is
// lost. What is allocated is so before the first try, so that no license is granted which then cannot be kept.
#include "client/call.h"
#include "client/client.h"
#include "client/explanation.h"
#include "client/keeper.h"
#include "client/line.h"
#include "client/moments.h"

#include <stdlib.h>
#include <string.h>

enum {
    SERVER_WAIT_MAX_S = 600, // what the server takes as wait_s
    ANSWER_GRACE_MS = 10000, // for the denial at the end of the wait
    AGE_KEPT_MS = 30000,     // how long the server remembers one who has left the line
    EARLY_MS = 1000,         // a denial sooner than that before the end of the wait is none that waited
};

struct attempt {
    struct usher *usher;
    struct usher_request *request;
    struct usher_error *error;
    struct line *line;
    struct usher_session *session;
    struct job *job;
    char *path;
    struct patience patience;
    int64_t line_until_at; // how long to stand in line
    int64_t turn_wait_s;   // what the server was told at the beginning of this turn in line: it counts from there
    int64_t turn_until_at;
    int64_t in_line_at; // when we last were there; 0: a new turn begins
    int64_t first_sent_at; // of the present key; 0: nothing was sent yet
    bool maybe;            // the last answer for the present key is missing: it may have been granted
};

static bool begin(struct attempt *attempt)
{
    struct usher_request *request = attempt->request;
    int64_t now = boot_now(), timeout_ms = client_timeout_ms(attempt->usher), wait_ms = request->wait_s * 1000;
    attempt->patience.request = request;
    attempt->patience.deadline_at = now + (wait_ms > timeout_ms ? wait_ms : timeout_ms);
    attempt->line_until_at = now + wait_ms;
    attempt->line = line_take(attempt->usher);
    attempt->session = calloc(1, sizeof *attempt->session);
    attempt->job = job_new(TASK_HEARTBEAT, request->members);
    attempt->path = call_path(attempt->usher, "/sessions");
    if (attempt->line == NULL || attempt->session == NULL || attempt->job == NULL || attempt->path == NULL) {
        error_memory(attempt->error);
        return false;
    }
    return keeper_start(attempt->usher, attempt->error) == USHER_OK;
}

static bool take_key(struct attempt *attempt)
{
    attempt->maybe = false;
    attempt->first_sent_at = attempt->in_line_at = 0;
    if (attempt->request->has_key)
        memcpy(attempt->job->key, attempt->request->key, KEY_SIZE);
    else if (!chance_key(attempt->job->key)) {
        error_set(attempt->error, USHER_SYSTEM, "The system has no random bytes to give.");
        return false;
    }
    return true;
}

// The server counts the time in line from the first request of a turn, and takes no more than its maximum for one. Who
// comes back in time says the same again and has its old place; else a new turn begins.
static void take_turn(struct attempt *attempt)
{
    int64_t now = boot_now();
    if (attempt->in_line_at != 0 && now - attempt->in_line_at < AGE_KEPT_MS)
        return;
    // Whole seconds, rounded up: half a second is one.
    int64_t left_s = (attempt->line_until_at - now + 999) / 1000;
    attempt->turn_wait_s = left_s < 0 ? 0 : left_s > SERVER_WAIT_MAX_S ? SERVER_WAIT_MAX_S : left_s;
    attempt->turn_until_at = now + attempt->turn_wait_s * 1000;
}

static int64_t try_ms(const struct attempt *attempt)
{
    int64_t left = attempt->turn_until_at - boot_now();
    if (attempt->turn_wait_s == 0)
        return patience_try_ms(&attempt->patience);
    return (left > 0 ? left : 0) + ANSWER_GRACE_MS;
}

static enum line_end send_once(struct attempt *attempt)
{
    take_turn(attempt);
    char *body = request_body(attempt->job->members, attempt->turn_wait_s);
    if (body == NULL)
        return LINE_MEMORY;
    struct ask ask = {
        .method = "POST",
        .path = attempt->path,
        .body = body,
        .idempotency_key = attempt->job->key,
        .timeout_ms = try_ms(attempt),
    };
    enum line_end end = line_send(attempt->line, attempt->usher, &ask, attempt->request);
    free(body);
    if (exchange_was_sent(&attempt->line->exchange))
        attempt->in_line_at = boot_now();
    if (attempt->first_sent_at == 0)
        attempt->first_sent_at = attempt->line->exchange.sent_at;
    return end;
}

static enum verdict try_once(struct attempt *attempt, json_t **ret_json)
{
    enum verdict verdict = VERDICT_HOPELESS;
    *ret_json = NULL;
    switch (send_once(attempt)) {
    case LINE_DONE:
        verdict = answer_judge(&attempt->line->exchange, attempt->usher, ret_json, attempt->error);
        break;
    case LINE_CANCELLED:
        request_cancelled(attempt->error);
        break;
    case LINE_MEMORY:
        error_memory(attempt->error);
        break;
    }
    if (verdict == VERDICT_REFUSED)
        attempt->maybe = false;
    else
        attempt->maybe = attempt->maybe || exchange_was_sent(&attempt->line->exchange);
    return verdict;
}

static bool keep(struct attempt *attempt, const json_t *json)
{
    const struct exchange *exchange = &attempt->line->exchange;
    struct usher_session *session = attempt->session;
    struct job *job = attempt->job;
    int64_t heartbeat_s, now = boot_now();
    if (!session_read(json, &session->info, &heartbeat_s)) {
        answer_strange(attempt->error, "a session");
        return false;
    }
    job->ttl_ms = session->info.ttl_s * 1000;
    job->heartbeat_ms = heartbeat_s * 1000;
    memcpy(job->id, session->info.id, sizeof job->id);
    if (exchange->status == 201 && now - exchange->sent_at < job->heartbeat_ms) {
        session->end_at = exchange->sent_at + job->ttl_ms;
        job->due_at = exchange->sent_at + job->heartbeat_ms - chance_below(job->heartbeat_ms / 10);
    } else {
        // When it was granted is not known: while it stood in line, or by a try whose answer was lost. The first
        // heartbeat, at once, makes its end known.
        int64_t end_at = (exchange->status == 201 ? now : attempt->first_sent_at) + job->ttl_ms;
        session->end_at = end_at > now + 1000 ? end_at : now + 1000;
        job->due_at = now;
    }
    return true;
}

static struct usher_session *granted(struct attempt *attempt)
{
    struct usher_session *session = attempt->session;
    const struct usher_request *request = attempt->request;
    session->usher = attempt->usher;
    session->job = attempt->job;
    session->reacquire = request->reacquire;
    session->on_change = request->on_change;
    session->context = request->context;
    attempt->job->session = session;
    keeper_take(attempt->usher, attempt->job);
    attempt->session = NULL;
    attempt->job = NULL;
    return session;
}

// Whether another try can help after a refusal, and if so makes ready for it.
static bool goes_on(struct attempt *attempt)
{
    struct usher_error *error = attempt->error;
    int64_t now = boot_now();
    if (error->code == USHER_ENDED && !attempt->request->has_key && now < attempt->patience.deadline_at)
        // Granted by a try whose answer was lost, and over before this one: a new attempt takes a new key.
        return take_key(attempt);
    if (error->code != USHER_DENIED || attempt->line_until_at - now <= EARLY_MS)
        return false;
    attempt->in_line_at = 0;
    if (attempt->turn_until_at - now <= EARLY_MS)
        return true; // as long as the server lets one wait: into line again
    error->retry_after_s = -1;
    return patience_pause(&attempt->patience, error);
}

static struct usher_session *run(struct attempt *attempt)
{
    struct usher_session *session = NULL;
    for (bool again = true; again;) {
        json_t *json;
        enum verdict verdict = try_once(attempt, &json);
        if (verdict == VERDICT_OK && keep(attempt, json))
            session = granted(attempt);
        else if (verdict == VERDICT_REFUSED && attempt->error->code == USHER_DENIED)
            attempt->request->denial = explanation_replace(attempt->request->denial, json);
        json_decref(json);
        if (session != NULL)
            return session;
        if (verdict == VERDICT_REFUSED)
            again = goes_on(attempt);
        else
            again = verdict != VERDICT_HOPELESS && patience_pause(&attempt->patience, attempt->error);
    }
    return NULL;
}

// What may have been granted is found out and given back by the keeper, unless the caller will come back with the key.
static void end(struct attempt *attempt)
{
    struct job *job = attempt->job;
    if (job != NULL && attempt->maybe && !attempt->request->has_key) {
        int64_t ttl_s = TTL_MS / 1000;
        (void)answer_number(job->members, "ttl_s", 0, INT32_MAX, &ttl_s);
        job->task = TASK_UNDO;
        job->due_at = boot_now();
        job->give_up_at = job->due_at + (attempt->turn_wait_s + ttl_s) * 1000;
        job->was_in_line = attempt->turn_wait_s > 0;
        keeper_take(attempt->usher, job);
    } else {
        job_free(job);
    }
    free(attempt->session);
    free(attempt->path);
    line_give(attempt->usher, attempt->line);
}

struct usher_session *usher_acquire(struct usher *usher, struct usher_request *request, struct usher_error *error)
{
    struct usher_error spare;
    struct attempt attempt = {.usher = usher, .request = request, .error = ERROR_OR(error, &spare)};
    if (!client_check(usher, attempt.error) || !request_check(request, attempt.error))
        return NULL;
    request_forget_denial(request);
    struct usher_session *session = NULL;
    if (begin(&attempt) && take_key(&attempt))
        session = run(&attempt);
    end(&attempt);
    return session;
}
