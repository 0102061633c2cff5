// SPDX-License-Identifier: Apache-2.0
// What a stranger may not do to the HTTP front: send too much, too slowly, take too slowly, come too often.
#include "http_probe.h"

#include "base/buffer.h"
#include "base/check.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static void assert_reply(int socket, unsigned status, bool closes)
{
    struct reply reply = probe_read(socket, false);
    assert_int_equal(reply.status, status);
    if (closes) {
        assert_non_null(reply_header(&reply, "Connection"));
        assert_string_equal(reply_header(&reply, "Connection"), "close");
    }
    if (status >= 400)
        assert_string_equal(reply_header(&reply, "Content-Type"), "application/problem+json");
    reply_fini(&reply);
    if (closes)
        assert_true(probe_ends(socket));
}

static void send_filled(int socket, size_t length)
{
    char *bytes = check_calloc(1, length);
    memset(bytes, 'x', length);
    assert_true(probe_send_bytes(socket, bytes, length));
    free(bytes);
}

static void send_post(int socket, const char *path, size_t length)
{
    char head[128];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", path, length);
    probe_send(socket, head);
}

static void a_body_up_to_the_limit_is_taken(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    send_post(socket, "/echo", BODY_LIMIT);
    send_filled(socket, BODY_LIMIT);
    assert_reply(socket, 200, false);
    send_post(socket, "/echo/more", 10 * BODY_LIMIT);
    send_filled(socket, 10 * BODY_LIMIT);
    assert_reply(socket, 200, false);
    close(socket);
    service_close(service);
}

// The client sends all of it before it looks for an answer, and still gets one.
static void a_larger_body_is_refused(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    send_post(socket, "/echo", 8 * 1024 * 1024);
    send_filled(socket, 8 * 1024 * 1024);
    assert_reply(socket, 413, true);
    close(socket);
    assert_int_equal(service->handled, 0);
    wait_for(&service->done_with[413], 1);
    service_close(service);
}

