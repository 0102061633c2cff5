// SPDX-License-Identifier: Apache-2.0
#include "client/session.h"

#include "client/answer.h"
#include "client/call.h"
#include "client/keeper.h"
#include "client/moments.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPAN_MAX_S = 31536000 };

const char *usher_state_name(enum usher_state state)
{
    switch (state) {
    case USHER_ACTIVE:
        return "active";
    case USHER_AWAY:
        return "away";
    case USHER_OVERDUE:
        return "overdue";
    case USHER_LOST:
        return "lost";
    case USHER_RELEASED:
        return "released";
    }
    return "unknown";
}

bool session_read(const json_t *json, struct usher_session_info *ret_info, int64_t *ret_heartbeat_s)
{
    struct usher_session_info info = {.state = USHER_ACTIVE};
    const char *state = json_string_value(json_object_get(json, "state"));
    if (state == NULL || strcmp(state, "active") != 0 || !answer_id(json, "id", info.id, sizeof info.id) ||
        !answer_text(json, "product", info.product, sizeof info.product) ||
        !answer_text(json, "user", info.user, sizeof info.user) ||
        !answer_text(json, "level", info.level, sizeof info.level) ||
        !answer_text(json, "via", info.via, sizeof info.via) ||
        !answer_number(json, "count", 1, INT64_MAX, &info.count) ||
        !answer_number(json, "ttl_s", 1, SPAN_MAX_S, &info.ttl_s) ||
        !answer_number(json, "heartbeat_s", 1, SPAN_MAX_S, ret_heartbeat_s) ||
        !answer_moment(json, "started_at", false, &info.started_at) ||
        !answer_moment(json, "expires_at", false, &info.expires_at))
        return false;
    // A third of the time to live, by the contract; in no case so late that a single lost heartbeat ends the lease.
    if (*ret_heartbeat_s > info.ttl_s / 3)
        *ret_heartbeat_s = info.ttl_s >= 3 ? info.ttl_s / 3 : 1;
    *ret_info = info;
    return true;
}

void session_remaining(const struct usher_session *session, struct usher_session_info *info)
{
    int64_t left = session->end_at - boot_now();
    info->remaining_s = left > 0 && info->state != USHER_RELEASED ? (double)left / 1000 : 0;
}

enum usher_code usher_session_read(const struct usher_session *session, struct usher_session_info *ret_info)
{
    if (session == NULL || ret_info == NULL)
        return USHER_INVALID;
    if (session->usher->pid != getpid())
        return USHER_FORKED;
    pthread_mutex_lock(&session->usher->mutex);
    *ret_info = session->info;
    session_remaining(session, ret_info);
    pthread_mutex_unlock(&session->usher->mutex);
    return USHER_OK;
}

// Ends it for the keeper, and waits for a callback that is under way; from then on the session is the caller's alone.
static void give_up(struct usher_session *session)
{
    struct usher *usher = session->usher;
    pthread_mutex_lock(&usher->mutex);
    session->job->session = NULL;
    while (session->is_telling)
        pthread_cond_wait(&usher->told, &usher->mutex);
    keeper_wake(usher);
    pthread_mutex_unlock(&usher->mutex);
}

// True when the server has answered whatever may be the end of the session.
static bool send_release(struct usher_session *session, int64_t timeout_ms, struct usher_error *error)
{
    struct usher *usher = session->usher;
    struct patience patience = {.deadline_at = boot_now() + timeout_ms};
    json_t *json = NULL;
    char *path = call_path(usher, "/sessions/%s", session->info.id);
    struct ask ask = {.method = "DELETE", .path = path};
    if (path == NULL)
        error_memory(error);
    else
        call_send(usher, &patience, &ask, &json, NULL, error);
    free(path);
    bool is_answered = error->code == USHER_OK || json != NULL;
    json_decref(json);
    // It is not there any more: that is what was wanted.
    if (error->code == USHER_NOT_FOUND || error->code == USHER_ENDED)
        error_clear(error);
    return is_answered;
}

static void hand_over(struct usher_session *session)
{
    json_t *none = json_object();
    struct job *job = none != NULL ? job_new(TASK_RELEASE, none) : NULL;
    json_decref(none);
    if (job == NULL)
        return; // then it ends by its time to live
    memcpy(job->id, session->info.id, sizeof job->id);
    job->due_at = boot_now();
    job->give_up_at = session->end_at;
    keeper_take(session->usher, job);
}

static enum usher_code release(struct usher_session *session, int64_t timeout_ms, struct usher_error *error)
{
    if (session == NULL)
        return error_set(error, USHER_INVALID, "There is no session.");
    if (!client_check(session->usher, error))
        return error->code;
    if (client_is_keeper(session->usher))
        return error_set(error, USHER_INVALID, "A callback cannot release: it would wait for itself.");
    give_up(session);
    if (!session->is_gone && !send_release(session, timeout_ms, error))
        hand_over(session);
    free(session);
    return error->code;
}

enum usher_code usher_release(struct usher_session *session, struct usher_error *error)
{
    struct usher_error spare;
    return release(session, RELEASE_MS, ERROR_OR(error, &spare));
}

enum usher_code usher_release_within(struct usher_session *session, int64_t timeout_s, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (timeout_s < 0 || timeout_s > TIMEOUT_MAX_S)
        return error_set(error, USHER_INVALID, "A timeout is 0 to %d seconds.", TIMEOUT_MAX_S);
    return release(session, timeout_s * 1000, error);
}
