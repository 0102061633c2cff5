// SPDX-License-Identifier: Apache-2.0
//
// Leases without a network. The server of most tests is the test itself: it signs what a server would sign, and what no
// server would, and the proxy of run.py gives its answers out.
#include "world.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

// A server's signing key.
struct signer {
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
    char kid[17];
    char text[64]; // the public key, as it is published
};

static struct signer signer;
static char fingerprint[40];
static char folder[256];
static struct usher_store *store;

static void encode(char *text, size_t size, const void *bytes, size_t length)
{
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void make_signer(struct signer *made)
{
    unsigned char hash[32];
    char digits[65];
    crypto_sign_keypair(made->public_key, made->secret_key);
    crypto_generichash(hash, sizeof hash, made->public_key, sizeof made->public_key, NULL, 0);
    sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
    memcpy(made->kid, digits, 16);
    made->kid[16] = '\0';
    encode(made->text, sizeof made->text, made->public_key, sizeof made->public_key);
}

static void format_time(char text[40], int64_t offset_s)
{
    time_t at = time(NULL) + (time_t)offset_s;
    struct tm parts;
    gmtime_r(&at, &parts);
    strftime(text, 40, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
}

static void sign_payload(const struct signer *with, const char *payload, char token[2048])
{
    unsigned char signature[crypto_sign_BYTES];
    memcpy(token, "ushl1.", 7);
    encode(token + 6, 2042, payload, strlen(payload));
    crypto_sign_detached(signature, NULL, (unsigned char *)token, strlen(token), with->secret_key);
    size_t length = strlen(token);
    token[length++] = '.';
    encode(token + length, 2048 - length, signature, sizeof signature);
}

struct facts {
    const char *id;
    const char *product;
    const char *machine;
    int64_t starts_s; // from now
    int64_t ends_s;
};

static void sign(const struct signer *with, struct facts facts, char token[2048])
{
    char payload[1024], starts[40], ends[40];
    format_time(starts, facts.starts_s);
    format_time(ends, facts.ends_s);
    snprintf(payload, sizeof payload,
             "{\"v\":1,\"id\":\"%s\",\"account\":\"AC-1\",\"product\":\"%s\",\"user\":\"US-1\",\"machine\":\"%s\","
             "\"starts_at\":\"%s\",\"ends_at\":\"%s\",\"kid\":\"%s\"}",
             facts.id, facts.product, facts.machine, starts, ends, with->kid);
    sign_payload(with, payload, token);
}

static void sign_good(char token[2048])
{
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
}

static void publish(const struct signer *first, const struct signer *second)
{
    char keys[512];
    snprintf(keys, sizeof keys, "{\"keys\":[{\"kid\":\"%s\",\"public_key\":\"%s\"}", first->kid, first->text);
    if (second != NULL)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), ",{\"kid\":\"%s\",\"public_key\":\"%s\"}", second->kid,
                 second->text);
    strcat(keys, "]}");
    ask("canned GET usher-keys.json 200 %s", keys);
}

static struct usher *open_canned(void)
{
    return usher_open(getenv("USHER_TEST_PROXY"), "ushk_none", "AC-1", NULL);
}

static int set_up(void **state)
{
    (void)state;
    struct usher_error error;
    assert_true(sodium_init() >= 0);
    ask("clear");
    make_signer(&signer);
    assert_int_equal(usher_machine_fingerprint(fingerprint, &error), USHER_OK);
    snprintf(folder, sizeof folder, "%s", ask("folder_for leases"));
    store = usher_store_open(folder, &error);
    assert_code(USHER_OK, &error);
    struct usher *usher = open_canned();
    publish(&signer, NULL);
    usher_fetch_keys(usher, store, &error);
    assert_code(USHER_OK, &error);
    usher_close(usher);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    usher_store_close(store);
    return 0;
}

static void expect(enum usher_code code, const char *token)
{
    struct usher_error error;
    struct usher_lease lease;
    memset(&error, 0xff, sizeof error);
    enum usher_code answered = usher_lease_verify(store, token, &lease, &error);
    assert_code(code, &error);
    assert_int_equal(answered, code);
    assert_true((error.detail[0] == '\0') == (code == USHER_OK));
}

