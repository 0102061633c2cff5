// SPDX-License-Identifier: Apache-2.0
// Requests that wait for their answer: who hangs up meanwhile is noticed, and nobody else has to suffer from them.
#include "http_probe.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum { AT_ONCE_MS = 100, TRIES = 20 };

static void assert_body(int socket, const char *body)
{
    struct reply reply = probe_read(socket, false);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, body);
    reply_fini(&reply);
}

static void connect_to(int socket, const struct service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_port(service->http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(socket, (struct sockaddr *)&address, sizeof address), 0);
}

enum way { CLOSE, RESET, CLOSE_WITH_DATA, SHUT, WAYS };

static void hang_up(int socket, enum way way)
{
    if (way == CLOSE_WITH_DATA)
        probe_send(socket, GET("/now") GET("/now"));
    if (way == RESET)
        probe_reset(socket);
    else if (way == SHUT)
        shutdown(socket, SHUT_WR);
    else
        close(socket);
}

// How long it took until it was noticed. `before`: how many hung up before this one.
static int64_t notice_ns(struct service *service, enum way way, unsigned before)
{
    int socket = probe_connect(service);
    probe_send(socket, GET("/watched"));
    wait_for(&service->handled, before + 1);
    wait_ms(20);
    assert_int_equal(service->hung_up, before);
    int64_t start = probe_now_ns();
    hang_up(socket, way);
    wait_for(&service->hung_up, before + 1);
    int64_t took = probe_now_ns() - start;
    // The owner answers as always, and that ends it: even half a connection.
    assert_int_equal(service->done, before);
    service_release(service);
    wait_for(&service->done_with[0], before + 1);
    if (way == SHUT) {
        struct reply reply = probe_read(socket, false);
        assert_int_equal(reply.status, 0);
        reply_fini(&reply);
        close(socket);
    }
    return took;
}

// A busy machine may take its time, but not each time.
static void who_hangs_up_is_noticed_at_once(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    unsigned count = 0;
    for (unsigned way = CLOSE; way < WAYS; way++) {
        int64_t took = INT64_MAX;
        for (unsigned i = 0; i < TRIES && took > AT_ONCE_MS * 1000000; i++)
            took = notice_ns(service, way, count++);
        assert_in_range(took, 0, AT_ONCE_MS * 1000000);
    }
    wait_open(service, count, 0);
    assert_int_equal(service->hung_up, count);
    assert_int_equal(service->handled, count);
    service_close(service);
}

static void a_watch_may_come_after_the_end(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int gone = probe_connect(service), there = probe_connect(service);
    // The watch of an earlier request has its event already when the next one is watched.
    probe_send(gone, GET("/watched/now"));
    assert_body(gone, "now");
    probe_send(gone, GET("/held"));
    probe_send(there, GET("/held"));
    wait_for(&service->handled, 3);
    close(gone);
    wait_ms(50);
    service_watch(service);
    service_watch(service);
    wait_for(&service->hung_up, 1);
    service_watch(service);
    wait_ms(50);
    assert_int_equal(service->hung_up, 1);
    service_release(service);
    assert_body(there, "held");
    wait_for(&service->done_with[0], 1);
    close(there);
    service_close(service);
}

// A reset ends a connection that is not watched; the number of its socket passes to the next one.
static void a_watch_may_come_after_the_connection(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int gone = probe_connect(service);
    probe_send(gone, GET("/held"));
    wait_for(&service->handled, 1);
    // Taken before the lowest number falls free.
    int next = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), descriptor = probe_other_end(gone);
    probe_reset(gone);
    for (int i = 0; i < PATIENCE_MS && fcntl(descriptor, F_GETFD) >= 0; i++)
        wait_ms(1);
    int filler = open("/dev/null", O_RDONLY | O_CLOEXEC); // in the place of the client's end, which comes before
    connect_to(next, service);
    probe_send(next, GET("/watched"));
    wait_for(&service->handled, 2);
    assert_int_equal(probe_other_end(next), descriptor);
    assert_int_equal(service->hung_up, 0);
    service_watch(service);
    wait_for(&service->hung_up, 1);
    close(next);
    close(filler);
    wait_for(&service->hung_up, 2);
    service_release(service);
    wait_for(&service->done_with[0], 2);
    wait_open(service, 2, 0);
    service_close(service);
}

// While it is polled, libmicrohttpd sees the reset, too, and closes the connection.
static void who_resets_is_noticed_however_it_waits(void **state)
{
    (void)state;
    enum { RESETS = 100 };
    struct service *service = service_open(NULL);
    for (unsigned i = 0; i < RESETS; i++) {
        int socket = probe_connect(service);
        probe_send(socket, GET("/watched/later"));
        wait_for(&service->handled, i + 1);
        probe_reset(socket);
        wait_for(&service->hung_up, i + 1);
        service_release(service);
        wait_for(&service->done_with[0], i + 1);
    }
    wait_open(service, RESETS, 0);
    service_close(service);
}

static void who_stays_is_left_alone(void **state)
{
    (void)state;
    struct service *service = service_open(&(struct http_options){.request_timeout_s = 1});
    int socket = probe_connect(service);
    // The next requests come while the first one waits, and longer than a request may take to arrive.
    for (unsigned i = 0; i < 3; i++) {
        probe_send(socket, i % 2 == 0 ? GET("/watched") GET("/later") : GET("/watched/later") GET("/later"));
        wait_for(&service->handled, 2 * i + 1);
        wait_ms(i == 0 ? 1500 : 50);
        service_release(service);
        assert_body(socket, "held");
        assert_body(socket, "later");
    }
    int other = probe_connect(service);
    probe_send(other, GET("/watched/now"));
    assert_body(other, "now");
    // Between requests it may end as it likes.
    close(other);
    wait_open(service, 2, 1);
    assert_int_equal(service->hung_up, 0);
    // The fourth watch of the same connection is as good as the first.
    probe_send(socket, GET("/watched"));
    wait_for(&service->handled, 8);
    close(socket);
    wait_for(&service->hung_up, 1);
    service_close(service);
}

