// SPDX-License-Identifier: Apache-2.0
#include "server/crew.h"

#include "api/call.h"
#include "base/check.h"
#include "store/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The numbers of the servers that this folder's process has in the shared store, one a line.
#define NODES_FILE "nodes"

enum { NODES_MAX_BYTES = 64 * 24 };

static bool open_store(const struct config *config, struct store **ret_store, struct store_error *error)
{
    return config->store != NULL ? store_open_postgres(config->store, ret_store, error)
                                 : store_open_sqlite(config->data, ret_store, error);
}

static bool open_service(struct crew *crew, const struct config *config, struct store_error *error)
{
    struct store *store;
    struct service *service = &crew->services[crew->count];
    if (!open_store(config, &store, error))
        return false;
    if (!service_open(service, store, config->accept_clock, error->text, sizeof error->text)) {
        store_close(store);
        return false;
    }
    crew->count++;
    service->has_metrics_key = config->metrics_key != NULL;
    if (service->has_metrics_key)
        key_hash_of(config->metrics_key, service->metrics_hash);
    return true;
}

// ---- The folder beside a shared store

// Who served from this folder before is gone: it has the lock no more.
static bool bury_former(struct store *store, const char *folder, struct store_error *error)
{
    char text[NODES_MAX_BYTES + 1];
    size_t length;
    bool is_there;
    if (!files_read(folder, NODES_FILE, text, NODES_MAX_BYTES, &length, &is_there, error))
        return false;
    text[is_there ? length : 0] = '\0';
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        uint64_t node = strtoull(line, NULL, 10);
        if (node != 0 && store_bury(store, node, error) != STORE_OK)
            return false;
    }
    return true;
}

static bool note_own(const struct crew *crew, const char *folder, struct store_error *error)
{
    char text[NODES_MAX_BYTES + 1] = "";
    size_t length = 0;
    for (unsigned i = 0; i < crew->count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%" PRIu64 "\n",
                                   store_node(crew->services[i].store));
    return files_write(folder, NODES_FILE, text, length, error);
}

static bool settle_folder(const struct crew *crew, const struct config *config, struct store_error *error)
{
    return config->store == NULL || (bury_former(crew->services->store, config->data, error) &&
                                     note_own(crew, config->data, error));
}

// ---- Opening and closing

static bool open_all(struct crew *crew, const struct config *config, struct store_error *error)
{
    unsigned count = config->store != NULL ? (unsigned)config->processors : 1;
    if (config->store != NULL &&
        (!files_make_folder(config->data, error) || !files_lock(config->data, "lock", &crew->lock, error)))
        return false;
    crew->services = check_calloc(count, sizeof *crew->services);
    for (unsigned i = 0; i < count; i++) {
        if (!open_service(crew, config, error))
            return false;
    }
    return settle_folder(crew, config, error);
}

bool crew_open(struct crew *crew, const struct config *config, char *error, size_t error_size)
{
    struct store_error cause = {""};
    *crew = (struct crew){.lock = -1};
    bool good = open_all(crew, config, &cause);
    if (!good)
        snprintf(error, error_size, "%s", cause.text);
    return good;
}

void crew_close(struct crew *crew)
{
    while (crew->count > 0) {
        struct service *service = &crew->services[--crew->count];
        struct store *store = service->store;
        service_close(service);
        store_close(store);
    }
    free(crew->services);
    if (crew->lock >= 0)
        close(crew->lock);
}
