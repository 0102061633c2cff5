// SPDX-License-Identifier: Apache-2.0
//
// A reader: a link that only reads, with the statements it has met. A query is put together in reader->sql from fixed
// pieces with named values (":account"), so there are few different ones, and each is prepared once.
#ifndef STORE_POSTGRES_READER_H
#define STORE_POSTGRES_READER_H

#include "store/postgres.h"

enum { PG_KEPT_MAX = 64, PG_NAMED_MAX = 24 };

// A value for the places of this name.
struct pg_named {
    const char *name; // without the colon
    bool is_text;
    int64_t number;
    const char *text;
};

struct pg_reader {
    struct store_reader reader;
    struct pg_link link;
    char collation[80]; // by which capitals are known; quoted
    struct buffer sql;  // the query as it is put together
    struct pg_named named[PG_NAMED_MAX];
    int named_count;
    char *kept[PG_KEPT_MAX]; // texts of the prepared statements; NULL: none
    int next;                // the place that is given away next
};

// What narrows a list to the things that the asker may see; 0: no such scope.
struct pg_scope {
    uint64_t organization, user, key;
};

// Each piece is a condition, or NULL: nothing of this kind lies in such a scope. Within one for an organization,
// `inside` has the organizations at or below it, `users_inside` their users.
struct pg_scope_sql {
    const char *organization, *user, *key;
};

// Begins a query: no values, and the tables that the scope needs.
void pg_begin_query(struct pg_reader *reader, const struct pg_scope *scope);
// Adds " AND (…)" for the scope.
void pg_add_scope(struct pg_reader *reader, const struct pg_scope *scope, const struct pg_scope_sql *sql);
void pg_add_filter(struct pg_reader *reader, bool given, const char *condition);
// Texts must live until the query has run.
void pg_set(struct pg_reader *reader, const char *name, uint64_t number);
void pg_set_text(struct pg_reader *reader, const char *name, const char *text);
// Runs the query; NULL: failed.
PGresult *pg_run(struct pg_reader *reader, struct store_error *error);
// What runs between these sees one moment. The end tells whether all was well.
bool pg_begin_moment(struct pg_reader *reader, struct store_error *error);
bool pg_end_moment(struct pg_reader *reader, bool good, struct store_error *error);

// "{1,2}": ids for a place of the type bigint[].
const char *pg_ids(const uint64_t *ids, size_t count, struct arena *arena);
// Fills in the places of a page of organizations, in the moment that has begun.
bool pg_list_places(struct pg_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                    struct store_error *error);

#endif
