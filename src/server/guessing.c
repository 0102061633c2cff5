// SPDX-License-Identifier: Apache-2.0
#include "server/guessing.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { FREE_OF_PAIR = 5, FREE_OF_ADDRESS = 50, FREE_OF_NAME = 20, TEXT_SIZE = 400, DOUBLINGS_MAX = 10 };

_Static_assert(GUESSING_KEY_BYTES == crypto_shorthash_KEYBYTES, "places are found by SipHash");
_Static_assert(1 << DOUBLINGS_MAX > GUESSING_WAIT_MAX_S, "so many doublings reach the longest wait");

void guessing_init(struct guessing *guessing)
{
    memset(guessing, 0, sizeof *guessing);
    pthread_mutex_init(&guessing->lock, NULL);
    randombytes_buf(guessing->key, sizeof guessing->key);
}

static int64_t seconds(int64_t count)
{
    return 1000 * count;
}

// ---- What is counted

static uint64_t hash(const struct guessing *guessing, const char *text)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    uint64_t id;
    crypto_shorthash(bytes, (const unsigned char *)text, strlen(text), guessing->key);
    memcpy(&id, bytes, sizeof id);
    return id != 0 ? id : 1;
}

// Whoever has an IPv6 address has 2^64 of them.
static void write_address(const char *address, char text[INET6_ADDRSTRLEN])
{
    unsigned char bytes[16];
    if (inet_pton(AF_INET6, address, bytes) == 1) {
        memset(bytes + 8, 0, 8);
        inet_ntop(AF_INET6, bytes, text, INET6_ADDRSTRLEN);
    } else {
        snprintf(text, INET6_ADDRSTRLEN, "%s", address);
    }
}

// As users are found by it: with A to Z as a to z.
static void write_name(uint64_t account, const char *name, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "%" PRIu64 "/%s", account, name);
    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
}

static void identify(const struct guessing *guessing, struct attempt *attempt, const char *address, uint64_t account,
                     const char *name, bool by_name)
{
    char from[INET6_ADDRSTRLEN], who[TEXT_SIZE], both[TEXT_SIZE + INET6_ADDRSTRLEN];
    write_address(address, from);
    write_name(account, name, who);
    snprintf(both, sizeof both, "%s %s", from, who);
    *attempt = (struct attempt){.pair = hash(guessing, both), .address = hash(guessing, from)};
    if (by_name)
        attempt->name = hash(guessing, who);
}

// ---- Places

static struct guessing_place *find(struct guessing *guessing, uint64_t id)
{
    struct guessing_place *set = &guessing->places[id % (GUESSING_PLACES / GUESSING_WAYS) * GUESSING_WAYS];
    for (size_t i = 0; i < GUESSING_WAYS; i++) {
        if (set[i].id == id)
            return &set[i];
    }
    return NULL;
}

// Whether `a` is given up before `b`: what is known last, else what was tried longest ago.
static bool is_given_up_before(const struct guessing_place *a, const struct guessing_place *b)
{
    bool a_known = a->known_ms != 0, b_known = b->known_ms != 0;
    return a_known != b_known ? b_known : a->last_ms < b->last_ms;
}

static struct guessing_place *take(struct guessing *guessing, uint64_t id)
{
    struct guessing_place *place = find(guessing, id);
    if (place != NULL)
        return place;
    struct guessing_place *set = &guessing->places[id % (GUESSING_PLACES / GUESSING_WAYS) * GUESSING_WAYS];
    place = set;
    for (size_t i = 1; i < GUESSING_WAYS; i++) {
        if (is_given_up_before(&set[i], place))
            place = &set[i];
    }
    *place = (struct guessing_place){.id = id};
    return place;
}

static void forget_old(struct guessing_place *place, int64_t now)
{
    if (now - place->last_ms >= seconds(GUESSING_FORGOTTEN_S))
        place->failures = 0;
    if (place->known_ms != 0 && now - place->known_ms >= seconds(GUESSING_KNOWN_S))
        place->known_ms = 0;
}

// Milliseconds until the next attempt may be made.
static int64_t wait_of(struct guessing *guessing, uint64_t id, uint32_t free, int64_t now)
{
    struct guessing_place *place = id != 0 ? find(guessing, id) : NULL;
    if (place == NULL)
        return 0;
    forget_old(place, now);
    if (place->failures < free)
        return 0;
    uint32_t doublings = place->failures - free;
    int64_t wait = doublings < DOUBLINGS_MAX ? INT64_C(1) << doublings : GUESSING_WAIT_MAX_S;
    if (wait > GUESSING_WAIT_MAX_S)
        wait = GUESSING_WAIT_MAX_S;
    int64_t next_at = place->last_ms + seconds(wait);
    return next_at > now ? next_at - now : 0;
}

static void count(struct guessing *guessing, uint64_t id, int64_t now)
{
    if (id == 0)
        return;
    struct guessing_place *place = take(guessing, id);
    forget_old(place, now);
    place->failures++;
    place->last_ms = now;
}

static void take_back(struct guessing *guessing, uint64_t id)
{
    struct guessing_place *place = id != 0 ? find(guessing, id) : NULL;
    if (place == NULL)
        return;
    place->failures -= place->failures > 0;
    if (place->failures == 0 && place->known_ms == 0)
        *place = (struct guessing_place){0};
}

static int64_t longest_wait(struct guessing *guessing, struct attempt *attempt, int64_t now)
{
    int64_t wait = wait_of(guessing, attempt->pair, FREE_OF_PAIR, now);
    const struct guessing_place *pair = find(guessing, attempt->pair);
    attempt->is_known = pair != NULL && pair->known_ms != 0;
    if (attempt->is_known) {
        attempt->address = attempt->name = 0;
        return wait;
    }
    int64_t of_address = wait_of(guessing, attempt->address, FREE_OF_ADDRESS, now);
    int64_t of_name = wait_of(guessing, attempt->name, FREE_OF_NAME, now);
    wait = wait > of_address ? wait : of_address;
    return wait > of_name ? wait : of_name;
}

unsigned guessing_begin(struct guessing *guessing, struct attempt *attempt, const char *address, uint64_t account,
                        const char *name, bool by_name, int64_t mono_ms)
{
    identify(guessing, attempt, address, account, name, by_name);
    pthread_mutex_lock(&guessing->lock);
    int64_t wait = longest_wait(guessing, attempt, mono_ms);
    attempt->is_counted = wait == 0;
    if (attempt->is_counted) {
        count(guessing, attempt->pair, mono_ms);
        count(guessing, attempt->address, mono_ms);
        count(guessing, attempt->name, mono_ms);
    }
    pthread_mutex_unlock(&guessing->lock);
    return (unsigned)((wait + 999) / 1000);
}

void guessing_end(struct guessing *guessing, struct attempt *attempt, enum attempt_end end, int64_t mono_ms)
{
    if (!attempt->is_counted || end == ATTEMPT_WRONG)
        return;
    attempt->is_counted = false;
    pthread_mutex_lock(&guessing->lock);
    take_back(guessing, attempt->pair);
    take_back(guessing, attempt->address);
    take_back(guessing, attempt->name);
    if (end == ATTEMPT_RIGHT) {
        struct guessing_place *pair = take(guessing, attempt->pair);
        pair->failures = 0;
        pair->last_ms = pair->known_ms = mono_ms;
    }
    pthread_mutex_unlock(&guessing->lock);
}
