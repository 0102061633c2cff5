// SPDX-License-Identifier: Apache-2.0
// What the writer asks in the middle of its work.
#include "store/postgres.h"

#include "base/moment.h"
#include "engine/limits.h"

static bool read_session(const struct store *base, const PGresult *result, int place, struct arena *arena,
                         const struct session_row **ret_session, struct store_error *error)
{
    struct session_row *session = arena_alloc(arena, sizeof *session);
    bool read = pg_read_row(&base->products, &(struct pg_row){result, place, arena}, ROW_SESSION, session, error);
    *ret_session = read ? session : NULL;
    return read;
}

// The session that the statement gives, or none.
static enum store_status ask_session(struct store *base, const char *name, const struct pg_values *values,
                                     struct arena *arena, const struct session_row **ret_session,
                                     struct store_error *error)
{
    PGresult *result = pg_ask(base, name, values, error);
    bool read = result != NULL && (PQntuples(result) == 0 || read_session(base, result, 0, arena, ret_session, error));
    PQclear(result);
    return read ? STORE_OK : STORE_REFUSED;
}

static enum store_status recall_keyed(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                      int64_t now, struct arena *arena, const struct session_row **ret_session,
                                      struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_id(&values, key);
    pg_add_text(&values, idempotency_key);
    pg_add_number(&values, now - moment_seconds(IDEMPOTENCY_KEPT_S));
    return ask_session(base, "recall_keyed", &values, arena, ret_session, error);
}

bool pg_read_answer(const struct pg_row *row, const struct remembered **ret_answer, struct store_error *error)
{
    struct remembered *answer = arena_alloc(row->arena, sizeof *answer);
    answer->status = (int)pg_read_number(row, 1);
    answer->body = pg_read_text(row, 2);
    answer->until_at = pg_read_number(row, 3);
    bool read = pg_read_hash(row, 0, answer->request_hash, error);
    *ret_answer = read ? answer : NULL;
    return read;
}

static enum store_status recall_answer(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                       int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                       struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, (int64_t)key);
    pg_add_text(&values, idempotency_key);
    pg_add_number(&values, now);
    PGresult *result = pg_ask(base, "recall_answer", &values, error);
    bool read = result != NULL &&
                (PQntuples(result) == 0 || pg_read_answer(&(struct pg_row){result, 0, arena}, ret_answer, error));
    PQclear(result);
    return read ? STORE_OK : STORE_REFUSED;
}

// From what was asked in advance: the session, or else the answer, if it lives.
static void recall_asked(const struct pg_question *asked, int64_t now, struct arena *arena,
                         const struct remembered **ret_answer, const struct session_row **ret_session)
{
    const struct session_row *session = asked->session;
    const struct remembered *answer = asked->answer;
    if (session != NULL && (session->ended_at == 0 || session->ended_at > now - moment_seconds(IDEMPOTENCY_KEPT_S))) {
        *ret_session = row_copy(ROW_SESSION, session, arena);
    } else if (answer != NULL && answer->until_at > now) {
        struct remembered *copy = arena_copy(arena, answer, sizeof *answer);
        copy->body = arena_strdup(arena, answer->body);
        *ret_answer = copy;
    }
}

enum store_status pg_recall(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                            int64_t now, struct arena *arena, const struct remembered **ret_answer,
                            const struct session_row **ret_session, struct store_error *error)
{
    const struct pg_question *asked =
        pg_find_answer(pg_store_of(base), &(struct store_question){account, key, idempotency_key, 0});
    if (asked != NULL) {
        recall_asked(asked, now, arena, ret_answer, ret_session);
        return STORE_OK;
    }
    enum store_status status = recall_keyed(base, account, key, idempotency_key, now, arena, ret_session, error);
    if (status != STORE_OK || *ret_session != NULL)
        return status;
    return recall_answer(base, account, key, idempotency_key, now, arena, ret_answer, error);
}

enum store_status pg_recall_session(struct store *base, uint64_t account, uint64_t id, struct arena *arena,
                                    const struct session_row **ret_session, struct store_error *error)
{
    const struct pg_question *asked =
        pg_find_answer(pg_store_of(base), &(struct store_question){.account = account, .session = id});
    if (asked != NULL) {
        *ret_session = asked->session != NULL ? row_copy(ROW_SESSION, asked->session, arena) : NULL;
        return STORE_OK;
    }
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, (int64_t)id);
    return ask_session(base, "recall_session", &values, arena, ret_session, error);
}

enum store_status pg_recall_sessions_since(struct store *base, uint64_t account, int64_t since, struct arena *arena,
                                           const struct session_row ***ret_sessions, size_t *ret_count,
                                           struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)account);
    pg_add_number(&values, since);
    PGresult *result = pg_ask(base, "recall_since", &values, error);
    if (result == NULL)
        return STORE_REFUSED;
    size_t count = (size_t)PQntuples(result);
    const struct session_row **sessions = arena_alloc(arena, (count + 1) * sizeof(const struct session_row *));
    bool read = true;
    for (size_t i = 0; read && i < count; i++)
        read = read_session(base, result, (int)i, arena, &sessions[i], error);
    PQclear(result);
    *ret_sessions = sessions;
    *ret_count = read ? count : 0;
    return read ? STORE_OK : STORE_REFUSED;
}
