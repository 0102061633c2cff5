// SPDX-License-Identifier: Apache-2.0
#include "server/lease_keys.h"

#include "api/put.h"
#include "base/check.h"
#include "base/moment.h"
#include "store/files.h"

#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILE_MAX_BYTES = 1 << 20,
    KEYS_MAX = 2000,
    PUBLIC_BYTES = crypto_sign_PUBLICKEYBYTES,
    SEED_BYTES = crypto_sign_SEEDBYTES,
    KID_HASH_BYTES = 32,
    KID_BYTES = 8, // of the hash
    BASE64_SIZE = 64,
};

// One key of the file.
struct entry {
    unsigned char public_key[PUBLIC_BYTES];
    unsigned char seed[SEED_BYTES]; // of the present one only
    int64_t created_at;
    int64_t retired_at; // 0: the present one
};

// The file's keys, oldest first; the last is the present one.
struct ring {
    struct entry *entries;
    size_t count;
};

// What was read from the file at some time. Answers on their way may still use an older one.
struct edition {
    struct lease_key present;
    char *published;
    struct edition *older;
};

struct lease_keys {
    char *folder, *file;
    const struct log *log;
    pthread_mutex_t lock; // guards what follows
    struct edition *newest;
    struct stat seen; // the file as it was read last
};

// ---- One key

static void kid_of(const unsigned char public_key[PUBLIC_BYTES], char ret_kid[LEASE_KID_SIZE])
{
    unsigned char hash[KID_HASH_BYTES];
    int failed = crypto_generichash(hash, sizeof hash, public_key, PUBLIC_BYTES, NULL, 0);
    CHECK(failed == 0);
    sodium_bin2hex(ret_kid, LEASE_KID_SIZE, hash, KID_BYTES);
}

static void make_entry(struct entry *entry, int64_t now)
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    *entry = (struct entry){.created_at = now};
    randombytes_buf(entry->seed, sizeof entry->seed);
    crypto_sign_seed_keypair(entry->public_key, secret, entry->seed);
    sodium_memzero(secret, sizeof secret);
}

static void put_base64(struct buffer *json, const char *name, const unsigned char *bytes, size_t length)
{
    char text[BASE64_SIZE];
    sodium_bin2base64(text, sizeof text, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    put_word(json, name, text);
    sodium_memzero(text, sizeof text);
}

static void put_entry(struct buffer *json, const struct entry *entry, bool with_secret)
{
    char kid[LEASE_KID_SIZE];
    kid_of(entry->public_key, kid);
    put_open(json, '{');
    put_word(json, "kid", kid);
    put_base64(json, "public_key", entry->public_key, PUBLIC_BYTES);
    if (with_secret && entry->retired_at == 0)
        put_base64(json, "secret_key", entry->seed, SEED_BYTES);
    put_moment(json, "created_at", entry->created_at);
    put_moment(json, "retired_at", entry->retired_at);
    put_close(json, '}');
}

static char *write_ring(const struct ring *ring, bool with_secrets)
{
    struct buffer json = {0};
    put_open(&json, '{');
    put_name(&json, "keys");
    put_open(&json, '[');
    for (size_t i = 0; i < ring->count; i++)
        put_entry(&json, &ring->entries[i], with_secrets);
    put_close(&json, ']');
    put_close(&json, '}');
    return buffer_take(&json);
}

// ---- The file

static bool read_base64(const json_t *json, unsigned char *bytes, size_t length)
{
    const char *text = json_string_value(json);
    size_t found;
    return text != NULL &&
           sodium_base642bin(bytes, length, text, strlen(text), NULL, &found, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           found == length;
}

static bool read_moment(const json_t *json, int64_t *ret_at)
{
    return json_string_value(json) != NULL && moment_parse(json_string_value(json), ret_at);
}

static bool is_pair(const struct entry *entry)
{
    unsigned char public_key[PUBLIC_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public_key, secret, entry->seed);
    sodium_memzero(secret, sizeof secret);
    return memcmp(public_key, entry->public_key, PUBLIC_BYTES) == 0;
}

static bool read_entry(const json_t *json, bool is_last, struct entry *entry)
{
    *entry = (struct entry){0};
    if (!read_base64(json_object_get(json, "public_key"), entry->public_key, PUBLIC_BYTES) ||
        !read_moment(json_object_get(json, "created_at"), &entry->created_at))
        return false;
    if (!is_last)
        return read_moment(json_object_get(json, "retired_at"), &entry->retired_at);
    return json_is_null(json_object_get(json, "retired_at")) &&
           read_base64(json_object_get(json, "secret_key"), entry->seed, SEED_BYTES) && is_pair(entry);
}

static bool read_entries(const json_t *json, struct ring *ring)
{
    const json_t *keys = json_object_get(json, "keys");
    size_t count = json_array_size(keys);
    if (count == 0 || count > KEYS_MAX)
        return false;
    ring->entries = check_calloc(count, sizeof *ring->entries);
    ring->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!read_entry(json_array_get(keys, i), i + 1 == count, &ring->entries[i]))
            return false;
    }
    return true;
}

