// SPDX-License-Identifier: Apache-2.0
// Connections, and the schema's versions.
#include "store/sqlite.h"

#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x55534852, // "USHR", in the database's header
    TURN_US = 500,
    TURNS_MAX = 20000, // 10 s, and then something is wrong
};

// Looks often: a server under load leaves the database free for moments only.
static int wait_turn(void *arg, int turns)
{
    (void)arg;
    return turns < TURNS_MAX && usleep(TURN_US) == 0;
}

void sqlite_take_turns(sqlite3 *db, bool wait)
{
    sqlite3_busy_handler(db, wait ? wait_turn : NULL, NULL);
}

static bool configure(sqlite3 *db, enum sqlite_access access, struct store_error *error)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite_take_turns(db, true);
    if (access == ACCESS_WRITE && sqlite3_db_readonly(db, "main") == 1) {
        sqlite_describe(SQLITE_READONLY, sqlite3_db_filename(db, "main"), TASK_OPEN, error);
        return false;
    }
    return sqlite_execute(db, "PRAGMA temp_store = memory; PRAGMA trusted_schema = off; PRAGMA secure_delete = off",
                          TASK_OPEN, error);
}

sqlite3 *sqlite_connect(const char *file, enum sqlite_access access, struct store_error *error)
{
    sqlite3 *db;
    int flags = access == ACCESS_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(file, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        sqlite_describe(code, file, TASK_OPEN, error);
    if (code == SQLITE_OK && configure(db, access, error))
        return db;
    sqlite3_close(db);
    return NULL;
}

bool sqlite_execute(sqlite3 *db, const char *sql, enum sqlite_task task, struct store_error *error)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    sqlite_failed(db, task, error);
    return false;
}

sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql, struct store_error *error)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) == SQLITE_OK)
        return statement;
    sqlite_failed(db, TASK_READ, error);
    return NULL;
}

// The one number that a statement gives.
static bool read_number(sqlite3 *db, const char *sql, int64_t *ret_number, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_prepare(db, sql, error);
    bool row = false;
    bool read = statement != NULL && sqlite_step(statement, &row, error);
    if (row)
        *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return read;
}

bool sqlite_schema_version(sqlite3 *db, int64_t *ret_version, struct store_error *error)
{
    int64_t application = 0, tables = 0, version = 0;
    if (!read_number(db, "PRAGMA application_id", &application, error) ||
        !read_number(db, "SELECT count(*) FROM sqlite_schema", &tables, error))
        return false;
    if (application != APPLICATION_ID && tables > 0) {
        store_error_set(error, "%s is not a store of Usher's. Name another folder.", sqlite3_db_filename(db, "main"));
        return false;
    }
    if (tables > 0 && !read_number(db, "SELECT value FROM meta WHERE name = 'schema_version'", &version, error))
        return false;
    if (version > schema_version) {
        store_error_set(error,
                        "%s was written by a newer Usher (schema %" PRId64 ", this one knows up to %d). Run that one, "
                        "or restore a backup made before it.",
                        sqlite3_db_filename(db, "main"), version, schema_version);
        return false;
    }
    *ret_version = version;
    return true;
}

static bool set_version(sqlite3 *db, struct store_error *error)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "PRAGMA application_id = %d; INSERT INTO meta (name, value) VALUES ('schema_version', %d) "
             "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             APPLICATION_ID, schema_version);
    return sqlite_execute(db, sql, TASK_WRITE, error);
}

bool sqlite_migrate(sqlite3 *db, struct store_error *error)
{
    int64_t version;
    if (!sqlite_schema_version(db, &version, error))
        return false;
    if (!sqlite_execute(db,
                        "PRAGMA page_size = 4096; PRAGMA journal_mode = wal; PRAGMA synchronous = full; "
                        "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536",
                        TASK_OPEN, error))
        return false;
    if (version == schema_version)
        return true;
    if (!sqlite_execute(db, "BEGIN IMMEDIATE", TASK_WRITE, error))
        return false;
    bool migrated = true;
    for (int64_t step = version; migrated && step < schema_version; step++)
        migrated = sqlite_execute(db, schema_steps[step], TASK_WRITE, error);
    migrated = migrated && set_version(db, error) && sqlite_execute(db, "COMMIT", TASK_COMMIT, error);
    if (!migrated && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return migrated;
}