static void write_file(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool has_file(const char *before)
{
    char command[512];
    snprintf(command, sizeof command, "ls '%s' | grep -q '^%s'", folder, before);
    return system(command) == 0;
}

// ---- Verifying

static void a_fingerprint_is_the_same_each_time(void **state)
{
    (void)state;
    char again[40];
    assert_int_equal(usher_machine_fingerprint(again, NULL), USHER_OK);
    assert_string_equal(again, fingerprint);
    assert_int_equal(strlen(again), 32);
    assert_int_equal(strspn(again, "0123456789abcdef"), 32);
}

static void a_good_lease_counts(void **state)
{
    (void)state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign_good(token);
    assert_int_equal(usher_lease_verify(store, token, &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-7");
    assert_string_equal(lease.account, "AC-1");
    assert_string_equal(lease.product, "KRE");
    assert_string_equal(lease.user, "US-1");
    assert_string_equal(lease.machine, fingerprint);
    assert_string_equal(lease.key_id, signer.kid);
    assert_string_equal(lease.token, token);
    assert_int_equal(lease.ends_at - lease.starts_at, (DAY_S + HOUR_S) * 1000);
    assert_int_equal(usher_lease_verify(store, token, NULL, NULL), USHER_OK);
}

static void another_machines_lease_is_refused(void **state)
{
    (void)state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign(&signer, (struct facts){"SN-7", "KRE", "00112233445566778899aabbccddeeff", -HOUR_S, DAY_S}, token);
    assert_int_equal(usher_lease_verify(store, token, &lease, &error), USHER_LEASE_OTHER_MACHINE);
    // It is genuine: what it says can be told.
    assert_string_equal(lease.id, "SN-7");
}

static void time_counts(void **state)
{
    (void)state;
    char token[2048];
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_NOT_YET, token);
    // A clock that is a little slow does no harm.
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, 240, DAY_S}, token);
    expect(USHER_OK, token);
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, -DAY_S, -1}, token);
    expect(USHER_LEASE_OVER, token);
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, -DAY_S, 0}, token);
    expect(USHER_LEASE_OVER, token);
    sign(&signer, (struct facts){"SN-7", "KRE", fingerprint, -DAY_S, 30}, token);
    expect(USHER_OK, token);
}

