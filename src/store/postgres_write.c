// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include <string.h>

static enum store_status queue(struct store *base, const char *name, const struct pg_values *values,
                               struct store_error *error)
{
    return pg_queue(&pg_store_of(base)->writer, name, values, PG_NO_ROW, error);
}

enum store_status pg_begin(struct store *base, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    pg_rollback(base); // of one whose commit failed
    if (!pg_ready(store, error))
        return STORE_REFUSED;
    enum store_status status = queue(base, "begin", &(struct pg_values){0}, error);
    store->inside = status == STORE_OK;
    return status;
}

// What the answer to a commit says. The database answers that of a failed transaction with ROLLBACK.
static enum store_status committed(const struct pg_link *link, PGresult *result, struct store_error *error)
{
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        store_error_set(error, "The transaction was rolled back by an earlier error.");
        return STORE_REFUSED;
    }
    if (link->warned)
        return pg_failed(link, "01000", "it warned", PG_COMMIT, error);
    return STORE_OK;
}

enum store_status pg_commit(struct store *base, struct store_error *error)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_link *link = &store->writer;
    PGresult *result = NULL;
    if (link->conn == NULL) {
        store->inside = false;
        return pg_failed(link, "", "before the commit", PG_WRITE, error);
    }
    link->warned = false;
    enum store_status status = STORE_UNCERTAIN; // a commit that was sent in part may have arrived
    if (queue(base, "commit", &(struct pg_values){0}, error) == STORE_OK)
        status = pg_finish(link, PG_COMMIT, &result, error);
    if (status == STORE_OK)
        status = committed(link, result, error);
    PQclear(result);
    if (status == STORE_OK)
        store->inside = false;
    else
        pg_rollback(base);
    return status;
}

void pg_rollback(struct store *base)
{
    struct pg_store *store = pg_store_of(base);
    struct pg_link *link = &store->writer;
    struct store_error ignored;
    if (!store->inside)
        return;
    store->inside = false;
    // By itself, for it would not be done behind a failure.
    if (link->pending > 0)
        pg_finish(link, PG_WRITE, NULL, &ignored);
    if (link->conn != NULL && (queue(base, "rollback", &(struct pg_values){0}, &ignored) != STORE_OK ||
                               pg_finish(link, PG_WRITE, NULL, &ignored) != STORE_OK))
        pg_disconnect(link);
}

enum store_status pg_put_row(struct store *base, uint64_t account, const struct fact *fact, struct store_error *error)
{
    enum row_kind kind = fact_types[fact->kind].row;
    const struct row_type *type = &row_types[kind];
    struct pg_values values = {0};
    char name[PG_NAME_SIZE];
    enum pg_act act = fact->after == NULL ? PG_ERASE : fact->before != NULL ? PG_UPDATE : PG_INSERT;
    pg_row_name(act, kind, name);
    pg_add_row(&values, account, kind, fact->after != NULL ? fact->after : fact->before,
               act == PG_ERASE ? type->key_count : type->field_count);
    return pg_queue(&pg_store_of(base)->writer, name, &values, (int)kind, error);
}

enum store_status pg_put_event(struct store *base, const struct history_entry *entry, struct store_error *error)
{
    const struct event *event = &entry->event;
    const struct actor *actor = &event->actor;
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)entry->account);
    pg_add_number(&values, event->seq);
    pg_add_number(&values, event->at);
    pg_add_text(&values, event->kind);
    pg_add_text(&values, event->subject);
    pg_add_text(&values, actor->nobody ? NULL : role_words[actor->role]);
    pg_add_id(&values, actor->key);
    pg_add_id(&values, actor->user);
    pg_add_id(&values, actor->organization);
    pg_add_text(&values, event->data);
    pg_add_id(&values, entry->organization);
    pg_add_id(&values, entry->user);
    pg_add_hash(&values, event->hash);
    return queue(base, "put_event", &values, error);
}

enum store_status pg_put_number(struct store *base, enum id_kind kind, uint64_t next, struct store_error *error)
{
    struct pg_values values = {0};
    if (pg_number_names[kind] == NULL)
        return STORE_OK;
    pg_add_text(&values, pg_number_names[kind]);
    pg_add_number(&values, (int64_t)next);
    return queue(base, "put_number", &values, error);
}

enum store_status pg_put_operator(struct store *base, const unsigned char hash[KEY_HASH_BYTES],
                                  struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_hash(&values, hash);
    return queue(base, "put_operator", &values, error);
}

enum store_status pg_put_denial(struct store *base, uint64_t account, const struct denial *denial, const char *tried,
                                struct store_error *error)
{
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
    return queue(base, "put_denial", &values, error);
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
    return queue(base, "remember", &values, error);
}

enum store_status pg_forget(struct store *base, int64_t now, size_t limit, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, now);
    pg_add_number(&values, (int64_t)limit);
    return queue(base, "forget", &values, error);
}
