// SPDX-License-Identifier: Apache-2.0
//
// The drivers' SQL of the past: events and denials, as they are asked for by pages.
#ifndef STORE_HISTORY_SQL_H
#define STORE_HISTORY_SQL_H

#include "engine/query.h"
#include "store/driver.h"
#include "store/query_sql.h"

// How a driver asks the query that its reader has put together for numbers: the first `count` columns of its only row.
// *ret_found is false when there is no row, or NULL in it.
struct history_asker {
    struct store_reader *reader;
    struct query_sql *sql;
    bool (*ask)(struct store_reader *reader, int64_t numbers[], int count, bool *ret_found, struct store_error *error);
};

// Puts the query for a page of events together, in asker->sql; `columns` are what it selects. One row more than the
// limit tells that there is another page. False: failed.
bool history_events(const struct history_asker *asker, const struct history_query *query, const char *columns,
                    struct arena *arena, struct store_error *error);
// Likewise for denials.
void history_denials(struct query_sql *sql, const struct history_query *query, const char *columns,
                     struct arena *arena);

#endif
