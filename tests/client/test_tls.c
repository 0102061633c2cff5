// SPDX-License-Identifier: Apache-2.0
//
// Whom the library trusts.
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char url[128];
    char authority[512];
};

static struct place begin(const char *kind)
{
    struct place place;
    assert_int_equal(sscanf(ask("tls %s", kind), "%127s %511[^\n]", place.url, place.authority), 2);
    return place;
}

static void acquire_there(const struct account *account, const char *url, const char *authority, enum usher_code code)
{
    struct usher_error error;
    struct usher *usher = usher_open(url, account->key, account->id, &error);
    assert_code(USHER_OK, &error);
    if (code == USHER_UNAVAILABLE)
        usher_set_timeout(usher, 2, NULL);
    if (authority != NULL)
        assert_int_equal(usher_set_ca_file(usher, authority, &error), USHER_OK);
    struct usher_request *request = usher_request_new(account->product);
    struct usher_session *session = NULL;
    int64_t start = now_ms();
    error.code = USHER_UNAVAILABLE;
    // The library gives a handshake five seconds, which may be too little for a very busy machine.
    for (int i = 0; i < 5 && error.code == USHER_UNAVAILABLE && (i == 0 || code != USHER_UNAVAILABLE); i++) {
        start = now_ms();
        session = usher_acquire(usher, request, &error);
    }
    assert_code(code, &error);
    assert_in_range(now_ms() - start, 0, 28000); // before the time for trying again is up
    if (session != NULL)
        release(session);
    usher_request_free(request);
    usher_close(usher);
}

static void a_certificate_must_be_trusted(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct place good = begin("good"), other = begin("good");
    acquire_there(&account, good.url, NULL, USHER_UNTRUSTED);
    acquire_there(&account, good.url, good.authority, USHER_OK);
    acquire_there(&account, good.url, other.authority, USHER_UNTRUSTED);
    assert_int_equal(ask_number("sessions %s", account.id), 1);
}

static void a_certificate_must_be_in_force_and_of_this_host(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct place expired = begin("expired"), wrong_host = begin("wrong_host");
    acquire_there(&account, expired.url, expired.authority, USHER_UNTRUSTED);
    acquire_there(&account, wrong_host.url, wrong_host.authority, USHER_UNTRUSTED);
    assert_int_equal(ask_number("sessions %s", account.id), 0);
}

static void http_is_not_https(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct place good = begin("good");
    char url[128];
    // Neither side understands the other, and both calls end.
    snprintf(url, sizeof url, "https%s", strchr(getenv("USHER_TEST_PROXY"), ':'));
    acquire_there(&account, url, good.authority, USHER_UNAVAILABLE);
    snprintf(url, sizeof url, "http%s", strchr(good.url, ':'));
    acquire_there(&account, url, NULL, USHER_UNAVAILABLE);
}

static void a_file_without_certificates_trusts_nobody(void **state)
{
    (void)state;
    struct account account = new_account(1);
    struct place good = begin("good");
    acquire_there(&account, good.url, "/dev/null", USHER_UNTRUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_must_be_trusted),
        cmocka_unit_test(a_certificate_must_be_in_force_and_of_this_host),
        cmocka_unit_test(http_is_not_https),
        cmocka_unit_test(a_file_without_certificates_trusts_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
