// SPDX-License-Identifier: Apache-2.0
// A server's place among the others.
#include "store/postgres.h"

#include "base/moment.h"

#include <inttypes.h>
#include <stdio.h>

bool pg_mark_alive(struct pg_store *store, struct pg_link *link, struct store_error *error)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT mark_alive(%" PRIu64 ", '%s', %" PRId64 ")", store->store.node, store->name,
             moment_seconds(LIVENESS_MAX_S));
    return pg_execute_long(link, sql, error);
}
