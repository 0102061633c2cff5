// SPDX-License-Identifier: Apache-2.0
#include "server/parking.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>
#include <string.h>

struct kept_age {
    uint64_t account, key;
    char text[IDEMPOTENCY_KEY_MAX_BYTES + 1];
    unsigned char request_hash[KEY_HASH_BYTES];
    struct age age;
    int64_t until_at; // 0: not kept
};

void parking_fini(struct parking *parking)
{
    table_fini(&parking->by_serial);
    table_fini(&parking->by_key);
    free(parking->ring);
    *parking = (struct parking){0};
}

// ---- Who waits

void parking_add(struct parking *parking, struct decision *decision, struct job *job, struct tenant *tenant,
                 struct age age, struct parked *former)
{
    struct call *call = job->call;
    const struct session_request *request = &call->command.session;
    struct parked *parked = arena_alloc(call->arena, sizeof *parked);
    *parked = (struct parked){
        .waiter = {.request = *request,
                   .actor = call->actor,
                   .since_at = age.since_at,
                   .deadline_at = age.since_at + moment_seconds(request->wait_s),
                   .order = ++parking->order,
                   .head_since = age.head_since},
        .job = job,
        .tenant = tenant,
    };
    if (former != NULL)
        queue_replace(decision, &former->waiter, &parked->waiter);
    else
        queue_join(decision, &parked->waiter);
    table_add(&parking->by_serial, hash_number(job->serial), parked);
}

struct job *parking_remove(struct parking *parking, struct parked *parked)
{
    queue_leave(&parked->tenant->account, &parked->waiter);
    table_remove(&parking->by_serial, hash_number(parked->job->serial), parked);
    return parked->job;
}

static bool same_serial(const void *item, const void *key)
{
    return ((const struct parked *)item)->job->serial == *(const uint64_t *)key;
}

struct parked *parking_find(const struct parking *parking, uint64_t serial)
{
    return table_find(&parking->by_serial, hash_number(serial), same_serial, &serial);
}

struct parked *parking_next(const struct parking *parking, size_t *cursor)
{
    return table_next(&parking->by_serial, cursor);
}

// ---- Ages

static uint64_t age_hash(uint64_t account, uint64_t key, const char *text)
{
    return hash_numbers(hash_numbers(account, key), hash_text(text));
}

static bool is_age_of(const void *item, const void *key)
{
    const struct kept_age *kept = item;
    const struct call *call = key;
    return kept->account == call->account && kept->key == call->actor.key &&
           strcmp(kept->text, call->idempotency_key) == 0;
}

static struct kept_age *find_age(const struct parking *parking, const struct call *call)
{
    if (call->idempotency_key == NULL)
        return NULL;
    uint64_t hash = age_hash(call->account, call->actor.key, call->idempotency_key);
    return table_find(&parking->by_key, hash, is_age_of, call);
}

static void forget_age(struct parking *parking, struct kept_age *kept)
{
    if (kept == NULL || kept->until_at == 0)
        return;
    table_remove(&parking->by_key, age_hash(kept->account, kept->key, kept->text), kept);
    kept->until_at = 0;
}

void parking_keep_age(struct parking *parking, const struct call *call, struct age age, int64_t now)
{
    const char *text = call->idempotency_key;
    if (text == NULL)
        return;
    if (parking->ring == NULL)
        parking->ring = check_calloc(AGES_MAX, sizeof *parking->ring);
    struct kept_age *kept = &parking->ring[parking->next++ % AGES_MAX];
    forget_age(parking, find_age(parking, call));
    forget_age(parking, kept);
    *kept = (struct kept_age){
        .account = call->account, .key = call->actor.key, .age = age, .until_at = now + moment_seconds(AGE_KEPT_S)};
    CHECK(strlen(text) < sizeof kept->text);
    memcpy(kept->text, text, strlen(text) + 1);
    memcpy(kept->request_hash, call->request_hash, KEY_HASH_BYTES);
    table_add(&parking->by_key, age_hash(kept->account, kept->key, kept->text), kept);
}

struct age parking_take_age(struct parking *parking, const struct call *call, int64_t now)
{
    struct kept_age *kept = find_age(parking, call);
    bool is_same = kept != NULL && memcmp(kept->request_hash, call->request_hash, KEY_HASH_BYTES) == 0;
    struct age age = {.since_at = now};
    if (is_same && kept->until_at > now)
        age = kept->age;
    if (is_same)
        forget_age(parking, kept);
    return age;
}
