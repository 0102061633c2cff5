// SPDX-License-Identifier: Apache-2.0
#include "http_probe.h"

#include "base/buffer.h"
#include "base/check.h"

#include <gnutls/gnutls.h>
#include <string.h>

// A folder with two certificates and their keys, made with openssl.
static char folder[64];

static const char *in_folder(const char *name)
{
    static char names[4][128];
    static unsigned next;
    char *whole = names[next++ % 4];
    snprintf(whole, sizeof names[0], "%s/%s", folder, name);
    return whole;
}

static int make_certificates(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/usher-test-tls-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    static const char script[] =
        "cd %s && for n in a b; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=localhost -keyout $n.key -out $n.pem 2>/dev/null || exit 1; done; "
        "openssl pkcs8 -topk8 -in a.key -out locked.key -passout pass:x && echo nonsense > nonsense && : > empty";
    char command[1024];
    snprintf(command, sizeof command, script, folder);
    return system(command);
}

static int remove_certificates(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

// A TLS client without faith: it takes any certificate.
struct channel {
    int socket;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};

static int channel_open(struct channel *channel, const struct service *service, const char *priorities)
{
    channel->socket = probe_connect(service);
    gnutls_certificate_allocate_credentials(&channel->credentials);
    gnutls_init(&channel->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(channel->session, priorities, NULL);
    gnutls_credentials_set(channel->session, GNUTLS_CRD_CERTIFICATE, channel->credentials);
    gnutls_transport_set_int(channel->session, channel->socket);
    gnutls_handshake_set_timeout(channel->session, PATIENCE_MS);
    int status;
    do
        status = gnutls_handshake(channel->session);
    while (status < 0 && gnutls_error_is_fatal(status) == 0);
    return status;
}

static void channel_close(struct channel *channel)
{
    gnutls_deinit(channel->session);
    gnutls_certificate_free_credentials(channel->credentials);
    close(channel->socket);
}

static void channel_send(struct channel *channel, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(gnutls_record_send(channel->session, text, length), (ssize_t)length);
}

// Reads until the text ends in this.
static void channel_expect(struct channel *channel, const char *ending)
{
    struct buffer text = {0};
    char bytes[1024];
    size_t length = strlen(ending);
    while (text.length < length || strcmp(text.bytes + text.length - length, ending) != 0) {
        ssize_t got = gnutls_record_recv(channel->session, bytes, sizeof bytes);
        if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
            continue;
        if (got <= 0)
            fail_msg("the connection ended after: %s", buffer_text(&text));
        buffer_add(&text, bytes, (size_t)got);
    }
    buffer_fini(&text);
}

static struct service *open_secure(unsigned timeout_s)
{
    return service_open(&(struct http_options){
        .tls_certificate = in_folder("a.pem"), .tls_key = in_folder("a.key"), .request_timeout_s = timeout_s});
}

static void requests_come_over_tls(void **state)
{
    (void)state;
    struct service *service = open_secure(0);
    const char *const priorities[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    for (size_t i = 0; i < 2; i++) {
        struct channel channel;
        assert_int_equal(channel_open(&channel, service, priorities[i]), 0);
        for (int k = 0; k < 3; k++) {
            channel_send(&channel, GET("/now"));
            channel_expect(&channel, "\r\n\r\nnow");
            channel_send(&channel, GET("/later?n=7"));
            channel_expect(&channel, "\r\n\r\n7");
        }
        channel_close(&channel);
    }
    service_close(service);
}

static void older_versions_are_refused(void **state)
{
    (void)state;
    struct service *service = open_secure(0);
    struct channel channel;
    assert_true(channel_open(&channel, service, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0") < 0);
    channel_close(&channel);
    // Nor is anything said to those who do not speak TLS.
    int socket = probe_connect(service);
    probe_send(socket, GET("/now"));
    assert_true(probe_ends(socket));
    close(socket);
    assert_int_equal(service->handled, 0);
    service_close(service);
}

static void large_ones_are_cut_here_too(void **state)
{
    (void)state;
    struct service *service = open_secure(0);
    struct channel large;
    assert_int_equal(channel_open(&large, service, "NORMAL"), 0);
    char head[16000];
    snprintf(head, sizeof head, "GET /now HTTP/1.1\r\nHost: x\r\nX: %015900d\r\n\r\n", 0);
    channel_send(&large, head);
    channel_expect(&large, "\"}");
    assert_true(probe_ends(large.socket));
    wait_for(&service->done_with[431], 1);
    channel_close(&large);
    service_close(service);
}

// The handshake counts, too: there are two seconds for it and the first line.
static void slow_ones_are_cut_here_too(void **state)
{
    (void)state;
    struct service *service = open_secure(2);
    int silent = probe_connect(service);
    struct channel slow;
    assert_int_equal(channel_open(&slow, service, "NORMAL"), 0);
    channel_send(&slow, "GET /now HTTP/1.1\r\nHost: x\r\n");
    assert_true(probe_ends(silent));
    assert_true(probe_ends(slow.socket));
    wait_for(&service->done_with[408], 1);
    channel_close(&slow);
    close(silent);
    service_close(service);
}

static void files_go_out_over_tls(void **state)
{
    (void)state;
    struct service *service = open_secure(0);
    struct channel channel;
    assert_int_equal(channel_open(&channel, service, "NORMAL"), 0);
    channel_send(&channel, GET("/file"));
    size_t total = 0;
    char *bytes = check_malloc(1 << 16);
    while (total < LARGE_SIZE) {
        ssize_t got = gnutls_record_recv(channel.session, bytes, 1 << 16);
        assert_true(got > 0 || got == GNUTLS_E_AGAIN);
        total += got > 0 ? (size_t)got : 0;
    }
    free(bytes);
    channel_close(&channel);
    service_close(service);
}

// The peer's last word is data like all else; that its connection ends is what counts.
static void who_hangs_up_is_noticed_here_too(void **state)
{
    (void)state;
    struct service *service = open_secure(0);
    const char *const priorities[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    for (unsigned i = 0; i < 4; i++) {
        struct channel channel;
        assert_int_equal(channel_open(&channel, service, priorities[i % 2]), 0);
        channel_send(&channel, GET("/watched"));
        wait_for(&service->handled, i + 1);
        if (i < 2)
            gnutls_bye(channel.session, GNUTLS_SHUT_WR);
        wait_ms(50);
        assert_int_equal(service->hung_up, i);
        channel_close(&channel);
        wait_for(&service->hung_up, i + 1);
        service_release(service);
        wait_for(&service->done_with[0], i + 1);
    }
    service_close(service);
}

static void assert_refused(const char *certificate, const char *key, const char *expected)
{
    struct service *service = service_open(NULL); // for its callbacks
    struct http_options options = service->options;
    options.tls_certificate = in_folder(certificate);
    options.tls_key = in_folder(key);
    char error[HTTP_ERROR_SIZE], whole[HTTP_ERROR_SIZE];
    assert_null(http_open(&options, error));
    snprintf(whole, sizeof whole, expected, folder, folder);
    assert_string_equal(error, whole);
    service_close(service);
}

static void what_is_wrong_with_the_files_is_told(void **state)
{
    (void)state;
    assert_refused("none.pem", "a.key", "cannot read the TLS certificate %s/none.pem: No such file or directory");
    assert_refused("a.pem", "none.key", "cannot read the TLS key %s/none.key: No such file or directory");
    assert_refused("a.pem", "empty", "cannot read the TLS key %s/empty: it is empty");
    assert_refused("a.pem", ".", "cannot read the TLS key %s/.: Is a directory");
    assert_refused("nonsense", "a.key", "%s/nonsense holds no certificate in PEM form");
    assert_refused("a.pem", "nonsense", "%s/nonsense holds no private key in PEM form");
    assert_refused("a.pem", "a.pem", "%s/a.pem holds no private key in PEM form");
    assert_refused("a.pem", "locked.key", "%s/locked.key holds no private key in PEM form without a password");
    assert_refused("a.pem", "b.key", "the private key in %s/b.key does not belong to the certificate in %s/a.pem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_over_tls),
        cmocka_unit_test(older_versions_are_refused),
        cmocka_unit_test(large_ones_are_cut_here_too),
        cmocka_unit_test(slow_ones_are_cut_here_too),
        cmocka_unit_test(files_go_out_over_tls),
        cmocka_unit_test(who_hangs_up_is_noticed_here_too),
        cmocka_unit_test(what_is_wrong_with_the_files_is_told),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
