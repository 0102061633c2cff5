// SPDX-License-Identifier: Apache-2.0
//
// What a transaction writes of rows and events, kept until it must be seen: then all rows of a kind go out in one
// statement, as arrays that the database unnests. A row that is written several times goes out once, as it is in the
// end, so the order of the writes does not matter.
//
//     put, put, put … ──► flush: at most one INSERT, DELETE and UPDATE for each kind, one of each narrow UPDATE
//                         (narrow.h), and one INSERT of events
#ifndef STORE_POSTGRES_SETS_H
#define STORE_POSTGRES_SETS_H

#include "store/postgres.h"

#include "base/table.h"

struct pending_row;

struct pg_sets {
    struct arena arena;
    struct narrow_masks narrow_masks;
    struct table rows; // struct pending_row by account, kind and key
    struct pending_row *first[ROW_KINDS], **last[ROW_KINDS];
    struct pg_array events[PG_VALUES_MAX]; // each a column
    struct pg_array columns[PG_VALUES_MAX]; // of the rows that are being sent
};

struct pg_sets *pg_sets_make(void);
void pg_sets_free(struct pg_sets *sets);
// Forgets what was put.
void pg_sets_clear(struct pg_sets *sets);
// The statements that a flush needs.
bool pg_sets_prepare(struct pg_link *link, struct store_error *error);

void pg_sets_put_row(struct pg_sets *sets, uint64_t account, const struct fact *fact);
void pg_sets_put_event(struct pg_sets *sets, const struct history_entry *entry);
bool pg_sets_is_empty(const struct pg_sets *sets);
// Queues it all, and clears the sets. What the database says comes with the link's next finish.
enum store_status pg_sets_flush(struct pg_sets *sets, struct pg_link *link, struct store_error *error);

#endif
