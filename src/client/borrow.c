// SPDX-License-Identifier: Apache-2.0
//
// Borrowing, safe against everything that may be lost on the way: the Idempotency-Key is written down before the first
// try and removed when there is an answer. When the answer stays out, the next call of the same kind uses the key again
// and gets the same lease, instead of a second one beside a first that nobody has for days.
#include "client/call.h"
#include "client/explanation.h"
#include "client/moments.h"
#include "client/token.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 365 };

static const int64_t KEPT_MS = INT64_C(23) * 60 * 60 * 1000; // the server keeps a key for 24 hours
static const int64_t LEFT_MS = INT64_C(30) * 24 * 60 * 60 * 1000;

struct borrowing {
    struct usher *usher;
    struct usher_store *store;
    char *path;
    char *body;
    char key[KEY_SIZE];
    char file[FILE_NAME_SIZE]; // where the key is written down
};

static char *make_body(const struct usher_request *request, int64_t days, struct usher_error *error)
{
    static const char *const taken[] = {"product", "user", "project", "organization"};
    char fingerprint[40];
    json_t *body = json_pack("{s:I}", "days", (json_int_t)days);
    bool is_made = body != NULL;
    for (size_t i = 0; is_made && i < sizeof taken / sizeof taken[0]; i++) {
        json_t *value = json_object_get(request->members, taken[i]);
        is_made = value == NULL || json_object_set(body, taken[i], value) == 0;
    }
    if (is_made && request->has_machine)
        is_made = json_object_set(body, "machine", json_object_get(request->members, "machine")) == 0;
    else if (is_made && usher_machine_fingerprint(fingerprint, error) == USHER_OK)
        is_made = json_object_set_new(body, "machine", json_string(fingerprint)) == 0;
    char *text = is_made && error->code == USHER_OK ? json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(body);
    if (text == NULL && error->code == USHER_OK)
        error_memory(error);
    return text;
}

static void name_file(struct borrowing *borrowing)
{
    unsigned char hash[16];
    char digits[2 * sizeof hash + 1];
    crypto_generichash_state state;
    const char *parts[] = {borrowing->usher->url, borrowing->usher->key, borrowing->path, borrowing->body};
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        crypto_generichash_update(&state, (const unsigned char *)parts[i], strlen(parts[i]) + 1);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
    snprintf(borrowing->file, sizeof borrowing->file, "borrow-%s", digits);
}

// Takes the key that is written down, when it is not too old, else writes down a new one. With the lock held.
static enum usher_code take_key(struct borrowing *borrowing, const struct usher_request *request,
                                struct usher_error *error)
{
    if (request->has_key) {
        memcpy(borrowing->key, request->key, KEY_SIZE);
        return USHER_OK;
    }
    char *text = store_read(borrowing->store, borrowing->file, error), line[KEY_SIZE + 32];
    if (error->code != USHER_OK)
        return error->code;
    long long written_at = 0;
    bool is_known = text != NULL && sscanf(text, "%64s %lld", borrowing->key, &written_at) == 2 &&
                    wall_now() - written_at < KEPT_MS && wall_now() >= written_at;
    free(text);
    if (is_known)
        return USHER_OK;
    if (!chance_key(borrowing->key))
        return error_set(error, USHER_SYSTEM, "The system has no random bytes to give.");
    snprintf(line, sizeof line, "%s %lld\n", borrowing->key, (long long)wall_now());
    return store_write(borrowing->store, borrowing->file, line, error);
}

static enum usher_code begin(struct borrowing *borrowing, const struct usher_request *request, int64_t days,
                             struct usher_error *error)
{
    borrowing->path = call_path(borrowing->usher, "/leases");
    borrowing->body = make_body(request, days, error);
    if (borrowing->body == NULL)
        return error->code;
    if (borrowing->path == NULL)
        return error_memory(error);
    name_file(borrowing);
    int lock = store_lock(borrowing->store, error);
    if (lock < 0)
        return error->code;
    take_key(borrowing, request, error);
    store_unlock(lock);
    return error->code;
}

// ---- Tidying up

static bool is_old(const struct usher_store *store, const char *name, int64_t now)
{
    struct usher_error error;
    struct usher_lease lease;
    long long written_at = 0;
    error_clear(&error);
    char *text = store_read(store, name, &error);
    bool is_old = false;
    if (text != NULL && strncmp(name, "borrow-", 7) == 0)
        is_old = sscanf(text, "%*64s %lld", &written_at) == 1 && now - written_at > LEFT_MS;
    else if (text != NULL)
        is_old = token_read(store, text, &lease, &error) == USHER_OK && now - lease.ends_at > LEFT_MS;
    free(text);
    return is_old;
}

