// SPDX-License-Identifier: Apache-2.0
// Where the front listens, and what is said where it cannot.
#include "http_probe.h"

#include "server/http_listen.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    char host[HTTP_HOST_MAX + 1];
    unsigned port;
    assert_true(http_address_parse("127.0.0.1:7420", host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 7420);
    assert_true(http_address_parse("[::1]:0", host, &port));
    assert_string_equal(host, "::1");
    assert_int_equal(port, 0);
    const char *const bad[] = {"",        "host",  ":80",    "host:",   "host:65536", "host:8a", "[::1]",
                               "[::1]80", "[]:80", "::1:80", "[::1:80", "host: 80",   "host:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (http_address_parse(bad[i], host, &port))
            fail_msg("%s is taken for %s and %u", bad[i], host, port);
}

static void names_and_ipv6_are_listened_on(void **state)
{
    (void)state;
    struct service *service = service_open(&(struct http_options){.listen = "localhost:0"});
    struct reply reply = probe(service, GET("/now")); // by IPv4
    assert_int_equal(reply.status, 200);
    reply_fini(&reply);
    service_close(service);

    int file = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (file < 0 || bind(file, (struct sockaddr *)&address, sizeof address) != 0)
        skip();
    service = service_open(&(struct http_options){.listen = "[::1]:0"});
    address.sin6_port = htons((uint16_t)http_port(service->http));
    assert_int_equal(connect(file, (struct sockaddr *)&address, sizeof address), 0);
    probe_send(file, GET("/echo"));
    reply = probe_read(file, false);
    assert_non_null(strstr(reply.body, "client=::1\n"));
    reply_fini(&reply);
    close(file);
    service_close(service);

    // All addresses of both kinds: a client of IPv4 is shown as one.
    service = service_open(&(struct http_options){.listen = "[::]:0"});
    reply = probe(service, GET("/echo"));
    assert_non_null(strstr(reply.body, "client=127.0.0.1\n"));
    reply_fini(&reply);
    service_close(service);
}

static void assert_cannot_open(const struct http_options *options, const char *error_part)
{
    struct service *service = service_open(NULL); // for its callbacks
    struct http_options whole = service->options;
    whole.listen = options->listen;
    whole.tls_certificate = options->tls_certificate;
    whole.tls_key = options->tls_key;
    char error[HTTP_ERROR_SIZE];
    assert_null(http_open(&whole, error));
    if (strstr(error, error_part) == NULL || strchr(error, '\n') != NULL)
        fail_msg("\"%s\" does not say \"%s\"", error, error_part);
    service_close(service);
}

static void what_cannot_be_listened_on_is_told(void **state)
{
    (void)state;
    // An address of the loopback network that nobody else uses: there its port is still free when it is taken again.
    char taken[64];
    snprintf(taken, sizeof taken, "127.%d.%d.1:0", 1 + getpid() / 256 % 254, getpid() % 256);
    struct service *service = service_open(&(struct http_options){.listen = taken});
    snprintf(strrchr(taken, ':'), 8, ":%u", http_port(service->http));
    assert_cannot_open(&(struct http_options){.listen = taken}, "the address is in use");
    assert_cannot_open(&(struct http_options){.listen = "nonsense"}, "cannot listen on \"nonsense\": not HOST:PORT");
    assert_cannot_open(&(struct http_options){.listen = "192.0.2.1:80"},
                       "cannot listen on 192.0.2.1:80: Cannot assign");
    service_close(service);
    service = service_open(&(struct http_options){.listen = taken});
    assert_int_equal(http_port(service->http), strtoul(strrchr(taken, ':') + 1, NULL, 10));
    service_close(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(names_and_ipv6_are_listened_on),
        cmocka_unit_test(what_cannot_be_listened_on_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
