// SPDX-License-Identifier: Apache-2.0
#include "client/keeper.h"

#include "client/job.h"
#include "client/moments.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { UNDER_WAY_MAX = 16, SLEEP_MS = 60000, CLOSING_PAUSE_MS = 500 };

struct keeper {
    struct usher *usher;
    int64_t now;
    int64_t wake_at;
    size_t under_way; // not counting those who stand in line
};

// What is to be done for a job, now.
enum act { ACT_NOTHING, ACT_DROP, ACT_LEAVE, ACT_TELL_OVERDUE, ACT_ASK };

bool client_is_keeper(const struct usher *usher)
{
    return usher->keeper_runs && pthread_equal(usher->keeper, pthread_self()) != 0;
}

void keeper_wake(struct usher *usher)
{
    curl_multi_wakeup(usher->multi);
}

void keeper_take(struct usher *usher, struct job *job)
{
    pthread_mutex_lock(&usher->mutex);
    list_add(&usher->jobs, &job->node);
    keeper_wake(usher);
    pthread_mutex_unlock(&usher->mutex);
}

// ---- One job

static bool is_held(const struct job *job)
{
    return job->task == TASK_HEARTBEAT || job->task == TASK_REACQUIRE;
}

static bool is_short(const struct job *job)
{
    return job->task != TASK_REACQUIRE;
}

// Takes the job's request, answered or not, out of the multi.
static void stop_asking(struct keeper *keeper, struct job *job)
{
    curl_multi_remove_handle(keeper->usher->multi, job->exchange.easy);
    job->is_under_way = false;
    keeper->under_way -= is_short(job);
}

static void ask(struct keeper *keeper, struct job *job)
{
    struct usher *usher = keeper->usher;
    if (job_ask(usher, job) && curl_multi_add_handle(usher->multi, job->exchange.easy) == CURLM_OK) {
        job->is_under_way = true;
        keeper->under_way += is_short(job);
    } else {
        // Memory is out, for now.
        job->due_at = keeper->now + 1000;
    }
}

static void drop(struct keeper *keeper, struct job *job)
{
    if (job->is_under_way)
        stop_asking(keeper, job);
    pthread_mutex_lock(&keeper->usher->mutex);
    list_remove(&keeper->usher->jobs, &job->node);
    pthread_mutex_unlock(&keeper->usher->mutex);
    job_free(job);
}

// Its session was given up: what is under way is broken off, and what it may have led to is cleaned up.
static void leave(struct keeper *keeper, struct job *job)
{
    if (job->is_under_way) {
        job->maybe = job->maybe || (job->task == TASK_REACQUIRE && exchange_was_sent(&job->exchange));
        stop_asking(keeper, job);
    }
    if (!job_leave(job))
        drop(keeper, job);
}

// Calls back, without the mutex. Nobody frees the session meanwhile: usher_release waits.
static void pass_on(struct usher *usher, struct news *news)
{
    struct usher_session *session = news->session;
    if (session == NULL || session->on_change == NULL)
        return;
    session->is_telling = true;
    pthread_mutex_unlock(&usher->mutex);
    session->on_change(session, &news->info, &news->error, session->context);
    pthread_mutex_lock(&usher->mutex);
    session->is_telling = false;
    pthread_cond_broadcast(&usher->told);
}

static void tell_overdue(struct keeper *keeper, struct job *job)
{
    struct news news = {0};
    pthread_mutex_lock(&keeper->usher->mutex);
    if (job->session != NULL) {
        job_overdue(job, &news);
        pass_on(keeper->usher, &news);
    }
    pthread_mutex_unlock(&keeper->usher->mutex);
}

static void answered(struct keeper *keeper, struct job *job, CURLcode result)
{
    struct usher *usher = keeper->usher;
    struct usher_error error;
    struct news news = {0};
    json_t *json;
    stop_asking(keeper, job);
    exchange_end(&job->exchange, result);
    enum verdict verdict = answer_judge(&job->exchange, usher, &json, &error);
    bool is_done = false;
    pthread_mutex_lock(&usher->mutex);
    if (is_held(job) && job->session == NULL) {
        // Given up while the answer came: what was granted is told by the same request again.
        job->maybe = job->maybe || verdict != VERDICT_REFUSED;
    } else {
        is_done = !job_answered(job, verdict, json, &error, &news);
        pass_on(usher, &news);
    }
    pthread_mutex_unlock(&usher->mutex);
    json_decref(json);
    if (is_done)
        drop(keeper, job);
}

// ---- All of them

static bool is_overdue(const struct job *job, int64_t now)
{
    const struct usher_session *session = job->session;
    return session != NULL && session->info.state < USHER_OVERDUE && session->end_at <= now;
}

static void look_again_at(struct keeper *keeper, int64_t at)
{
    if (at < keeper->wake_at)
        keeper->wake_at = at;
}

static enum act act_for(struct keeper *keeper, struct job *job)
{
    if (is_held(job) && job->session == NULL)
        return ACT_LEAVE;
    if (!is_held(job) && job->give_up_at <= keeper->now)
        return ACT_DROP;
    if (is_overdue(job, keeper->now))
        return ACT_TELL_OVERDUE;
    if (job->session != NULL && job->session->info.state < USHER_OVERDUE)
        look_again_at(keeper, job->session->end_at);
    if (!is_held(job))
        look_again_at(keeper, job->give_up_at);
    if (job->is_under_way || (is_short(job) && keeper->under_way >= UNDER_WAY_MAX))
        return ACT_NOTHING;
    if (keeper->usher->closing_at != 0 && job->due_at > keeper->now + CLOSING_PAUSE_MS)
        job->due_at = keeper->now + CLOSING_PAUSE_MS;
    if (job->due_at <= keeper->now)
        return ACT_ASK;
    look_again_at(keeper, job->due_at);
    return ACT_NOTHING;
}

