// SPDX-License-Identifier: Apache-2.0
//
// A reader: a connection that only reads, with the statements it has met.
#ifndef STORE_SQLITE_READER_H
#define STORE_SQLITE_READER_H

#include "store/query_sql.h"
#include "store/sqlite.h"

enum { READER_STATEMENTS_MAX = 64 };

struct sqlite_reader {
    struct store_reader reader;
    sqlite3 *db;
    struct query_sql query;
    sqlite3_stmt *statements[READER_STATEMENTS_MAX]; // the one used last is the last
    size_t statement_count;
};

// The statement for reader->query, with its values; NULL: failed. It stays until READER_STATEMENTS_MAX others were
// asked for, so a list may work with a few of them at once.
sqlite3_stmt *sqlite_query(struct sqlite_reader *reader, struct store_error *error);
// Binds another number where the statement has a place of that name (":seat"): one that is asked for again and again.
void sqlite_bind_named(sqlite3_stmt *statement, const char *name, uint64_t number);
// Fills in the places of a page of organizations.
bool sqlite_list_places(struct sqlite_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                        struct store_error *error);

#endif