static void forget_ring(struct ring *ring)
{
    if (ring->entries != NULL)
        sodium_memzero(ring->entries, ring->count * sizeof *ring->entries);
    free(ring->entries);
    *ring = (struct ring){0};
}

// A ring without keys: there is no file. False, with a sentence.
static bool read_ring(const char *folder, struct ring *ring, char *error, size_t error_size)
{
    struct store_error cause = {""};
    char *text = check_malloc(FILE_MAX_BYTES);
    size_t length;
    bool is_there = false;
    *ring = (struct ring){0};
    bool good = files_read(folder, LEASE_KEYS_FILE, text, FILE_MAX_BYTES, &length, &is_there, &cause);
    if (!good)
        snprintf(error, error_size, "%s", cause.text);
    if (good && is_there) {
        json_t *json = json_loadb(text, length, 0, NULL);
        good = read_entries(json, ring);
        if (!good)
            snprintf(error, error_size,
                     "%s/" LEASE_KEYS_FILE " is damaged. Put the file of a backup in its place. Without one, move it "
                     "away: then a new key is made, and leases that were signed before cannot be verified any more.",
                     folder);
        json_decref(json);
        sodium_memzero(text, length);
    }
    free(text);
    if (!good)
        forget_ring(ring);
    return good;
}

static bool keep_ring(const char *folder, const struct ring *ring, char *error, size_t error_size)
{
    struct store_error cause = {""};
    char *text = write_ring(ring, true);
    bool good = files_write(folder, LEASE_KEYS_FILE, text, strlen(text), &cause);
    if (!good)
        snprintf(error, error_size, "%s", cause.text);
    sodium_memzero(text, strlen(text));
    free(text);
    return good;
}

static void add_entry(struct ring *ring, int64_t now)
{
    struct entry *entries = check_calloc(ring->count + 1, sizeof *entries);
    if (ring->count > 0)
        memcpy(entries, ring->entries, ring->count * sizeof *entries);
    size_t count = ring->count;
    forget_ring(ring);
    *ring = (struct ring){entries, count + 1};
    make_entry(&entries[count], now);
}

bool lease_keys_rotate(const char *folder, int64_t now, char ret_retired[LEASE_KID_SIZE], char ret_made[LEASE_KID_SIZE],
                       char *error, size_t error_size)
{
    struct ring ring;
    ret_retired[0] = '\0';
    if (!read_ring(folder, &ring, error, error_size))
        return false;
    if (ring.count == KEYS_MAX) {
        forget_ring(&ring);
        snprintf(error, error_size, "%s/" LEASE_KEYS_FILE " holds %d keys already", folder, KEYS_MAX);
        return false;
    }
    if (ring.count > 0) {
        struct entry *present = &ring.entries[ring.count - 1];
        present->retired_at = now;
        sodium_memzero(present->seed, sizeof present->seed);
        kid_of(present->public_key, ret_retired);
    }
    add_entry(&ring, now);
    kid_of(ring.entries[ring.count - 1].public_key, ret_made);
    bool good = keep_ring(folder, &ring, error, error_size);
    forget_ring(&ring);
    return good;
}

