// SPDX-License-Identifier: Apache-2.0
// For those who have a link to PostgreSQL already.
#ifndef STORE_DATABASE_POSTGRES_H
#define STORE_DATABASE_POSTGRES_H

#include "store/database.h"
#include "store/postgres.h"

struct pg_database {
    struct database database;
    struct pg_link link;
    unsigned cursors;                 // that were opened, for their names
    bool has_finder[ROW_KINDS_ALONE]; // made when they are first wanted
};

// Connects for work that takes long, and makes sure that the schema is the present one; with `make`, brings it there.
// NULL, with a sentence. No transaction is begun.
struct pg_database *database_of_postgres(const char *uri, bool make, struct store_error *error);
// Runs SQL in the transaction under way; the first number that it gives goes to *ret_number when that is not NULL.
bool pg_database_run(struct pg_database *database, const char *sql, enum pg_task task, int64_t *ret_number,
                     struct store_error *error);
// Turns what a result that is no success says into a sentence. Always false.
bool pg_database_failed(struct pg_database *database, const PGresult *result, enum pg_task task,
                        struct store_error *error);

#endif
