// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // memmem
#include "postgres_proxy.h"

#include "base/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAIRS_MAX = 32, PIECE_SIZE = 65536 };

// A connection and its continuation. What is eaten comes from one side, or from both.
struct pair {
    int client, server;
    bool eats_client, eats_server, cuts_after;
};

struct proxy {
    char folder[64], socket[100], uri[200];
    struct sockaddr_un target;
    int listener, wake[2];
    pthread_t thread;
    atomic_int fault, is_shut;
    struct pair pairs[PAIRS_MAX];
    size_t count;
};

static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void cut(struct proxy *proxy, size_t which)
{
    close(proxy->pairs[which].client);
    close(proxy->pairs[which].server);
    proxy->pairs[which] = proxy->pairs[--proxy->count];
}

static void take_client(struct proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    int server = proxy->is_shut ? -1 : connect_to(&proxy->target);
    CHECK(client >= 0 && proxy->count < PAIRS_MAX);
    if (server < 0)
        close(client);
    else
        proxy->pairs[proxy->count++] = (struct pair){.client = client, .server = server};
}

static bool send_all(int fd, const char *bytes, ssize_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, (size_t)length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= sent;
    }
    return true;
}

// Plays the fault that was ordered, at a commit. False: the connection is to be cut.
static bool play(struct proxy *proxy, struct pair *pair, const char *bytes, ssize_t length)
{
    int fault = atomic_exchange(&proxy->fault, PROXY_PASSES);
    pair->eats_client = fault == PROXY_EATS;
    pair->eats_server = fault == PROXY_EATS || fault == PROXY_EATS_ANSWER;
    pair->cuts_after = fault == PROXY_CUTS_AFTER;
    if (fault == PROXY_CUTS_BEFORE)
        return false;
    if (fault == PROXY_EATS)
        return true;
    return send_all(pair->server, bytes, length) && fault != PROXY_CUTS_BEHIND;
}

// False: the connection is at its end.
static bool pass(struct proxy *proxy, struct pair *pair, bool from_client)
{
    static const char commit[] = "\0commit"; // the statement's name in a message that binds it, with its zero
    char bytes[PIECE_SIZE];
    ssize_t length = recv(from_client ? pair->client : pair->server, bytes, sizeof bytes, 0);
    if (length <= 0 || proxy->is_shut || (!from_client && pair->cuts_after))
        return false;
    if (from_client ? pair->eats_client : pair->eats_server)
        return true;
    if (from_client && proxy->fault != PROXY_PASSES && memmem(bytes, (size_t)length, commit, sizeof commit) != NULL)
        return play(proxy, pair, bytes, length);
    return send_all(from_client ? pair->server : pair->client, bytes, length);
}

static void serve(struct proxy *proxy, const struct pollfd *ready, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        struct pair *pair = &proxy->pairs[i - 1];
        if ((ready[2 * (i - 1)].revents != 0 && !pass(proxy, pair, true)) ||
            (ready[2 * (i - 1) + 1].revents != 0 && !pass(proxy, pair, false)) || proxy->is_shut)
            cut(proxy, i - 1);
    }
}

static void *run(void *arg)
{
    struct proxy *proxy = arg;
    for (;;) {
        struct pollfd wanted[2 * PAIRS_MAX + 2];
        size_t count = proxy->count;
        for (size_t i = 0; i < count; i++) {
            wanted[2 * i] = (struct pollfd){.fd = proxy->pairs[i].client, .events = POLLIN};
            wanted[2 * i + 1] = (struct pollfd){.fd = proxy->pairs[i].server, .events = POLLIN};
        }
        wanted[2 * count] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        wanted[2 * count + 1] = (struct pollfd){.fd = proxy->wake[0], .events = POLLIN};
        CHECK(poll(wanted, 2 * count + 2, -1) > 0);
        char sign = 0;
        if (wanted[2 * count + 1].revents != 0 && (read(proxy->wake[0], &sign, 1) != 1 || sign == 'q'))
            return NULL;
        serve(proxy, wanted, count);
        if (wanted[2 * count].revents != 0)
            take_client(proxy);
    }
}

struct proxy *proxy_open(const char *uri)
{
    struct proxy *proxy = check_calloc(1, sizeof *proxy);
    const char *host = strstr(uri, "host=") + strlen("host=");
    proxy->target.sun_family = AF_UNIX;
    snprintf(proxy->target.sun_path, sizeof proxy->target.sun_path, "%.*s/.s.PGSQL.5432", (int)strcspn(host, "&"),
             host);
    snprintf(proxy->folder, sizeof proxy->folder, "/tmp/usher-proxy-XXXXXX");
    CHECK(mkdtemp(proxy->folder) != NULL && pipe(proxy->wake) == 0);
    snprintf(proxy->socket, sizeof proxy->socket, "%s/.s.PGSQL.5432", proxy->folder);
    snprintf(proxy->uri, sizeof proxy->uri, "postgresql:///postgres?host=%s&user=usher", proxy->folder);
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    snprintf(own.sun_path, sizeof own.sun_path, "%s", proxy->socket);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(proxy->listener, (const struct sockaddr *)&own, sizeof own) == 0 && listen(proxy->listener, 8) == 0);
    CHECK(pthread_create(&proxy->thread, NULL, run, proxy) == 0);
    return proxy;
}

void proxy_close(struct proxy *proxy)
{
    CHECK(write(proxy->wake[1], "q", 1) == 1);
    pthread_join(proxy->thread, NULL);
    while (proxy->count > 0)
        cut(proxy, 0);
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    unlink(proxy->socket);
    rmdir(proxy->folder);
    free(proxy);
}

const char *proxy_uri(const struct proxy *proxy)
{
    return proxy->uri;
}

void proxy_set(struct proxy *proxy, enum proxy_fault fault)
{
    proxy->fault = (int)fault;
}

void proxy_shut(struct proxy *proxy, int is_shut)
{
    proxy->is_shut = is_shut;
    CHECK(write(proxy->wake[1], "w", 1) == 1);
}
