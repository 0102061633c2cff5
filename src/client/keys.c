// SPDX-License-Identifier: Apache-2.0
#include "client/keys.h"

#include "client/call.h"
#include "client/moments.h"
#include "client/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "keys.json"

enum { KEY_ID_DIGITS = 16, KEYS_MAX = 1000 };

static bool decode(const char *text, unsigned char key[PUBLIC_KEY_BYTES])
{
    size_t length;
    const char *end;
    return text != NULL &&
           sodium_base642bin(key, PUBLIC_KEY_BYTES, text, strlen(text), NULL, &length, &end,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           *end == '\0' && length == PUBLIC_KEY_BYTES;
}

static bool is_named(const unsigned char key[PUBLIC_KEY_BYTES], const char *key_id)
{
    unsigned char hash[32];
    char digits[2 * sizeof hash + 1];
    crypto_generichash(hash, sizeof hash, key, PUBLIC_KEY_BYTES, NULL, 0);
    sodium_bin2hex(digits, sizeof digits, hash, sizeof hash);
    return strlen(key_id) == KEY_ID_DIGITS && strncmp(digits, key_id, KEY_ID_DIGITS) == 0;
}

static void damaged(const struct usher_store *store, struct usher_error *error)
{
    error_set(error, USHER_SYSTEM, "%.200s/%s is damaged: remove it and fetch the keys again.", store->path, FILE_NAME);
}

// {"KID": "public key", …}; an empty one when there is no file yet.
static json_t *load(const struct usher_store *store, struct usher_error *error)
{
    char *text = store_read(store, FILE_NAME, error);
    if (text == NULL && error->code != USHER_OK)
        return NULL;
    json_t *keys = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : json_object();
    free(text);
    if (json_is_object(keys))
        return keys;
    json_decref(keys);
    damaged(store, error);
    return NULL;
}

enum usher_code keys_find(const struct usher_store *store, const char *key_id, unsigned char key[PUBLIC_KEY_BYTES],
                          struct usher_error *error)
{
    json_t *keys = load(store, error);
    if (keys == NULL)
        return error->code;
    const char *text = json_string_value(json_object_get(keys, key_id));
    if (text == NULL)
        error_set(error, USHER_LEASE_UNKNOWN_KEY,
                  "The lease is signed with key %s, which is not known here: it is of another server, or the keys were "
                  "not fetched since the server has it.",
                  key_id);
    else if (!decode(text, key) || !is_named(key, key_id))
        damaged(store, error);
    json_decref(keys);
    return error->code;
}

// Adds those of an answer. False when it is not what it should be.
static bool add_keys(json_t *keys, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "keys");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *key_id = json_string_value(json_object_get(item, "kid"));
        const char *text = json_string_value(json_object_get(item, "public_key"));
        unsigned char key[PUBLIC_KEY_BYTES];
        if (key_id == NULL || !decode(text, key) || !is_named(key, key_id) || json_object_size(keys) >= KEYS_MAX ||
            json_object_set_new(keys, key_id, json_string(text)) != 0)
            return false;
    }
    return json_array_size(list) > 0;
}

static enum usher_code keep(const struct usher_store *store, const json_t *answer, struct usher_error *error)
{
    json_t *keys = load(store, error);
    if (keys == NULL)
        return error->code;
    char *text = NULL;
    if (!add_keys(keys, answer))
        answer_strange(error, "a list of public keys");
    else if ((text = json_dumps(keys, JSON_INDENT(2) | JSON_SORT_KEYS)) == NULL)
        error_memory(error);
    else
        store_write(store, FILE_NAME, text, error);
    free(text);
    json_decref(keys);
    return error->code;
}

enum usher_code usher_fetch_keys(struct usher *usher, struct usher_store *store, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error) || !store_check(store, error))
        return error->code;
    struct patience patience = {.deadline_at = boot_now() + client_timeout_ms(usher)};
    struct ask ask = {.method = "GET", .path = "/.well-known/usher-keys.json", .open = true};
    json_t *json;
    int64_t date_at;
    if (call_send(usher, &patience, &ask, &json, &date_at, error) == USHER_OK) {
        int lock = store_lock(store, error);
        if (lock >= 0 && keep(store, json, error) == USHER_OK && date_at != 0)
            seen_set(store, date_at, error);
        if (lock >= 0)
            store_unlock(lock);
    }
    json_decref(json);
    return error->code;
}
