// SPDX-License-Identifier: Apache-2.0
//
// What is the same for every driver. A transaction goes through these states; a write that was refused leaves only
// the way back:
//
//                 begin              write refused
//        idle ─────────────► writing ─────────────► failed
//         ▲                    │                      │
//         └────────────────────┴──────────────────────┘
//            commit (any outcome), rollback
#include "store/driver.h"

#include "base/check.h"
#include "engine/limits.h"
#include "store/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void store_error_set(struct store_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}

static struct numbers first_numbers(void)
{
    struct numbers numbers;
    for (size_t i = 0; i < ID_KINDS; i++)
        numbers.next[i] = i == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    return numbers;
}

void store_start_crypto(void)
{
    int failed = sodium_init(); // 1: it was done before
    CHECK(failed >= 0);
}

void store_init(struct store *store, const struct store_driver *driver)
{
    store_start_crypto();
    *store = (struct store){.driver = driver};
    codes_init(&store->codes);
}

void store_fini(struct store *store)
{
    chain_fini(&store->chain);
    codes_fini(&store->codes);
    buffer_fini(&store->subject);
    buffer_fini(&store->data);
    buffer_fini(&store->tried);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_rollback(store);
    store->driver->close(store);
}

void store_set_products(struct store *store, store_product_finder *find, void *arg)
{
    store->products = (struct product_source){find, arg};
}

// ---- Loading

bool store_load_products(struct store *store, store_fact_sink *sink, void *arg, struct store_error *error)
{
    return store->driver->load_products(store, sink, arg, error);
}

bool store_load_account_ids(struct store *store, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                            struct store_error *error)
{
    return store->driver->load_account_ids(store, arena, ret_ids, ret_count, error);
}

bool store_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                        struct store_error *error)
{
    return store->driver->load_account(store, account, now, sink, arg, error);
}

bool store_load_denials(struct store *store, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                        struct store_error *error)
{
    return store->driver->load_denials(store, account, since, sink, arg, error);
}

bool store_load_numbers(struct store *store, struct numbers *ret_numbers, struct store_error *error)
{
    struct numbers numbers = first_numbers();
    if (!store->driver->load_numbers(store, &numbers, error))
        return false;
    *ret_numbers = numbers;
    return true;
}

bool store_last_at(struct store *store, int64_t *ret_at, struct store_error *error)
{
    return store->driver->last_at(store, ret_at, error);
}

bool store_load_operator(struct store *store, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                         struct store_error *error)
{
    return store->driver->load_operator(store, hash, ret_found, error);
}

// ---- Writing

static enum store_status begun(struct store *store, enum store_status status)
{
    if (status != STORE_OK)
        return status;
    store->writing = true;
    store->failed = false;
    store->numbers_before = store->numbers;
    if (store_is_shared(store))
        chain_forget_all(&store->chain);
    return STORE_OK;
}

enum store_status store_begin(struct store *store, struct store_error *error)
{
    CHECK(!store->writing);
    return begun(store, store->driver->begin(store, error));
}

static bool may_write(const struct store *store, struct store_error *error)
{
    CHECK(store->writing);
    if (store->failed)
        store_error_set(error, "An earlier write of this transaction failed: roll it back.");
    return !store->failed;
}

static enum store_status written(struct store *store, enum store_status status)
{
    store->failed = store->failed || status != STORE_OK;
    return status;
}

static struct chain_head *head_of(struct store *store, uint64_t account, struct store_error *error)
{
    struct chain_head *head = chain_find(&store->chain, account);
    if (head != NULL)
        return head;
    struct chain_link link = {0};
    return store->driver->load_head(store, account, &link, error) ? chain_add(&store->chain, account, &link) : NULL;
}

