// SPDX-License-Identifier: Apache-2.0
// Whether a lease counts here and now, as it is verified without a network.
#include "lender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_fingerprint_is_the_same_each_time(void **state)
{
    struct lender *lender = *state;
    char again[40];
    assert_int_equal(usher_machine_fingerprint(again, NULL), USHER_OK);
    assert_string_equal(again, lender->fingerprint);
    assert_int_equal(strlen(again), 32);
    assert_int_equal(strspn(again, "0123456789abcdef"), 32);
}

static void a_good_lease_counts(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign_good(lender, token);
    assert_int_equal(usher_lease_verify(lender->store, token, &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-7");
    assert_string_equal(lease.account, "AC-1");
    assert_string_equal(lease.product, "KRE");
    assert_string_equal(lease.user, "US-1");
    assert_string_equal(lease.machine, lender->fingerprint);
    assert_string_equal(lease.key_id, lender->signer.kid);
    assert_string_equal(lease.token, token);
    assert_int_equal(lease.ends_at - lease.starts_at, (DAY_S + HOUR_S) * 1000);
    assert_int_equal(usher_lease_verify(lender->store, token, NULL, NULL), USHER_OK);
}

static void another_machines_lease_is_refused(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign(&lender->signer, (struct facts){"SN-7", "KRE", "00112233445566778899aabbccddeeff", -HOUR_S, DAY_S}, token);
    assert_int_equal(usher_lease_verify(lender->store, token, &lease, &error), USHER_LEASE_OTHER_MACHINE);
    // It is genuine: what it says can be told.
    assert_string_equal(lease.id, "SN-7");
}

static void time_counts(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_NOT_YET, token);
    // A clock that is a little slow does no harm.
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, 240, DAY_S}, token);
    expect(lender, USHER_OK, token);
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, -DAY_S, -1}, token);
    expect(lender, USHER_LEASE_OVER, token);
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, -DAY_S, 0}, token);
    expect(lender, USHER_LEASE_OVER, token);
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, -DAY_S, 30}, token);
    expect(lender, USHER_OK, token);
}