static int64_t cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void waiting_costs_nothing(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int gone = probe_connect(service), chatty = probe_connect(service);
    probe_send(gone, GET("/watched"));
    probe_send(chatty, GET("/watched"));
    wait_for(&service->handled, 2);
    probe_send(chatty, GET("/now"));
    close(gone);
    wait_for(&service->hung_up, 1);
    int64_t start = cpu_ns();
    wait_ms(300);
    assert_in_range(cpu_ns() - start, 0, 100 * 1000000);
    service_release(service);
    assert_body(chatty, "held");
    assert_body(chatty, "now");
    close(chatty);
    service_close(service);
}

// While the service hears of two, the news of a third grows stale in the keeper's hand: it is answered, its connection
// ends, and the next one gets its descriptor and is watched.
static void old_news_do_not_hit_the_next_connection(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int sockets[3];
    for (unsigned i = 0; i < 3; i++) {
        sockets[i] = probe_connect(service);
        probe_send(sockets[i], i > 0 ? GET("/watched") : GET("/held"));
        wait_for(&service->handled, i + 1);
    }
    // Taken before the lowest number falls free.
    int next = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int descriptor = probe_other_end(sockets[0]), last = probe_other_end(sockets[2]);
    service_gate(service);
    shutdown(sockets[1], SHUT_WR);
    wait_for(&service->hearing, 1);
    shutdown(sockets[2], SHUT_WR);
    wait_end_arrived(last);
    shutdown(sockets[0], SHUT_WR);
    wait_end_arrived(descriptor);
    service_watch(service);
    service_pass(service);
    // The keeper takes the news of the last and the first together, and tells of the last.
    wait_for(&service->hearing, 2);
    assert_int_equal(service->hung_up, 1);
    service_release(service);
    wait_for(&service->done, 2);
    connect_to(next, service);
    probe_send(next, GET("/watched"));
    service_ungate(service);
    wait_for(&service->handled, 4);
    assert_int_equal(probe_other_end(next), descriptor);
    wait_ms(100);
    assert_int_equal(service->hung_up, 2);
    for (int i = 0; i < 3; i++)
        close(sockets[i]);
    service_release(service);
    assert_body(next, "held");
    close(next);
    service_close(service);
}

static void only_watched_requests_are_told_of(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    // The next connection gets the same descriptor; the watch of the former one does not pass to it. Nor does a watch
    // pass to the next request of the same connection.
    for (unsigned i = 0; i < 20; i++) {
        int socket = probe_connect(service);
        probe_send(socket, GET("/watched/now"));
        assert_body(socket, "now");
        if (i % 2 == 0) {
            probe_reset(socket);
            socket = probe_connect(service);
        }
        probe_send(socket, GET("/held"));
        wait_for(&service->handled, 2 * i + 2);
        close(socket);
        wait_ms(10);
        service_release(service);
        wait_for(&service->done, 2 * i + 2);
    }
    assert_int_equal(service->hung_up, 0);
    service_close(service);
}

// The request stays as long as the call lasts, though it is answered meanwhile.
static void an_answer_waits_for_the_call_to_end(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    service_gate(service);
    int socket = probe_connect(service);
    probe_send(socket, GET("/watched"));
    wait_for(&service->handled, 1);
    close(socket);
    wait_for(&service->hearing, 1);
    service_release(service); // does not wait for it
    wait_ms(100);
    assert_int_equal(service->done, 0);
    assert_int_equal(service->hung_up, 0);
    service_ungate(service);
    wait_for(&service->done_with[0], 1);
    assert_int_equal(service->hung_up, 1);
    service_close(service);
}

static void who_hangs_up_is_noticed_while_stopping(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int gone = probe_connect(service), there = probe_connect(service);
    probe_send(gone, GET("/watched"));
    probe_send(there, GET("/watched"));
    wait_for(&service->handled, 2);
    assert_false(http_quiesce(service->http, 50));
    close(gone);
    wait_for(&service->hung_up, 1);
    service_close(service);
    assert_body(there, "held");
    close(there);
}

// Who lost the network sends no end; the system finds out, and that is an error on the socket.
static void silent_peers_are_probed(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    int socket = probe_connect(service), probes = 0, after = 0;
    probe_send(socket, GET("/watched"));
    wait_for(&service->handled, 1);
    socklen_t size = sizeof probes;
    getsockopt(probe_other_end(socket), SOL_SOCKET, SO_KEEPALIVE, &probes, &size);
    getsockopt(probe_other_end(socket), IPPROTO_TCP, TCP_KEEPIDLE, &after, &size);
    assert_true(probes);
    assert_int_equal(after, 30);
    close(socket);
    service_close(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_hangs_up_is_noticed_at_once),
        cmocka_unit_test(a_watch_may_come_after_the_end),
        cmocka_unit_test(a_watch_may_come_after_the_connection),
        cmocka_unit_test(who_resets_is_noticed_however_it_waits),
        cmocka_unit_test(who_stays_is_left_alone),
        cmocka_unit_test(waiting_costs_nothing),
        cmocka_unit_test(old_news_do_not_hit_the_next_connection),
        cmocka_unit_test(only_watched_requests_are_told_of),
        cmocka_unit_test(an_answer_waits_for_the_call_to_end),
        cmocka_unit_test(who_hangs_up_is_noticed_while_stopping),
        cmocka_unit_test(silent_peers_are_probed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
