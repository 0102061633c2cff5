// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_tool.h"

#include "store/schema.h"

bool sqlite_tool_check_version(sqlite3 *db, struct store_error *error)
{
    int64_t version;
    if (!sqlite_schema_version(db, &version, error))
        return false;
    if (version == schema_version)
        return true;
    store_error_set(error, "%s was written by an older Usher, or is empty. Start the server on it once.",
                    sqlite3_db_filename(db, "main"));
    return false;
}

bool sqlite_tool_open(struct sqlite_tool *tool, const char *file, enum sqlite_access access, struct store_error *error)
{
    *tool = (struct sqlite_tool){0};
    store_start_crypto();
    codes_init(&tool->codes);
    tool->products = (struct product_source){codes_find, &tool->codes};
    tool->db = sqlite_connect(file, access, error);
    return tool->db != NULL && sqlite_tool_check_version(tool->db, error);
}

void sqlite_tool_close(struct sqlite_tool *tool)
{
    codes_fini(&tool->codes);
    sqlite3_close(tool->db);
}

bool sqlite_next_account(sqlite3 *db, bool before_first, uint64_t *account, bool *ret_found, struct store_error *error)
{
    sqlite3_stmt *statement =
        sqlite_prepare(db,
                       "SELECT min(id) FROM (SELECT min(account_id) AS id FROM event WHERE account_id > ?1 "
                       "UNION ALL SELECT min(account_id) FROM checkpoint WHERE account_id > ?1 "
                       "UNION ALL SELECT min(id) FROM account WHERE id > ?1)",
                       error);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, before_first ? -1 : (int64_t)*account);
    bool row = false;
    bool read = sqlite_step(statement, &row, error);
    *ret_found = read && row && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    if (*ret_found)
        *account = sqlite_read_id(statement, 0);
    sqlite3_finalize(statement);
    return read;
}

bool sqlite_read_checkpoint(sqlite3 *db, uint64_t account, struct chain_link *ret_link, struct store_error *error)
{
    *ret_link = (struct chain_link){0};
    sqlite3_stmt *statement = sqlite_prepare(db, statement_sql[STATEMENT_LOAD_CHECKPOINT], error);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    bool row = false;
    bool read = sqlite_step(statement, &row, error);
    if (row) {
        ret_link->seq = sqlite3_column_int64(statement, 0);
        read = sqlite_read_hash(statement, 1, ret_link->hash, error);
    }
    sqlite3_finalize(statement);
    return read;
}
