// SPDX-License-Identifier: Apache-2.0
#include "client/line.h"

#include "client/client.h"
#include "client/moments.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { IDLE_MAX = 4, LOOK_MS = 5000 };

static void line_free(struct line *line)
{
    exchange_fini(&line->exchange);
    curl_multi_cleanup(line->multi);
    free(line);
}

static struct line *line_new(void)
{
    struct line *line = calloc(1, sizeof *line);
    if (line == NULL)
        return NULL;
    line->multi = curl_multi_init();
    if (line->multi != NULL && exchange_init(&line->exchange))
        return line;
    line_free(line);
    return NULL;
}

struct line *line_take(struct usher *usher)
{
    pthread_mutex_lock(&usher->mutex);
    struct line *line = usher->lines;
    if (line != NULL) {
        usher->lines = line->next;
        usher->line_count--;
    }
    pthread_mutex_unlock(&usher->mutex);
    return line != NULL ? line : line_new();
}

void line_give(struct usher *usher, struct line *line)
{
    if (line == NULL)
        return;
    pthread_mutex_lock(&usher->mutex);
    bool keep = usher->line_count < IDLE_MAX;
    if (keep) {
        line->next = usher->lines;
        usher->lines = line;
        usher->line_count++;
    }
    pthread_mutex_unlock(&usher->mutex);
    if (!keep)
        line_free(line);
}

void lines_fini(struct usher *usher)
{
    while (usher->lines != NULL) {
        struct line *next = usher->lines->next;
        line_free(usher->lines);
        usher->lines = next;
    }
}

// SIGPIPE, which TLS below libcurl may raise in the caller's thread, is swallowed without touching handlers.
struct pipe_guard {
    sigset_t before;
    bool was_pending;
};

static void guard_begin(struct pipe_guard *guard)
{
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    guard->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &guard->before);
}

static void guard_end(const struct pipe_guard *guard)
{
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    if (!guard->was_pending && sigismember(&pending, SIGPIPE) == 1)
        sigtimedwait(&pipe, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static CURLcode result_of(CURLM *multi)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE)
            return message->data.result;
    }
    return CURLE_RECV_ERROR;
}

// libcurl's timeouts stand still while the machine sleeps; `end_at` does not.
static enum line_end wait_for_answer(struct line *line, const struct usher_request *request, int64_t end_at)
{
    struct curl_waitfd cancel = {.fd = request != NULL ? request->cancel_fd : -1, .events = CURL_WAIT_POLLIN};
    for (;;) {
        int running = 0;
        if (curl_multi_perform(line->multi, &running) != CURLM_OK)
            return LINE_MEMORY;
        if (request != NULL && request_is_cancelled(request))
            return LINE_CANCELLED;
        if (running == 0) {
            exchange_end(&line->exchange, result_of(line->multi));
            return LINE_DONE;
        }
        if (boot_now() > end_at) {
            exchange_end(&line->exchange, CURLE_OPERATION_TIMEDOUT);
            return LINE_DONE;
        }
        if (curl_multi_poll(line->multi, &cancel, request != NULL ? 1 : 0, LOOK_MS, NULL) != CURLM_OK)
            return LINE_MEMORY;
    }
}

enum line_end line_send(struct line *line, struct usher *usher, const struct ask *ask,
                        const struct usher_request *request)
{
    struct pipe_guard guard;
    if (!exchange_prepare(&line->exchange, usher, ask))
        return LINE_MEMORY;
    guard_begin(&guard);
    enum line_end end = LINE_MEMORY;
    if (curl_multi_add_handle(line->multi, line->exchange.easy) == CURLM_OK) {
        end = wait_for_answer(line, request, boot_now() + ask->timeout_ms);
        // What is still under way is closed: a server that is waiting for a license with us sees that we are gone.
        curl_multi_remove_handle(line->multi, line->exchange.easy);
    }
    guard_end(&guard);
    return end;
}
