// SPDX-License-Identifier: Apache-2.0
#include "server/lease_keys_shared.h"

#include "base/check.h"
#include "server/lease_keys.h"
#include "server/sharing.h"
#include "store/files.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };

// The folder's keys as text, in the arena; NULL: there are none.
static bool read_file(const char *folder, struct arena *arena, const char **ret_text, struct store_error *error)
{
    char *text = arena_alloc(arena, FILE_MAX_BYTES);
    size_t length;
    bool is_there;
    *ret_text = NULL;
    if (!files_read(folder, LEASE_KEYS_FILE, text, FILE_MAX_BYTES - 1, &length, &is_there, error))
        return false;
    text[is_there ? length : 0] = '\0';
    *ret_text = is_there ? text : NULL;
    return true;
}

static bool take_keys(struct service *service, struct store_error *error)
{
    struct arena arena = {0};
    const char *text, *own;
    bool good = store_load_document(service->store, LEASE_KEYS_FILE, &arena, &text, error) &&
                read_file(service->keys_folder, &arena, &own, error) &&
                (text == NULL || (own != NULL && strcmp(text, own) == 0) ||
                 files_write(service->keys_folder, LEASE_KEYS_FILE, text, strlen(text), error));
    arena_fini(&arena);
    return good;
}

// What the folder has goes into the store, in the batch.
static void put(struct batch *batch, const char *folder, struct arena *arena)
{
    struct service *service = batch->service;
    const char *text = NULL;
    bool is_read = read_file(folder, arena, &text, &batch->error);
    service_tenant(service, 0)->written_in = batch->serial;
    batch_keep(batch, is_read && text != NULL
                          ? store_put_document(service->store, LEASE_KEYS_FILE, text, &batch->error)
                          : STORE_REFUSED);
}

// Rotates if it is wanted, or if neither the store nor the folder has keys.
static void settle_keys(struct batch *batch, const char *folder, bool wants_other, char *ret_retired, char *ret_made,
                   struct arena *arena)
{
    struct service *service = batch->service;
    const char *stored, *own;
    struct store_error *error = &batch->error;
    bool good = store_load_document(service->store, LEASE_KEYS_FILE, arena, &stored, error) &&
                read_file(folder, arena, &own, error) &&
                (stored == NULL || files_write(folder, LEASE_KEYS_FILE, stored, strlen(stored), error));
    if (good && (wants_other || (stored == NULL && own == NULL)))
        good = lease_keys_rotate(folder, batch->now, ret_retired, ret_made, error->text, sizeof error->text);
    if (!batch_keep(batch, good ? STORE_OK : STORE_REFUSED))
        return;
    if (wants_other || stored == NULL)
        put(batch, folder, arena);
}

static bool settle_in_batch(struct service *service, const char *folder, bool wants_other, char *ret_retired,
                            char *ret_made, char *error, size_t error_size)
{
    struct batch batch;
    struct arena arena = {0};
    batch_init(&batch, service);
    batch_start(&batch);
    if (sharing_enter_alone(&batch, 0))
        settle_keys(&batch, folder, wants_other, ret_retired, ret_made, &arena);
    bool good = batch_end(&batch);
    if (!good)
        snprintf(error, error_size, "the keys of leases cannot be settled: %s", batch.error.text);
    arena_fini(&arena);
    batch_fini(&batch);
    return good;
}

bool lease_keys_settle(struct service *service, const char *folder, char *error, size_t error_size)
{
    char retired[LEASE_KID_SIZE], made[LEASE_KID_SIZE];
    if (!service->is_shared)
        return true;
    bool good = settle_in_batch(service, folder, false, retired, made, error, error_size);
    service->keys_folder = folder;
    service->take_keys = take_keys;
    return good;
}

bool lease_keys_rotate_shared(struct service *service, const char *folder, char *ret_retired, char *ret_made,
                              char *error, size_t error_size)
{
    return settle_in_batch(service, folder, true, ret_retired, ret_made, error, error_size);
}