static void what_no_server_signed_is_broken(void **state)
{
    (void)state;
    char token[2048], payload[1024];
    struct signer other;
    expect(USHER_LEASE_BROKEN, NULL);
    expect(USHER_LEASE_BROKEN, "");
    expect(USHER_LEASE_BROKEN, "ushl1.");
    expect(USHER_LEASE_BROKEN, "ushl1..");
    expect(USHER_LEASE_BROKEN, "ushl1.e30.e30");
    expect(USHER_LEASE_BROKEN, "ushl2.e30.e30");
    expect(USHER_LEASE_BROKEN, "some text");
    char *long_text = malloc(1 << 20);
    memset(long_text, 'A', (1 << 20) - 1);
    memcpy(long_text, "ushl1.", 6);
    long_text[(1 << 20) - 1] = '\0';
    expect(USHER_LEASE_BROKEN, long_text);
    free(long_text);
    // Another's signature under the name of our key.
    make_signer(&other);
    memcpy(other.kid, signer.kid, sizeof other.kid);
    sign(&other, (struct facts){"SN-7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_BROKEN, token);
    // Signed, but not a lease as this library knows it.
    snprintf(payload, sizeof payload, "{\"v\":2,\"kid\":\"%s\"}", signer.kid);
    sign_payload(&signer, payload, token);
    expect(USHER_LEASE_BROKEN, token);
    sign_payload(&signer, "[]", token);
    expect(USHER_LEASE_BROKEN, token);
    sign(&signer, (struct facts){"../7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_BROKEN, token);
}

static void each_character_that_is_altered_breaks_it(void **state)
{
    (void)state;
    char token[2048], altered[2048];
    sign_good(token);
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        struct usher_error error;
        memcpy(altered, token, length + 1);
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        enum usher_code code = usher_lease_verify(store, altered, NULL, &error);
        // In the key's id it names another key.
        if (code != USHER_LEASE_BROKEN && code != USHER_LEASE_UNKNOWN_KEY)
            fail_msg("character %zu altered: %s", i, usher_code_name(code));
    }
    for (size_t i = 0; i < length; i++) {
        memcpy(altered, token, length + 1);
        altered[i] = '\0';
        expect(USHER_LEASE_BROKEN, altered);
    }
    snprintf(altered, sizeof altered, "%s ", token);
    expect(USHER_LEASE_BROKEN, altered);
    snprintf(altered, sizeof altered, "%s=", token);
    expect(USHER_LEASE_BROKEN, altered);
    snprintf(altered, sizeof altered, " %s", token);
    expect(USHER_LEASE_BROKEN, altered);
}

static void a_lease_of_another_server_names_an_unknown_key(void **state)
{
    (void)state;
    char token[2048];
    struct signer other;
    make_signer(&other);
    sign(&other, (struct facts){"SN-7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_UNKNOWN_KEY, token);
}

static void a_rotated_key_still_counts(void **state)
{
    (void)state;
    char old_token[2048], token[2048];
    struct signer next;
    struct usher *usher = open_canned();
    sign_good(old_token);
    make_signer(&next);
    sign(&next, (struct facts){"SN-8", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_UNKNOWN_KEY, token);
    // Even when the server names the new one only.
    publish(&next, NULL);
    assert_int_equal(usher_fetch_keys(usher, store, NULL), USHER_OK);
    expect(USHER_OK, token);
    expect(USHER_OK, old_token);
    usher_close(usher);
}

static void a_key_that_is_not_what_its_id_says_is_not_taken(void **state)
{
    (void)state;
    char token[2048];
    struct signer false_one;
    struct usher_error error;
    struct usher *usher = open_canned();
    make_signer(&false_one);
    memcpy(false_one.kid, signer.kid, sizeof false_one.kid);
    publish(&false_one, NULL);
    usher_fetch_keys(usher, store, &error);
    assert_code(USHER_PROTOCOL, &error);
    sign_good(token);
    expect(USHER_OK, token);
    sign(&false_one, (struct facts){"SN-7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    expect(USHER_LEASE_BROKEN, token);
    usher_close(usher);
}

static void answers_that_are_no_keys_are_told(void **state)
{
    (void)state;
    static const char *const answers[] = {"{}", "{\"keys\":[]}", "{\"keys\":[{}]}", "{\"keys\":7}",
                                          "{\"keys\":[{\"kid\":\"00\",\"public_key\":\"AA\"}]}"};
    struct usher *usher = open_canned();
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct usher_error error;
        ask("canned GET usher-keys.json 200 %s", answers[i]);
        usher_fetch_keys(usher, store, &error);
        assert_code(USHER_PROTOCOL, &error);
    }
    usher_close(usher);
}

// ---- All of them

struct seen_lease {
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
    assert_int_equal(usher_lease_find(store, "NONE", NULL, NULL), USHER_NOT_FOUND);
}

static void all_leases_can_be_looked_at(void **state)
{
    (void)state;
    char token[2048];
    struct usher_error error;
    struct seen_lease seen = {0};
    usher_lease_each(store, count_lease, &seen, &error);
    assert_code(USHER_OK, &error);
    assert_int_equal(seen.counting + seen.over + seen.broken, 0);
    sign_good(token);
    write_file("lease-SN-7-a", token);
    sign(&signer, (struct facts){"SN-8", "KRE", fingerprint, -DAY_S, -HOUR_S}, token);
    write_file("lease-SN-8-a", token);
    write_file("lease-SN-9-a", "ushl1.cut");
    usher_lease_each(store, count_lease, &seen, &error);
    assert_code(USHER_OK, &error);
    assert_true(seen.counting == 1 && seen.over == 1 && seen.broken == 1);
    assert_int_equal(usher_lease_each(store, NULL, NULL, &error), USHER_INVALID);
    assert_int_equal(usher_lease_each(NULL, count_lease, &seen, &error), USHER_INVALID);
}

// ---- Clocks

static void write_clock(int64_t seen_s, const char *boot, int64_t boot_s)
{
    char text[256];
    snprintf(text, sizeof text, "{\"seen_at\":%lld,\"boot_at\":%lld,\"boot\":\"%s\"}",
             (long long)(time(NULL) + seen_s) * 1000, (long long)boot_s * 1000, boot);
    write_file("clock.json", text);
}

static void a_clock_turned_back_is_noticed(void **state)
{
    (void)state;
    char token[2048];
    sign_good(token);
    // An hour from now was seen already.
    write_clock(HOUR_S, "", 0);
    expect(USHER_CLOCK_TURNED_BACK, token);
    expect(USHER_CLOCK_TURNED_BACK, token);
    // Four minutes are within what clocks do.
    write_clock(240, "", 0);
    expect(USHER_OK, token);
    // They do not add up.
    write_clock(310, "", 0);
    expect(USHER_CLOCK_TURNED_BACK, token);
}

static void a_clock_turned_back_to_after_the_last_look_is_noticed(void **state)
{
    (void)state;
    char token[2048], boot[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    assert_non_null(file);
    assert_non_null(fgets(boot, 37, file));
    fclose(file);
    sign_good(token);
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    // A minute ago by the machine's clock; but by the boot clock half an hour has gone by since.
    write_clock(-60, boot, now.tv_sec - 1800);
    if (now.tv_sec > 1800)
        expect(USHER_CLOCK_TURNED_BACK, token);
    // After a start of the machine the boot clock tells nothing.
    write_clock(-60, "00000000-0000-0000-0000-000000000000", 0);
    expect(USHER_OK, token);
}

static void the_server_sets_a_wrong_future_right(void **state)
{
    (void)state;
    char token[2048];
    struct usher *usher = open_canned();
    sign_good(token);
    write_clock(10 * DAY_S, "", 0);
    expect(USHER_CLOCK_TURNED_BACK, token);
    assert_int_equal(usher_fetch_keys(usher, store, NULL), USHER_OK);
    expect(USHER_OK, token);
    usher_close(usher);
}

static void damaged_files_are_told(void **state)
{
    (void)state;
    char token[2048];
    sign_good(token);
    write_file("clock.json", "{\"seen_at\":");
    expect(USHER_SYSTEM, token);
    struct usher *usher = open_canned();
    assert_int_equal(usher_fetch_keys(usher, store, NULL), USHER_OK);
    expect(USHER_OK, token);
    write_file("keys.json", "no");
    expect(USHER_SYSTEM, token);
    assert_int_equal(usher_fetch_keys(usher, store, NULL), USHER_SYSTEM);
    usher_close(usher);
}

// ---- The folder

static void a_folder_is_made_for_its_owner_only(void **state)
{
    (void)state;
    char path[512], command[600];
    struct usher_error error;
    snprintf(path, sizeof path, "%s/a/b/c", folder);
    struct usher_store *made = usher_store_open(path, &error);
    assert_code(USHER_OK, &error);
    usher_store_close(made);
    snprintf(command, sizeof command, "test \"$(stat -c %%a '%s')\" = 700", path);
    assert_int_equal(system(command), 0);
    write_file("file", "");
    snprintf(path, sizeof path, "%s/file/x", folder);
    assert_null(usher_store_open(path, &error));
    assert_code(USHER_SYSTEM, &error);
}

static void a_folder_is_found_by_the_environment(void **state)
{
    (void)state;
    char path[512], command[600];
    struct usher_error error;
    setenv("XDG_STATE_HOME", folder, 1);
    usher_store_close(usher_store_open(NULL, &error));
    assert_code(USHER_OK, &error);
    snprintf(command, sizeof command, "test -d '%s/usher'", folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/own", folder);
    setenv("USHER_STATE", path, 1);
    usher_store_close(usher_store_open(NULL, &error));
    snprintf(command, sizeof command, "test -d '%s'", path);
    assert_int_equal(system(command), 0);
    unsetenv("USHER_STATE");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", folder, 1);
    usher_store_close(usher_store_open(NULL, &error));
    snprintf(command, sizeof command, "test -d '%s/.local/state/usher'", folder);
    assert_int_equal(system(command), 0);
}

// ---- Borrowing and giving back

static void can_lease(const char *token)
{
    ask("canned POST /leases$ 201 {\"id\":\"SN-7\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"AC-1\",\"via\":"
        "\"fallback\",\"machine\":\"%s\",\"starts_at\":\"2026-01-01T00:00:00.000Z\",\"ends_at\":"
        "\"2026-01-02T00:00:00.000Z\",\"lease\":\"%s\"}",
        fingerprint, token);
}

static void borrow(struct usher *usher, enum usher_code code, struct usher_lease *ret_lease)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new("KRE");
    usher_borrow(usher, store, request, 7, ret_lease, &error);
    usher_request_free(request);
    assert_code(code, &error);
}

static void a_borrowed_lease_is_found_offline(void **state)
{
    (void)state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    struct usher *usher = open_canned();
    sign_good(token);
    can_lease(token);
    borrow(usher, USHER_OK, &lease);
    usher_close(usher);
    assert_string_equal(lease.token, token);
    assert_int_equal(usher_lease_find(store, "KRE", &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-7");
    assert_int_equal(usher_lease_find(store, "OTHER", &lease, &error), USHER_NOT_FOUND);
    assert_false(has_file("borrow-"));
}

static void keep_lease(const char *name, const char *token)
{
    write_file(name, token);
}

static void the_lease_that_counts_longest_is_found(void **state)
{
    (void)state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign(&signer, (struct facts){"SN-1", "KRE", fingerprint, -DAY_S, -HOUR_S}, token);
    keep_lease("lease-SN-1-x", token);
    assert_int_equal(usher_lease_find(store, "KRE", &lease, &error), USHER_LEASE_OVER);
    assert_string_equal(lease.id, "SN-1");
    sign(&signer, (struct facts){"SN-2", "KRE", fingerprint, -DAY_S, HOUR_S}, token);
    keep_lease("lease-SN-2-x", token);
    sign(&signer, (struct facts){"SN-3", "KRE", fingerprint, -DAY_S, DAY_S}, token);
    keep_lease("lease-SN-3-x", token);
    sign(&signer, (struct facts){"SN-4", "KRE", "another", -DAY_S, 2 * DAY_S}, token);
    keep_lease("lease-SN-4-x", token);
    sign(&signer, (struct facts){"SN-5", "KRE", fingerprint, DAY_S, 2 * DAY_S}, token);
    keep_lease("lease-SN-5-x", token);
    keep_lease("lease-SN-6-x", "rubbish");
    assert_int_equal(usher_lease_find(store, "KRE", &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-3");
    // One that cannot be read may have been the one.
    assert_int_equal(usher_lease_find(store, "OTHER", &lease, &error), USHER_NOT_FOUND);
    assert_non_null(strstr(error.detail, "lease-SN-6-x"));
    write_file("clock.json", "rubbish");
    assert_int_equal(usher_lease_find(store, "KRE", &lease, &error), USHER_SYSTEM);
}

static void what_ended_long_ago_is_tidied_away(void **state)
{
    (void)state;
    char token[2048];
    struct usher *usher = open_canned();
    sign(&signer, (struct facts){"SN-1", "KRE", fingerprint, -60 * DAY_S, -31 * DAY_S}, token);
    keep_lease("lease-SN-1-x", token);
    keep_lease("returned-SN-1-x", token);
    sign(&signer, (struct facts){"SN-2", "KRE", fingerprint, -60 * DAY_S, -29 * DAY_S}, token);
    keep_lease("lease-SN-2-x", token);
    keep_lease("returned-SN-2-x", token);
    keep_lease("lease-SN-3-x", "rubbish");
    keep_lease("borrow-1", "key 1000\n");
    sign_good(token);
    can_lease(token);
    borrow(usher, USHER_OK, NULL);
    usher_close(usher);
    assert_false(has_file("lease-SN-1-") || has_file("returned-SN-1-") || has_file("borrow-"));
    assert_true(has_file("lease-SN-2-") && has_file("returned-SN-2-") && has_file("lease-SN-3-"));
    assert_true(has_file("lease-SN-7-"));
}

static void a_borrowing_whose_answer_is_lost_is_found_again(void **state)
{
    (void)state;
    char token[2048], kept[2048];
    struct usher *usher = open_canned();
    sign_good(token);
    can_lease(token);
    ask("harm POST /leases$ cut_before 1000");
    usher_set_timeout(usher, 2, NULL);
    borrow(usher, USHER_UNAVAILABLE, NULL);
    assert_true(has_file("borrow-"));
    usher_close(usher);
    // Another process, another day; the same wish is the same key.
    snprintf(kept, sizeof kept, "%s", ask("keys_of POST /leases$"));
    ask("clear");
    publish(&signer, NULL);
    can_lease(token);
    usher = open_canned();
    borrow(usher, USHER_OK, NULL);
    assert_false(has_file("borrow-"));
    // The next one is a new one.
    borrow(usher, USHER_OK, NULL);
    assert_string_equal(ask("keys_of POST /leases$"), "2 2");
    usher_close(usher);
}

static void a_refused_borrowing_leaves_nothing(void **state)
{
    (void)state;
    struct usher *usher = open_canned();
    ask("canned POST /leases$ 403 {\"type\":\"/problems/forbidden\",\"title\":\"t\",\"status\":403,\"detail\":\"No "
        "borrowing here.\",\"request_id\":\"r\"}");
    borrow(usher, USHER_FORBIDDEN, NULL);
    assert_false(has_file("borrow-"));
    assert_false(has_file("lease-"));
    usher_close(usher);
}

static void a_lease_that_the_server_did_not_sign_is_not_kept(void **state)
{
    (void)state;
    char token[2048];
    struct signer other;
    struct usher *usher = open_canned();
    make_signer(&other);
    sign(&other, (struct facts){"SN-7", "KRE", fingerprint, -HOUR_S, DAY_S}, token);
    can_lease(token);
    borrow(usher, USHER_LEASE_UNKNOWN_KEY, NULL);
    assert_false(has_file("lease-"));
    // Its key is known a moment later: the server has just changed it.
    publish(&signer, &other);
    borrow(usher, USHER_OK, NULL);
    assert_true(has_file("lease-"));
    usher_close(usher);
}

static void wrong_wishes_are_told(void **state)
{
    (void)state;
    struct usher *usher = open_canned();
    struct usher_request *request = usher_request_new("KRE");
    struct usher_error error;
    usher_borrow(usher, store, request, 0, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_borrow(usher, store, request, 366, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_request_set_count(request, 2);
    usher_borrow(usher, store, request, 1, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_request_free(request);
    usher_close(usher);
}

static void a_returned_lease_never_counts_again(void **state)
{
    (void)state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    struct usher *usher = open_canned();
    sign_good(token);
    can_lease(token);
    borrow(usher, USHER_OK, &lease);
    ask("canned DELETE /accounts/AC-1/leases/SN-7$ 200 {\"id\":\"SN-7\",\"state\":\"released\"}");
    assert_int_equal(usher_lease_return(usher, store, "SN-7", &error), USHER_OK);
    expect(USHER_LEASE_RETURNED, token);
    assert_int_equal(usher_lease_find(store, "KRE", &lease, &error), USHER_LEASE_RETURNED);
    // Twice is as once; by its text, too.
    assert_int_equal(usher_lease_return(usher, store, token, &error), USHER_OK);
    usher_close(usher);
    // Not after the store is opened anew either.
    usher_store_close(store);
    store = usher_store_open(folder, &error);
    expect(USHER_LEASE_RETURNED, token);
}

static void a_return_that_the_server_did_not_hear_ends_it_here(void **state)
{
    (void)state;
    char token[2048];
    struct usher_error error;
    struct usher *usher = open_canned();
    sign_good(token);
    can_lease(token);
    borrow(usher, USHER_OK, NULL);
    ask("down yes");
    usher_set_timeout(usher, 2, NULL);
    assert_int_equal(usher_lease_return(usher, store, "SN-7", &error), USHER_UNAVAILABLE);
    expect(USHER_LEASE_RETURNED, token);
    ask("down no");
    usher_set_timeout(usher, PATIENCE_S, NULL);
    ask("canned DELETE /leases/SN-7$ 200 {\"id\":\"SN-7\"}");
    assert_int_equal(usher_lease_return(usher, store, "SN-7", &error), USHER_OK);
    expect(USHER_LEASE_RETURNED, token);
    usher_close(usher);
}

static void a_return_that_the_server_refuses_is_none(void **state)
{
    (void)state;
    char token[2048];
    struct usher_error error;
    struct usher *usher = open_canned();
    sign_good(token);
    can_lease(token);
    borrow(usher, USHER_OK, NULL);
    ask("canned DELETE /leases/SN-7$ 403 {\"type\":\"/problems/forbidden\",\"title\":\"t\",\"status\":403,\"detail\":\"Not "
        "yours.\",\"request_id\":\"r\"}");
    assert_int_equal(usher_lease_return(usher, store, "SN-7", &error), USHER_FORBIDDEN);
    expect(USHER_OK, token);
    assert_int_equal(usher_lease_return(usher, store, "SN-99", &error), USHER_NOT_FOUND);
    assert_int_equal(usher_lease_return(usher, store, "ushl1.x.y", &error), USHER_LEASE_BROKEN);
    assert_int_equal(usher_lease_return(usher, store, NULL, &error), USHER_INVALID);
    usher_close(usher);
}

// ---- The live server

static void the_live_server_lends_and_takes_back(void **state)
{
    (void)state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    struct usher_lease lease;
    struct usher_request *request = usher_request_new(account.product);
    usher_borrow(usher, store, request, 7, &lease, &error);
    assert_code(USHER_FORBIDDEN, &error);
    ask("lend %s %s", account.id, account.product);
    for (int i = 0; i < 3; i++) {
        static const char *const faults[] = {"drip", "cut_before", "storm_after"};
        ask("harm POST /leases$ %s", faults[i]);
        usher_borrow(usher, store, request, 7, &lease, &error);
        assert_code(USHER_OK, &error);
        assert_int_equal(ask_number("active %s", account.id), i + 1);
    }
    assert_string_equal(lease.machine, fingerprint);
    assert_string_equal(lease.user, account.user);
    assert_int_equal(lease.ends_at - lease.starts_at, 7 * DAY_S * INT64_C(1000));
    assert_int_equal(usher_lease_find(store, account.product, &lease, &error), USHER_OK);
    ask("harm DELETE . cut_before");
    assert_int_equal(usher_lease_return(usher, store, lease.id, &error), USHER_OK);
    assert_int_equal(ask_number("active %s", account.id), 2);
    assert_string_equal(ask("state %s %s", account.id, lease.id), "released");
    expect(USHER_LEASE_RETURNED, lease.token);
    usher_request_free(request);
    usher_close(usher);
}

#define lease_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        lease_test(all_leases_can_be_looked_at),
        lease_test(a_fingerprint_is_the_same_each_time),
        lease_test(a_good_lease_counts),
        lease_test(another_machines_lease_is_refused),
        lease_test(time_counts),
        lease_test(what_no_server_signed_is_broken),
        lease_test(each_character_that_is_altered_breaks_it),
        lease_test(a_lease_of_another_server_names_an_unknown_key),
        lease_test(a_rotated_key_still_counts),
        lease_test(a_key_that_is_not_what_its_id_says_is_not_taken),
        lease_test(answers_that_are_no_keys_are_told),
        lease_test(a_clock_turned_back_is_noticed),
        lease_test(a_clock_turned_back_to_after_the_last_look_is_noticed),
        lease_test(the_server_sets_a_wrong_future_right),
        lease_test(damaged_files_are_told),
        lease_test(a_folder_is_made_for_its_owner_only),
        lease_test(a_folder_is_found_by_the_environment),
        lease_test(a_borrowed_lease_is_found_offline),
        lease_test(the_lease_that_counts_longest_is_found),
        lease_test(what_ended_long_ago_is_tidied_away),
        lease_test(a_borrowing_whose_answer_is_lost_is_found_again),
        lease_test(a_refused_borrowing_leaves_nothing),
        lease_test(a_lease_that_the_server_did_not_sign_is_not_kept),
        lease_test(wrong_wishes_are_told),
        lease_test(a_returned_lease_never_counts_again),
        lease_test(a_return_that_the_server_did_not_hear_ends_it_here),
        lease_test(a_return_that_the_server_refuses_is_none),
        lease_test(the_live_server_lends_and_takes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