static void a_huge_body_is_refused_before_it_comes(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    send_post(socket, "/echo", (size_t)1 << 40);
    assert_reply(socket, 413, true);
    close(socket);
    socket = probe_connect(service);
    probe_send(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n");
    assert_reply(socket, 413, true);
    close(socket);
    service_close(service);
}

static void a_body_in_chunks_is_measured_as_it_comes(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    probe_send(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        probe_send(socket, "4000\r\n");
        send_filled(socket, 0x4000);
        probe_send(socket, "\r\n");
    }
    probe_send(socket, "0\r\n\r\n");
    assert_reply(socket, 413, true);
    close(socket);

    // Without an end: cut after a while, by the number of bytes.
    socket = probe_connect(service);
    probe_send(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n");
    char bytes[16384] = {0};
    int pieces = 0;
    while (pieces < 10000 && probe_send_bytes(socket, bytes, sizeof bytes))
        pieces++;
    assert_in_range(pieces, 16 * 64, 9999);
    close(socket);
    wait_for(&service->done, 2);
    service_close(service);
}

static void all_bodies_together_have_a_limit(void **state)
{
    (void)state;
    enum { BUSY = 8 };
    struct service *service = service_open(&(struct http_options){.bodies_max = 2 * BODY_LIMIT});
    int sockets[BUSY];
    for (int i = 0; i < BUSY; i++) {
        sockets[i] = probe_connect(service);
        send_post(sockets[i], "/echo", BODY_LIMIT);
        send_filled(sockets[i], BODY_LIMIT / 2 + 100);
    }
    for (int i = 0; i < BUSY; i++)
        wait_taken(sockets[i]);
    unsigned refused = 0;
    for (int i = 0; i < BUSY; i++) {
        send_filled(sockets[i], BODY_LIMIT / 2 - 100);
        struct reply reply = probe_read(sockets[i], false);
        refused += reply.status == 503;
        assert_true(reply.status == 503 || reply.status == 200);
        reply_fini(&reply);
        close(sockets[i]);
    }
    assert_in_range(refused, 1, BUSY - 1);
    // Afterwards all is as before.
    int socket = probe_connect(service);
    send_post(socket, "/echo", BODY_LIMIT);
    send_filled(socket, BODY_LIMIT);
    assert_reply(socket, 200, false);
    close(socket);
    service_close(service);
}

// A request whose headers have `count` lines and `size` bytes.
static unsigned status_for_headers(const struct service *service, size_t count, size_t size)
{
    struct buffer text = {0};
    buffer_add_text(&text, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n");
    size_t each = size / count;
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, "X-%03zu: %0*d\r\n", i, (int)each - 9, 0);
    buffer_add_text(&text, "\r\nhello");
    int socket = probe_connect(service);
    probe_send_bytes(socket, text.bytes, text.length);
    struct reply reply = probe_read(socket, false);
    unsigned status = reply.status;
    reply_fini(&reply);
    buffer_fini(&text);
    close(socket);
    return status;
}

static void headers_of_8_kib_fit_and_larger_ones_are_refused(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    assert_int_equal(status_for_headers(service, 1, 8192), 200);
    assert_int_equal(status_for_headers(service, 100, 8192), 200);
    // Whatever their size: never nothing.
    for (size_t size = 10000; size < 40000; size += 97) {
        unsigned status = status_for_headers(service, 1 + size % 50, size);
        if (status != 200 && status != 431 && status != 414)
            fail_msg("headers of %zu bytes were answered with %u", size, status);
    }
    service_close(service);
}

static void pipelined_large_requests_are_all_answered(void **state)
{
    (void)state;
    enum { REQUESTS = 200 };
    struct service *service = service_open(NULL);
    struct buffer text = {0};
    for (int i = 0; i < REQUESTS; i++)
        buffer_printf(&text,
                      "POST /later?n=%d HTTP/1.1\r\nHost: x\r\nX-A: %07500d\r\nContent-Length: 1000\r\n\r\n%01000d", i,
                      0, 0);
    int socket = probe_connect(service);
    // As much as the peer's buffers take; the rest while the answers are read.
    size_t sent = 0;
    for (int i = 0; i < REQUESTS; i++) {
        while (sent < text.length) {
            ssize_t taken = send(socket, text.bytes + sent, text.length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (taken <= 0)
                break;
            sent += (size_t)taken;
        }
        struct reply reply = probe_read(socket, false);
        char expected[16];
        snprintf(expected, sizeof expected, "%d", i);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.body, expected);
        reply_fini(&reply);
    }
    buffer_fini(&text);
    close(socket);
    service_close(service);
}

static bool is_answered(int socket)
{
    struct pollfd waiting = {.fd = socket, .events = POLLIN};
    return poll(&waiting, 1, 0) == 1;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void slow_senders_are_cut(void **state)
{
    (void)state;
    enum { SLOW = 32 };
    struct service *service = service_open(&(struct http_options){.request_timeout_s = 1});
    const char *const starts[] = {"", "GET /no", "GET /now HTTP/1.1\r\nHost: x\r\n",
                                  "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"};
    int sockets[SLOW];
    int64_t start = now_ms();
    for (int i = 0; i < SLOW; i++) {
        sockets[i] = probe_connect(service);
        probe_send(sockets[i], starts[i % 4]);
    }
    // A byte now and then does not help: they are cut while more come. Meanwhile others are served.
    unsigned others = 0;
    for (int waiting = SLOW; waiting > 0; others++) {
        waiting = 0;
        for (int i = 0; i < SLOW; i++) {
            if (is_answered(sockets[i]))
                continue;
            waiting++;
            probe_send_bytes(sockets[i], "x", 1);
        }
        struct reply reply = probe(service, GET("/now"));
        assert_int_equal(reply.status, 200);
        reply_fini(&reply);
        assert_in_range(now_ms() - start, 0, PATIENCE_MS);
        wait_ms(100);
    }
    assert_in_range(now_ms() - start, 1000, PATIENCE_MS);
    for (int i = 0; i < SLOW; i++) {
        struct reply reply = probe_read(sockets[i], false);
        // Where a first line came, there is somebody to tell.
        assert_int_equal(reply.status, i % 4 < 2 ? 0 : 408);
        assert_true(probe_ends(sockets[i]));
        reply_fini(&reply);
        close(sockets[i]);
    }
    wait_for(&service->done_with[408], SLOW / 2);
    wait_open(service, SLOW + others, 0);
    service_close(service);
}

// Data and end in one segment, or the end later: the connection does not linger until its time is up.
static void a_peer_that_ends_halfway_is_let_go(void **state)
{
    (void)state;
    enum { PEERS = 20 };
    struct service *service = service_open(NULL);
    for (int i = 0; i < PEERS; i++) {
        int socket = probe_connect(service);
        const char *text = i % 2 == 0 ? "GET /now HTTP/1.1\r\n" : "GET /n";
        // Held back until the end goes along with it, but for some.
        assert_true(send(socket, text, strlen(text), i % 4 < 2 ? MSG_MORE : 0) > 0);
        shutdown(socket, SHUT_WR);
        close(socket);
    }
    wait_open(service, PEERS, 0);
    assert_int_equal(http_figures(service->http).cut, 0);
    wait_for(&service->done, PEERS / 2);
    assert_int_equal(service->done_with[0], PEERS / 2);
    service_close(service);
}

static void an_idle_connection_is_closed_but_a_waiting_one_is_not(void **state)
{
    (void)state;
    struct service *service = service_open(&(struct http_options){.request_timeout_s = 2});
    int idle = probe_connect(service), waiting = probe_connect(service);
    probe_send(waiting, GET("/held"));
    for (int i = 0; i < 9; i++) {
        probe_send(idle, GET("/now"));
        assert_reply(idle, 200, false);
        wait_ms(300);
    }
    // It was used all the time; now it is not.
    assert_true(probe_ends(idle));
    assert_int_equal(http_figures(service->http).cut, 0);
    service_release(service);
    assert_reply(waiting, 200, false);
    close(idle);
    close(waiting);
    service_close(service);
}

static int connect_with_small_buffer(const struct service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_port(service->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = 4096;
    setsockopt(file, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    assert_int_equal(connect(file, (struct sockaddr *)&address, sizeof address), 0);
    return file;
}

static void slow_takers_are_cut(void **state)
{
    (void)state;
    struct service *service = service_open(&(struct http_options){.request_timeout_s = 1});
    int stuck = connect_with_small_buffer(service), slow = connect_with_small_buffer(service);
    probe_send(stuck, GET("/large"));
    probe_send(slow, GET("/file"));
    // 10 KiB every 100 ms is ten times as fast as it must be.
    char bytes[10 * 1024];
    int64_t start = now_ms();
    for (int after = 0; after < 20; after += http_figures(service->http).cut > 0) {
        assert_true(recv(slow, bytes, sizeof bytes, MSG_WAITALL) > 0);
        wait_ms(100);
        assert_in_range(now_ms() - start, 0, PATIENCE_MS);
    }
    wait_open(service, 2, 1);
    assert_int_equal(http_figures(service->http).cut, 1);
    close(stuck);
    close(slow);
    wait_for(&service->done_with[200], 2);
    service_close(service);
}

static void connections_beyond_the_limit_wait_for_their_turn(void **state)
{
    (void)state;
    enum { LIMIT = 4 };
    struct service *service = service_open(&(struct http_options){.connections_max = LIMIT, .threads = 1});
    int sockets[LIMIT + 1];
    for (int i = 0; i < LIMIT + 1; i++) {
        sockets[i] = probe_connect(service);
        probe_send(sockets[i], GET("/now"));
    }
    for (int i = 0; i < LIMIT; i++)
        assert_reply(sockets[i], 200, false);
    wait_ms(100);
    assert_int_equal(http_figures(service->http).open, LIMIT);
    assert_int_equal(http_figures(service->http).accepted, LIMIT);
    close(sockets[0]);
    assert_reply(sockets[LIMIT], 200, false);
    for (int i = 1; i < LIMIT + 1; i++)
        close(sockets[i]);
    service_close(service);
}

static void one_address_may_not_take_all_connections(void **state)
{
    (void)state;
    struct service *service = service_open(&(struct http_options){.connections_per_address_max = 2});
    int first = probe_connect(service), second = probe_connect(service), third = probe_connect(service);
    assert_true(probe_ends(third));
    probe_send(second, GET("/now"));
    assert_reply(second, 200, false);
    assert_int_equal(http_figures(service->http).refused, 1);
    close(first);
    close(second);
    close(third);
    service_close(service);
}

static void quiescing_finishes_what_has_begun(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int idle = probe_connect(service), held = probe_connect(service), sending = probe_connect(service);
    probe_send(held, GET("/held"));
    wait_for(&service->handled, 1);
    // It has begun when it is told to go on.
    probe_send(sending, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    struct reply reply = probe_read(sending, true);
    assert_int_equal(reply.status, 100);
    reply_fini(&reply);
    unsigned port = http_port(service->http);
    assert_false(http_quiesce(service->http, 100));
    assert_true(probe_ends(idle));
    int refused = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(refused, (struct sockaddr *)&address, sizeof address), -1);
    probe_send(sending, "hello");
    assert_reply(sending, 200, true);
    service_release(service);
    assert_reply(held, 200, true);
    assert_true(http_quiesce(service->http, PATIENCE_MS));
    close(refused);
    close(idle);
    close(held);
    close(sending);
    service_close(service);
}

static void closing_sends_the_last_answers(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int held = probe_connect(service), half = probe_connect(service), large = probe_connect(service);
    probe_send(held, GET("/held"));
    probe_send(half, "GET /now HT");
    probe_send(large, GET("/large"));
    wait_for(&service->handled, 2);
    // From here on each answer is the last of its connection.
    assert_false(http_quiesce(service->http, 50));
    service_close(service);
    assert_reply(held, 200, true);
    close(held);
    close(half);
    close(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_up_to_the_limit_is_taken),
        cmocka_unit_test(a_larger_body_is_refused),
        cmocka_unit_test(a_huge_body_is_refused_before_it_comes),
        cmocka_unit_test(a_body_in_chunks_is_measured_as_it_comes),
        cmocka_unit_test(all_bodies_together_have_a_limit),
        cmocka_unit_test(headers_of_8_kib_fit_and_larger_ones_are_refused),
        cmocka_unit_test(pipelined_large_requests_are_all_answered),
        cmocka_unit_test(slow_senders_are_cut),
        cmocka_unit_test(a_peer_that_ends_halfway_is_let_go),
        cmocka_unit_test(an_idle_connection_is_closed_but_a_waiting_one_is_not),
        cmocka_unit_test(slow_takers_are_cut),
        cmocka_unit_test(connections_beyond_the_limit_wait_for_their_turn),
        cmocka_unit_test(one_address_may_not_take_all_connections),
        cmocka_unit_test(quiescing_finishes_what_has_begun),
        cmocka_unit_test(closing_sends_the_last_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
