// SPDX-License-Identifier: Apache-2.0
// What the writer asks in the middle of its work.
#include "store/sqlite.h"

#include "base/moment.h"
#include "engine/limits.h"

static enum store_status status_of(bool ok)
{
    return ok ? STORE_OK : STORE_REFUSED;
}

// The session that the statement stands at, or none.
static bool read_session(const struct store *store, sqlite3_stmt *statement, struct arena *arena,
                         const struct session_row **ret_session, struct store_error *error)
{
    struct session_row *session = arena_alloc(arena, sizeof *session);
    bool row, read = sqlite_next_row(&store->products, statement, ROW_SESSION, session, arena, &row, error);
    sqlite3_reset(statement);
    *ret_session = read && row ? session : NULL;
    return read;
}

static bool recall_answer(struct sqlite_store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                          int64_t now, struct arena *arena, const struct remembered **ret_answer,
                          struct store_error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_RECALL_ANSWER];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, (int64_t)key);
    sqlite_bind_text(statement, 3, idempotency_key);
    sqlite3_bind_int64(statement, 4, now);
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    if (!row)
        return true;
    struct remembered *answer = arena_alloc(arena, sizeof *answer);
    bool read = sqlite_read_hash(statement, 0, answer->request_hash, error);
    answer->status = sqlite3_column_int(statement, 1);
    answer->body = sqlite_read_text(statement, 2, arena);
    answer->until_at = sqlite3_column_int64(statement, 3);
    sqlite3_reset(statement);
    *ret_answer = read ? answer : NULL;
    return read;
}

static bool recall_keyed(struct sqlite_store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                         int64_t now, struct arena *arena, const struct session_row **ret_session,
                         struct store_error *error)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_RECALL_KEYED];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite_bind_id(statement, 2, key);
    sqlite_bind_text(statement, 3, idempotency_key);
    sqlite3_bind_int64(statement, 4, now - moment_seconds(IDEMPOTENCY_KEPT_S));
    return read_session(&store->store, statement, arena, ret_session, error);
}

enum store_status sqlite_recall(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                const struct session_row **ret_session, struct store_error *error)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    if (!recall_keyed(store, account, key, idempotency_key, now, arena, ret_session, error))
        return STORE_REFUSED;
    if (*ret_session != NULL)
        return STORE_OK;
    return status_of(recall_answer(store, account, key, idempotency_key, now, arena, ret_answer, error));
}

enum store_status sqlite_recall_session(struct store *base, uint64_t account, uint64_t id, struct arena *arena,
                                        const struct session_row **ret_session, struct store_error *error)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    sqlite3_stmt *statement = store->statements[STATEMENT_RECALL_SESSION];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, (int64_t)id);
    return status_of(read_session(base, statement, arena, ret_session, error));
}

enum store_status sqlite_recall_sessions_since(struct store *base, uint64_t account, int64_t since, struct arena *arena,
                                               const struct session_row ***ret_sessions, size_t *ret_count,
                                               struct store_error *error)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    sqlite3_stmt *statement = store->statements[STATEMENT_RECALL_SINCE];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, since);
    const struct session_row **sessions = NULL;
    size_t count = 0;
    for (;;) {
        bool row;
        struct session_row *session = arena_alloc(arena, sizeof *session);
        if (!sqlite_next_row(&base->products, statement, ROW_SESSION, session, arena, &row, error))
            return STORE_REFUSED;
        if (!row)
            break;
        sessions = arena_grow(arena, sessions, count, sizeof(const struct session_row *));
        sessions[count++] = session;
    }
    *ret_sessions = sessions;
    *ret_count = count;
    return STORE_OK;
}
