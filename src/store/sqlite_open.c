// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include "base/check.h"
#include "store/files.h"

#include <stdlib.h>
#include <unistd.h>

const struct store_driver sqlite_driver = {
    .close = sqlite_close,
    .load_products = sqlite_load_products,
    .load_account_ids = sqlite_load_account_ids,
    .load_account = sqlite_load_account,
    .load_denials = sqlite_load_denials,
    .load_numbers = sqlite_load_numbers,
    .last_at = sqlite_last_at,
    .load_operator = sqlite_load_operator,
    .load_head = sqlite_load_head,
    .project_organization = sqlite_project_organization,
    .begin = sqlite_begin,
    .put_row = sqlite_put_row,
    .put_event = sqlite_put_event,
    .put_number = sqlite_put_number,
    .put_operator = sqlite_put_operator,
    .put_denial = sqlite_put_denial,
    .remember = sqlite_remember,
    .forget = sqlite_forget,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .recall = sqlite_recall,
    .recall_session = sqlite_recall_session,
    .recall_sessions_since = sqlite_recall_sessions_since,
    .reader_open = sqlite_reader_open,
    .reader_close = sqlite_reader_close,
    .list = sqlite_list,
    .list_members = sqlite_list_members,
    .list_events = sqlite_list_events,
    .list_denials = sqlite_list_denials,
    .backup = sqlite_backup,
};

static bool open_database(struct sqlite_store *store, struct store_error *error)
{
    store->db = sqlite_connect(store->file, ACCESS_WRITE, error);
    return store->db != NULL && sqlite_migrate(store->db, error) && sqlite_prepare_all(store, error) &&
           sqlite_checkpointer_start(&store->checkpointer, store->file, store->db, error);
}

bool store_open_sqlite(const char *folder, struct store **ret_store, struct store_error *error)
{
    // Counting SQLite's memory would put a lock around each allocation. Without effect once SQLite is in use.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct sqlite_store *store = check_calloc(1, sizeof *store);
    store_init(&store->store, &sqlite_driver);
    store->folder = check_strdup(folder);
    store->file = files_path(folder, "usher.db");
    store->lock = -1;
    if (files_make_folder(folder, error) && files_lock(folder, "lock", &store->lock, error) &&
        files_make(folder, "usher.db", error) && open_database(store, error)) {
        *ret_store = &store->store;
        return true;
    }
    sqlite_close(&store->store);
    return false;
}

void sqlite_close(struct store *base)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    sqlite_checkpointer_stop(&store->checkpointer, store->db);
    sqlite_finalize_all(store);
    // The last connection carries the log into the database and deletes it, unless it must be kept.
    int code = sqlite3_close(store->db);
    CHECK(code == SQLITE_OK);
    if (store->lock >= 0)
        close(store->lock);
    store_fini(base);
    free(store->folder);
    free(store->file);
    free(store);
}
