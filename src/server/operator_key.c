// SPDX-License-Identifier: Apache-2.0
#include "server/operator_key.h"

#include "api/call.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MADE_BYTES = 32, MADE_SIZE = 64 };

// Who signed in with the former key is signed out.
static bool end_sign_ins(struct service *service, struct store_error *cause)
{
    static const struct actor nobody = {.nobody = true};
    struct account *account = &service_tenant(service, 0)->account;
    int64_t now = clock_now(&service->clock);
    while (account->operator_sign_ins.first != NULL) {
        struct sign_in_row row = ITEM_OF(account->operator_sign_ins.first, struct sign_in, of_user)->row;
        struct fact fact = {.kind = FACT_SIGN_IN_ENDED, .before = &row, .reason = "operator-key-replaced"};
        if (store_write(service->store, 0, now, &nobody, &fact, cause) != STORE_OK)
            return false;
        account_apply(account, &fact);
    }
    return true;
}

static bool keep_hash(struct service *service, char *error, size_t error_size)
{
    struct store_error cause = {""};
    bool good = store_begin(service->store, &cause) == STORE_OK &&
                store_put_operator(service->store, service->operator_hash, &cause) == STORE_OK &&
                end_sign_ins(service, &cause) && store_commit(service->store, &cause) == STORE_OK;
    if (good)
        return true;
    store_rollback(service->store);
    snprintf(error, error_size, "the operator's key cannot be kept: %s", cause.text);
    return false;
}

static bool write_file(const char *folder, const char *secret, char *error, size_t error_size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/" OPERATOR_KEY_FILE, folder);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t length = strlen(secret);
    bool good = file >= 0 && write(file, secret, length) == (ssize_t)length && write(file, "\n", 1) == 1 &&
                fsync(file) == 0;
    if (!good)
        snprintf(error, error_size, "%s cannot be written: %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    return good;
}

static bool make(struct service *service, const char *folder, char *error, size_t error_size)
{
    unsigned char random[MADE_BYTES];
    char secret[MADE_SIZE];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(secret, sizeof secret, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    key_hash_of(secret, service->operator_hash);
    bool good = write_file(folder, secret, error, error_size);
    sodium_memzero(random, sizeof random);
    sodium_memzero(secret, sizeof secret);
    return good && keep_hash(service, error, error_size);
}

bool operator_key_settle(struct service *service, const char *given, const char *folder, bool *ret_made, char *error,
                         size_t error_size)
{
    struct store_error cause = {""};
    bool is_kept;
    unsigned char kept[KEY_HASH_BYTES];
    *ret_made = false;
    if (!store_load_operator(service->store, kept, &is_kept, &cause)) {
        snprintf(error, error_size, "%s", cause.text);
        return false;
    }
    if (given == NULL && !is_kept) {
        *ret_made = true;
        return make(service, folder, error, error_size);
    }
    if (given != NULL)
        key_hash_of(given, service->operator_hash);
    else
        memcpy(service->operator_hash, kept, KEY_HASH_BYTES);
    bool is_same = is_kept && sodium_memcmp(kept, service->operator_hash, KEY_HASH_BYTES) == 0;
    return is_same || keep_hash(service, error, error_size);
}
