// SPDX-License-Identifier: Apache-2.0
//
// Leases as a program gets them from anywhere: a file, a message, a sticker. The first byte of the input says what the
// rest is: with "s" a payload, signed here so that what follows the signature's check is reached, too; else the token
// itself. What must hold:
//
//     what was signed with another key, or is a bit off what was signed, is no lease
//     every text of a lease that is taken ends, and none can lead a file name out of its folder
#include "fuzz/target.h"

#include "base/check.h"
#include "client/token.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct usher_store store = {.folder = -1};
static unsigned char secret[crypto_sign_SECRETKEYBYTES];
static char folder[] = "/tmp/usher-fuzz-XXXXXX";

static void remove_folder(void)
{
    unlinkat(store.folder, "keys.json", 0);
    rmdir(folder);
}

// A store that knows one key, made of nothing but zeros: so tokens in the tree stay valid.
static void open_once(void)
{
    static const unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char key[PUBLIC_KEY_BYTES], hash[32];
    char kid[65], text[64], json[256];
    struct usher_error error;
    if (store.folder >= 0)
        return;
    CHECK(sodium_init() >= 0 && mkdtemp(folder) != NULL);
    store.path = folder;
    store.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    atexit(remove_folder);
    crypto_sign_seed_keypair(key, secret, seed);
    crypto_generichash(hash, sizeof hash, key, sizeof key, NULL, 0);
    sodium_bin2hex(kid, sizeof kid, hash, sizeof hash);
    sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    snprintf(json, sizeof json, "{\"%.16s\": \"%s\"}", kid, text);
    CHECK(store_write(&store, "keys.json", json, &error) == USHER_OK);
}

static char *add_base64(char *to, const void *bytes, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_bin2base64(to, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return to + strlen(to);
}

// The caller frees it.
static char *sign(const void *payload, size_t length)
{
    char *token = check_calloc(1, 200 + 2 * length), *end = token;
    unsigned char signature[crypto_sign_BYTES];
    memcpy(end, "ushl1.", 6);
    end = add_base64(end + 6, payload, length);
    crypto_sign_detached(signature, NULL, (const unsigned char *)token, (size_t)(end - token), secret);
    *end++ = '.';
    add_base64(end, signature, sizeof signature);
    return token;
}

static void check_text(const char *text, size_t size)
{
    CHECK(memchr(text, '\0', size) != NULL);
}

static void check_lease(const struct usher_lease *lease)
{
    char name[FILE_NAME_SIZE];
    check_text(lease->id, sizeof lease->id);
    check_text(lease->account, sizeof lease->account);
    check_text(lease->product, sizeof lease->product);
    check_text(lease->user, sizeof lease->user);
    check_text(lease->machine, sizeof lease->machine);
    check_text(lease->key_id, sizeof lease->key_id);
    check_text(lease->token, sizeof lease->token);
    token_file_name(lease, "lease", name);
    CHECK(strchr(name, '/') == NULL && strlen(name) > strlen("lease--"));
    CHECK(strlen(name) == strlen("lease--") + strlen(lease->id) + strlen(lease->key_id));
}

// One bit off, wherever: no lease.
static void check_altered(const char *token, size_t place)
{
    struct usher_error error;
    struct usher_lease lease;
    char *altered = check_strdup(token);
    altered[place % strlen(token)] ^= 1;
    CHECK(token_read(&store, altered, &lease, &error) != USHER_OK);
    free(altered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct usher_error error = {0};
    struct usher_lease lease = {0};
    open_once();
    if (size == 0)
        return 0;
    char *token = data[0] == 's' ? sign(data + 1, size - 1) : check_calloc(1, size);
    if (data[0] != 's')
        memcpy(token, data + 1, size - 1);
    if (token_read(&store, token, &lease, &error) == USHER_OK) {
        CHECK(strcmp(lease.token, token) == 0);
        check_lease(&lease);
        check_altered(token, size * 31 + data[size - 1]);
    } else {
        CHECK(error.code != USHER_OK && error.detail[0] != '\0');
    }
    free(token);
    return 0;
}
