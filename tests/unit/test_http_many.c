// SPDX-License-Identifier: Apache-2.0
// Many connections at once: all are served, and those that wait are no burden to the others.
#include "http_probe.h"

#include "base/check.h"

#include <string.h>
#include <sys/socket.h>

enum { CONNECTIONS_EACH = 25, CLIENTS = 8, ROUNDS = 20 };

static void *ask_many(void *user)
{
    struct service *service = user;
    int sockets[CONNECTIONS_EACH];
    for (int i = 0; i < CONNECTIONS_EACH; i++)
        sockets[i] = probe_connect(service);
    for (int round = 0; round < ROUNDS; round++) {
        char text[128], expected[16];
        for (int i = 0; i < CONNECTIONS_EACH; i++) {
            snprintf(text, sizeof text, GET("/later?n=%d"), round * 1000 + i);
            probe_send(sockets[i], text);
        }
        for (int i = 0; i < CONNECTIONS_EACH; i++) {
            snprintf(expected, sizeof expected, "%d", round * 1000 + i);
            struct reply reply = probe_read(sockets[i], false);
            assert_string_equal(reply.body, expected);
            reply_fini(&reply);
        }
    }
    for (int i = 0; i < CONNECTIONS_EACH; i++)
        close(sockets[i]);
    return NULL;
}

static void two_hundred_connections_ask_at_once(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    pthread_t clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        pthread_create(&clients[i], NULL, ask_many, service);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    wait_for(&service->done, CLIENTS * CONNECTIONS_EACH * ROUNDS);
    assert_int_equal(service->done_with[200], CLIENTS * CONNECTIONS_EACH * ROUNDS);
    assert_int_equal(http_figures(service->http).accepted, CLIENTS * CONNECTIONS_EACH);
    service_close(service);
}

// libmicrohttpd takes up to 128 events at a time. When there were just so many, its own loop forgot them over waiting for
// more, and the connections hung.
static void as_many_connections_as_events_are_all_served(void **state)
{
    (void)state;
    enum { EVENTS = 128, EVENT_ROUNDS = 50 };
    struct service *service = service_open(&(struct http_options){.threads = 1});
    int sockets[EVENTS];
    for (size_t i = 0; i < EVENTS; i++)
        sockets[i] = probe_connect(service);
    for (size_t round = 0; round < EVENT_ROUNDS; round++) {
        for (size_t i = 0; i < EVENTS; i++)
            probe_send(sockets[i], GET("/held"));
        wait_for(&service->handled, (unsigned)((round + 1) * EVENTS));
        service_release(service);
        for (size_t i = 0; i < EVENTS; i++) {
            struct reply reply = probe_read(sockets[i], false);
            assert_int_equal(reply.status, 200);
            reply_fini(&reply);
        }
    }
    for (size_t i = 0; i < EVENTS; i++)
        close(sockets[i]);
    service_close(service);
}

enum { STORMERS = 6, VISITS = 400 };

struct stormer {
    struct service *service;
    struct dice dice;
    pthread_t thread;
};

// Comes, asks, and hangs up in one way or another while the answer is perhaps just being given.
static void *storm(void *user)
{
    struct stormer *stormer = user;
    struct dice *dice = &stormer->dice;
    static const char *const requests[] = {GET("/watched"), GET("/watched/later"), GET("/watched/now")};
    for (int i = 0; i < VISITS; i++) {
        int socket = probe_connect(stormer->service);
        probe_send(socket, requests[dice_below(dice, 3)]);
        if (dice_below(dice, 8) == 0) {
            // Stays for the answer, and asks again.
            struct reply reply = probe_read(socket, false);
            assert_int_equal(reply.status, 200);
            reply_fini(&reply);
            probe_send(socket, requests[dice_below(dice, 3)]);
        }
        nanosleep(&(struct timespec){.tv_nsec = (long)dice_below(dice, 400000)}, NULL);
        if (dice_below(dice, 2) == 0)
            probe_reset(socket);
        else
            close(socket);
    }
    return NULL;
}

static void hanging_up_while_answers_are_given(void **state)
{
    (void)state;
    struct service *service = service_open(NULL);
    struct stormer stormers[STORMERS];
    for (unsigned i = 0; i < STORMERS; i++) {
        stormers[i] = (struct stormer){.service = service, .dice = {.rolls = (uint64_t)i << 32}};
        pthread_create(&stormers[i].thread, NULL, storm, &stormers[i]);
    }
    struct dice dice = {0};
    struct http_figures figures = {0};
    // Until all have come, and what they left behind is over, too.
    while (figures.accepted < STORMERS * VISITS || figures.open > 0) {
        figures = http_figures(service->http);
        service->hearing_us = dice_below(&dice, 4) == 0 ? 100 : 0;
        nanosleep(&(struct timespec){.tv_nsec = (long)dice_below(&dice, 300000)}, NULL);
        service_release(service);
    }
    for (int i = 0; i < STORMERS; i++)
        pthread_join(stormers[i].thread, NULL);
    wait_for(&service->done, service->handled);
    print_message("%u requests, %u told of, %u ended with 0\n", service->handled, service->hung_up,
                  service->done_with[0]);
    assert_in_range(service->hung_up, 1, service->done_with[0]);
    service_close(service);
}

