// SPDX-License-Identifier: Apache-2.0
#include "store/signing.h"

#include "base/arena.h"
#include "store/driver.h"
#include "store/files.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PUBLIC_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(SECRET_KEY_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519");
_Static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");

enum { SEED_BYTES = crypto_sign_SEEDBYTES, PEM_SIZE = 256 };

// What stands before the key's bytes in DER (RFC 8410, sections 4 and 7).
static const unsigned char public_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const unsigned char secret_head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                            0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

static void write_pem(const char *label, const unsigned char *head, size_t head_length,
                      const unsigned char key[SEED_BYTES], char pem[PEM_SIZE])
{
    unsigned char der[sizeof secret_head + SEED_BYTES];
    memcpy(der, head, head_length);
    memcpy(der + head_length, key, SEED_BYTES);
    char base64[sodium_base64_ENCODED_LEN(sizeof der, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(base64, sizeof base64, der, head_length + SEED_BYTES, sodium_base64_VARIANT_ORIGINAL);
    snprintf(pem, PEM_SIZE, "-----BEGIN %s KEY-----\n%s\n-----END %s KEY-----\n", label, base64, label);
    sodium_memzero(der, sizeof der);
    sodium_memzero(base64, sizeof base64);
}

static bool read_secret(const char *pem, unsigned char seed[SEED_BYTES])
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
    unsigned char der[sizeof secret_head + SEED_BYTES];
    size_t length;
    const char *start = strstr(pem, begin);
    if (start == NULL)
        return false;
    start += sizeof begin - 1;
    bool read = sodium_base642bin(der, sizeof der, start, strcspn(start, "\n"), NULL, &length, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                length == sizeof der && memcmp(der, secret_head, sizeof secret_head) == 0;
    if (read)
        memcpy(seed, der + sizeof secret_head, SEED_BYTES);
    sodium_memzero(der, sizeof der);
    return read;
}

static bool make_key(const char *folder, struct signing_key *key, struct store_error *error)
{
    char pem[PEM_SIZE];
    unsigned char seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
    write_pem("PRIVATE", secret_head, sizeof secret_head, seed, pem);
    bool written = files_write(folder, "archive.key", pem, strlen(pem), error);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(pem, sizeof pem);
    return written;
}

bool signing_key_of(const char *folder, bool make, struct signing_key *ret_key, bool *ret_found,
                    struct store_error *error)
{
    char pem[PEM_SIZE];
    unsigned char seed[SEED_BYTES];
    size_t length;
    *ret_found = true;
    if (!files_read(folder, "archive.key", pem, sizeof pem - 1, &length, ret_found, error))
        return false;
    if (!*ret_found) {
        *ret_found = make;
        return !make || make_key(folder, ret_key, error);
    }
    pem[length] = '\0';
    bool read = read_secret(pem, seed);
    if (read)
        crypto_sign_seed_keypair(ret_key->public_key, ret_key->secret_key, seed);
    else
        store_error_set(error, "%s/archive.key is no Ed25519 key. Put the right one there, or take it away.", folder);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(pem, sizeof pem);
    return read;
}

enum { NAME_SIZE = 40, NAMED_BYTES = 8 };

static void name_of(const unsigned char public_key[PUBLIC_KEY_BYTES], char name[NAME_SIZE])
{
    char start[2 * NAMED_BYTES + 1];
    sodium_bin2hex(start, sizeof start, public_key, NAMED_BYTES);
    snprintf(name, NAME_SIZE, "usher-archive-%s.pem", start);
}

bool signing_publish(const struct signing_key *key, const char *out_folder, struct store_error *error)
{
    char name[NAME_SIZE], pem[PEM_SIZE];
    if (signing_is_published(key->public_key, out_folder))
        return true;
    name_of(key->public_key, name);
    write_pem("PUBLIC", public_head, sizeof public_head, key->public_key, pem);
    return files_write(out_folder, name, pem, strlen(pem), error);
}

bool signing_is_published(const unsigned char public_key[PUBLIC_KEY_BYTES], const char *out_folder)
{
    char name[NAME_SIZE], pem[PEM_SIZE], found[PEM_SIZE];
    struct store_error ignored;
    size_t length;
    bool there;
    name_of(public_key, name);
    write_pem("PUBLIC", public_head, sizeof public_head, public_key, pem);
    return files_read(out_folder, name, found, sizeof found, &length, &there, &ignored) && there &&
           length == strlen(pem) && memcmp(found, pem, length) == 0;
}
