// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // memfd_create, POLLRDHUP

#include "http_probe.h"

#include "base/buffer.h"
#include "base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

int64_t probe_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void wait_ms(int milliseconds)
{
    nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L}, NULL);
}

void wait_for(const _Atomic unsigned *count, unsigned value)
{
    for (int i = 0; i < PATIENCE_MS && atomic_load(count) != value; i++)
        wait_ms(1);
    assert_int_equal(atomic_load(count), value);
}

void wait_open(const struct service *service, unsigned accepted, unsigned open)
{
    struct http_figures figures = http_figures(service->http);
    for (int i = 0; i < PATIENCE_MS && (figures.accepted != accepted || figures.open != open); i++) {
        wait_ms(1);
        figures = http_figures(service->http);
    }
    assert_int_equal(figures.accepted, accepted);
    assert_int_equal(figures.open, open);
}

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void set_body(struct http_answer *answer, unsigned status, const char *body)
{
    answer->status = status;
    answer->content_type = "text/plain";
    answer->body = check_strdup(body);
    answer->length = strlen(body);
}

static void add_member(struct buffer *out, const char *name, const char *value)
{
    if (value != NULL)
        buffer_printf(out, "%s=%s\n", name, value);
}

static void render_echo(struct http_request *request, struct http_answer *answer)
{
    struct buffer out = {0};
    add_member(&out, "method", request->method);
    add_member(&out, "path", request->path);
    for (size_t i = 0; i < request->parameter_count; i++) {
        buffer_printf(&out, "?%s", request->parameters[i].name);
        add_member(&out, "", request->parameters[i].value);
    }
    add_member(&out, "authorization", request->authorization);
    add_member(&out, "idempotency_key", request->idempotency_key);
    add_member(&out, "content_type", request->content_type);
    add_member(&out, "cookie", request->cookie);
    add_member(&out, "accept", request->accept);
    add_member(&out, "client", request->client);
    buffer_printf(&out, "body_length=%zu\nbody=%.100s\n", request->body_length, request->body);
    assert_null(request->user);
    set_body(answer, 200, buffer_text(&out));
    buffer_fini(&out);
}

static void answer_large(struct http_answer *answer)
{
    answer->status = 200;
    answer->length = LARGE_SIZE;
    answer->body = check_calloc(1, LARGE_SIZE);
}

static void answer_file(struct http_answer *answer)
{
    answer->status = 200;
    answer->length = LARGE_SIZE;
    answer->from_file = true;
    answer->file = memfd_create("large", MFD_CLOEXEC);
    CHECK(answer->file >= 0 && ftruncate(answer->file, LARGE_SIZE) == 0);
}

static void answer_now(struct http_request *request)
{
    struct http_answer answer = {0};
    if (strcmp(request->path, "/large") == 0) {
        answer_large(&answer);
    } else if (strcmp(request->path, "/file") == 0) {
        answer_file(&answer);
    } else if (strcmp(request->path, "/odd") == 0) {
        answer.status = 405;
        answer.cache_control = "max-age=60";
        http_answer_header(&answer, "Allow", "GET, PUT");
        http_answer_header(&answer, "Location", "/a\r\nSet-Cookie: forged");
    } else {
        bool known = strcmp(request->path, "/now") == 0 || strcmp(request->path, "/watched/now") == 0;
        set_body(&answer, known ? 200 : 404, known ? "now" : "nothing here");
    }
    http_answer(request, &answer);
}

static void answer_later(struct http_request *request)
{
    struct http_answer answer = {0};
    if (begins(request->path, "/echo"))
        answer.render = render_echo;
    else
        set_body(&answer, 200, request->parameter_count > 0 ? request->parameters[0].value : "later");
    http_answer(request, &answer);
}

// What hangs on a watched request, to see that it is there whenever the service hears of a hang-up.
struct visit {
    bool hearing, heard;
};

static void watch(struct http_request *request)
{
    if (request->user == NULL)
        request->user = check_calloc(1, sizeof(struct visit));
    http_watch(request);
}

static void hung_up(void *user, struct http_request *request)
{
    struct service *service = user;
    struct visit *visit = request->user;
    CHECK(!visit->hearing);
    visit->hearing = true;
    atomic_fetch_add(&service->hearing, 1);
    if (atomic_load(&service->is_gated))
        sem_wait(&service->gate);
    unsigned us = atomic_load(&service->hearing_us);
    if (us > 0)
        nanosleep(&(struct timespec){.tv_nsec = us * 1000L}, NULL);
    visit->heard = true;
    atomic_fetch_add(&service->hung_up, 1);
}

