// SPDX-License-Identifier: Apache-2.0
// usherd rotate-key: retires the key that signs leases and makes another; a server that runs takes it up by itself.
#include "server/tools.h"

#include "server/lease_keys.h"
#include "server/lease_keys_shared.h"
#include "store/files.h"

static bool rotate_shared(const struct config *config, char *ret_retired, char *ret_made, char *error,
                          size_t error_size)
{
    struct store *store;
    struct service service;
    struct store_error cause = {""};
    bool good = files_make_folder(config->data, &cause) && store_open_postgres(config->store, &store, &cause);
    if (!good) {
        snprintf(error, error_size, "%s", cause.text);
        return false;
    }
    good = service_open(&service, store, false, error, error_size);
    if (good) {
        good = lease_keys_rotate_shared(&service, config->data, ret_retired, ret_made, error, error_size);
        service_close(&service);
    }
    store_close(store);
    return good;
}

int tool_rotate_key(const struct config *config)
{
    const struct tool_option options[] = {{0}};
    char retired[LEASE_KID_SIZE], made[LEASE_KID_SIZE], error[1024] = "";
    if (!tool_read(config, options))
        return TOOL_USAGE;
    bool good = config->store != NULL
                    ? rotate_shared(config, retired, made, error, sizeof error)
                    : lease_keys_rotate(config->data, tool_now(), retired, made, error, sizeof error);
    if (!good)
        return tool_fail(TOOL_FAILED, "%s", error);
    printf("%s signs leases from now on.\n", made);
    if (retired[0] != '\0')
        printf("%s is retired: what it signed can still be verified.\n", retired);
    return 0;
}