static enum store_status write_event(struct store *store, uint64_t account, int64_t at, const struct actor *actor,
                                     const struct fact *fact, struct store_error *error)
{
    struct chain_head *head = head_of(store, account, error);
    if (head == NULL)
        return STORE_REFUSED;
    enum row_kind kind = fact_types[fact->kind].row;
    const void *row = fact->after != NULL ? fact->after : fact->before;
    buffer_clear(&store->subject);
    history_add_subject(&store->subject, account, kind, row);
    buffer_clear(&store->data);
    history_add_data(&store->data, account, fact);
    struct history_entry entry = {
        .account = account,
        .event = {.at = at,
                  .kind = fact_types[fact->kind].name,
                  .subject = buffer_text(&store->subject),
                  .actor = *actor,
                  .data = buffer_text(&store->data)},
        .organization = history_organization(kind, row),
        .user = history_user(kind, row),
    };
    // A sign-in is its user's: of which browser is nobody's business.
    if (actor->is_signed_in)
        entry.event.actor.key = 0;
    if (kind == ROW_MEMBERSHIP &&
        !store->driver->project_organization(store, account, ((const struct membership_row *)row)->project,
                                             &entry.organization, error))
        return STORE_REFUSED;
    chain_extend(&store->chain, head, &entry);
    return store->driver->put_event(store, &entry, error);
}

enum store_status store_write(struct store *store, uint64_t account, int64_t at, const struct actor *actor,
                              const struct fact *fact, struct store_error *error)
{
    CHECK(fact->before != NULL || fact->after != NULL);
    if (!may_write(store, error))
        return STORE_REFUSED;
    store->at = at;
    enum store_status status = store->driver->put_row(store, account, fact, error);
    if (status == STORE_OK && !fact_types[fact->kind].quiet)
        status = write_event(store, account, at, actor, fact, error);
    return written(store, status);
}

enum store_status store_put_numbers(struct store *store, const struct numbers *numbers, struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    if (store_is_shared(store))
        return STORE_OK; // they were counted when they were given
    for (size_t i = 0; i < ID_KINDS; i++) {
        if (numbers->next[i] == store->numbers.next[i])
            continue;
        enum store_status status = store->driver->put_number(store, (enum id_kind)i, numbers->next[i], error);
        if (status != STORE_OK)
            return written(store, status);
        store->numbers.next[i] = numbers->next[i];
    }
    return STORE_OK;
}

enum store_status store_put_operator(struct store *store, const unsigned char hash[KEY_HASH_BYTES],
                                     struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->put_operator(store, hash, error));
}

enum store_status store_put_denial(struct store *store, uint64_t account, const struct denial *denial,
                                   struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    const char *tried = NULL;
    if (denial->explanation != NULL) {
        buffer_clear(&store->tried);
        json_add_explanation(&store->tried, account, denial->explanation);
        tried = buffer_text(&store->tried);
    }
    return written(store, store->driver->put_denial(store, account, denial, tried, error));
}

enum store_status store_remember(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                 const struct remembered *answer, struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->remember(store, account, key, idempotency_key, answer, error));
}

enum store_status store_forget(struct store *store, int64_t now, size_t limit, struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->forget(store, now, limit, error));
}

enum store_status store_commit(struct store *store, struct store_error *error)
{
    if (!may_write(store, error)) {
        store_rollback(store);
        return STORE_REFUSED;
    }
    enum store_status status = store->driver->commit(store, error);
    store->writing = false;
    switch (status) {
    case STORE_OK:
        chain_keep(&store->chain);
        break;
    case STORE_REFUSED:
        chain_undo(&store->chain);
        store->numbers = store->numbers_before;
        break;
    case STORE_UNCERTAIN:
        chain_forget(&store->chain);
        store->numbers = (struct numbers){0}; // as nothing is known, all are written next time
        break;
    }
    return status;
}

void store_rollback(struct store *store)
{
    if (!store->writing)
        return;
    store->driver->rollback(store);
    store->writing = false;
    chain_undo(&store->chain);
    store->numbers = store->numbers_before;
}

// ---- Recalling

enum store_status store_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                               int64_t now, struct arena *arena, const struct remembered **ret_answer,
                               const struct session_row **ret_session, struct store_error *error)
{
    *ret_answer = NULL;
    *ret_session = NULL;
    return store->driver->recall(store, account, key, idempotency_key, now, arena, ret_answer, ret_session, error);
}

