// SPDX-License-Identifier: Apache-2.0
#include "store/feed.h"
#include "store/postgres_sets.h"

#include <string.h>

static enum store_status queue(struct store *base, const char *name, const struct pg_values *values,
                               struct store_error *error)
{
    return pg_queue(&pg_store_of(base)->writer, name, values, PG_NO_ROW, error);
}

enum store_status pg_flush(struct pg_store *store, struct store_error *error)
{
    return pg_sets_flush(store->sets, &store->writer, error);
}

// That something of the account's was written: others are told when the transaction is committed.
static enum store_status changed(struct pg_store *store, struct pg_account *account, int64_t at, bool is_lasting)
{
    account->last_at = at > account->last_at ? at : account->last_at;
    account->is_put = store->transaction.is_written = true;
    store->transaction.is_lasting = store->transaction.is_lasting || is_lasting;
    return STORE_OK;
}

// That something was written that others need not know.
static enum store_status kept(struct pg_store *store, bool is_lasting)
{
    store->transaction.is_written = true;
    store->transaction.is_lasting = store->transaction.is_lasting || is_lasting;
    return STORE_OK;
}

// Of these a crash of the database may take the last ones (spec: sessions): who used something comes again.
static bool is_lasting(enum fact_kind kind)
{
    return kind != FACT_SESSION_HEARTBEAT && kind != FACT_API_KEY_USED && kind != FACT_SIGN_IN_USED;
}

enum store_status pg_put_row(struct store *base, uint64_t account, const struct fact *fact, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_account *held = pg_hold(store, account, error);
    if (held == NULL)
        return STORE_REFUSED;
    pg_sets_put_row(store->sets, account, fact);
    if (fact_types[fact->kind].row == ROW_SESSION)
        pg_note_session(store, account, fact->after != NULL ? fact->after : fact->before);
    feed_add_fact(&held->feed, fact);
    return changed(store, held, base->at, is_lasting(fact->kind));
}

enum store_status pg_put_event(struct store *base, const struct history_entry *entry, struct store_error *error)
{
    const struct event *event = &entry->event;
    struct pg_account *held = pg_hold(pg_store_of(base), entry->account, error);
    if (held == NULL)
        return STORE_REFUSED;
    held->head.seq = event->seq;
    memcpy(held->head.hash, event->hash, sizeof held->head.hash);
    pg_sets_put_event(pg_store_of(base)->sets, entry);
    return STORE_OK;
}

enum store_status pg_put_number(struct store *base, enum id_kind kind, uint64_t next, struct store_error *error)
{
    struct pg_values values = {0};
    if (pg_number_names[kind] == NULL)
        return STORE_OK;
    pg_add_text(&values, pg_number_names[kind]);
    pg_add_number(&values, (int64_t)next);
    enum store_status status = queue(base, "put_number", &values, error);
    return status == STORE_OK ? kept(pg_store_of(base), true) : status;
}

// What is the service's own: others see that account 0 has changed, and look.
static enum store_status put_own(struct store *base, const char *name, const struct pg_values *values,
                                 struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_account *service = pg_hold(store, 0, error);
    if (service == NULL || queue(base, name, values, error) != STORE_OK)
        return STORE_REFUSED;
    service->is_untold = true;
    return changed(store, service, 0, true);
}

enum store_status pg_put_operator(struct store *base, const unsigned char hash[KEY_HASH_BYTES],
                                  struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_hash(&values, hash);
    return put_own(base, "put_operator", &values, error);
}

enum store_status pg_put_document(struct store *base, const char *name, const char *text, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_text(&values, name);
    pg_add_text(&values, text);
    return put_own(base, "put_document", &values, error);
}

enum store_status pg_put_denial(struct store *base, uint64_t account, const struct denial *denial, const char *tried,
                                struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_account *held = pg_hold(store, account, error);
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, (int64_t)denial->id);
    pg_add_id(&values, denial->user);
    pg_add_text(&values, denial->product->code);
    pg_add_text(&values, denial->machine);
    pg_add_text(&values, result_types[denial->error].name);
    pg_add_text(&values, denial->reason != REASON_NONE ? reason_words[denial->reason] : NULL);
    pg_add_id(&values, denial->project);
    pg_add_id(&values, denial->organization);
    pg_add_number(&values, denial->units);
    pg_add_number(&values, denial->count);
    pg_add_number(&values, denial->first_at);
    pg_add_number(&values, denial->last_at);
    pg_add_id(&values, (uint64_t)denial->closed_at);
    pg_add_text(&values, tried);
    if (held == NULL || queue(base, "put_denial", &values, error) != STORE_OK)
        return STORE_REFUSED;
    feed_add_denial(&held->feed, denial);
    return changed(store, held, denial->last_at, false);
}

enum store_status pg_remember(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                              const struct remembered *answer, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, (int64_t)key);
    pg_add_text(&values, idempotency_key);
    pg_add_hash(&values, answer->request_hash);
    pg_add_number(&values, answer->status);
    pg_add_text(&values, answer->body);
    pg_add_number(&values, answer->until_at);
    pg_note_answer(pg_store_of(base), account, key, idempotency_key);
    enum store_status status = queue(base, "remember", &values, error);
    return status == STORE_OK ? kept(pg_store_of(base), true) : status;
}

// A plan that was made while its table was nearly empty may be by an index that says too little: all were alike then.
// So plans are made anew, after 1, 2, 4, 8 … times: a table that grows has twice as many rows by then, at most.
static enum store_status plan_anew(struct store *base, struct store_error *error)
{
    uint64_t age = ++pg_store_of(base)->plan_age;
    return (age & (age - 1)) == 0 ? queue(base, "plan_anew", &(struct pg_values){0}, error) : STORE_OK;
}

// Nearly every transaction of every account leaves a change, so many more of those are forgotten at once.
enum { CHANGES_FOR_ONE = 50 };

enum store_status pg_forget(struct store *base, int64_t now, size_t limit, struct store_error *error)
{
    static const struct {
        const char *statement;
        size_t times;
    } forgotten[] = {{"forget", 1}, {"forget_changes", CHANGES_FOR_ONE}, {"forget_nodes", 1}};
    for (size_t i = 0; i < sizeof forgotten / sizeof forgotten[0]; i++) {
        struct pg_values values = {0};
        pg_add_number(&values, now);
        pg_add_number(&values, (int64_t)(limit * forgotten[i].times));
        enum store_status status = queue(base, forgotten[i].statement, &values, error);
        if (status != STORE_OK)
            return status;
    }
    enum store_status status = plan_anew(base, error);
    return status == STORE_OK ? kept(pg_store_of(base), false) : status;
}
