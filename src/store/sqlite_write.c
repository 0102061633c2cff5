// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include "base/check.h"

#include <string.h>

static struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

// Runs a statement that gives no rows. Values were bound without copies: they are let go with the reset.
static enum store_status run(struct sqlite_store *store, sqlite3_stmt *statement, enum sqlite_task task,
                             struct store_error *error)
{
    int code = sqlite3_step(statement);
    enum store_status status = code == SQLITE_DONE ? STORE_OK : sqlite_failed(store->db, task, error);
    sqlite3_reset(statement);
    if (code == SQLITE_FULL)
        sqlite_urge_checkpoint(&store->checkpointer);
    return status;
}

enum store_status sqlite_begin(struct store *base, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite_rollback(base); // of one whose rollback failed
    if (!sqlite_may_write(&store->checkpointer, store->file, error))
        return STORE_REFUSED;
    sqlite_restart_log(&store->checkpointer, store->db);
    return run(store, store->statements[STATEMENT_BEGIN], TASK_WRITE, error);
}

enum store_status sqlite_commit(struct store *base, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    // SQLite itself rolls back at some errors in the middle; no commit then.
    if (sqlite3_get_autocommit(store->db)) {
        store_error_set(error, "The transaction was rolled back by an earlier error.");
        return STORE_REFUSED;
    }
    enum store_status status = run(store, store->statements[STATEMENT_COMMIT], TASK_COMMIT, error);
    if (status != STORE_OK)
        sqlite_rollback(base);
    return status;
}

void sqlite_rollback(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    struct store_error ignored;
    if (!sqlite3_get_autocommit(store->db))
        run(store, store->statements[STATEMENT_ROLLBACK], TASK_WRITE, &ignored);
}

// The cheapest statement that sets all members in which the rows differ, and what it binds.
static sqlite3_stmt *update_for(const struct sqlite_store *store, enum row_kind kind, const struct fact *fact,
                                field_mask *ret_bound)
{
    enum narrow narrow = narrow_for(&store->narrow_masks, kind, row_differences(kind, fact->before, fact->after));
    *ret_bound = narrow < NARROW_COUNT ? store->narrow_masks.of[narrow] | row_key_fields(kind) : row_fields(kind);
    return narrow < NARROW_COUNT ? store->narrows[narrow] : store->updates[kind];
}

enum store_status sqlite_put_row(struct store *base, uint64_t account, const struct fact *fact,
                                 struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    enum row_kind kind = fact_types[fact->kind].row;
    const void *row = fact->after != NULL ? fact->after : fact->before;
    field_mask bound = row_fields(kind);
    sqlite3_stmt *statement = store->inserts[kind];
    if (fact->after == NULL) {
        statement = store->erases[kind];
        bound = row_key_fields(kind);
    } else if (fact->before != NULL) {
        statement = update_for(store, kind, fact, &bound);
    }
    sqlite_bind_row(statement, account, kind, row, bound);
    enum store_status status = run(store, statement, TASK_WRITE, error);
    if (status == STORE_OK && sqlite3_changes(store->db) != 1) {
        store_error_set(error, "The store holds no such %s as was to be changed: memory and store differ.",
                        row_types[kind].name);
        return STORE_REFUSED;
    }
    return status;
}

enum store_status sqlite_put_event(struct store *base, const struct history_entry *entry, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = store->statements[STATEMENT_PUT_EVENT];
    const struct event *event = &entry->event;
    const struct actor *actor = &event->actor;
    sqlite3_bind_int64(statement, 1, (int64_t)entry->account);
    sqlite3_bind_int64(statement, 2, event->seq);
    sqlite3_bind_int64(statement, 3, event->at);
    sqlite_bind_text(statement, 4, event->kind);
    sqlite_bind_text(statement, 5, event->subject);
    sqlite_bind_text(statement, 6, actor->nobody ? NULL : role_words[actor->role]);
    sqlite_bind_id(statement, 7, actor->key);
    sqlite_bind_id(statement, 8, actor->user);
    sqlite_bind_id(statement, 9, actor->organization);
    sqlite_bind_text(statement, 10, event->data);
    sqlite_bind_id(statement, 11, entry->organization);
    sqlite_bind_id(statement, 12, entry->user);
    sqlite3_bind_blob(statement, 13, event->hash, KEY_HASH_BYTES, SQLITE_STATIC);
    return run(store, statement, TASK_WRITE, error);
}

enum store_status sqlite_put_number(struct store *base, enum id_kind kind, uint64_t next, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    if (number_names[kind] == NULL)
        return STORE_OK;
    sqlite3_stmt *statement = store->statements[STATEMENT_PUT_NUMBER];
    sqlite_bind_text(statement, 1, number_names[kind]);
    sqlite3_bind_int64(statement, 2, (int64_t)next);
    return run(store, statement, TASK_WRITE, error);
}

enum store_status sqlite_put_operator(struct store *base, const unsigned char hash[KEY_HASH_BYTES],
                                      struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = store->statements[STATEMENT_PUT_OPERATOR];
    sqlite3_bind_blob(statement, 1, hash, KEY_HASH_BYTES, SQLITE_STATIC);
    return run(store, statement, TASK_WRITE, error);
}

enum store_status sqlite_put_denial(struct store *base, uint64_t account, const struct denial *denial,
                                    const char *tried, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = store->statements[STATEMENT_PUT_DENIAL];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, (int64_t)denial->id);
    sqlite_bind_id(statement, 3, denial->user);
    sqlite_bind_text(statement, 4, denial->product->code);
    sqlite_bind_text(statement, 5, denial->machine);
    sqlite_bind_text(statement, 6, result_types[denial->error].name);
    sqlite_bind_text(statement, 7, denial->reason != REASON_NONE ? reason_words[denial->reason] : NULL);
    sqlite_bind_id(statement, 8, denial->project);
    sqlite_bind_id(statement, 9, denial->organization);
    sqlite3_bind_int64(statement, 10, denial->units);
    sqlite3_bind_int64(statement, 11, denial->count);
    sqlite3_bind_int64(statement, 12, denial->first_at);
    sqlite3_bind_int64(statement, 13, denial->last_at);
    sqlite_bind_id(statement, 14, (uint64_t)denial->closed_at);
    sqlite_bind_text(statement, 15, tried);
    return run(store, statement, TASK_WRITE, error);
}

enum store_status sqlite_remember(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                  const struct remembered *answer, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = store->statements[STATEMENT_REMEMBER];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, (int64_t)key);
    sqlite_bind_text(statement, 3, idempotency_key);
    sqlite3_bind_blob(statement, 4, answer->request_hash, KEY_HASH_BYTES, SQLITE_STATIC);
    sqlite3_bind_int(statement, 5, answer->status);
    sqlite_bind_text(statement, 6, answer->body);
    sqlite3_bind_int64(statement, 7, answer->until_at);
    return run(store, statement, TASK_WRITE, error);
}

enum store_status sqlite_forget(struct store *base, int64_t now, size_t limit, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = store->statements[STATEMENT_FORGET];
    sqlite3_bind_int64(statement, 1, now);
    sqlite3_bind_int64(statement, 2, (int64_t)limit);
    return run(store, statement, TASK_WRITE, error);
}
