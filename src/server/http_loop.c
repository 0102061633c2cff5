// SPDX-License-Identifier: Apache-2.0
//
// An HTTP thread: it lets its libmicrohttpd daemon run whenever a socket has news or an answer is there.
//
//     sockets ──► epoll set of libmicrohttpd ──┐
//                                              ├──► poll ──► add or resume what was given ──► MHD_run
//     clients given by other threads, eventfd ─┘
//
// Why not leave the thread to libmicrohttpd? Its own loop (0.9.75) takes up to 128 events at a time and, when there
// were just 128, asks for more with no limit of time, before it looks at those it has: with 128 connections that are
// all waiting for it, nobody is left who could wake it. And it makes a system call for each connection that is resumed,
// where here one serves all answers of a batch.
#include "server/http_parts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

// How long libmicrohttpd may have to wait that has something of its own to do, while connections are polled: it cannot
// tell the two apart.
enum { POLLED_MS = 1 };

static void wake(struct loop *loop)
{
    eventfd_write(loop->wake, 1);
}

void http_loop_give(struct client *client)
{
    struct loop *loop = client->loop;
    struct client *newest = atomic_load_explicit(&loop->given, memory_order_relaxed);
    do
        client->given_before = newest;
    while (!atomic_compare_exchange_weak_explicit(&loop->given, &newest, client, memory_order_release,
                                                  memory_order_relaxed));
    // Whoever finds the list empty wakes the thread, which takes all of it at once. The client may be gone already.
    if (newest == NULL)
        wake(loop);
}

void http_loop_tell(struct loop *loop, struct client *client, unsigned turn)
{
    if (!turn_has_answer(turn))
        return;
    if ((turn & (TURN_SUSPENDED | TURN_LEFT)) != 0)
        http_loop_give(client);
    else if ((turn & TURN_POLLED) != 0 && !atomic_exchange(&loop->called, true))
        wake(loop);
}

// The exchange of a connection that ended before its answer. Whichever comes last, this or the end itself, frees it.
static void end_left(struct client *client)
{
    http_watch_forget(client);
    http_exchange_end_left(&client->exchange);
    if (client->closed)
        http_clients_free(client);
}

static void take_given(struct loop *loop)
{
    struct client *client = atomic_exchange_explicit(&loop->given, NULL, memory_order_acquire);
    while (client != NULL) {
        struct client *before = client->given_before;
        if ((atomic_load(&client->turn) & TURN_LEFT) != 0)
            end_left(client);
        else if (client->started)
            MHD_resume_connection(client->exchange.connection);
        else
            // When it fails it has closed the socket; the client is forgotten when that comes again.
            MHD_add_connection(loop->daemon, client->socket, (struct sockaddr *)&client->sockaddr,
                               client->sockaddr_size);
        client = before;
    }
}

// Until a socket has news, an answer is there, or libmicrohttpd has something of its own to do.
static void wait_for_work(const struct loop *loop)
{
    struct pollfd waiting[] = {{.fd = loop->sockets, .events = POLLIN}, {.fd = loop->wake, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG most_ms;
    int timeout_ms = -1;
    if (MHD_get_timeout(loop->daemon, &most_ms) == MHD_YES)
        timeout_ms = most_ms < 60000 ? (int)most_ms : 60000;
    if (timeout_ms == 0 && loop->polled == 0)
        return;
    if (timeout_ms == 0)
        timeout_ms = POLLED_MS;
    eventfd_t calls;
    if (poll(waiting, 2, timeout_ms) > 0 && waiting[1].revents != 0)
        eventfd_read(loop->wake, &calls);
}

static void *run(void *arg)
{
    struct loop *loop = arg;
    while (!atomic_load(&loop->stopping)) {
        wait_for_work(loop);
        atomic_store(&loop->called, false);
        take_given(loop);
        MHD_run(loop->daemon);
    }
    return NULL;
}

bool http_loop_start(struct loop *loop, struct MHD_Daemon *daemon)
{
    loop->daemon = daemon;
    loop->wake = -1;
    if (daemon == NULL)
        return false;
    loop->sockets = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->runs = loop->wake >= 0 && pthread_create(&loop->thread, NULL, run, loop) == 0;
    return loop->runs;
}

void http_loop_join(struct loop *loop)
{
    if (!loop->runs)
        return;
    atomic_store(&loop->stopping, true);
    wake(loop);
    pthread_join(loop->thread, NULL);
}

void http_loop_stop(struct loop *loop)
{
    if (loop->runs)
        take_given(loop); // libmicrohttpd may not be stopped while a connection is suspended
    if (loop->daemon != NULL)
        MHD_stop_daemon(loop->daemon);
    if (loop->wake >= 0)
        close(loop->wake);
}
