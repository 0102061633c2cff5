// SPDX-License-Identifier: Apache-2.0
//
// A reader: a link that only reads, with the statements it has met.
#ifndef STORE_POSTGRES_READER_H
#define STORE_POSTGRES_READER_H

#include "store/postgres.h"
#include "store/query_sql.h"

enum { PG_KEPT_MAX = 64 };

struct pg_reader {
    struct store_reader reader;
    struct pg_link link;
    char collation[80]; // by which capitals are known; quoted
    struct query_sql query;
    char *kept[PG_KEPT_MAX]; // texts of the prepared statements; NULL: none
    int next;                // the place that is given away next
};

// Runs reader->query; NULL: failed.
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
