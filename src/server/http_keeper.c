// SPDX-License-Identifier: Apache-2.0
//
// The keeper of the door: one thread that accepts connections, watches over the time that they take, and tells of those
// whose peers hang up while they wait for an answer.
//
// Why not leave accepting to libmicrohttpd? Its threads would each have a fixed share of the connections and refuse
// one while others have room; they would race each other for each connection; and its way to stop listening
// (MHD_quiesce_daemon of 0.9.75) races with its own threads and may end in abort(). Why not leave slow clients to its
// timeout? It counts from the last byte: a byte now and then holds a connection for ever.
#define _GNU_SOURCE // accept4

#include "server/http_parts.h"

#include "server/log.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Of netinet/tcp.h, which cannot stand beside linux/tcp.h; the latter alone knows tcpi_bytes_acked.
enum { TCP_CLOSE_WAIT = 8 };

enum { ACCEPTS_A_TURN = 64, TICK_MS = 250, CLOSING_TICK_MS = 20, RETRY_MS = 100 };

static const char too_slow[] = "The request took too long to arrive. Send it whole, at once.";

void http_keeper_wake(struct http *http)
{
    eventfd_write(http->wake, 1);
}

static struct tcp_info ask_about(int socket)
{
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t size = sizeof info;
    getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info;
}

static bool has_unread(int socket)
{
    int count = 0;
    return ioctl(socket, SIOCINQ, &count) == 0 && count > 0;
}

