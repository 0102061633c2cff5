// SPDX-License-Identifier: Apache-2.0
#include "store/postgres.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool backup(struct store_reader *reader, const char *file, struct store_error *error)
{
    (void)reader;
    store_error_set(error, "A store in PostgreSQL is not copied to %s: use pg_dump or pg_basebackup.", file);
    return false;
}

static void close_store(struct store *base)
{
    struct pg_store *store = pg_store_of(base);
    pg_disconnect(&store->writer);
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
    .reader_open = pg_reader_open,
    .reader_close = pg_reader_close,
    .list = pg_list,
    .list_members = pg_list_members,
    .list_events = pg_list_events,
    .list_denials = pg_list_denials,
    .backup = backup,
};

// Waits a little: the database may still be busy with the end of a server that was killed.
static bool take_lock(struct pg_link *link, struct store_error *error)
{
    return pg_execute(link, "BEGIN", error) && pg_execute(link, "SET LOCAL lock_timeout = '3s'", error) &&
           pg_execute(link, "SELECT pg_advisory_lock(1431521362, hashtext('serve ' || current_schema()))", error) &&
           pg_execute(link, "COMMIT", error);
}

// Openings are counted: who comes back after a lost connection, and finds that there was another, knows too little.
static bool take_store(struct pg_store *store, struct store_error *error)
{
    struct pg_link *link = &store->writer;
    int64_t opening;
    if (!take_lock(link, error))
        return false;
    if (store->opening == 0)
        return pg_execute_number(link,
                                 "INSERT INTO meta AS m (name, value) VALUES ('openings', 1) "
                                 "ON CONFLICT (name) DO UPDATE SET value = m.value + 1 RETURNING value",
                                 &store->opening, error);
    if (!pg_execute_number(link, "SELECT value FROM meta WHERE name = 'openings'", &opening, error))
        return false;
    if (opening != store->opening)
        store_error_set(error, "Another server has used the %s since: restart this one.", link->name);
    return opening == store->opening;
}

static bool connect_writer(struct pg_store *store, struct store_error *error)
{
    struct pg_link *link = &store->writer;
    if (!pg_connect(link, store->uri, error))
        return false;
    if (pg_migrate(link, error) && take_store(store, error) && pg_start_pipeline(link, error) &&
        pg_prepare_all(link, error))
        return true;
    pg_disconnect(link);
    return false;
}

bool pg_ready(struct pg_store *store, struct store_error *error)
{
    return store->writer.conn != NULL || connect_writer(store, error);
}

bool store_open_postgres(const char *uri, struct store **ret_store, struct store_error *error)
{
    struct pg_store *store = check_calloc(1, sizeof *store);
    store_init(&store->store, &postgres_driver);
    store->uri = check_strdup(uri);
    if (connect_writer(store, error)) {
        *ret_store = &store->store;
        return true;
    }
    close_store(&store->store);
    return false;
}
