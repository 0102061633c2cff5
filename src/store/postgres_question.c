// SPDX-License-Identifier: Apache-2.0
// What will be recalled, asked in advance: all of a kind in one statement, on the way of entering.
#include "store/postgres.h"

#include "base/moment.h"
#include "engine/limits.h"

#include <string.h>

// By an Idempotency-Key, both are asked for; by id, the session only.
enum { KEYED_SESSIONS, ANSWERS, SESSIONS };

static uint64_t hash_of(const struct store_question *question)
{
    uint64_t what = question->idempotency_key != NULL
                        ? hash_numbers(question->key, hash_text(question->idempotency_key))
                        : ~question->session;
    return hash_numbers(question->account, what);
}

static bool same_question(const void *item, const void *key)
{
    const struct store_question *asked = &((const struct pg_question *)item)->asked, *question = key;
    if (asked->account != question->account)
        return false;
    if (asked->idempotency_key == NULL || question->idempotency_key == NULL)
        return asked->idempotency_key == question->idempotency_key && asked->session == question->session;
    return asked->key == question->key && strcmp(asked->idempotency_key, question->idempotency_key) == 0;
}

static struct pg_question *find(const struct pg_store *store, const struct store_question *question)
{
    return table_find(&store->transaction.questions, hash_of(question), same_question, question);
}

// ---- Asking

// Each question with its place among them, which the answers name.
struct columns {
    struct pg_array places, accounts, keys, texts;
};

static struct columns collect(const struct store_entry *entry, bool keyed)
{
    struct columns columns = {pg_numbers(), pg_numbers(), pg_numbers(), pg_texts()};
    for (size_t i = 0; i < entry->question_count; i++) {
        const struct store_question *question = &entry->questions[i];
        if ((question->idempotency_key != NULL) != keyed)
            continue;
        pg_array_add_number(&columns.places, (int64_t)i);
        pg_array_add_number(&columns.accounts, (int64_t)question->account);
        pg_array_add_number(&columns.keys, (int64_t)(keyed ? question->key : question->session));
        pg_array_add_text(&columns.texts, question->idempotency_key);
    }
    return columns;
}

static enum store_status queue_kind(struct pg_store *store, const char *name, struct columns *columns, bool keyed,
                                    PGresult **ret_result, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_array(&values, &columns->places);
    pg_add_array(&values, &columns->accounts);
    pg_add_array(&values, &columns->keys);
    if (keyed)
        pg_add_array(&values, &columns->texts);
    return pg_queue_asking(&store->writer, name, &values, ret_result, error);
}

static void fini(struct columns *columns)
{
    pg_array_fini(&columns->places);
    pg_array_fini(&columns->accounts);
    pg_array_fini(&columns->keys);
    pg_array_fini(&columns->texts);
}

enum store_status pg_queue_questions(struct pg_store *store, const struct store_entry *entry, PGresult *results[3],
                                     struct store_error *error)
{
    struct columns keyed = collect(entry, true), by_id = collect(entry, false);
    enum store_status status = STORE_OK;
    if (keyed.places.count > 0)
        status = queue_kind(store, "ask_keyed", &keyed, true, &results[KEYED_SESSIONS], error);
    if (status == STORE_OK && keyed.places.count > 0)
        status = queue_kind(store, "ask_answers", &keyed, true, &results[ANSWERS], error);
    if (status == STORE_OK && by_id.places.count > 0)
        status = queue_kind(store, "ask_sessions", &by_id, false, &results[SESSIONS], error);
    fini(&keyed);
    fini(&by_id);
    return status;
}

// ---- Answers

static void remember_questions(struct pg_store *store, const struct store_entry *entry)
{
    struct pg_transaction *transaction = &store->transaction;
    for (size_t i = 0; i < entry->question_count; i++) {
        if (find(store, &entry->questions[i]) != NULL)
            continue;
        struct pg_question *question = arena_alloc(&transaction->arena, sizeof *question);
        question->asked = entry->questions[i];
        question->asked.idempotency_key = arena_strdup(&transaction->arena, question->asked.idempotency_key);
        table_add(&transaction->questions, hash_of(&question->asked), question);
    }
}

// The question that a row answers: its place stands behind what it answers with. NULL: one that was never asked.
static struct pg_question *question_of(const struct pg_store *store, const struct store_entry *entry,
                                       const struct pg_row *row, int column)
{
    uint64_t place = pg_read_id(row, column);
    return place < entry->question_count ? find(store, &entry->questions[place]) : NULL;
}

static bool read_sessions(struct pg_store *store, const struct store_entry *entry, const PGresult *result,
                          struct store_error *error)
{
    struct arena *arena = &store->transaction.arena;
    for (int i = 0; i < PQntuples(result); i++) {
        struct pg_row row = {result, i, arena};
        struct session_row *session = arena_alloc(arena, sizeof *session);
        if (!pg_read_row(&store->store.products, &row, ROW_SESSION, session, error))
            return false;
        struct pg_question *question = question_of(store, entry, &row, (int)row_types[ROW_SESSION].field_count);
        if (question != NULL)
            question->session = session;
    }
    return true;
}

static bool read_answers(struct pg_store *store, const struct store_entry *entry, const PGresult *result,
                         struct store_error *error)
{
    for (int i = 0; i < PQntuples(result); i++) {
        struct pg_row row = {result, i, &store->transaction.arena};
        const struct remembered *answer;
        if (!pg_read_answer(&row, &answer, error))
            return false;
        struct pg_question *question = question_of(store, entry, &row, 4);
        if (question != NULL)
            question->answer = answer;
    }
    return true;
}

bool pg_read_questions(struct pg_store *store, const struct store_entry *entry, PGresult *const results[3],
                       struct store_error *error)
{
    remember_questions(store, entry);
    return (results[KEYED_SESSIONS] == NULL || read_sessions(store, entry, results[KEYED_SESSIONS], error)) &&
           (results[ANSWERS] == NULL || read_answers(store, entry, results[ANSWERS], error)) &&
           (results[SESSIONS] == NULL || read_sessions(store, entry, results[SESSIONS], error));
}

const struct pg_question *pg_find_answer(const struct pg_store *store, const struct store_question *question)
{
    const struct pg_question *found = find(store, question);
    return found != NULL && !found->is_stale ? found : NULL;
}

// ---- What makes them stale

static void note(struct pg_store *store, const struct store_question *question)
{
    struct pg_question *found = find(store, question);
    if (found != NULL)
        found->is_stale = true;
}

void pg_note_session(struct pg_store *store, uint64_t account, const struct session_row *session)
{
    note(store, &(struct store_question){.account = account, .session = session->id});
    if (session->idempotency_key != NULL)
        pg_note_answer(store, account, session->key, session->idempotency_key);
}

void pg_note_answer(struct pg_store *store, uint64_t account, uint64_t key, const char *idempotency_key)
{
    note(store, &(struct store_question){.account = account, .key = key, .idempotency_key = idempotency_key});
}
