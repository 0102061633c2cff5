// SPDX-License-Identifier: Apache-2.0
//
// A query as a reader puts it together: fixed pieces of SQL with named places (":account"), and the values for them.
// What a client says is never in the text, and there are few different texts, so that each is prepared once.
#ifndef STORE_QUERY_SQL_H
#define STORE_QUERY_SQL_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum { QUERY_VALUES_MAX = 24 };

// A value for the places of this name.
struct query_value {
    const char *name; // without the colon
    bool is_text;
    int64_t number;
    const char *text; // or NULL
};

struct query_sql {
    struct buffer text;
    struct query_value values[QUERY_VALUES_MAX];
    int value_count;
};

// What narrows a list to the things that the asker may see; 0: no such scope.
struct query_scope {
    uint64_t organization, user, key;
};

// Each piece is a condition, or NULL: nothing of this kind lies in such a scope. Within one for an organization,
// `inside` has the organizations at or below it, `users_inside` their users.
struct query_scope_sql {
    const char *organization, *user, *key;
};

// Begins a query: no values but those of the scope, and the tables that it needs. NULL: none.
void query_begin(struct query_sql *query, const struct query_scope *scope);
void query_fini(struct query_sql *query);
// Adds " AND (…)" for the scope.
void query_add_scope(struct query_sql *query, const struct query_scope *scope, const struct query_scope_sql *sql);
// Adds " AND …", if it is given.
void query_add_filter(struct query_sql *query, bool given, const char *condition);
// Set the value of a name, or another value for it. Names and texts must live until the query has run.
void query_set(struct query_sql *query, const char *name, uint64_t number);
void query_set_text(struct query_sql *query, const char *name, const char *text);
// The value of the name; NULL: it has none.
const struct query_value *query_find(const struct query_sql *query, const char *name, size_t length);

#endif
