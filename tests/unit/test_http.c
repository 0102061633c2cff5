// SPDX-License-Identifier: Apache-2.0
#include "http_probe.h"

#include "base/buffer.h"

#include <string.h>

static void assert_status(struct service *service, const char *text, unsigned status)
{
    struct reply reply = probe(service, text);
    if (reply.status != status)
        fail_msg("%s\nwas answered with %u instead of %u", text, reply.status, status);
    reply_fini(&reply);
}

static void answers_come_from_any_thread(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    struct reply now = probe(service, GET("/now"));
    assert_int_equal(now.status, 200);
    assert_string_equal(now.body, "now");
    struct reply later = probe(service, GET("/later"));
    assert_int_equal(later.status, 200);
    assert_string_equal(later.body, "later");
    assert_string_equal(reply_header(&later, "Content-Type"), "text/plain");
    assert_string_equal(reply_header(&later, "Cache-Control"), "no-store");
    assert_string_equal(reply_header(&later, "X-Content-Type-Options"), "nosniff");
    assert_non_null(reply_header(&later, "X-Request-Id"));
    assert_null(reply_header(&later, "Connection"));
    wait_for(&service->done, 2);
    assert_int_equal(service->done_with[200], 2);
    reply_fini(&now);
    reply_fini(&later);
    service_close(service);
}

static void a_request_arrives_whole(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    struct reply reply =
        probe(service, "POST /echo/Z%c3%ab/a:b%3Ac%2fd?q=a+b%26c&empty=&bare&&q=2&z=%C3%A9 HTTP/1.1\r\n"
                       "Host: x\r\nauthorization: Bearer k\r\nIdempotency-Key:  i-1  \r\n"
                       "Content-Type: application/json\r\nCookie: a=b\r\nAccept: */*\r\nAccept: x\r\n"
                       "X-Other: 1\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
    assert_string_equal(reply.body, "method=POST\npath=/echo/Zë/a:b%3Ac%2Fd\n?q=a b&c\n?empty=\n?bare=\n?q=2\n?z=é\n"
                                    "authorization=Bearer k\nidempotency_key=i-1\ncontent_type=application/json\n"
                                    "cookie=a=b\naccept=*/*\nclient=127.0.0.1\nbody_length=7\nbody={\"a\":1}\n");
    reply_fini(&reply);
    reply = probe(service, "GET http://example.com:80/echo?a HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(reply.body, "path=/echo\n?a=\n"));
    reply_fini(&reply);
    service_close(service);
}

static void a_connection_serves_many_requests(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    char last_id[HTTP_ID_MAX + 1] = "";
    for (int i = 0; i < 20; i++) {
        probe_send(socket, i % 2 == 0 ? GET("/now") : GET("/later"));
        struct reply reply = probe_read(socket, false);
        assert_string_equal(reply.body, i % 2 == 0 ? "now" : "later");
        assert_string_not_equal(reply_header(&reply, "X-Request-Id"), last_id);
        strcpy(last_id, reply_header(&reply, "X-Request-Id"));
        reply_fini(&reply);
    }
    assert_int_equal(http_figures(service->http).accepted, 1);
    close(socket);
    service_close(service);
}

static void a_request_may_bring_its_id(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    struct reply reply = probe(service, "GET /now HTTP/1.1\r\nHost: x\r\nX-Request-Id: a.B-9_\r\n\r\n");
    assert_string_equal(reply_header(&reply, "X-Request-Id"), "a.B-9_");
    reply_fini(&reply);
    const char *const bad[] = {"a b", "", "a<b", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET /now HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\n\r\n", bad[i]);
        reply = probe(service, text);
        assert_string_not_equal(reply_header(&reply, "X-Request-Id"), bad[i]);
        assert_in_range(strlen(reply_header(&reply, "X-Request-Id")), 18, HTTP_ID_MAX);
        reply_fini(&reply);
    }
    service_close(service);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    for (int i = 0; i < 3; i++) {
        probe_send(socket, "HEAD /later HTTP/1.1\r\nHost: x\r\n\r\n");
        struct reply reply = probe_read(socket, true);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply_header(&reply, "Content-Length"), "5");
        reply_fini(&reply);
    }
    probe_send(socket, GET("/now"));
    struct reply reply = probe_read(socket, false);
    assert_string_equal(reply.body, "now");
    reply_fini(&reply);
    close(socket);
    service_close(service);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    enum { REQUESTS = 1000 };
    struct service *service = service_open(NULL);
    struct buffer text = {0};
    for (int i = 0; i < REQUESTS; i++)
        buffer_printf(&text, "GET %s?n=%d HTTP/1.1\r\nHost: x\r\nX-Padding: %0*d\r\n\r\n",
                      i % 3 == 0 ? "/now" : "/later", i, i % 700 + 1, 0);
    int socket = probe_connect(service);
    probe_send(socket, buffer_text(&text));
    for (int i = 0; i < REQUESTS; i++) {
        struct reply reply = probe_read(socket, false);
        char expected[16];
        snprintf(expected, sizeof expected, "%d", i);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.body, i % 3 == 0 ? "now" : expected);
        reply_fini(&reply);
    }
    buffer_fini(&text);
    close(socket);
    service_close(service);
}