// Room for both ends of many connections in this process. False when the system does not give it.
static bool make_room(unsigned connections)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t wanted = 2 * (rlim_t)connections + 256;
    if (limit.rlim_cur < wanted)
        limit.rlim_cur = wanted;
    return limit.rlim_cur <= limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

enum { MANY = 3000, ASKERS = 16, TURNS = 7 };

static void make_many_wait(struct service *service, int sockets[MANY])
{
    unsigned before = service->handled;
    for (int i = 0; i < MANY; i++) {
        sockets[i] = probe_connect(service);
        probe_send(sockets[i], GET("/watched"));
        if (i % 100 == 99)
            wait_for(&service->handled, before + (unsigned)i + 1);
    }
}

// Requests a second, of a few connections that each ask again as soon as they have an answer.
static double measure(const int askers[ASKERS], const char *request, int64_t for_ns)
{
    int64_t start = probe_now_ns(), now = start;
    unsigned count = 0;
    for (; now - start < for_ns; now = probe_now_ns()) {
        for (int i = 0; i < ASKERS; i++)
            probe_send(askers[i], request);
        for (int i = 0; i < ASKERS; i++) {
            char reply[1024];
            assert_true(recv(askers[i], reply, sizeof reply, 0) > 0);
        }
        count += ASKERS;
    }
    return count / ((double)(now - start) / 1e9);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Two services side by side, asked in turn, so that whatever else the machine does hits both; the median of the turns.
static double ratio(const char *request, const int busy[ASKERS], const int calm[ASKERS], double *ret_calm)
{
    double ratios[TURNS], rates[TURNS];
    for (int i = 0; i < TURNS; i++) {
        rates[i] = measure(calm, request, 100 * 1000000);
        ratios[i] = measure(busy, request, 100 * 1000000) / rates[i];
    }
    qsort(ratios, TURNS, sizeof *ratios, compare);
    qsort(rates, TURNS, sizeof *rates, compare);
    *ret_calm = rates[TURNS / 2];
    return ratios[TURNS / 2];
}

static void others_stay_quick_while_thousands_wait(void **state)
{
    (void)state;
    if (!make_room(MANY + 2 * ASKERS))
        skip();
    struct service *busy = service_open(NULL), *calm = service_open(NULL);
    int *sockets = check_calloc(MANY, sizeof *sockets), busy_askers[ASKERS], calm_askers[ASKERS];
    make_many_wait(busy, sockets);
    for (int i = 0; i < ASKERS; i++) {
        busy_askers[i] = probe_connect(busy);
        calm_askers[i] = probe_connect(calm);
    }
    const char *const requests[] = {GET("/now"), GET("/later")};
    for (int i = 0; i < 2; i++) {
        double rate, quick = 0;
        for (int k = 0; k < 5 && quick <= 0.25; k++)
            quick = ratio(requests[i], busy_askers, calm_askers, &rate);
        print_message("answers %s: %.0f a second, with %d waiting %.2f times as many\n",
                      i == 0 ? "in the handler" : "of another thread", rate, MANY, quick);
        assert_true(quick > 0.25);
    }
    for (int i = 0; i < ASKERS; i++) {
        close(busy_askers[i]);
        close(calm_askers[i]);
    }
    // A third hangs up at once, the others are answered at once when the server stops.
    for (int i = 0; i < MANY / 3; i++)
        close(sockets[i]);
    wait_for(&busy->hung_up, MANY / 3);
    assert_false(http_quiesce(busy->http, 50));
    service_release(busy);
    assert_true(http_quiesce(busy->http, PATIENCE_MS));
    for (int i = MANY / 3; i < MANY; i++) {
        struct reply reply = probe_read(sockets[i], false);
        assert_string_equal(reply.body, "held");
        reply_fini(&reply);
        close(sockets[i]);
    }
    assert_int_equal(busy->done_with[0], MANY / 3);
    assert_int_equal(busy->hung_up, MANY / 3);
    free(sockets);
    service_close(busy);
    service_close(calm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hundred_connections_ask_at_once),
        cmocka_unit_test(as_many_connections_as_events_are_all_served),
        cmocka_unit_test(hanging_up_while_answers_are_given),
        cmocka_unit_test(others_stay_quick_while_thousands_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