static void hold(struct service *service, struct http_request *request)
{
    pthread_mutex_lock(&service->lock);
    CHECK(service->held_count < HELD_MAX);
    service->held[service->held_count++] = request;
    pthread_mutex_unlock(&service->lock);
    // Now service_release finds it.
    atomic_fetch_add(&service->handled, 1);
}

static void pass_on(struct service *service, struct http_request *request)
{
    pthread_mutex_lock(&service->lock);
    CHECK(service->count < SERVICE_QUEUE);
    service->queue[(service->first + service->count++) % SERVICE_QUEUE] = request;
    pthread_cond_signal(&service->changed);
    pthread_mutex_unlock(&service->lock);
}

static void handle(void *user, struct http_request *request)
{
    struct service *service = user;
    const char *path = request->path;
    if (strcmp(path, "/watched/later") == 0 || strcmp(path, "/later") == 0 || begins(path, "/echo")) {
        pass_on(service, request);
        return;
    }
    if (begins(path, "/watched"))
        watch(request);
    if (strcmp(path, "/held") == 0 || strcmp(path, "/watched") == 0) {
        hold(service, request);
    } else {
        atomic_fetch_add(&service->handled, 1);
        answer_now(request);
    }
}

static void answer_or_hold(struct service *service, struct http_request *request)
{
    if (!begins(request->path, "/watched")) {
        atomic_fetch_add(&service->handled, 1);
        answer_later(request);
        return;
    }
    watch(request);
    hold(service, request);
}