// libmicrohttpd cannot answer a request before all of it is there, so the answer goes past it. It writes nothing
// itself while it receives, and the phase no longer lets it handle this request.
static void send_timeout(struct http *http, struct client *client)
{
    char *text = http_send_as_text(http, client, 408, too_slow);
    (void)!send(client->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    free(text);
}

static void cut(struct http *http, struct client *client, int64_t state, enum phase end)
{
    if (!atomic_compare_exchange_strong(&client->state, &state, client_state(end, client_since(state))))
        return;
    if (end == PHASE_CUT && client_phase(state) != PHASE_IDLE) {
        atomic_fetch_add(&http->cut, 1);
        log_line(http->options.log, LOG_DEBUG, "slow client cut", log_text("client", client->text));
    }
    if (end == PHASE_CUT && client_phase(state) == PHASE_RECEIVING && http->certificate == NULL)
        send_timeout(http, client);
    shutdown(client->socket, SHUT_RDWR);
}

// A peer that has sent its last byte without completing a request. libmicrohttpd may not notice when the end comes
// along with data: it waits for the edge of an event that is over. Found in two sweeps in a row, so that a request
// which is just being read is not taken for an incomplete one.
static bool is_gone(struct client *client, int64_t state)
{
    bool ended = ask_about(client->socket).tcpi_state == TCP_CLOSE_WAIT && !has_unread(client->socket);
    bool again = ended && client->gone_state == state;
    client->gone_state = ended ? state : 0;
    return again;
}

static void check_pace(struct http *http, struct client *client, int64_t state, int64_t now, int64_t timeout)
{
    bool watched = client->paced_answer == client_since(state);
    if (watched && now - client->paced_at < timeout)
        return;
    uint64_t taken = ask_about(client->socket).tcpi_bytes_acked;
    if (watched && taken - client->paced_bytes < (uint64_t)HTTP_PACE_MIN * http->options.request_timeout_s) {
        cut(http, client, state, PHASE_CUT);
        return;
    }
    client->paced_answer = client_since(state);
    client->paced_at = now;
    client->paced_bytes = taken;
}

static void sweep_client(struct http *http, struct client *client, int64_t now)
{
    int64_t timeout = (int64_t)http->options.request_timeout_s * 1000000000;
    int64_t state = atomic_load(&client->state);
    bool late = now - client_since(state) >= timeout;
    switch (client_phase(state)) {
    case PHASE_IDLE:
        if (late || (atomic_load(&http->closing) && !has_unread(client->socket)))
            cut(http, client, state, PHASE_CUT);
        else if (is_gone(client, state))
            cut(http, client, state, PHASE_GONE);
        break;
    case PHASE_RECEIVING:
        if (late)
            cut(http, client, state, PHASE_CUT);
        else if (is_gone(client, state))
            cut(http, client, state, PHASE_GONE);
        break;
    case PHASE_ANSWERING:
        check_pace(http, client, state, now, timeout);
        break;
    case PHASE_HANDLING:
    case PHASE_CUT:
    case PHASE_GONE:
        break;
    }
}

static void sweep(struct http *http)
{
    struct clients *clients = &http->clients;
    pthread_mutex_lock(&clients->lock);
    int64_t now = monotonic_ns();
    for (size_t i = 0; i < clients->size; i++)
        if (clients->by_socket[i] != NULL && clients->by_socket[i]->started)
            sweep_client(http, clients->by_socket[i], now);
    pthread_mutex_unlock(&clients->lock);
}

static void welcome(struct http *http, int socket, const struct sockaddr_storage *address, socklen_t size)
{
    struct client *client = http_clients_add(http, socket, (const struct sockaddr *)address);
    if (client == NULL) {
        atomic_fetch_add(&http->refused, 1);
        close(socket);
        return;
    }
    atomic_fetch_add(&http->accepted, 1);
    client->sockaddr = *address;
    client->sockaddr_size = size;
    client->loop = &http->loops[http->next_loop++ % http->loop_count];
    http_loop_give(client);
}

static bool is_full(struct http *http)
{
    return atomic_load(&http->clients.open) >= http->options.connections_max;
}

// False when the system has no more descriptors or memory to give.
static bool accept_some(struct http *http)
{
    for (unsigned i = 0; i < ACCEPTS_A_TURN && !is_full(http); i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int socket = accept4(http->listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0)
            welcome(http, socket, &address, size);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return true;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return false;
        // Anything else is the end of that one connection, before it was accepted.
    }
    return true;
}

static void complain_of_descriptors(struct http *http, int64_t *complained_at)
{
    int64_t now = monotonic_ns();
    if (*complained_at != 0 && now - *complained_at < 10 * (int64_t)1000000000)
        return;
    *complained_at = now;
    log_line(http->options.log, LOG_WARNING, "cannot accept connections", log_text("error", strerror(errno)),
             log_number("open", atomic_load(&http->clients.open)));
}

// Waits for a connection, a hang-up, a call or the next sweep. True when there is a connection to accept.
static bool wait_for_work(struct http *http, bool accepting, int timeout_ms)
{
    struct pollfd waiting[] = {{.fd = http->wake, .events = POLLIN},
                               {.fd = http->watches, .events = POLLIN},
                               {.fd = accepting ? http->listener : -1, .events = POLLIN}};
    if (poll(waiting, 3, timeout_ms) < 0)
        return false;
    eventfd_t calls;
    if (waiting[0].revents != 0) {
        eventfd_read(http->wake, &calls);
        http_watch_tell_late(http);
    }
    if (waiting[1].revents != 0)
        http_watch_tell(http);
    return waiting[2].revents != 0;
}

static void stop_listening(struct http *http)
{
    if (http->listener >= 0)
        close(http->listener);
    http->listener = -1;
}

// Whether there is room. The flag is set before the count is read again: whoever makes room sees one or the other.
static bool has_room(struct http *http)
{
    atomic_store(&http->full, false);
    if (!is_full(http))
        return true;
    atomic_store(&http->full, true);
    return !is_full(http);
}

void *http_keeper_run(void *user)
{
    struct http *http = user;
    int64_t next_sweep = monotonic_ns(), complained_at = 0;
    bool short_of_descriptors = false;
    while (!atomic_load(&http->stopping)) {
        if (atomic_load(&http->closing))
            stop_listening(http);
        bool accepting = http->listener >= 0 && !short_of_descriptors && has_room(http);
        bool busy = atomic_load(&http->clients.open) > 0;
        int tick_ms = atomic_load(&http->closing) ? CLOSING_TICK_MS : TICK_MS;
        int timeout_ms = short_of_descriptors ? RETRY_MS : busy ? tick_ms : -1;
        bool knocking = wait_for_work(http, accepting, timeout_ms);
        short_of_descriptors = knocking && !accept_some(http);
        if (short_of_descriptors)
            complain_of_descriptors(http, &complained_at);
        if (monotonic_ns() >= next_sweep || atomic_load(&http->closing)) {
            sweep(http);
            next_sweep = monotonic_ns() + TICK_MS * (int64_t)1000000;
        }
    }
    stop_listening(http);
    return NULL;
}
