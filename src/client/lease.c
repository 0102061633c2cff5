// SPDX-License-Identifier: Apache-2.0
#include "base/moment.h"
#include "client/moments.h"
#include "client/seen.h"
#include "client/token.h"

#include <stdlib.h>
#include <string.h>

static enum usher_code check_machine(const struct usher_lease *lease, struct usher_error *error)
{
    char fingerprint[40];
    if (usher_machine_fingerprint(fingerprint, error) != USHER_OK || strcmp(lease->machine, fingerprint) == 0)
        return error->code;
    return error_set(error, USHER_LEASE_OTHER_MACHINE, "%s was borrowed for another machine.", lease->id);
}

static enum usher_code check_time(const struct usher_lease *lease, int64_t now, struct usher_error *error)
{
    char text[MOMENT_TEXT_SIZE];
    if (now < lease->starts_at - CLOCK_TOLERANCE_MS) {
        moment_format(lease->starts_at, text);
        return error_set(error, USHER_LEASE_NOT_YET, "%s starts at %s.", lease->id, text);
    }
    if (now >= lease->ends_at) {
        moment_format(lease->ends_at, text);
        return error_set(error, USHER_LEASE_OVER, "%s ended at %s: borrow again.", lease->id, text);
    }
    return USHER_OK;
}

// With the lock held.
static enum usher_code verify(const struct usher_store *store, const char *token, struct usher_lease *lease,
                              struct usher_error *error)
{
    char returned[FILE_NAME_SIZE];
    int64_t now = wall_now();
    if (token_read(store, token, lease, error) != USHER_OK || check_machine(lease, error) != USHER_OK)
        return error->code;
    token_file_name(lease, "returned", returned);
    if (store_has(store, returned))
        return error_set(error, USHER_LEASE_RETURNED, "%s was given back: borrow again.", lease->id);
    if (seen_check(store, now, error) != USHER_OK)
        return error->code;
    return check_time(lease, now, error);
}

static bool is_genuine(enum usher_code code)
{
    return code == USHER_OK || code >= USHER_LEASE_OTHER_MACHINE;
}

enum usher_code usher_lease_verify(struct usher_store *store, const char *token, struct usher_lease *ret_lease,
                                   struct usher_error *error)
{
    struct usher_error spare;
    struct usher_lease lease = {0};
    error = ERROR_OR(error, &spare);
    if (!store_check(store, error))
        return error->code;
    int lock = store_lock(store, error);
    if (lock < 0)
        return error->code;
    enum usher_code code = verify(store, token, &lease, error);
    store_unlock(lock);
    if (ret_lease != NULL && is_genuine(code))
        *ret_lease = lease;
    return code;
}

// The best of the leases in the store: one that counts before one that does not, then the one that ends last.
struct search {
    const char *product;
    enum usher_code code;
    struct usher_lease lease; // its id is "" while there is none
    struct usher_error error;
    struct usher_error fault; // of a file that may be one, but cannot be read
    char faulty[FILE_NAME_SIZE];
};

// What is wrong with this machine is wrong for every lease.
static bool is_of_machine(enum usher_code code)
{
    return code == USHER_SYSTEM || code == USHER_MEMORY;
}

static void look_at(const struct usher_store *store, const char *name, struct search *search)
{
    struct usher_error error;
    struct usher_lease lease = {0};
    error_clear(&error);
    char *token = store_read(store, name, &error);
    enum usher_code code = token != NULL ? verify(store, token, &lease, &error) : error.code;
    free(token);
    if (!is_genuine(code) && !is_of_machine(search->fault.code)) {
        search->fault = error;
        text_copy(search->faulty, sizeof search->faulty, name);
    }
    if (!is_genuine(code) || strcmp(lease.product, search->product) != 0)
        return;
    bool is_first = search->lease.id[0] == '\0', counts = code == USHER_OK, best_counts = search->code == USHER_OK;
    if (is_first || counts > best_counts || (counts == best_counts && lease.ends_at > search->lease.ends_at)) {
        search->code = code;
        search->lease = lease;
        search->error = error;
    }
}

static enum usher_code found_none(const struct search *search, struct usher_error *error)
{
    enum usher_code code = search->fault.code;
    if (code == USHER_OK)
        return error_set(error, USHER_NOT_FOUND, "No lease of %.64s was borrowed here.", search->product);
    return error_set(error, is_of_machine(code) ? code : USHER_NOT_FOUND,
                     "No lease of %.64s can be read here, and with %s this is wrong: %.500s", search->product,
                     search->faulty, search->fault.detail);
}

enum usher_code usher_lease_find(struct usher_store *store, const char *product, struct usher_lease *ret_lease,
                                 struct usher_error *error)
{
    struct usher_error spare;
    struct search search = {.product = product};
    error = ERROR_OR(error, &spare);
    if (!store_check(store, error))
        return error->code;
    if (product == NULL)
        return error_set(error, USHER_INVALID, "There is no product.");
    int lock = store_lock(store, error);
    if (lock < 0)
        return error->code;
    json_t *names = store_names(store, "lease-", error), *name;
    size_t i;
    json_array_foreach(names, i, name)
        look_at(store, json_string_value(name), &search);
    store_unlock(lock);
    if (names == NULL)
        return error->code;
    json_decref(names);
    if (search.lease.id[0] == '\0' || (search.code != USHER_OK && is_of_machine(search.fault.code)))
        return found_none(&search, error);
    *error = search.error;
    if (ret_lease != NULL)
        *ret_lease = search.lease;
    return search.code;
}

// The store is open to others while the caller looks at a lease.
static enum usher_code verify_file(const struct usher_store *store, const char *name, struct usher_lease *lease,
                                   struct usher_error *error)
{
    int lock = store_lock(store, error);
    if (lock < 0)
        return error->code;
    char *token = store_read(store, name, error);
    if (token != NULL)
        verify(store, token, lease, error);
    else if (error->code == USHER_OK)
        error_set(error, USHER_NOT_FOUND, "It is not there any more.");
    free(token);
    store_unlock(lock);
    return error->code;
}

enum usher_code usher_lease_each(struct usher_store *store, usher_lease_fn *each, void *context,
                                 struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (!store_check(store, error))
        return error->code;
    if (each == NULL)
        return error_set(error, USHER_INVALID, "There is nothing to call.");
    int lock = store_lock(store, error);
    if (lock < 0)
        return error->code;
    json_t *names = store_names(store, "lease-", error), *name;
    store_unlock(lock);
    size_t i;
    json_array_foreach(names, i, name)
    {
        struct usher_error fault;
        struct usher_lease lease = {0};
        error_clear(&fault);
        enum usher_code code = verify_file(store, json_string_value(name), &lease, &fault);
        if (!is_genuine(code))
            lease = (struct usher_lease){0};
        if (code != USHER_NOT_FOUND)
            each(&lease, &fault, context);
    }
    json_decref(names);
    return error->code;
}
