// SPDX-License-Identifier: Apache-2.0
#include "server/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

// A peer that is silent for so long is probed, every so often; when so many probes stay without an answer, it is dead.
enum { PROBE_AFTER_S = 30, PROBE_EVERY_S = 10, PROBES_MAX = 3 };

static bool parse_port(const char *text, unsigned *ret_port)
{
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 5 || text[length] != '\0')
        return false;
    unsigned long port = strtoul(text, NULL, 10);
    *ret_port = (unsigned)port;
    return port <= 65535;
}

bool http_address_parse(const char *text, char host[HTTP_HOST_MAX + 1], unsigned *ret_port)
{
    bool bracketed = text[0] == '[';
    const char *start = bracketed ? text + 1 : text;
    const char *end = strchr(start, bracketed ? ']' : ':');
    if (end == NULL || end == start || end - start > HTTP_HOST_MAX)
        return false;
    const char *colon = bracketed ? end + 1 : end;
    if (*colon != ':')
        return false;
    memcpy(host, start, (size_t)(end - start));
    host[end - start] = '\0';
    return parse_port(colon + 1, ret_port);
}

static struct addrinfo *resolve(const char *host, const char **ret_why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE, .ai_family = AF_INET};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host, NULL, &hints, &found);
    if (status != 0) {
        hints.ai_family = AF_INET6;
        status = getaddrinfo(host, NULL, &hints, &found);
    }
    *ret_why = status != 0 ? gai_strerror(status) : NULL;
    return status != 0 ? NULL : found;
}

static void set_port(struct sockaddr *address, unsigned port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

static unsigned get_port(int file)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(file, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

// A machine that lost its power or its network sends no end: without probes its requests would wait as if it were
// there.
// The connections take these options over from the socket that accepts them.
static void probe_silent_peers(int file)
{
    int on = 1, after = PROBE_AFTER_S, every = PROBE_EVERY_S, most = PROBES_MAX;
    setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(file, IPPROTO_TCP, TCP_KEEPIDLE, &after, sizeof after);
    setsockopt(file, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(file, IPPROTO_TCP, TCP_KEEPCNT, &most, sizeof most);
}

// "[::]" serves IPv4, too, whatever the system's own default is.
static bool bind_and_listen(int file, const struct addrinfo *address)
{
    int on = 1, off = 0;
    if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return false;
    if (address->ai_family == AF_INET6)
        setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    probe_silent_peers(file);
    return bind(file, address->ai_addr, address->ai_addrlen) == 0 && listen(file, BACKLOG) == 0;
}

int http_listen(const char *address, unsigned *ret_port, char *error, size_t error_size)
{
    char host[HTTP_HOST_MAX + 1];
    unsigned port;
    if (!http_address_parse(address, host, &port)) {
        snprintf(error, error_size, "cannot listen on \"%s\": not HOST:PORT or [HOST]:PORT with a port up to 65535",
                 address);
        return -1;
    }
    const char *why;
    struct addrinfo *found = resolve(host, &why);
    if (found == NULL) {
        snprintf(error, error_size, "cannot listen on %s: %s", address, why);
        return -1;
    }
    set_port(found->ai_addr, port);
    int file = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool listening = file >= 0 && bind_and_listen(file, found);
    int failure = errno;
    freeaddrinfo(found);
    if (listening) {
        *ret_port = get_port(file);
        return file;
    }
    snprintf(error, error_size, "cannot listen on %s: %s", address,
             failure == EADDRINUSE ? "the address is in use, perhaps by another usherd" : strerror(failure));
    if (file >= 0)
        close(file);
    return -1;
}

void http_address_format(const struct sockaddr *address, char text[46])
{
    const void *bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    int family = address->sa_family;
    if (family == AF_INET6) {
        const struct in6_addr *wide = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bytes = wide;
        if (IN6_IS_ADDR_V4MAPPED(wide)) {
            bytes = &wide->s6_addr[12];
            family = AF_INET;
        }
    }
    if (inet_ntop(family, bytes, text, 46) == NULL)
        text[0] = '\0';
}
