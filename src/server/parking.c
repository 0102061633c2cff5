// SPDX-License-Identifier: Apache-2.0
#include "server/parking_parts.h"

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

void parking_init(struct parking *parking, uint64_t node)
{
    *parking = (struct parking){.node = node};
    parking->told_end = &parking->told;
}

void parking_free_elsewhere(struct parked *parked)
{
    row_disown(ROW_WAITER, parked->row);
    free(parked->row);
    free(parked);
}

void parking_fini(struct parking *parking)
{
    size_t cursor = 0;
    for (struct parked *parked; (parked = table_next(&parking->by_id, &cursor)) != NULL;) {
        if (parked->job == NULL)
            parking_free_elsewhere(parked);
    }
    for (size_t i = 0; i < parking->leaving_count; i++)
        row_disown(ROW_WAITER, &parking->leavings[i].row);
    free(parking->leavings);
    table_fini(&parking->by_id);
    table_fini(&parking->by_serial);
    table_fini(&parking->by_key);
    free(parking->ring);
    *parking = (struct parking){0};
}

// ---- Who waits

uint64_t parking_id_hash(const struct parked *parked)
{
    return hash_numbers(parked->tenant->account.row.id, parked->id);
}

struct parked *parking_add(struct parking *parking, struct decision *decision, struct job *job, struct tenant *tenant,
                           struct age age, struct parked *former, uint64_t id)
{
    struct call *call = job->call;
    const struct session_request *request = &call->command.session;
    struct parked *parked = arena_alloc(call->arena, sizeof *parked);
    *parked = (struct parked){
        .waiter = {.request = *request,
                   .actor = call->actor,
                   .since_at = age.since_at,
                   .deadline_at = age.since_at + moment_seconds(request->wait_s),
                   .order = id != 0 ? id : ++parking->order,
                   .head_since = age.head_since},
        .job = job,
        .tenant = tenant,
        .id = id,
    };
    // In a shared store its row tells the order, which others go by.
    if (former != NULL && id == 0)
        parked->waiter.order = former->waiter.order;
    if (former != NULL)
        queue_replace(decision, &former->waiter, &parked->waiter);
    else
        queue_join(decision, &parked->waiter);
    table_add(&parking->by_serial, hash_number(job->serial), parked);
    if (id != 0)
        table_add(&parking->by_id, parking_id_hash(parked), parked);
    tenant->waiting_here++;
    return parked;
}

struct job *parking_remove(struct parking *parking, struct parked *parked)
{
    struct job *job = parked->job;
    queue_leave(&parked->tenant->account, &parked->waiter);
    if (parked->id != 0)
        table_remove(&parking->by_id, parking_id_hash(parked), parked);
    if (job == NULL) {
        parking_free_elsewhere(parked);
        return NULL;
    }
    parked->tenant->waiting_here--;
    table_remove(&parking->by_serial, hash_number(job->serial), parked);
    return job;
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
    const struct age_key *wanted = key;
    return kept->account == wanted->account && kept->key == wanted->key && strcmp(kept->text, wanted->text) == 0;
}

static struct kept_age *find_age(const struct parking *parking, const struct age_key *key)
{
    return table_find(&parking->by_key, age_hash(key->account, key->key, key->text), is_age_of, key);
}

static void forget_age(struct parking *parking, struct kept_age *kept)
{
    if (kept == NULL || kept->until_at == 0)
        return;
    table_remove(&parking->by_key, age_hash(kept->account, kept->key, kept->text), kept);
    kept->until_at = 0;
}

void parking_put_age(struct parking *parking, const struct age_key *key, const unsigned char *request_hash,
                     struct age age, int64_t until_at)
{
    if (parking->ring == NULL)
        parking->ring = check_calloc(AGES_MAX, sizeof *parking->ring);
    struct kept_age *kept = &parking->ring[parking->next++ % AGES_MAX];
    forget_age(parking, find_age(parking, key));
    forget_age(parking, kept);
    *kept = (struct kept_age){.account = key->account, .key = key->key, .age = age, .until_at = until_at};
    CHECK(strlen(key->text) < sizeof kept->text);
    memcpy(kept->text, key->text, strlen(key->text) + 1);
    memcpy(kept->request_hash, request_hash, KEY_HASH_BYTES);
    table_add(&parking->by_key, age_hash(kept->account, kept->key, kept->text), kept);
}

static struct age_key key_of(const struct call *call)
{
    return (struct age_key){call->account, call->actor.key, call->idempotency_key};
}

void parking_keep_age(struct parking *parking, const struct call *call, struct age age, int64_t now)
{
    struct age_key key = key_of(call);
    if (key.text != NULL)
        parking_put_age(parking, &key, call->request_hash, age, now + moment_seconds(AGE_KEPT_S));
}

struct age parking_take_age(struct parking *parking, const struct call *call, int64_t now, int64_t since_at)
{
    struct age_key key = key_of(call);
    struct kept_age *kept = key.text != NULL ? find_age(parking, &key) : NULL;
    bool is_same = kept != NULL && memcmp(kept->request_hash, call->request_hash, KEY_HASH_BYTES) == 0;
    struct age age = {.since_at = since_at};
    if (is_same && kept->until_at > now)
        age = kept->age;
    if (is_same)
        forget_age(parking, kept);
    return age;
}
