// SPDX-License-Identifier: Apache-2.0
#include "cli/run_license.h"

#include "cli/message.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum exit_code license_open(struct license *license, struct usher *usher)
{
    *license = (struct license){.usher = usher, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&license->mutex, NULL);
    if (license->fd >= 0)
        return CLI_OK;
    complain("there is no descriptor for a license: %s", strerror(errno));
    usher_close(usher);
    return CLI_LOCAL;
}

void license_close(struct license *license)
{
    usher_request_free(license->request);
    pthread_mutex_destroy(&license->mutex);
    close(license->fd);
}

static void ring(const struct license *license)
{
    // It is only full when nobody has looked for ages.
    (void)!write(license->fd, &(uint64_t){1}, sizeof(uint64_t));
}

// ---- The thread

static void begin(struct license *license, void *(*work)(void *))
{
    sigset_t all, before;
    license->is_busy = true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&license->thread, NULL, work, license);
    // Without a thread it is done here and now, and signals have to wait.
    if (failure != 0) {
        (void)work(license);
        license->thread = pthread_self();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void finish(struct license *license)
{
    pthread_mutex_lock(&license->mutex);
    license->is_done = true;
    pthread_mutex_unlock(&license->mutex);
    ring(license);
}

static void *take(void *context)
{
    struct license *license = context;
    do
        license->session = usher_acquire(license->usher, license->request, &license->error);
    while (license->session == NULL && license->persists && license->error.code == USHER_UNAVAILABLE);
    finish(license);
    return NULL;
}

static void *give_back(void *context)
{
    struct license *license = context;
    license->error.code = USHER_OK;
    if (license->session != NULL)
        usher_release(license->session, &license->error);
    license->session = NULL;
    usher_close(license->usher);
    license->usher = NULL;
    finish(license);
    return NULL;
}

// ---- What the library tells

static void on_change(struct usher_session *session, const struct usher_session_info *info,
                      const struct usher_error *error, void *context)
{
    (void)session;
    struct license *license = context;
    pthread_mutex_lock(&license->mutex);
    license->info = *info;
    license->news = *error;
    license->has_news = true;
    pthread_mutex_unlock(&license->mutex);
    ring(license);
}

// ---- For the main thread

void license_take(struct license *license, struct usher_request *request, bool persists)
{
    // It was lost: nothing is sent.
    if (license->session != NULL)
        usher_release_within(license->session, 0, NULL);
    license->session = NULL;
    usher_request_free(license->request);
    license->request = request;
    license->persists = persists;
    license->has_news = false;
    usher_request_set_on_change(request, on_change, license);
    begin(license, take);
}

void license_cancel(struct license *license)
{
    usher_cancel(license->request);
}

void license_give_back(struct license *license)
{
    begin(license, give_back);
}

enum license_event license_next(struct license *license, struct usher_session_info *ret_info,
                                struct usher_error *ret_error)
{
    uint64_t count;
    (void)!read(license->fd, &count, sizeof count);
    pthread_mutex_lock(&license->mutex);
    bool is_done = license->is_done, has_news = license->has_news;
    // First that it was granted, then what became of it.
    license->is_done = false;
    if (!is_done && has_news) {
        license->has_news = false;
        *ret_info = license->info;
        *ret_error = license->news;
    }
    pthread_mutex_unlock(&license->mutex);
    if (!is_done)
        return has_news ? LICENSE_CHANGED : LICENSE_NOTHING;
    if (!pthread_equal(license->thread, pthread_self()))
        pthread_join(license->thread, NULL);
    license->is_busy = false;
    return LICENSE_DONE;
}