static void *answer_all(void *user)
{
    struct service *service = user;
    pthread_mutex_lock(&service->lock);
    for (;;) {
        while (service->count == 0 && !service->stopping)
            pthread_cond_wait(&service->changed, &service->lock);
        if (service->count == 0)
            break;
        struct http_request *request = service->queue[service->first];
        service->first = (service->first + 1) % SERVICE_QUEUE;
        service->count--;
        pthread_mutex_unlock(&service->lock);
        answer_or_hold(service, request);
        pthread_mutex_lock(&service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

void service_release(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    for (size_t i = 0; i < service->held_count; i++) {
        struct http_answer answer = {0};
        set_body(&answer, 200, "held");
        http_answer(service->held[i], &answer);
    }
    service->held_count = 0;
    pthread_mutex_unlock(&service->lock);
}

void service_gate(struct service *service)
{
    atomic_store(&service->is_gated, true);
}

void service_pass(struct service *service)
{
    sem_post(&service->gate);
}

void service_ungate(struct service *service)
{
    atomic_store(&service->is_gated, false);
    service_pass(service);
}

void service_watch(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    for (size_t i = 0; i < service->held_count; i++)
        watch(service->held[i]);
    pthread_mutex_unlock(&service->lock);
}

static size_t body_limit(void *user, const char *method, const char *path)
{
    (void)user, (void)method;
    return strncmp(path, "/echo/", 6) == 0 ? 10 * BODY_LIMIT : BODY_LIMIT;
}

static void render_problem(struct http_request *request, struct http_answer *answer)
{
    struct buffer out = {0};
    buffer_printf(&out, "{\"status\": %u, \"id\": \"%s\", \"detail\": \"%s\"}", answer->status, request->id,
                  (const char *)answer->context);
    answer->content_type = "application/problem+json";
    answer->length = out.length;
    answer->body = buffer_take(&out);
}

static void problem(void *user, struct http_request *request, unsigned status, const char *detail,
                    struct http_answer *answer)
{
    (void)user, (void)request, (void)status;
    answer->context = (char *)(uintptr_t)detail;
    answer->render = render_problem;
}

static void done(void *user, struct http_request *request, unsigned status)
{
    struct service *service = user;
    CHECK(status < 600 && request->id[0] != '\0');
    struct visit *visit = request->user;
    CHECK(visit == NULL || visit->hearing == visit->heard);
    CHECK(visit == NULL || !visit->heard || status == 0);
    free(visit);
    atomic_fetch_add(&service->done_with[status], 1);
    atomic_fetch_add(&service->done, 1);
}

struct service *service_open(const struct http_options *options)
{
    struct service *service = check_calloc(1, sizeof *service);
    if (options != NULL)
        service->options = *options;
    if (service->options.listen == NULL)
        service->options.listen = "127.0.0.1:0";
    service->options.user = service;
    service->options.handle = handle;
    service->options.body_limit = body_limit;
    service->options.problem = problem;
    service->options.done = done;
    service->options.hung_up = hung_up;
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->changed, NULL);
    sem_init(&service->gate, 0, 0);
    char error[HTTP_ERROR_SIZE];
    service->http = http_open(&service->options, error);
    if (service->http == NULL)
        fail_msg("%s", error);
    pthread_create(&service->answerer, NULL, answer_all, service);
    return service;
}

void service_close(struct service *service)
{
    service_release(service);
    http_close(service->http);
    pthread_mutex_lock(&service->lock);
    service->stopping = true;
    pthread_cond_signal(&service->changed);
    pthread_mutex_unlock(&service->lock);
    pthread_join(service->answerer, NULL);
    pthread_cond_destroy(&service->changed);
    pthread_mutex_destroy(&service->lock);
    sem_destroy(&service->gate);
    free(service);
}

int probe_connect(const struct service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(service->http))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(file >= 0);
    assert_int_equal(connect(file, (struct sockaddr *)&address, sizeof address), 0);
    return file;
}

bool probe_send_bytes(int socket, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(socket, at, length, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

void probe_send(int socket, const char *text)
{
    assert_true(probe_send_bytes(socket, text, strlen(text)));
}

// Reads up to `size` bytes; 0 at the end, however it came.
static size_t read_some(int socket, char *bytes, size_t size)
{
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    if (poll(&waiting, 1, PATIENCE_MS) != 1)
        fail_msg("nothing came for %d ms", PATIENCE_MS);
    ssize_t length = recv(socket, bytes, size, 0);
    return length > 0 ? (size_t)length : 0;
}

// Byte for byte, so that nothing of the next reply is taken.
static bool read_head(int socket, struct reply *reply)
{
    size_t length = 0;
    while (length < sizeof reply->head - 1) {
        if (read_some(socket, reply->head + length, 1) == 0)
            return false;
        reply->head[++length] = '\0';
        if (length >= 4 && memcmp(reply->head + length - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

struct reply probe_read(int socket, bool head_only)
{
    struct reply reply = {.closed = true};
    if (!read_head(socket, &reply) || sscanf(reply.head, "HTTP/1.1 %u", &reply.status) != 1)
        return reply;
    const char *length = reply_header(&reply, "Content-Length");
    size_t expected = length != NULL && !head_only ? strtoul(length, NULL, 10) : 0;
    reply.body = check_calloc(1, expected + 1);
    while (reply.length < expected) {
        size_t got = read_some(socket, reply.body + reply.length, expected - reply.length);
        if (got == 0)
            return reply;
        reply.length += got;
    }
    reply.closed = false;
    return reply;
}

void reply_fini(struct reply *reply)
{
    free(reply->body);
    *reply = (struct reply){0};
}

struct reply probe(const struct service *service, const char *text)
{
    int socket = probe_connect(service);
    probe_send(socket, text);
    struct reply reply = probe_read(socket, false);
    close(socket);
    return reply;
}

void probe_reset(int socket)
{
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(socket);
}

bool probe_ends(int socket)
{
    char bytes[4096];
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    while (poll(&waiting, 1, PATIENCE_MS) == 1)
        if (recv(socket, bytes, sizeof bytes, 0) <= 0)
            return true;
    return false;
}

int probe_other_end(int socket)
{
    struct sockaddr_in ours, peer;
    socklen_t size = sizeof ours;
    getsockname(socket, (struct sockaddr *)&ours, &size);
    for (int file = 3; file < 1000; file++) {
        size = sizeof peer;
        if (getpeername(file, (struct sockaddr *)&peer, &size) == 0 && peer.sin_port == ours.sin_port)
            return file;
    }
    return -1;
}

void wait_taken(int socket)
{
    int server = probe_other_end(socket), unread = 1;
    for (int i = 0; i < PATIENCE_MS && (unread > 0 || server < 0); i++) {
        wait_ms(1);
        server = probe_other_end(socket);
        ioctl(server, FIONREAD, &unread);
    }
    assert_int_equal(unread, 0);
}

void wait_end_arrived(int server)
{
    struct pollfd waiting = {.fd = server, .events = POLLRDHUP};
    assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1);
}

const char *reply_header(const struct reply *reply, const char *name)
{
    static _Thread_local char value[256];
    size_t name_length = strlen(name);
    const char *line = strstr(reply->head, "\r\n");
    for (; line != NULL && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, name_length) != 0 || line[2 + name_length] != ':')
            continue;
        const char *start = line + 2 + name_length + 1;
        start += strspn(start, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(start, "\r"), start);
        return value;
    }
    return NULL;
}
