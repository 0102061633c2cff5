// SPDX-License-Identifier: Apache-2.0
#include "server/parking_parts.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const struct tenant *tenant, uint64_t key, const char *text)
{
    return hash_numbers(hash_numbers(tenant->account.row.id, key), hash_text(text));
}

// ---- Who comes back

// What comes back.
struct comer {
    const struct tenant *tenant;
    const struct call *call;
};

static bool asks_so(const struct waiter_row *row, const struct call *call)
{
    return row->key == call->actor.key && row->idempotency_key != NULL &&
           strcmp(row->idempotency_key, call->idempotency_key) == 0 &&
           memcmp(row->request_hash, call->request_hash, KEY_HASH_BYTES) == 0;
}

static bool is_of_call(const void *item, const void *key)
{
    const struct away *away = item;
    const struct comer *comer = key;
    return away->tenant == comer->tenant && asks_so(&away->row, comer->call);
}

static struct age age_of(const struct waiter_row *row, int64_t now)
{
    return row->kept_until > now ? (struct age){row->since_at, row->head_since} : (struct age){.since_at = now};
}

// In a shared store it is no more when the batch is written.
static struct age take(struct parking *parking, struct away *away, uint64_t batch, int64_t now)
{
    struct age age = away->back_in != batch ? age_of(&away->row, now) : (struct age){.since_at = now};
    struct list *list = &away->tenant->away;
    if (parking->node == 0) {
        parking_drop_away(parking, away);
    } else {
        away->back_in = batch;
        list_remove(list, &away->of_tenant);
        list_insert_after(list, NULL, &away->of_tenant);
    }
    return age;
}

// It hung up just now: its time does not run before the store is told.
static struct leaving *find_leaving(const struct parking *parking, const struct comer *comer, uint64_t batch)
{
    for (size_t i = 0; i < parking->leaving_count; i++) {
        struct leaving *leaving = &parking->leavings[i];
        bool may_be_it = leaving->tenant == comer->tenant && parking_goes_away(leaving, batch);
        if (may_be_it && asks_so(&leaving->row, comer->call))
            return leaving;
    }
    return NULL;
}

struct age parking_take_age(struct parking *parking, struct tenant *tenant, const struct call *call, uint64_t batch,
                            int64_t now)
{
    struct comer comer = {tenant, call};
    if (call->idempotency_key == NULL)
        return (struct age){.since_at = now};
    uint64_t hash = hash_of(tenant, call->actor.key, call->idempotency_key);
    struct leaving *leaving = find_leaving(parking, &comer, batch);
    struct away *away = table_find(&parking->away, hash, is_of_call, &comer);
    if (leaving != NULL) {
        leaving->back_in = batch;
        return (struct age){leaving->row.since_at, leaving->row.head_since};
    }
    return away != NULL ? take(parking, away, batch, now) : (struct age){.since_at = now};
}

// ---- Who is away

void parking_keep_away(struct parking *parking, struct tenant *tenant, const struct waiter_row *row)
{
    struct away *away = check_calloc(1, sizeof *away);
    away->tenant = tenant;
    row_own(ROW_WAITER, &away->row, row);
    list_add(&tenant->away, &away->of_tenant);
    tenant->away_count++;
    table_add(&parking->away, hash_of(tenant, row->key, row->idempotency_key), away);
}

void parking_free_away(struct away *away)
{
    list_remove(&away->tenant->away, &away->of_tenant);
    away->tenant->away_count--;
    row_disown(ROW_WAITER, &away->row);
    free(away);
}

void parking_drop_away(struct parking *parking, struct away *away)
{
    table_remove(&parking->away, hash_of(away->tenant, away->row.key, away->row.idempotency_key), away);
    parking_free_away(away);
}

// What a row is looked for by.
struct row_of {
    const struct tenant *tenant;
    uint64_t id;
};

static bool is_row(const void *item, const void *key)
{
    const struct away *away = item;
    const struct row_of *wanted = key;
    return away->tenant == wanted->tenant && away->row.id == wanted->id;
}

struct away *parking_find_away(const struct parking *parking, const struct tenant *tenant,
                               const struct waiter_row *row)
{
    struct row_of wanted = {tenant, row->id};
    if (row->idempotency_key == NULL)
        return NULL;
    return table_find(&parking->away, hash_of(tenant, row->key, row->idempotency_key), is_row, &wanted);
}

bool parking_is_over(const struct away *away, uint64_t batch, int64_t now)
{
    return away->back_in == batch || away->row.kept_until <= now;
}

static struct away *first_of(const struct tenant *tenant)
{
    return tenant->away.first != NULL ? ITEM_OF(tenant->away.first, struct away, of_tenant) : NULL;
}

void parking_forget_over(struct parking *parking, struct tenant *tenant, uint64_t batch, int64_t now)
{
    for (struct away *away; (away = first_of(tenant)) != NULL && parking_is_over(away, batch, now);)
        parking_drop_away(parking, away);
}

void parking_forget_away(struct parking *parking, struct tenant *tenant)
{
    for (struct away *away; (away = first_of(tenant)) != NULL;)
        parking_drop_away(parking, away);
}
