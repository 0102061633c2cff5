// SPDX-License-Identifier: Apache-2.0
//
// Giving a lease back before its end. The mark that it is given back comes first and is on disk before the server hears
// of it: at no moment can the license be used here and be another's.
#include "client/call.h"
#include "client/moments.h"
#include "client/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// With the lock held. By its id; where leases of several servers have the same, the token must be given.
static enum usher_code find_by_id(const struct usher_store *store, const char *id, struct usher_lease *lease,
                                  struct usher_error *error)
{
    char before[FILE_NAME_SIZE];
    snprintf(before, sizeof before, "lease-%.32s-", id);
    json_t *names = store_names(store, before, error);
    if (names == NULL)
        return error->code;
    char *token = NULL;
    if (json_array_size(names) == 0)
        error_set(error, USHER_NOT_FOUND, "No lease %.32s was borrowed here.", id);
    else if (json_array_size(names) > 1)
        error_set(error, USHER_INVALID, "There are leases %.32s of several servers here: name it by its text.", id);
    else if ((token = store_read(store, json_string_value(json_array_get(names, 0)), error)) != NULL)
        token_read(store, token, lease, error);
    else if (error->code == USHER_OK)
        error_set(error, USHER_NOT_FOUND, "No lease %.32s was borrowed here.", id);
    free(token);
    json_decref(names);
    return error->code;
}

static enum usher_code mark(const struct usher_store *store, const char *lease, struct usher_lease *found,
                            struct usher_error *error)
{
    char name[FILE_NAME_SIZE];
    int lock = store_lock(store, error);
    if (lock < 0)
        return error->code;
    if (client_is_id(lease))
        find_by_id(store, lease, found, error);
    else
        token_read(store, lease, found, error);
    if (error->code == USHER_OK) {
        token_file_name(found, "returned", name);
        store_write(store, name, found->token, error);
    }
    store_unlock(lock);
    return error->code;
}

static void unmark(const struct usher_store *store, const struct usher_lease *lease)
{
    struct usher_error error;
    char name[FILE_NAME_SIZE];
    int lock = store_lock(store, &error);
    if (lock < 0)
        return;
    token_file_name(lease, "returned", name);
    store_remove(store, name, &error);
    store_unlock(lock);
}

static enum usher_code tell_server(struct usher *usher, const struct usher_lease *lease, bool *ret_is_refused,
                                   struct usher_error *error)
{
    struct patience patience = {.deadline_at = boot_now() + client_timeout_ms(usher)};
    json_t *json = NULL;
    char *path;
    if (asprintf(&path, "/v1/accounts/%s/leases/%s", lease->account, lease->id) < 0)
        return error_memory(error);
    struct ask ask = {.method = "DELETE", .path = path};
    call_send(usher, &patience, &ask, &json, NULL, error);
    *ret_is_refused = error->code != USHER_OK && json != NULL;
    free(path);
    json_decref(json);
    if (error->code == USHER_ENDED) {
        error_clear(error);
        *ret_is_refused = false;
    }
    return error->code;
}

enum usher_code usher_lease_return(struct usher *usher, struct usher_store *store, const char *lease,
                                   struct usher_error *error)
{
    struct usher_error spare;
    struct usher_lease found;
    bool is_refused = false;
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error) || !store_check(store, error))
        return error->code;
    if (lease == NULL)
        return error_set(error, USHER_INVALID, "There is no lease.");
    if (mark(store, lease, &found, error) == USHER_OK && tell_server(usher, &found, &is_refused, error) != USHER_OK &&
        is_refused)
        unmark(store, &found);
    return error->code;
}
