// SPDX-License-Identifier: Apache-2.0
//
// A load generator that keeps its pace: how long answers take at a rate that is given, not at the one that the server
// allows. Requests come as those of many independent clients do, at random moments (exponential gaps). Each one's time
// counts from when it was due, not from when a connection was free to send it: a server that stalls is charged for all
// who would have come meanwhile, where a generator that waits for its answers would leave them out.
//
//     build/bench/pace PORT RATE SECONDS CONNECTIONS KEY USERS FIRST LAG
//
// The requests are those of load.lua: an acquire, then the release of a session that was granted LAG acquires ago, and
// so on. Prints one line of JSON; times in milliseconds. Any answer but a success ends the run with 1.
#define _GNU_SOURCE // epoll_pwait2

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 8192, EVENTS_A_TURN = 64, WARM_UP_S = 1 };

struct connection {
    int socket;
    int64_t due_ns; // of the request that it carries
    size_t received;
    char answer[ANSWER_MAX + 1];
};

struct pace {
    const char *key;
    uint64_t users, first, lag, acquires, turn;
    double gap_ns; // between two requests, on average
    int64_t due_ns, measure_ns, end_ns;
    int epoll;
    struct connection *connections;
    struct connection **idle;
    size_t idle_count, connection_count;
    double *took_ms; // of each answer, in no order
    size_t took_count, took_size;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "pace: %s: %s\n", what, detail);
    exit(1);
}

static void connect_to(struct pace *pace, struct connection *connection, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect", strerror(errno));
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(pace->epoll, EPOLL_CTL_ADD, connection->socket, &event);
    pace->idle[pace->idle_count++] = connection;
}

// ---- Requests

static int write_acquire(struct pace *pace, char *text, size_t size)
{
    char body[128];
    uint64_t user = 1 + (uint64_t)(drand48() * (double)pace->users);
    int length = snprintf(body, sizeof body,
                          "{\"product\":\"KRE\",\"user\":\"US-%" PRIu64 "\",\"machine\":\"ws-%" PRIu64
                          ".example.com\"}",
                          user, user);
    pace->acquires++;
    return snprintf(text, size,
                    "POST /v1/accounts/AC-1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                    "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                    pace->key, length, body);
}

static int write_release(const struct pace *pace, char *text, size_t size)
{
    return snprintf(text, size,
                    "DELETE /v1/accounts/AC-1/sessions/SN-%" PRIu64
                    " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
                    pace->first + pace->acquires - pace->lag - 1, pace->key);
}

static void send_request(struct pace *pace, struct connection *connection)
{
    char text[1024];
    bool releases = ++pace->turn % 2 == 0 && pace->acquires > pace->lag;
    int length = releases ? write_release(pace, text, sizeof text) : write_acquire(pace, text, sizeof text);
    connection->due_ns = pace->due_ns;
    connection->received = 0;
    if (send(connection->socket, text, (size_t)length, MSG_NOSIGNAL) != length)
        fail("cannot send", strerror(errno));
}

// Sends all that are due, as far as there are connections; those beyond wait, and their time runs.
static void send_due(struct pace *pace)
{
    while (pace->idle_count > 0 && pace->due_ns < pace->end_ns && pace->due_ns <= now_ns()) {
        send_request(pace, pace->idle[--pace->idle_count]);
        pace->due_ns += (int64_t)(-log(1 - drand48()) * pace->gap_ns);
    }
}

// ---- Answers

static bool is_whole(const struct connection *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (end == NULL || length == NULL)
        return false;
    return connection->received >= (size_t)(end - connection->answer) + 4 + strtoul(length + 17, NULL, 10);
}

static void note(struct pace *pace, const struct connection *connection)
{
    if (connection->due_ns < pace->measure_ns)
        return;
    if (pace->took_count == pace->took_size) {
        pace->took_size = pace->took_size > 0 ? 2 * pace->took_size : 65536;
        pace->took_ms = realloc(pace->took_ms, pace->took_size * sizeof *pace->took_ms);
    }
    pace->took_ms[pace->took_count++] = (double)(now_ns() - connection->due_ns) / 1e6;
}

static void receive(struct pace *pace, struct connection *connection)
{
    char *place = connection->answer + connection->received;
    ssize_t count = recv(connection->socket, place, ANSWER_MAX - connection->received, 0);
    if (count <= 0)
        fail("the connection ended", count < 0 ? strerror(errno) : "closed by the server");
    connection->received += (size_t)count;
    connection->answer[connection->received] = '\0';
    if (!is_whole(connection))
        return;
    if (strncmp(connection->answer, "HTTP/1.1 20", 11) != 0)
        fail("no success", connection->answer);
    note(pace, connection);
    pace->idle[pace->idle_count++] = connection;
}

static void wait_for_answers(struct pace *pace)
{
    struct epoll_event events[EVENTS_A_TURN];
    bool can_send = pace->idle_count > 0 && pace->due_ns < pace->end_ns;
    int64_t left_ns = can_send ? pace->due_ns - now_ns() : 10000000000;
    struct timespec most = {0};
    if (left_ns > 0)
        most = (struct timespec){.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
    int count = epoll_pwait2(pace->epoll, events, EVENTS_A_TURN, &most, NULL);
    if (count == 0 && !can_send)
        fail("no answer", "for ten seconds");
    for (int i = 0; i < count; i++)
        receive(pace, events[i].data.ptr);
}

// ---- The whole

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(const struct pace *pace, double share)
{
    return pace->took_ms[(size_t)((double)(pace->took_count - 1) * share)];
}

static void run(struct pace *pace)
{
    while (pace->due_ns < pace->end_ns || pace->idle_count < pace->connection_count) {
        send_due(pace);
        wait_for_answers(pace);
    }
    if (pace->took_count == 0)
        fail("nothing measured", "run for two seconds at least");
    qsort(pace->took_ms, pace->took_count, sizeof *pace->took_ms, compare);
    double seconds = (double)(now_ns() - pace->measure_ns) / 1e9;
    printf("{\"requests\":%zu,\"rate\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"most_ms\":%.3f}\n",
           pace->took_count, (double)pace->took_count / seconds, percentile(pace, 0.5), percentile(pace, 0.99),
           percentile(pace, 0.999), percentile(pace, 1));
}

int main(int count, char **words)
{
    if (count != 9) {
        fprintf(stderr, "usage: pace PORT RATE SECONDS CONNECTIONS KEY USERS FIRST LAG\n");
        return 2;
    }
    struct pace pace = {.key = words[5],
                        .users = strtoull(words[6], NULL, 10),
                        .first = strtoull(words[7], NULL, 10),
                        .lag = strtoull(words[8], NULL, 10),
                        .gap_ns = 1e9 / strtod(words[2], NULL),
                        .connection_count = strtoul(words[4], NULL, 10),
                        .epoll = epoll_create1(0)};
    pace.connections = calloc(pace.connection_count, sizeof *pace.connections);
    pace.idle = calloc(pace.connection_count, sizeof(struct connection *));
    for (size_t i = 0; i < pace.connection_count; i++)
        connect_to(&pace, &pace.connections[i], (uint16_t)strtoul(words[1], NULL, 10));
    pace.due_ns = now_ns();
    pace.measure_ns = pace.due_ns + WARM_UP_S * INT64_C(1000000000);
    pace.end_ns = pace.due_ns + strtoll(words[3], NULL, 10) * 1000000000;
    run(&pace);
    free(pace.took_ms);
    free(pace.idle);
    free(pace.connections);
    return 0;
}