enum store_status store_recall_session(struct store *store, uint64_t account, uint64_t id, struct arena *arena,
                                       const struct session_row **ret_session, struct store_error *error)
{
    *ret_session = NULL;
    return store->driver->recall_session(store, account, id, arena, ret_session, error);
}

enum store_status store_recall_sessions_since(struct store *store, uint64_t account, int64_t since, struct arena *arena,
                                              const struct session_row ***ret_sessions, size_t *ret_count,
                                              struct store_error *error)
{
    *ret_sessions = NULL;
    *ret_count = 0;
    return store->driver->recall_sessions_since(store, account, since, arena, ret_sessions, ret_count, error);
}

// ---- Sharing

bool store_is_shared(const struct store *store)
{
    return store->driver->enter != NULL;
}

uint64_t store_node(const struct store *store)
{
    return store->node;
}

enum store_status store_enter(struct store *store, struct store_entry *entry, store_change_sink *sink, void *arg,
                              struct store_error *error)
{
    CHECK(!store->writing);
    return begun(store, store->driver->enter(store, entry, sink, arg, error));
}

enum store_status store_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->put_due(store, account, due_at, error));
}

enum store_status store_tell(struct store *store, uint64_t node, uint64_t account, struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->tell(store, node, account, error));
}

enum store_status store_bury(struct store *store, uint64_t node, struct store_error *error)
{
    CHECK(!store->writing);
    return store->driver->bury(store, node, error);
}

bool store_load_document(struct store *store, const char *name, struct arena *arena, const char **ret_text,
                         struct store_error *error)
{
    *ret_text = NULL;
    return store->driver->load_document(store, name, arena, ret_text, error);
}

enum store_status store_put_document(struct store *store, const char *name, const char *text,
                                     struct store_error *error)
{
    if (!may_write(store, error))
        return STORE_REFUSED;
    return written(store, store->driver->put_document(store, name, text, error));
}

struct store_watch *store_watch_open(struct store *store, struct store_error *error)
{
    struct store_watch *watch = store->driver->watch_open(store, error);
    CHECK(watch == NULL || watch->store == store);
    return watch;
}

void store_watch_close(struct store_watch *watch)
{
    if (watch != NULL)
        watch->store->driver->watch_close(watch);
}

bool store_watch_next(struct store_watch *watch, int timeout_ms, const uint64_t **ret_accounts, size_t *ret_count,
                      struct store_error *error)
{
    *ret_count = 0;
    return watch->store->driver->watch_next(watch, timeout_ms, ret_accounts, ret_count, error);
}

enum store_status store_find_key(struct store *store, const unsigned char hash[KEY_HASH_BYTES], uint64_t *ret_account,
                                 struct store_error *error)
{
    *ret_account = 0;
    return store->driver->find_key(store, hash, ret_account, error);
}

// ---- Reading lists

struct store_reader *store_reader_open(struct store *store, struct store_error *error)
{
    return store->driver->reader_open(store, error);
}

void store_reader_close(struct store_reader *reader)
{
    if (reader != NULL)
        reader->store->driver->reader_close(reader);
}

bool store_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                struct list_page *ret_page, struct store_error *error)
{
    *ret_page = (struct list_page){0};
    return reader->store->driver->list(reader, query, arena, ret_page, error);
}

bool store_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                        struct arena *arena, struct list_page *ret_page, struct store_error *error)
{
    *ret_page = (struct list_page){0};
    return reader->store->driver->list_members(reader, account, project, after, limit, arena, ret_page, error);
}

bool store_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                       struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    *ret_count = 0;
    *ret_more = false;
    return reader->store->driver->list_events(reader, query, arena, ret_events, ret_count, ret_more, error);
}

bool store_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                        struct store_error *error)
{
    *ret_count = 0;
    *ret_more = false;
    return reader->store->driver->list_denials(reader, query, arena, ret_denials, ret_count, ret_more, error);
}

bool store_backup(struct store_reader *reader, const char *file, struct store_error *error)
{
    return reader->store->driver->backup(reader, file, error);
}