// What ended a month ago, and the marks of it, is of no use any more. With the lock held.
static void tidy(const struct usher_store *store, const char *before)
{
    struct usher_error error;
    json_t *names = store_names(store, before, &error), *name;
    int64_t now = wall_now();
    size_t i;
    json_array_foreach(names, i, name)
    {
        if (is_old(store, json_string_value(name), now))
            store_remove(store, json_string_value(name), &error);
    }
    json_decref(names);
}

// ---- All of it

// Reads the lease from the answer and keeps it. With the lock held.
static enum usher_code keep(struct borrowing *borrowing, const json_t *json, struct usher_lease *lease,
                            struct usher_error *error)
{
    char name[FILE_NAME_SIZE];
    const char *token = json_string_value(json_object_get(json, "lease"));
    if (token == NULL)
        return answer_strange(error, "a lease");
    if (token_read(borrowing->store, token, lease, error) != USHER_OK)
        return error->code;
    token_file_name(lease, "lease", name);
    if (store_write(borrowing->store, name, token, error) == USHER_OK)
        store_remove(borrowing->store, borrowing->file, error);
    tidy(borrowing->store, "lease-");
    tidy(borrowing->store, "returned-");
    tidy(borrowing->store, "borrow-");
    return error->code;
}

static enum usher_code take(struct borrowing *borrowing, const json_t *json, struct usher_lease *lease,
                            struct usher_error *error)
{
    int lock = store_lock(borrowing->store, error);
    if (lock < 0)
        return error->code;
    if (keep(borrowing, json, lease, error) == USHER_LEASE_UNKNOWN_KEY) {
        // The server has had a new key since they were fetched.
        store_unlock(lock);
        if (usher_fetch_keys(borrowing->usher, borrowing->store, error) != USHER_OK)
            return error->code;
        lock = store_lock(borrowing->store, error);
        if (lock < 0)
            return error->code;
        keep(borrowing, json, lease, error);
    }
    store_unlock(lock);
    return error->code;
}

static enum usher_code ask_for_it(struct borrowing *borrowing, struct usher_request *request,
                                  struct usher_lease *ret_lease, struct usher_error *error)
{
    struct patience patience = {.request = request, .deadline_at = boot_now() + client_timeout_ms(borrowing->usher)};
    struct ask ask = {
        .method = "POST", .path = borrowing->path, .body = borrowing->body, .idempotency_key = borrowing->key};
    struct usher_lease lease;
    json_t *json;
    enum usher_code code = call_send(borrowing->usher, &patience, &ask, &json, NULL, error);
    if (code == USHER_OK)
        code = take(borrowing, json, &lease, error);
    else if (code == USHER_DENIED)
        request->denial = explanation_replace(request->denial, json);
    // Refused, in so many words: nothing stands under the key.
    if (code != USHER_OK && json != NULL && error->status >= 400)
        store_remove(borrowing->store, borrowing->file, &(struct usher_error){0});
    json_decref(json);
    if (code == USHER_OK && ret_lease != NULL)
        *ret_lease = lease;
    return code;
}

enum usher_code usher_borrow(struct usher *usher, struct usher_store *store, struct usher_request *request,
                             int64_t days, struct usher_lease *ret_lease, struct usher_error *error)
{
    struct usher_error spare;
    struct borrowing borrowing = {.usher = usher, .store = store};
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error) || !store_check(store, error) || !request_check(request, error))
        return error->code;
    int64_t count = 1;
    (void)answer_number(request->members, "count", 1, INT64_MAX, &count);
    if (days < 1 || days > DAYS_MAX)
        return error_set(error, USHER_INVALID, "A lease is borrowed for 1 to %d days.", DAYS_MAX);
    if (count != 1)
        return error_set(error, USHER_INVALID, "One lease is one unit: borrow as many leases as you need.");
    request_forget_denial(request);
    // Without the keys the lease could not be checked: they come first.
    if (usher_fetch_keys(usher, store, error) == USHER_OK && begin(&borrowing, request, days, error) == USHER_OK)
        ask_for_it(&borrowing, request, ret_lease, error);
    free(borrowing.body);
    free(borrowing.path);
    return error->code;
}
