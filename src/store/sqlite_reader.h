// SPDX-License-Identifier: Apache-2.0
//
// A reader: a connection that only reads, with the statements it has met. A query is put together from fixed pieces
// with named values, so there are few different ones, and each is prepared once.
#ifndef STORE_SQLITE_READER_H
#define STORE_SQLITE_READER_H

#include "store/sqlite.h"

enum { READER_STATEMENTS_MAX = 64 };

struct sqlite_reader {
    struct store_reader reader;
    sqlite3 *db;
    struct buffer sql;
    sqlite3_stmt *statements[READER_STATEMENTS_MAX]; // the one used last is the last
    size_t statement_count;
};

// What narrows a list to the things that the asker may see; 0: no such scope.
struct scope {
    uint64_t organization, user, key;
};

// Each piece is a condition, or NULL: nothing of this kind lies in such a scope. Within one for an organization,
// `inside` are the organizations at or below it, `users_inside` their users.
struct scope_sql {
    const char *organization, *user, *key;
};

// Begins the query in reader->sql: the tables that the scope needs.
void sqlite_begin_query(struct sqlite_reader *reader, const struct scope *scope);
// Adds " AND (…)" for the scope.
void sqlite_add_scope(struct sqlite_reader *reader, const struct scope *scope, const struct scope_sql *sql);
// The statement for reader->sql, ready for values; NULL: failed. It stays until READER_STATEMENTS_MAX others were asked
// for, so a list may work with a few of them at once.
sqlite3_stmt *sqlite_query(struct sqlite_reader *reader, struct store_error *error);
// Bind a value where the query has a place of that name.
void sqlite_bind_named(sqlite3_stmt *statement, const char *name, uint64_t number);
void sqlite_bind_named_text(sqlite3_stmt *statement, const char *name, const char *text);
void sqlite_bind_scope(sqlite3_stmt *statement, const struct scope *scope);
// Fills in the places of a page of organizations.
bool sqlite_list_places(struct sqlite_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                        struct store_error *error);

#endif