static void bodies_come_in_any_form(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    probe_send(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    wait_ms(20);
    probe_send(socket, "3;x=y\r\nfgh\r\n0\r\nTrailer: t\r\n\r\n");
    struct reply reply = probe_read(socket, false);
    assert_non_null(strstr(reply.body, "body_length=8\nbody=abcdefgh\n"));
    // Where chunks end is a matter that servers do not all see in the same way: nothing comes after them.
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    reply_fini(&reply);
    close(socket);

    socket = probe_connect(service);
    probe_send(socket, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    reply = probe_read(socket, true);
    assert_int_equal(reply.status, 100);
    reply_fini(&reply);
    probe_send(socket, "ok");
    reply = probe_read(socket, false);
    assert_non_null(strstr(reply.body, "body_length=2\nbody=ok\n"));
    reply_fini(&reply);
    close(socket);

    // Byte for byte.
    const char *slow = "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow";
    socket = probe_connect(service);
    for (const char *at = slow; *at != '\0'; at++) {
        assert_true(probe_send_bytes(socket, at, 1));
        wait_ms(1);
    }
    reply = probe_read(socket, false);
    assert_non_null(strstr(reply.body, "body=slow\n"));
    reply_fini(&reply);
    close(socket);
    service_close(service);
}

static void answers_come_in_any_form(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    struct reply reply = probe(service, GET("/large"));
    assert_int_equal(reply.length, LARGE_SIZE);
    reply_fini(&reply);
    reply = probe(service, GET("/file"));
    assert_int_equal(reply.length, LARGE_SIZE);
    assert_false(reply.closed);
    reply_fini(&reply);
    reply = probe(service, GET("/odd"));
    assert_int_equal(reply.status, 405);
    assert_string_equal(reply_header(&reply, "Allow"), "GET, PUT");
    assert_string_equal(reply_header(&reply, "Cache-Control"), "max-age=60");
    assert_null(reply_header(&reply, "Set-Cookie"));
    reply_fini(&reply);
    service_close(service);
}

static void http_1_0_is_spoken(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    probe_send(socket, "GET /later HTTP/1.0\r\n\r\n");
    struct reply reply = probe_read(socket, false);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_header(&reply, "Connection"), "close");
    assert_true(probe_ends(socket));
    reply_fini(&reply);
    close(socket);
    service_close(service);
}

static void bad_requests_are_told_what_is_wrong(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    const char *const bad[] = {
        GET("/a%00b"),
        GET("/a%"),
        GET("/a%4"),
        GET("/a%zz"),
        GET("/%ff"),
        GET("/now?a=%C0%80"),
        GET("/now?%"),
        GET("now"),
        GET("*"),
        GET("http://x"),
        "GET /now HTTP/1.1\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: a\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: x\r\nBad Name: a\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: x\r\nName : a\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: x\r\nName: a\x01\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /now HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        GET("/now?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17&18&19&20&21&22&23&24&25&26&27&28&29&30&31&32&33"),
    };
    unsigned count = sizeof bad / sizeof *bad;
    for (unsigned i = 0; i < count; i++) {
        struct reply reply = probe(service, bad[i]);
        if (reply.status != 400)
            fail_msg("%s\nwas answered with %u", bad[i], reply.status);
        assert_string_equal(reply_header(&reply, "Content-Type"), "application/problem+json");
        assert_memory_equal(reply.body, "{\"status\": 400, \"id\": \"", 23);
        reply_fini(&reply);
    }
    wait_for(&service->done_with[400], count);
    assert_int_equal(service->handled, 0);
    assert_status(service,
                  GET("/now?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17&18&19&20&21&22&23&24&25&26&27&28&29&30&31&32"),
                  200);
    service_close(service);
}

static void a_flood_of_parameters_is_refused(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    for (int count = 40; count < 10000; count *= 2) {
        struct buffer text = {0};
        buffer_add_text(&text, "GET /now?");
        for (int i = 0; i < count; i++)
            buffer_add_text(&text, "a&");
        buffer_add_text(&text, " HTTP/1.1\r\nHost: x\r\n\r\n");
        struct reply reply = probe(service, buffer_text(&text));
        assert_true(reply.status == 400 || (reply.status == 414 && count > 5000));
        reply_fini(&reply);
        buffer_fini(&text);
    }
    service_close(service);
}

static void a_bad_address_costs_no_connection(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service);
    probe_send(socket, GET("/a%00") GET("/now"));
    struct reply first = probe_read(socket, false), second = probe_read(socket, false);
    assert_int_equal(first.status, 400);
    assert_int_equal(second.status, 200);
    reply_fini(&first);
    reply_fini(&second);
    close(socket);
    service_close(service);
}

