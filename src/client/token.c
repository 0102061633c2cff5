// SPDX-License-Identifier: Apache-2.0
#include "client/token.h"

#include "client/answer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "ushl1."

enum { TOKEN_SIZE = sizeof((struct usher_lease *)0)->token };

static enum usher_code broken(struct usher_error *error, const char *why)
{
    return error_set(error, USHER_LEASE_BROKEN, "This is no lease that counts: %s.", why);
}

static bool decode(const char *text, size_t length, unsigned char *bytes, size_t size, size_t *ret_length)
{
    const char *end;
    int result = sodium_base642bin(bytes, size, text, length, NULL, ret_length, &end,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return result == 0 && end == text + length;
}

static enum usher_code read_payload(const char *text, size_t length, struct usher_lease *lease,
                                    struct usher_error *error)
{
    unsigned char bytes[TOKEN_SIZE];
    size_t size;
    int64_t version;
    if (!decode(text, length, bytes, sizeof bytes, &size))
        return broken(error, "it is cut or altered");
    json_t *json = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    bool is_whole = answer_number(json, "v", 1, 1, &version) && answer_id(json, "id", lease->id, sizeof lease->id) &&
                    answer_id(json, "account", lease->account, sizeof lease->account) &&
                    answer_text(json, "product", lease->product, sizeof lease->product) &&
                    answer_id(json, "user", lease->user, sizeof lease->user) &&
                    answer_text(json, "machine", lease->machine, sizeof lease->machine) &&
                    answer_moment(json, "starts_at", false, &lease->starts_at) &&
                    answer_moment(json, "ends_at", false, &lease->ends_at) &&
                    answer_id(json, "kid", lease->key_id, sizeof lease->key_id);
    json_decref(json);
    return is_whole ? USHER_OK : broken(error, "it is altered, or of a later kind than this library knows");
}

enum usher_code token_read(const struct usher_store *store, const char *token, struct usher_lease *ret_lease,
                           struct usher_error *error)
{
    struct usher_lease lease = {0};
    unsigned char signature[crypto_sign_BYTES], key[crypto_sign_PUBLICKEYBYTES];
    size_t length = token != NULL ? strlen(token) : 0, signature_length;
    const char *dot = length > 0 ? strrchr(token, '.') : NULL;
    if (dot == NULL || length >= TOKEN_SIZE || strncmp(token, PREFIX, strlen(PREFIX)) != 0 ||
        dot < token + strlen(PREFIX))
        return broken(error, "a lease begins with ushl1. and has three parts");
    const char *payload = token + strlen(PREFIX);
    if (read_payload(payload, (size_t)(dot - payload), &lease, error) != USHER_OK)
        return error->code;
    if (!decode(dot + 1, strlen(dot + 1), signature, sizeof signature, &signature_length) ||
        signature_length != sizeof signature)
        return broken(error, "its signature is cut or altered");
    if (keys_find(store, lease.key_id, key, error) != USHER_OK)
        return error->code;
    size_t signed_length = (size_t)(dot - token);
    if (crypto_sign_verify_detached(signature, (const unsigned char *)token, signed_length, key) != 0)
        return broken(error, "it was altered, or the server whose key it names did not sign it");
    memcpy(lease.token, token, length + 1);
    *ret_lease = lease;
    return USHER_OK;
}

void token_file_name(const struct usher_lease *lease, const char *before, char name[FILE_NAME_SIZE])
{
    snprintf(name, FILE_NAME_SIZE, "%s-%s-%s", before, lease->id, lease->key_id);
}
