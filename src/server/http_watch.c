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
    bool armed = (turn & TURN_WATCHED) != 0 || arm(http, client);
    int failure = errno;
    pthread_mutex_unlock(&http->clients.lock);
    if (!armed)
        log_line(http->options.log, LOG_WARNING, "cannot watch a connection", log_text("error", strerror(failure)));
}

// Holds the request that waits on this socket. NULL when there is none, or none to tell of.
static struct client *begin_to_tell(struct http *http, int socket)
{
    struct clients *clients = &http->clients;
    bool held = false;
    pthread_mutex_lock(&clients->lock);
    struct client *client = clients->by_socket[socket];
    unsigned turn = client != NULL ? atomic_load(&client->turn) : 0;
    while (!held && (turn & (TURN_WATCHED | TURN_ANSWERED | TURN_GONE)) == TURN_WATCHED)
        held = atomic_compare_exchange_weak(&client->turn, &turn, turn | TURN_GONE | TURN_TELLING);
    pthread_mutex_unlock(&clients->lock);
    return held ? client : NULL;
}

static void tell(struct http *http, int socket)
{
    struct client *client = begin_to_tell(http, socket);
    if (client == NULL)
        return;
    struct loop *loop = client->loop;
    http->options.hung_up(http->options.user, &client->exchange.request);
    // When the answer came during the call, whoever gave it left the rest to us.
    http_loop_tell(loop, client, atomic_fetch_and(&client->turn, ~(unsigned)TURN_TELLING) & ~(unsigned)TURN_TELLING);
}

void http_watch_tell(struct http *http)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(http->watches, events, EVENTS_A_TURN, 0);
    for (int i = 0; i < count; i++)
        tell(http, events[i].data.fd);
}