static void a_client_may_leave_before_the_answer(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    for (int i = 0; i < 10; i++) {
        int socket = probe_connect(service);
        probe_send(socket, GET("/held"));
        wait_for(&service->handled, (unsigned)i + 1);
        close(socket);
    }
    wait_ms(20);
    service_release(service);
    wait_for(&service->done, 10);
    // 200 where it was sent before the end of the connection was seen.
    assert_int_equal(service->done_with[0] + service->done_with[200], 10);
    wait_open(service, 10, 0);
    service_close(service);
}

// The front reads the request until it has answered, whatever became of the connection: /echo is rendered from it.
static void a_reset_takes_no_request_away_from_who_answers_it(void **state)
{
    (void)state;
    enum { CONNECTIONS = 50 };
    struct service *service = service_open(NULL);
    for (unsigned i = 1; i <= CONNECTIONS; i++) {
        int socket = probe_connect(service);
        probe_send(socket, GET("/held"));
        wait_for(&service->handled, i);
        int server = probe_other_end(socket);
        probe_reset(socket);
        wait_end_arrived(server);
    }
    wait_ms(50);
    assert_int_equal(service->done, 0);
    struct reply reply = probe(service, GET("/now"));
    assert_int_equal(reply.status, 200);
    reply_fini(&reply);
    service_release(service);
    wait_for(&service->done, CONNECTIONS + 1);
    assert_int_equal(service->done_with[0], CONNECTIONS);
    service_close(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_from_any_thread),
        cmocka_unit_test(a_request_arrives_whole),
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(a_request_may_bring_its_id),
        cmocka_unit_test(head_is_get_without_the_body),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(bodies_come_in_any_form),
        cmocka_unit_test(answers_come_in_any_form),
        cmocka_unit_test(http_1_0_is_spoken),
        cmocka_unit_test(bad_requests_are_told_what_is_wrong),
        cmocka_unit_test(a_flood_of_parameters_is_refused),
        cmocka_unit_test(a_bad_address_costs_no_connection),
        cmocka_unit_test(a_client_may_leave_before_the_answer),
        cmocka_unit_test(a_reset_takes_no_request_away_from_who_answers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