// The first job for which there is something to do; else NULL, and wake_at tells when to look again.
static struct job *next_job(struct keeper *keeper, enum act *ret_act)
{
    struct usher *usher = keeper->usher;
    keeper->now = boot_now();
    keeper->wake_at = NEVER;
    pthread_mutex_lock(&usher->mutex);
    struct job *found = NULL;
    for (struct list_node *node = usher->jobs.first; node != NULL && found == NULL; node = node->after) {
        struct job *job = ITEM_OF(node, struct job, node);
        *ret_act = act_for(keeper, job);
        if (*ret_act != ACT_NOTHING)
            found = job;
    }
    pthread_mutex_unlock(&usher->mutex);
    return found;
}

static void do_what_is_due(struct keeper *keeper)
{
    enum act act;
    for (struct job *job; (job = next_job(keeper, &act)) != NULL;) {
        if (act == ACT_DROP)
            drop(keeper, job);
        else if (act == ACT_LEAVE)
            leave(keeper, job);
        else if (act == ACT_TELL_OVERDUE)
            tell_overdue(keeper, job);
        else
            ask(keeper, job);
    }
}

static bool is_finished(struct keeper *keeper)
{
    struct usher *usher = keeper->usher;
    pthread_mutex_lock(&usher->mutex);
    int64_t closing_at = usher->closing_at;
    bool is_empty = usher->jobs.first == NULL;
    pthread_mutex_unlock(&usher->mutex);
    if (closing_at != 0)
        look_again_at(keeper, closing_at);
    return closing_at != 0 && (is_empty || keeper->now >= closing_at);
}

static void take_answers(struct keeper *keeper)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(keeper->usher->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *exchange;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        answered(keeper, ITEM_OF(exchange, struct job, exchange), result);
    }
}

static void sleep_until(struct usher *usher, int64_t wake_at)
{
    struct itimerspec when = {0};
    if (wake_at != NEVER) {
        when.it_value.tv_sec = wake_at / 1000;
        when.it_value.tv_nsec = wake_at % 1000 * 1000000 + 1;
    }
    timerfd_settime(usher->timer, TFD_TIMER_ABSTIME, &when, NULL);
    struct curl_waitfd timer = {.fd = usher->timer, .events = CURL_WAIT_POLLIN};
    curl_multi_poll(usher->multi, &timer, 1, SLEEP_MS, NULL);
}

static void *keep(void *context)
{
    struct keeper keeper = {.usher = context};
    for (;;) {
        int running;
        do_what_is_due(&keeper);
        if (is_finished(&keeper))
            return NULL;
        curl_multi_perform(keeper.usher->multi, &running);
        take_answers(&keeper);
        do_what_is_due(&keeper);
        if (!is_finished(&keeper))
            sleep_until(keeper.usher, keeper.wake_at);
    }
}

// ---- Its beginning and its end

static enum usher_code start(struct usher *usher, struct usher_error *error)
{
    usher->multi = curl_multi_init();
    if (usher->multi == NULL)
        return error_memory(error);
    usher->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (usher->timer < 0)
        return error_system(error, errno, "There is no timer to be had");
    sigset_t all, before;
    sigfillset(&all);
    // The thread is born with all signals blocked: they are the program's.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&usher->keeper, NULL, keep, usher);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return error_system(error, failure, "There is no thread to be had");
    pthread_setname_np(usher->keeper, "usher-keeper");
    usher->keeper_runs = true;
    return USHER_OK;
}

static void stop(struct usher *usher)
{
    curl_multi_cleanup(usher->multi);
    usher->multi = NULL;
    if (usher->timer >= 0)
        close(usher->timer);
    usher->timer = -1;
}

enum usher_code keeper_start(struct usher *usher, struct usher_error *error)
{
    enum usher_code code = USHER_OK;
    pthread_mutex_lock(&usher->mutex);
    if (!usher->keeper_runs) {
        code = start(usher, error);
        if (code != USHER_OK)
            stop(usher);
    }
    pthread_mutex_unlock(&usher->mutex);
    return code;
}

void keeper_close(struct usher *usher)
{
    if (!usher->keeper_runs)
        return;
    pthread_mutex_lock(&usher->mutex);
    usher->closing_at = boot_now() + CLOSE_MS;
    for (struct list_node *node = usher->jobs.first; node != NULL; node = node->after) {
        struct job *job = ITEM_OF(node, struct job, node);
        struct usher_session *session = job->session;
        // What is given up already is the keeper's alone.
        if (session == NULL)
            continue;
        while (session->is_telling)
            pthread_cond_wait(&usher->told, &usher->mutex);
        job->is_left = !session->is_gone;
        job->session = NULL;
        free(session);
    }
    keeper_wake(usher);
    pthread_mutex_unlock(&usher->mutex);
    pthread_join(usher->keeper, NULL);
    for (struct list_node *node; (node = usher->jobs.first) != NULL;) {
        struct job *job = ITEM_OF(node, struct job, node);
        if (job->is_under_way)
            curl_multi_remove_handle(usher->multi, job->exchange.easy);
        list_remove(&usher->jobs, node);
        job_free(job);
    }
    stop(usher);
}
