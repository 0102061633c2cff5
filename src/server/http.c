// SPDX-License-Identifier: Apache-2.0
#include "server/http.h"

#include "base/check.h"
#include "server/http_listen.h"
#include "server/http_parts.h"
#include "server/http_tls.h"
#include "server/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LAST_ANSWERS_MS = 1000 };

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *http = user;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *context = http_clients_start(http, socket);
    } else {
        http_clients_remove(*context);
    }
}

// Percent-decoding is ours (http_uri.c): libmicrohttpd's cuts the text at %00 and lets bad ones pass.
static size_t leave_as_it_is(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

static void __attribute__((format(printf, 2, 0))) on_log(void *user, const char *format, va_list args)
{
    const struct log *log = ((struct http *)user)->options.log;
    if (!log_wants(log, LOG_DEBUG))
        return;
    char text[LOG_VALUE_MAX];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    log_line(log, LOG_DEBUG, "libmicrohttpd", log_text("text", text));
}

static struct MHD_Daemon *start_daemon(struct http *http)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, http->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, http->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HTTP_TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    bool secure = http->certificate != NULL;
    // No other thread calls into the daemon: it needs no pipe to be woken by.
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | (MHD_ALLOW_SUSPEND_RESUME & ~MHD_USE_ITC) |
                     MHD_USE_ERROR_LOG | (secure ? MHD_USE_TLS : 0);
    // The keeper counts the connections; libmicrohttpd's own limit must never be the first.
    unsigned limit = http->options.connections_max + 16;
    return MHD_start_daemon(flags, 0, NULL, NULL, http_exchange_access, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, http,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
                            http_exchange_done, http, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_line, http,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL, MHD_OPTION_CONNECTION_LIMIT, limit,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_MEMORY,
                            MHD_OPTION_STRICT_FOR_CLIENT, (int)http_library_is_strict(), MHD_OPTION_ARRAY,
                            secure ? tls : tls + 3, MHD_OPTION_END);
}

// The threads leave all signals to the one that opens the front.
static bool start_threads(struct http *http)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool started = true;
    while (started && http->loop_count < http->options.threads)
        started = http_loop_start(&http->loops[http->loop_count++], start_daemon(http));
    if (started)
        started = http->keeper_runs = pthread_create(&http->keeper, NULL, http_keeper_run, http) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void set_default(unsigned *option, unsigned value)
{
    if (*option == 0)
        *option = value;
}

static void set_options(struct http *http, const struct http_options *options)
{
    http->options = *options;
    set_default(&http->options.threads, 2);
    set_default(&http->options.connections_max, 4096);
    set_default(&http->options.request_timeout_s, 30);
    if (http->options.threads > HTTP_THREADS_MAX)
        http->options.threads = HTTP_THREADS_MAX;
    if (http->options.bodies_max == 0)
        http->options.bodies_max = 256 * 1024 * 1024;
}

// Connections need descriptors, and must leave some to the database.
static void make_room_for_sockets(struct http *http)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)http->options.connections_max + HTTP_SLACK_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return;
    unsigned possible = limit.rlim_cur > 2 * HTTP_SLACK_FILES ? (unsigned)limit.rlim_cur - HTTP_SLACK_FILES
                                                              : (unsigned)limit.rlim_cur / 2;
    log_line(http->options.log, LOG_WARNING, "fewer connections than set: the limit of open files is too low",
             log_number("connections", possible), log_number("open_files", (int64_t)limit.rlim_cur));
    http->options.connections_max = possible;
}

static void make_id_prefix(struct http *http)
{
    unsigned char bytes[8];
    CHECK(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(http->id_prefix + 2 * i, 3, "%02x", bytes[i]);
}

struct http *http_open(const struct http_options *options, char error[HTTP_ERROR_SIZE])
{
    CHECK(options->handle != NULL && options->body_limit != NULL && options->problem != NULL);
    CHECK((options->tls_certificate != NULL) == (options->tls_key != NULL));
    struct http *http = check_calloc(1, sizeof *http);
    http->listener = http->wake = http->watches = -1;
    set_options(http, options);
    http_clients_init(&http->clients);
    make_id_prefix(http);
    make_room_for_sockets(http);

    bool secure = options->tls_certificate != NULL;
    if (secure && !http_tls_load(options->tls_certificate, options->tls_key, &http->certificate, &http->key, error,
                                 HTTP_ERROR_SIZE))
        goto failed;
    http->listener = http_listen(options->listen, &http->port, error, HTTP_ERROR_SIZE);
    if (http->listener < 0)
        goto failed;
    http->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    http->watches = epoll_create1(EPOLL_CLOEXEC);
    if (http->wake >= 0 && http->watches >= 0 && start_threads(http))
        return http;
    snprintf(error, HTTP_ERROR_SIZE, "cannot start the HTTP threads: %s", strerror(errno));
failed:
    http_close(http);
    return NULL;
}

unsigned http_port(const struct http *http)
{
    return http->port;
}

struct http_figures http_figures(const struct http *http)
{
    return (struct http_figures){.accepted = atomic_load(&http->accepted),
                                 .refused = atomic_load(&http->refused),
                                 .cut = atomic_load(&http->cut),
                                 .open = atomic_load(&http->clients.open)};
}

// Stopping is rare and takes milliseconds at best, so it looks every millisecond and the hot path needs no lock.
static bool wait_for_zero(const _Atomic unsigned *count, int64_t until_ns)
{
    while (atomic_load(count) > 0) {
        if (monotonic_ns() >= until_ns)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

bool http_quiesce(struct http *http, unsigned deadline_ms)
{
    atomic_store(&http->closing, true);
    http_keeper_wake(http);
    return wait_for_zero(&http->clients.open, monotonic_ns() + deadline_ms * (int64_t)1000000);
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    if (http->keeper_runs) {
        atomic_store(&http->closing, true);
        http_keeper_wake(http);
        // libmicrohttpd may not be stopped while a connection is suspended.
        wait_for_zero(&http->outstanding, INT64_MAX);
        wait_for_zero(&http->clients.open, monotonic_ns() + LAST_ANSWERS_MS * (int64_t)1000000);
        atomic_store(&http->stopping, true);
        http_keeper_wake(http);
        pthread_join(http->keeper, NULL);
    }
    for (unsigned i = 0; i < http->loop_count; i++)
        http_loop_join(&http->loops[i]);
    // A connection that came in the last moment may have brought a request: whoever answers it uses the loops.
    wait_for_zero(&http->outstanding, INT64_MAX);
    for (unsigned i = 0; i < http->loop_count; i++)
        http_loop_stop(&http->loops[i]);
    if (http->listener >= 0)
        close(http->listener);
    if (http->wake >= 0)
        close(http->wake);
    if (http->watches >= 0)
        close(http->watches);
    http_clients_fini(&http->clients);
    free(http->certificate);
    http_tls_wipe(http->key);
    free(http);
}
