// SPDX-License-Identifier: Apache-2.0
#include "lender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void encode(char *text, size_t size, const void *bytes, size_t length)
{
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void make_signer(struct signer *made)
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

void sign_payload(const struct signer *with, const char *payload, char token[2048])
{
    unsigned char signature[crypto_sign_BYTES];
    memcpy(token, "ushl1.", 7);
    encode(token + 6, 2042, payload, strlen(payload));
    crypto_sign_detached(signature, NULL, (unsigned char *)token, strlen(token), with->secret_key);
    size_t length = strlen(token);
    token[length++] = '.';
    encode(token + length, 2048 - length, signature, sizeof signature);
}

void sign(const struct signer *with, struct facts facts, char token[2048])
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

void sign_good(const struct lender *lender, char token[2048])
{
    sign(&lender->signer, (struct facts){"SN-7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
}

void publish(const struct signer *first, const struct signer *second)
{
    char keys[512];
    snprintf(keys, sizeof keys, "{\"keys\":[{\"kid\":\"%s\",\"public_key\":\"%s\"}", first->kid, first->text);
    if (second != NULL)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), ",{\"kid\":\"%s\",\"public_key\":\"%s\"}",
                 second->kid, second->text);
    strcat(keys, "]}");
    ask("canned GET usher-keys.json 200 %s", keys);
}

struct usher *open_canned(void)
{
    return usher_open(getenv("USHER_TEST_PROXY"), "ushk_none", "AC-1", NULL);
}

int lender_open(void **state)
{
    struct lender *lender = calloc(1, sizeof *lender);
    struct usher_error error;
    assert_true(sodium_init() >= 0);
    ask("clear");
    make_signer(&lender->signer);
    assert_int_equal(usher_machine_fingerprint(lender->fingerprint, &error), USHER_OK);
    snprintf(lender->folder, sizeof lender->folder, "%s", ask("folder_for leases"));
    lender->store = usher_store_open(lender->folder, &error);
    assert_code(USHER_OK, &error);
    struct usher *usher = open_canned();
    publish(&lender->signer, NULL);
    usher_fetch_keys(usher, lender->store, &error);
    assert_code(USHER_OK, &error);
    usher_close(usher);
    *state = lender;
    return 0;
}

int lender_close(void **state)
{
    struct lender *lender = *state;
    usher_store_close(lender->store);
    free(lender);
    return 0;
}

void expect(const struct lender *lender, enum usher_code code, const char *token)
{
    struct usher_error error;
    struct usher_lease lease;
    memset(&error, 0xff, sizeof error);
    enum usher_code answered = usher_lease_verify(lender->store, token, &lease, &error);
    assert_code(code, &error);
    assert_int_equal(answered, code);
    assert_true((error.detail[0] == '\0') == (code == USHER_OK));
}

void write_file(const struct lender *lender, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", lender->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

bool has_file(const struct lender *lender, const char *before)
{
    char command[512];
    snprintf(command, sizeof command, "ls '%s' | grep -q '^%s'", lender->folder, before);
    return system(command) == 0;
}
