// SPDX-License-Identifier: Apache-2.0
#include "server/http_parts.h"

#include "base/check.h"
#include "server/http_listen.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void http_clients_init(struct clients *clients)
{
    pthread_mutex_init(&clients->lock, NULL);
}

void http_clients_fini(struct clients *clients)
{
    // What is left was accepted, but no HTTP thread came to take it over before they ended.
    for (size_t i = 0; i < clients->size; i++)
        free(clients->by_socket[i]);
    free(clients->by_socket);
    pthread_mutex_destroy(&clients->lock);
}

static void make_room(struct clients *clients, int socket)
{
    size_t needed = (size_t)socket + 1;
    if (needed <= clients->size)
        return;
    size_t size = clients->size > 0 ? clients->size : 64;
    while (size < needed)
        size *= 2;
    clients->by_socket = check_realloc(clients->by_socket, size * sizeof *clients->by_socket);
    memset(clients->by_socket + clients->size, 0, (size - clients->size) * sizeof *clients->by_socket);
    clients->size = size;
}

// Whoever has an IPv6 address has 2^64 of them.
static void what_counts(const struct sockaddr *address, unsigned char bytes[16])
{
    memset(bytes, 0, 16);
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *wide = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        memcpy(bytes, wide, IN6_IS_ADDR_V4MAPPED(wide) ? 16 : 8);
        return;
    }
    bytes[10] = bytes[11] = 0xff;
    memcpy(bytes + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
}

static unsigned count_same(const struct clients *clients, const unsigned char address[16])
{
    unsigned count = 0;
    for (size_t i = 0; i < clients->size; i++)
        if (clients->by_socket[i] != NULL && memcmp(clients->by_socket[i]->address, address, 16) == 0)
            count++;
    return count;
}

// A client that no HTTP thread took over, for want of memory, when its socket was closed.
static void forget_stale(struct clients *clients, int socket)
{
    struct client *stale = clients->by_socket[socket];
    if (stale == NULL)
        return;
    CHECK(!stale->started);
    free(stale);
    atomic_fetch_sub(&clients->open, 1);
}

struct client *http_clients_add(struct http *http, int socket, const struct sockaddr *address)
{
    struct clients *clients = &http->clients;
    struct client *client = check_calloc(1, sizeof *client);
    client->http = http;
    client->socket = socket;
    client->exchange.client = client;
    client->exchange.http = http;
    http_address_format(address, client->text);
    what_counts(address, client->address);
    atomic_init(&client->state, client_state(PHASE_IDLE, monotonic_ns()));

    unsigned most = http->options.connections_per_address_max;
    pthread_mutex_lock(&clients->lock);
    bool welcome = most == 0 || count_same(clients, client->address) < most;
    if (welcome) {
        make_room(clients, socket);
        forget_stale(clients, socket);
        clients->by_socket[socket] = client;
        atomic_fetch_add(&clients->open, 1);
    }
    pthread_mutex_unlock(&clients->lock);
    if (welcome)
        return client;
    free(client);
    return NULL;
}

struct client *http_clients_start(struct http *http, int socket)
{
    struct clients *clients = &http->clients;
    pthread_mutex_lock(&clients->lock);
    CHECK((size_t)socket < clients->size && clients->by_socket[socket] != NULL);
    struct client *client = clients->by_socket[socket];
    client->started = true;
    pthread_mutex_unlock(&clients->lock);
    return client;
}

void http_clients_remove(struct client *client)
{
    struct http *http = client->http;
    pthread_mutex_lock(&http->clients.lock);
    http->clients.by_socket[client->socket] = NULL;
    if (client->exchange.open)
        http_watch_closed(client);
    pthread_mutex_unlock(&http->clients.lock);
    client->closed = true;
    if (!client->exchange.open)
        http_clients_free(client);
}

void http_clients_free(struct client *client)
{
    struct http *http = client->http;
    http_exchange_fini(&client->exchange);
    free(client);
    atomic_fetch_sub(&http->clients.open, 1);
    if (atomic_load(&http->full))
        http_keeper_wake(http);
}

bool http_client_move(struct client *client, enum phase phase, int64_t since_ns)
{
    int64_t state = atomic_load(&client->state);
    return client_phase(state) < PHASE_CUT &&
           atomic_compare_exchange_strong(&client->state, &state, client_state(phase, since_ns));
}
