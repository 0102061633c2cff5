// SPDX-License-Identifier: Apache-2.0
//
// What the drivers' SQL of lists has in common. A list is put together as
//
//     list_begin; "SELECT … FROM … WHERE " and where it goes on; filters; list_end
#ifndef STORE_LIST_SQL_H
#define STORE_LIST_SQL_H

#include "engine/query.h"
#include "store/query_sql.h"

// Begins the query and sets all of its values but "ids".
void list_begin(struct query_sql *sql, const struct list_query *query);
// The condition by which the list goes on; of one that names ids the driver has its own.
const char *list_start(const struct list_query *query);
// Adds the filters that all databases understand: not `borrowed`, `email` and `q`.
void list_add_filters(struct query_sql *sql, const struct list_query *query);
// Adds the scope, the order and the limit: one row more than asked for tells that there is another page.
void list_end(struct query_sql *sql, const struct list_query *query);
// The id to go on from. From the end back, no row is after the last.
uint64_t list_after(const struct list_query *query);

#endif
