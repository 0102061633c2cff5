// SPDX-License-Identifier: Apache-2.0
#include "server/operator_key.h"

#include "api/call.h"
#include "server/sharing.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MADE_BYTES = 32, MADE_SIZE = 64 };

// Who signed in with the former key is signed out.
static void end_sign_ins(struct batch *batch)
{
    static const struct actor nobody = {.nobody = true};
    struct tenant *tenant = service_tenant(batch->service, 0);
    struct list *sign_ins = &tenant->account.operator_sign_ins;
    while (sign_ins->first != NULL && !batch->has_failed) {
        struct sign_in_row row = ITEM_OF(sign_ins->first, struct sign_in, of_user)->row;
        struct fact fact = {.kind = FACT_SIGN_IN_ENDED, .before = &row, .reason = "operator-key-replaced"};
        batch_write(batch, tenant, batch->now, &nobody, &fact);
        account_apply(&tenant->account, &fact);
    }
}

// Another server may have made one meanwhile: then that one counts.
static bool is_kept_meanwhile(struct batch *batch, unsigned char hash[KEY_HASH_BYTES])
{
    unsigned char kept[KEY_HASH_BYTES];
    bool is_kept = false;
    if (batch_keep(batch, store_load_operator(batch->service->store, kept, &is_kept, &batch->error) ? STORE_OK
                                                                                                    : STORE_REFUSED) &&
        is_kept)
        memcpy(hash, kept, sizeof kept);
    return is_kept;
}

// `is_made`: just now, by this server; *ret_kept tells whether it is the one that counts.
static bool keep_hash(struct service *service, bool is_made, bool *ret_kept, char *error, size_t error_size)
{
    unsigned char hash[KEY_HASH_BYTES];
    struct batch batch;
    *ret_kept = true;
    memcpy(hash, service->operator_hash, sizeof hash);
    batch_init(&batch, service);
    batch_start(&batch);
    bool has_begun = service->is_shared ? sharing_enter_alone(&batch, 0) : batch_begin(&batch);
    if (has_begun && is_made && is_kept_meanwhile(&batch, hash)) {
        *ret_kept = false;
    } else if (has_begun && !batch.has_failed) {
        batch_put_operator(&batch, hash);
        end_sign_ins(&batch);
    }
    bool good = batch_end(&batch);
    if (!good)
        snprintf(error, error_size, "the operator's key cannot be kept: %s", batch.error.text);
    memcpy(service->operator_hash, hash, sizeof hash);
    batch_fini(&batch);
    return good;
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

static void remove_file(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/" OPERATOR_KEY_FILE, folder);
    unlink(path);
}

static bool make(struct service *service, const char *folder, bool *ret_made, char *error, size_t error_size)
{
    unsigned char random[MADE_BYTES];
    char secret[MADE_SIZE];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(secret, sizeof secret, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    key_hash_of(secret, service->operator_hash);
    bool good = write_file(folder, secret, error, error_size);
    sodium_memzero(random, sizeof random);
    sodium_memzero(secret, sizeof secret);
    good = good && keep_hash(service, true, ret_made, error, error_size);
    if (good && !*ret_made)
        remove_file(folder);
    return good;
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
    if (given == NULL && !is_kept)
        return make(service, folder, ret_made, error, error_size);
    if (given != NULL)
        key_hash_of(given, service->operator_hash);
    else
        memcpy(service->operator_hash, kept, KEY_HASH_BYTES);
    bool is_same = is_kept && sodium_memcmp(kept, service->operator_hash, KEY_HASH_BYTES) == 0;
    return is_same || keep_hash(service, false, &is_kept, error, error_size);
}
