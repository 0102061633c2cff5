// SPDX-License-Identifier: Apache-2.0
// For those who have a connection to SQLite already.
#ifndef STORE_DATABASE_SQLITE_H
#define STORE_DATABASE_SQLITE_H

#include "store/database.h"
#include "store/sqlite.h"

struct sqlite_database {
    struct database database;
    sqlite3 *db;
    sqlite3_stmt *finders[ROW_KINDS_ALONE]; // made when they are first wanted
};

// The database takes the connection over and closes it in the end.
struct database *database_of_sqlite(sqlite3 *db);
void sqlite_bind_value(sqlite3_stmt *statement, int index, const struct value *value);

#endif