// ---- The keys of a server that runs

static void add_edition(struct lease_keys *keys, const struct ring *ring)
{
    struct edition *edition = check_calloc(1, sizeof *edition);
    const struct entry *present = &ring->entries[ring->count - 1];
    unsigned char public_key[PUBLIC_BYTES];
    kid_of(present->public_key, edition->present.kid);
    crypto_sign_seed_keypair(public_key, edition->present.secret, present->seed);
    edition->published = write_ring(ring, false);
    edition->older = keys->newest;
    keys->newest = edition;
}

static bool read_edition(struct lease_keys *keys, char *error, size_t error_size)
{
    struct ring ring;
    if (!read_ring(keys->folder, &ring, error, error_size))
        return false;
    if (ring.count > 0)
        add_edition(keys, &ring);
    else
        snprintf(error, error_size, "%s is not there any more", keys->file);
    bool good = ring.count > 0;
    forget_ring(&ring);
    return good;
}

static bool is_seen(const struct lease_keys *keys, const struct stat *now)
{
    const struct stat *seen = &keys->seen;
    return seen->st_ino == now->st_ino && seen->st_size == now->st_size &&
           seen->st_mtim.tv_sec == now->st_mtim.tv_sec && seen->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

// Takes up what was changed since; where that cannot be read, things stay as they were. The lock is held.
static void look(struct lease_keys *keys)
{
    struct stat now = {0};
    char error[512] = "";
    if (stat(keys->file, &now) != 0)
        now = (struct stat){0};
    if (is_seen(keys, &now))
        return;
    keys->seen = now;
    if (read_edition(keys, error, sizeof error))
        log_line(keys->log, LOG_INFO, "another key signs leases from now on",
                 log_text("kid", keys->newest->present.kid));
    else
        log_line(keys->log, LOG_ERROR, "the keys of leases stay as they were", log_text("cause", error));
}

static bool open_file(struct lease_keys *keys, int64_t now, char *error, size_t error_size)
{
    char retired[LEASE_KID_SIZE], made[LEASE_KID_SIZE];
    if (stat(keys->file, &keys->seen) == 0)
        return read_edition(keys, error, error_size);
    return lease_keys_rotate(keys->folder, now, retired, made, error, error_size) &&
           stat(keys->file, &keys->seen) == 0 && read_edition(keys, error, error_size);
}

struct lease_keys *lease_keys_open(const char *folder, int64_t now, const struct log *log, char *error,
                                   size_t error_size)
{
    struct lease_keys *keys = check_calloc(1, sizeof *keys);
    keys->folder = check_strdup(folder);
    keys->file = files_path(folder, LEASE_KEYS_FILE);
    keys->log = log;
    pthread_mutex_init(&keys->lock, NULL);
    if (open_file(keys, now, error, error_size))
        return keys;
    lease_keys_close(keys);
    return NULL;
}

void lease_keys_close(struct lease_keys *keys)
{
    if (keys == NULL)
        return;
    while (keys->newest != NULL) {
        struct edition *edition = keys->newest;
        keys->newest = edition->older;
        sodium_memzero(&edition->present, sizeof edition->present);
        free(edition->published);
        free(edition);
    }
    pthread_mutex_destroy(&keys->lock);
    free(keys->folder);
    free(keys->file);
    free(keys);
}

const struct lease_key *lease_keys_present(struct lease_keys *keys)
{
    pthread_mutex_lock(&keys->lock);
    look(keys);
    const struct lease_key *present = &keys->newest->present;
    pthread_mutex_unlock(&keys->lock);
    return present;
}

char *lease_keys_published(struct lease_keys *keys)
{
    pthread_mutex_lock(&keys->lock);
    look(keys);
    char *published = check_strdup(keys->newest->published);
    pthread_mutex_unlock(&keys->lock);
    return published;
}

_Static_assert(2 * KID_BYTES + 1 == LEASE_KID_SIZE, "a kid is 16 hexadecimal digits");
