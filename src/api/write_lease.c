// SPDX-License-Identifier: Apache-2.0
//
// A lease as its holder gets it, with a token that proves it to whoever has the server's public key:
//
//     ushl1.PAYLOAD.SIGNATURE
//
// Both parts are base64url without padding. The payload is JSON; the signature is Ed25519's, over "ushl1.PAYLOAD" as
// it stands there. The token follows from the row and the key alone, so it need not be kept.
#include "api/writing.h"

#include "base/check.h"

#include <sodium.h>
#include <stdlib.h>

static const char prefix[] = "ushl1.";

static void put_payload(struct buffer *json, uint64_t account, const struct session_row *row, const char *kid)
{
    put_open(json, '{');
    put_number(json, "v", 1);
    put_id(json, "id", ID_SESSION, row->id, account);
    put_id(json, "account", ID_ACCOUNT, account, account);
    put_word(json, "product", row->product->code);
    put_id(json, "user", ID_USER, row->user, account);
    put_text(json, "machine", row->machine);
    put_moment(json, "starts_at", row->started_at);
    put_moment(json, "ends_at", row->expires_at);
    put_word(json, "kid", kid);
    put_close(json, '}');
}

static void add_base64(struct buffer *token, const void *bytes, size_t length)
{
    size_t size = sodium_base64_encoded_len(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = check_malloc(size);
    sodium_bin2base64(text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    buffer_add_text(token, text);
    free(text);
}

static void write_token(struct buffer *json, uint64_t account, const struct session_row *row,
                        const struct lease_key *key)
{
    unsigned char signature[LEASE_SIGNATURE_BYTES];
    struct buffer payload = {0}, token = {0};
    put_payload(&payload, account, row, key->kid);
    buffer_add_text(&token, prefix);
    add_base64(&token, payload.bytes, payload.length);
    int failed = crypto_sign_detached(signature, NULL, (const unsigned char *)token.bytes, token.length, key->secret);
    CHECK(failed == 0);
    buffer_add_char(&token, '.');
    add_base64(&token, signature, sizeof signature);
    put_text(json, "lease", buffer_text(&token));
    buffer_fini(&payload);
    buffer_fini(&token);
}

void write_lease(struct buffer *json, uint64_t account, const struct session_row *row, const struct lease_key *key)
{
    put_open(json, '{');
    put_id(json, "id", ID_SESSION, row->id, account);
    put_word(json, "product", row->product->code);
    put_id(json, "user", ID_USER, row->user, account);
    put_id(json, "level", ID_LEVEL, row->level, account);
    put_word(json, "via", via_words[row->via]);
    put_word(json, "state", session_state_words[row->state]);
    put_text(json, "reason", row->reason);
    put_id(json, "project", ID_PROJECT, row->project, account);
    put_id(json, "organization", ID_ORGANIZATION, row->organization, account);
    put_text(json, "machine", row->machine);
    put_flag(json, "borrowed", true);
    put_moment(json, "starts_at", row->started_at);
    put_moment(json, "ends_at", row->expires_at);
    put_moment(json, "ended_at", row->ended_at);
    if (key != NULL && row->state == SESSION_ACTIVE)
        write_token(json, account, row, key);
    else
        put_null(json, "lease");
    put_close(json, '}');
}

_Static_assert(LEASE_SECRET_BYTES == crypto_sign_SECRETKEYBYTES && LEASE_SIGNATURE_BYTES == crypto_sign_BYTES,
               "leases are signed as libsodium signs");
