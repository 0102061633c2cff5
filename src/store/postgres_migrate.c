// SPDX-License-Identifier: Apache-2.0
// The schema's versions.
#include "store/postgres.h"

#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>

static bool read_version(struct pg_link *link, int64_t *ret_version, struct store_error *error)
{
    int64_t tables;
    *ret_version = 0;
    if (!pg_execute_number(link,
                           "SELECT count(*) FROM pg_class WHERE relname = 'meta' AND relkind = 'r' "
                           "AND relnamespace = current_schema()::regnamespace",
                           &tables, error))
        return false;
    return tables == 0 ||
           pg_execute_number(link, "SELECT value FROM meta WHERE name = 'schema_version'", ret_version, error);
}

static bool check_version(const struct pg_link *link, int64_t version, struct store_error *error)
{
    if (version > postgres_version)
        store_error_set(error,
                        "The %s was brought up to date by a newer Usher (schema %" PRId64 ", this one knows up to %d). "
                        "Run that one, or restore a backup made before it.",
                        link->name, version, postgres_version);
    return version <= postgres_version;
}

bool pg_schema_version(struct pg_link *link, int64_t *ret_version, struct store_error *error)
{
    return read_version(link, ret_version, error) && check_version(link, *ret_version, error);
}

static bool take_steps(struct pg_link *link, int64_t version, struct store_error *error)
{
    char sql[160];
    for (int64_t step = version; step < postgres_version; step++) {
        if (!pg_execute_long(link, postgres_steps[step], error))
            return false;
    }
    snprintf(sql, sizeof sql,
             "INSERT INTO meta (name, value) VALUES ('schema_version', %d) "
             "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
             postgres_version);
    return pg_execute(link, sql, error);
}

static bool migrate_locked(struct pg_link *link, struct store_error *error)
{
    int64_t version;
    return pg_execute(link, "SET LOCAL lock_timeout = '60s'", error) &&
           pg_execute_long(link, "SELECT pg_advisory_xact_lock(1431521362, hashtext('migrate ' || current_schema()))",
                           error) &&
           pg_schema_version(link, &version, error) && take_steps(link, version, error);
}

bool pg_migrate(struct pg_link *link, struct store_error *error)
{
    int64_t version;
    if (!pg_schema_version(link, &version, error))
        return false;
    if (version == postgres_version)
        return true;
    if (!pg_execute(link, "BEGIN", error))
        return false;
    struct store_error ignored;
    bool migrated = migrate_locked(link, error);
    return pg_execute(link, migrated ? "COMMIT" : "ROLLBACK", migrated ? error : &ignored) && migrated;
}