static void what_no_server_signed_is_broken(void **state)
{
    struct lender *lender = *state;
    char token[2048], payload[1024];
    struct signer other;
    expect(lender, USHER_LEASE_BROKEN, NULL);
    expect(lender, USHER_LEASE_BROKEN, "");
    expect(lender, USHER_LEASE_BROKEN, "ushl1.");
    expect(lender, USHER_LEASE_BROKEN, "ushl1..");
    expect(lender, USHER_LEASE_BROKEN, "ushl1.e30.e30");
    expect(lender, USHER_LEASE_BROKEN, "ushl2.e30.e30");
    expect(lender, USHER_LEASE_BROKEN, "some text");
    char *long_text = malloc(1 << 20);
    memset(long_text, 'A', (1 << 20) - 1);
    memcpy(long_text, "ushl1.", 6);
    long_text[(1 << 20) - 1] = '\0';
    expect(lender, USHER_LEASE_BROKEN, long_text);
    free(long_text);
    // Another's signature under the name of our key.
    make_signer(&other);
    memcpy(other.kid, lender->signer.kid, sizeof other.kid);
    sign(&other, (struct facts){"SN-7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_BROKEN, token);
    // Signed, but not a lease as this library knows it.
    snprintf(payload, sizeof payload, "{\"v\":2,\"kid\":\"%s\"}", lender->signer.kid);
    sign_payload(&lender->signer, payload, token);
    expect(lender, USHER_LEASE_BROKEN, token);
    sign_payload(&lender->signer, "[]", token);
    expect(lender, USHER_LEASE_BROKEN, token);
    sign(&lender->signer, (struct facts){"../7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_BROKEN, token);
}

static void each_character_that_is_altered_breaks_it(void **state)
{
    struct lender *lender = *state;
    char token[2048], altered[2048];
    sign_good(lender, token);
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        struct usher_error error;
        memcpy(altered, token, length + 1);
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        enum usher_code code = usher_lease_verify(lender->store, altered, NULL, &error);
        // In the key's id it names another key.
        if (code != USHER_LEASE_BROKEN && code != USHER_LEASE_UNKNOWN_KEY)
            fail_msg("character %zu altered: %s", i, usher_code_name(code));
    }
    for (size_t i = 0; i < length; i++) {
        memcpy(altered, token, length + 1);
        altered[i] = '\0';
        expect(lender, USHER_LEASE_BROKEN, altered);
    }
    snprintf(altered, sizeof altered, "%s ", token);
    expect(lender, USHER_LEASE_BROKEN, altered);
    snprintf(altered, sizeof altered, "%s=", token);
    expect(lender, USHER_LEASE_BROKEN, altered);
    snprintf(altered, sizeof altered, " %s", token);
    expect(lender, USHER_LEASE_BROKEN, altered);
}

static void a_lease_of_another_server_names_an_unknown_key(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct signer other;
    make_signer(&other);
    sign(&other, (struct facts){"SN-7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_UNKNOWN_KEY, token);
}

static void a_rotated_key_still_counts(void **state)
{
    struct lender *lender = *state;
    char old_token[2048], token[2048];
    struct signer next;
    struct usher *usher = open_canned();
    sign_good(lender, old_token);
    make_signer(&next);
    sign(&next, (struct facts){"SN-8", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_UNKNOWN_KEY, token);
    // Even when the server names the new one only.
    publish(&next, NULL);
    assert_int_equal(usher_fetch_keys(usher, lender->store, NULL), USHER_OK);
    expect(lender, USHER_OK, token);
    expect(lender, USHER_OK, old_token);
    usher_close(usher);
}

static void a_key_that_is_not_what_its_id_says_is_not_taken(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct signer false_one;
    struct usher_error error;
    struct usher *usher = open_canned();
    make_signer(&false_one);
    memcpy(false_one.kid, lender->signer.kid, sizeof false_one.kid);
    publish(&false_one, NULL);
    usher_fetch_keys(usher, lender->store, &error);
    assert_code(USHER_PROTOCOL, &error);
    sign_good(lender, token);
    expect(lender, USHER_OK, token);
    sign(&false_one, (struct facts){"SN-7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    expect(lender, USHER_LEASE_BROKEN, token);
    usher_close(usher);
}

static void answers_that_are_no_keys_are_told(void **state)
{
    struct lender *lender = *state;
    static const char *const answers[] = {"{}", "{\"keys\":[]}", "{\"keys\":[{}]}", "{\"keys\":7}",
                                          "{\"keys\":[{\"kid\":\"00\",\"public_key\":\"AA\"}]}"};
    struct usher *usher = open_canned();
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct usher_error error;
        ask("canned GET usher-keys.json 200 %s", answers[i]);
        usher_fetch_keys(usher, lender->store, &error);
        assert_code(USHER_PROTOCOL, &error);
    }
    usher_close(usher);
}

struct seen_lease {
    struct usher_store *store;
    int counting;
    int over;
    int broken;
};

static void count_lease(const struct usher_lease *lease, const struct usher_error *error, void *context)
{
    struct seen_lease *seen = context;
    seen->counting += error->code == USHER_OK && strcmp(lease->id, "SN-7") == 0;
    seen->over += error->code == USHER_LEASE_OVER && strcmp(lease->id, "SN-8") == 0;
    seen->broken += error->code == USHER_LEASE_BROKEN && lease->id[0] == '\0' && error->detail[0] != '\0';
    // The store is not locked meanwhile.
    assert_int_equal(usher_lease_find(seen->store, "NONE", NULL, NULL), USHER_NOT_FOUND);
}

static void all_leases_can_be_looked_at(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_error error;
    struct seen_lease seen = {.store = lender->store};
    usher_lease_each(lender->store, count_lease, &seen, &error);
    assert_code(USHER_OK, &error);
    assert_int_equal(seen.counting + seen.over + seen.broken, 0);
    sign_good(lender, token);
    write_file(lender, "lease-SN-7-a", token);
    sign(&lender->signer, (struct facts){"SN-8", "KRE", lender->fingerprint, -DAY_S, -HOUR_S}, token);
    write_file(lender, "lease-SN-8-a", token);
    write_file(lender, "lease-SN-9-a", "ushl1.cut");
    usher_lease_each(lender->store, count_lease, &seen, &error);
    assert_code(USHER_OK, &error);
    assert_true(seen.counting == 1 && seen.over == 1 && seen.broken == 1);
    assert_int_equal(usher_lease_each(lender->store, NULL, NULL, &error), USHER_INVALID);
    assert_int_equal(usher_lease_each(NULL, count_lease, &seen, &error), USHER_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lender_test(a_fingerprint_is_the_same_each_time),
        lender_test(a_good_lease_counts),
        lender_test(another_machines_lease_is_refused),
        lender_test(time_counts),
        lender_test(what_no_server_signed_is_broken),
        lender_test(each_character_that_is_altered_breaks_it),
        lender_test(a_lease_of_another_server_names_an_unknown_key),
        lender_test(a_rotated_key_still_counts),
        lender_test(a_key_that_is_not_what_its_id_says_is_not_taken),
        lender_test(answers_that_are_no_keys_are_told),
        lender_test(all_leases_can_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
