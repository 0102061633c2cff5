// SPDX-License-Identifier: Apache-2.0
//
// Notices that a peer hangs up while its request waits for an answer. libmicrohttpd does not look at a suspended
// connection: it takes the socket out of its own epoll set until the connection is resumed.
//
// The keeper has an epoll set of its own, of which it hears only ends (EPOLLRDHUP, and errors), never data; so it
// costs nothing while thousands wait. A socket enters it at the first watch and stays until it is closed, but each
// watch arms it anew, for one event alone.
//
// An event may be stale when it is told: its request answered, or its connection closed. But its socket cannot be that
// of another connection, as it is the keeper who accepts them; and for a later request of the same connection it is
// news all the same. The mark that holds the request while the owner is told is set in the same step that finds it
// watched and unanswered.
//
// A connection that is polled may be closed before the keeper comes to its event, which is lost with the socket, or
// before the watch comes, when the number of its socket may be another's already. Its client, which is left behind,
// waits for the keeper in a list then.
#include "server/http_parts.h"

#include "base/check.h"
#include "server/log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

enum { EVENTS_A_TURN = 64 };

static bool arm(struct http *http, struct client *client)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.fd = client->socket};
    int action = client->known_to_watches ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(http->watches, action, client->socket, &event) != 0)
        return false;
    client->known_to_watches = true;
    return true;
}

static void add_late(struct http *http, struct client *client)
{
    client->late_before = http->clients.late;
    http->clients.late = client;
    http_keeper_wake(http);
}

void http_watch_closed(struct client *client)
{
    if ((atomic_load(&client->turn) & (TURN_WATCHED | TURN_GONE)) == TURN_WATCHED)
        add_late(client->http, client);
}

void http_watch(struct http_request *request)
{
    struct client *client = ((struct exchange *)(void *)request)->client;
    struct http *http = client->http;
    CHECK(http->options.hung_up != NULL);
    // As soon as the owner is told, another of its threads may answer, and that may be the end of the client. Under the
    // lock the keeper tells nobody.
    pthread_mutex_lock(&http->clients.lock);
    unsigned turn = atomic_fetch_or(&client->turn, TURN_WATCHED);
    CHECK((turn & (TURN_OFFERED | TURN_ANSWERED)) == TURN_OFFERED);
    bool armed = true;
    if ((turn & TURN_WATCHED) == 0 && http->clients.by_socket[client->socket] == client)
        armed = arm(http, client);
    else if ((turn & TURN_WATCHED) == 0)
        add_late(http, client);
    int failure = errno;
    pthread_mutex_unlock(&http->clients.lock);
    if (!armed)
        log_line(http->options.log, LOG_WARNING, "cannot watch a connection", log_text("error", strerror(failure)));
}

void http_watch_forget(struct client *client)
{
    struct clients *clients = &client->http->clients;
    pthread_mutex_lock(&clients->lock);
    struct client **at = &clients->late;
    while (*at != NULL && *at != client)
        at = &(*at)->late_before;
    if (*at != NULL)
        *at = client->late_before;
    pthread_mutex_unlock(&clients->lock);
}

// Holds the client's request. False when there is nothing to tell of it.
static bool hold(struct client *client)
{
    bool held = false;
    unsigned turn = atomic_load(&client->turn);
    while (!held && (turn & (TURN_WATCHED | TURN_ANSWERED | TURN_GONE)) == TURN_WATCHED)
        held = atomic_compare_exchange_weak(&client->turn, &turn, turn | TURN_GONE | TURN_TELLING);
    return held;
}

// Holds the request that waits on this socket. NULL when there is none, or none to tell of.
static struct client *begin_to_tell(struct http *http, int socket)
{
    struct clients *clients = &http->clients;
    pthread_mutex_lock(&clients->lock);
    struct client *client = clients->by_socket[socket];
    bool held = client != NULL && hold(client);
    pthread_mutex_unlock(&clients->lock);
    return held ? client : NULL;
}

// Likewise, the next request that was left behind.
static struct client *begin_to_tell_late(struct http *http)
{
    struct clients *clients = &http->clients;
    bool held = false;
    struct client *client = NULL;
    pthread_mutex_lock(&clients->lock);
    while (!held && clients->late != NULL) {
        client = clients->late;
        clients->late = client->late_before;
        held = hold(client);
    }
    pthread_mutex_unlock(&clients->lock);
    return held ? client : NULL;
}

static void tell(struct http *http, struct client *client)
{
    struct loop *loop = client->loop;
    http->options.hung_up(http->options.user, &client->exchange.request);
    // When the answer came during the call, whoever gave it left the rest to us.
    http_loop_tell(loop, client, atomic_fetch_and(&client->turn, ~(unsigned)TURN_TELLING) & ~(unsigned)TURN_TELLING);
}

void http_watch_tell(struct http *http)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(http->watches, events, EVENTS_A_TURN, 0);
    for (int i = 0; i < count; i++) {
        struct client *client = begin_to_tell(http, events[i].data.fd);
        if (client != NULL)
            tell(http, client);
    }
}

void http_watch_tell_late(struct http *http)
{
    for (struct client *client; (client = begin_to_tell_late(http)) != NULL;)
        tell(http, client);
}
