// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_sets.h"

#include "base/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool backup(struct store_reader *reader, const char *file, struct store_error *error)
{
    (void)reader;
    store_error_set(error, "A store in PostgreSQL is not copied to %s: use pg_dump or pg_basebackup.", file);
    return false;
}

// Whoever waits here does so no more: the others need not wait until this server looks dead.
static void say_goodbye(struct pg_store *store)
{
    struct pg_values values = {0};
    struct store_error ignored;
    pg_add_number(&values, (int64_t)store->store.node);
    if (store->writer.conn != NULL && pg_queue(&store->writer, "close_node", &values, PG_NO_ROW, &ignored) == STORE_OK)
        pg_finish(&store->writer, PG_WRITE, &ignored);
}

enum store_status pg_bury(struct store *base, uint64_t node, struct store_error *error)
{
    struct pg_values values = {0};
    pg_add_number(&values, (int64_t)node);
    PGresult *result = pg_ask(base, "close_node", &values, error);
    PQclear(result);
    return result != NULL ? STORE_OK : STORE_REFUSED;
}

static void close_store(struct store *base)
{
    struct pg_store *store = pg_store_of(base);
    say_goodbye(store);
    pg_disconnect(&store->writer);
    pg_clear_transaction(store);
    pg_sets_free(store->sets);
    arena_fini(&store->transaction.arena);
    store_fini(base);
    free(store->uri);
    free(store);
}

static const struct store_driver postgres_driver = {
    .close = close_store,
    .load_products = pg_load_products,
    .load_account_ids = pg_load_account_ids,
    .load_account = pg_load_account,
    .load_denials = pg_load_denials,
    .load_numbers = pg_load_numbers,
    .last_at = pg_last_at,
    .load_operator = pg_load_operator,
    .load_head = pg_load_head,
    .project_organization = pg_project_organization,
    .begin = pg_begin,
    .put_row = pg_put_row,
    .put_event = pg_put_event,
    .put_number = pg_put_number,
    .put_operator = pg_put_operator,
    .put_denial = pg_put_denial,
    .remember = pg_remember,
    .forget = pg_forget,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .recall = pg_recall,
    .recall_session = pg_recall_session,
    .recall_sessions_since = pg_recall_sessions_since,
    .enter = pg_enter,
    .put_due = pg_put_due,
    .tell = pg_tell,
    .bury = pg_bury,
    .load_document = pg_load_document,
    .put_document = pg_put_document,
    .watch_open = pg_watch_open,
    .watch_close = pg_watch_close,
    .watch_next = pg_watch_next,
    .find_key = pg_find_key,
    .reader_open = pg_reader_open,
    .reader_close = pg_reader_close,
    .list = pg_list,
    .list_members = pg_list_members,
    .list_events = pg_list_events,
    .list_denials = pg_list_denials,
    .backup = backup,
};

// Who this is, for people that look into the table: no character that would have to be escaped.
static void name_server(struct pg_store *store)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    for (char *at = host; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '.' && *at != '-')
            *at = '_';
    }
    snprintf(store->name, sizeof store->name, "%s:%ld", host, (long)getpid());
}

static bool take_number(struct pg_store *store, struct store_error *error)
{
    int64_t number;
    if (!pg_execute_number(&store->writer, "SELECT nextval('node_id')", &number, error))
        return false;
    store->store.node = (uint64_t)number;
    return pg_mark_alive(store, &store->writer, error);
}

static bool connect_writer(struct pg_store *store, struct store_error *error)
{
    struct pg_link *link = &store->writer;
    bool is_first = store->store.node == 0;
    store->plan_age = 0;
    if (!pg_connect(link, store->uri, &pg_writer_limits, error))
        return false;
    if ((!is_first || pg_migrate(link, error)) && pg_execute_long(link, "SELECT note_break()", error) &&
        (!is_first || take_number(store, error)) && pg_start_pipeline(link, error) && pg_prepare_all(link, error))
        return true;
    pg_disconnect(link);
    return false;
}

// Who waits for another server's transaction gives up soon, to try again; a server that stands still in the middle of
// one loses it; a statement that runs for too long is ended by the database before this side gives up hearing of it.
const struct pg_limits pg_writer_limits = {
    .lock_ms = 2000, .statement_ms = 6000, .idle_ms = 5000, .patience_ms = 8000, .by_key = true};
const struct pg_limits pg_reader_limits = {
    .lock_ms = 2000, .statement_ms = 30000, .idle_ms = 30000, .patience_ms = 35000};
const struct pg_limits pg_watch_limits = {.lock_ms = 2000, .statement_ms = 6000, .idle_ms = 5000, .patience_ms = 8000};

bool pg_ready(struct pg_store *store, struct store_error *error)
{
    return store->writer.conn != NULL || connect_writer(store, error);
}

bool store_open_postgres(const char *uri, struct store **ret_store, struct store_error *error)
{
    struct pg_store *store = check_calloc(1, sizeof *store);
    store_init(&store->store, &postgres_driver);
    store->uri = check_strdup(uri);
    store->sets = pg_sets_make();
    name_server(store);
    if (connect_writer(store, error)) {
        *ret_store = &store->store;
        return true;
    }
    close_store(&store->store);
    return false;
}
