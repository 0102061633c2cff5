// SPDX-License-Identifier: Apache-2.0
// All statements of the writer but those that write rows (postgres_sets.c). They are made from the field tables of
// engine/row.c: the columns of a table stand in the order of its fields and have their names.
#include "store/postgres_sets.h"

#include <stdio.h>

const char *pg_table(enum row_kind kind)
{
    return kind == ROW_USER ? "app_user" : row_types[kind].name;
}

void pg_row_name(enum pg_act act, enum row_kind kind, char name[PG_NAME_SIZE])
{
    static const char letters[PG_ACTS] = {[PG_INSERT] = 'i', [PG_UPDATE] = 'u', [PG_ERASE] = 'e', [PG_LOAD] = 'l'};
    snprintf(name, PG_NAME_SIZE, "row_%c%d", letters[act], (int)kind);
}

void pg_add_columns(struct buffer *sql, enum row_kind kind, const char *prefix)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->field_count; i++)
        buffer_printf(sql, "%s%s\"%s\"", i > 0 ? ", " : "", prefix, type->fields[i].name);
}

// Level by level from the top, so that parents come first, also those that are younger than a child.
static void add_load_organizations(struct buffer *sql)
{
    buffer_add_text(sql, "WITH RECURSIVE tree AS (SELECT o.*, 1 AS depth FROM organization AS o "
                         "WHERE account_id = $1 AND parent IS NULL "
                         "UNION ALL SELECT o.*, tree.depth + 1 FROM tree "
                         "JOIN organization AS o ON o.account_id = $1 AND o.parent = tree.id) SELECT ");
    pg_add_columns(sql, ROW_ORGANIZATION, "");
    buffer_add_text(sql, " FROM tree ORDER BY depth, id");
}

static void add_load(struct buffer *sql, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    if (kind == ROW_ORGANIZATION) {
        add_load_organizations(sql);
        return;
    }
    buffer_add_text(sql, "SELECT ");
    pg_add_columns(sql, kind, "");
    buffer_printf(sql, " FROM %s WHERE %s", pg_table(kind),
                  kind == ROW_PRODUCT   ? "true"
                  : kind == ROW_ACCOUNT ? "id = $1"
                                        : "account_id = $1");
    if (kind == ROW_SESSION)
        buffer_add_text(sql, " AND state = 'active'");
    if (kind == ROW_COOLDOWN)
        buffer_add_text(sql, " AND until_at > $2");
    for (size_t i = 0; i < type->key_count; i++)
        buffer_printf(sql, "%s\"%s\"", i > 0 ? ", " : " ORDER BY ", type->fields[i].name);
}

static bool prepare_load(struct pg_link *link, enum row_kind kind, struct buffer *sql, struct store_error *error)
{
    static const Oid moments[] = {PG_NUMBER, PG_NUMBER};
    char name[PG_NAME_SIZE];
    pg_row_name(PG_LOAD, kind, name);
    buffer_clear(sql);
    add_load(sql, kind);
    return pg_queue_prepare(link, name, buffer_text(sql), 2, moments, error) == STORE_OK;
}

// Those that give sessions: what stands behind their columns.
static const struct {
    const char *name, *behind;
} of_sessions[] = {
    {"recall_session", " FROM session WHERE account_id = $1 AND id = $2"},
    // Few have the same key. "id + 0", as else all sessions might be gone through in the order of their ids.
    {"recall_keyed", " FROM session WHERE account_id = $1 AND key IS NOT DISTINCT FROM $2 AND idempotency_key = $3 "
                     "AND (ended_at IS NULL OR ended_at > $4) ORDER BY id + 0 DESC LIMIT 1"},
    {"recall_since", " FROM (SELECT * FROM session WHERE account_id = $1 AND state = 'active' "
                     "UNION ALL SELECT * FROM session WHERE account_id = $1 AND ended_at >= $2) AS since "
                     "ORDER BY started_at NULLS FIRST, id"},
    // Many at once, each with the place of its question; of those with the same key, the newest comes last.
    {"ask_keyed", ", place FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) "
                  "AS q (place, of, by, word) JOIN session ON account_id = q.of AND idempotency_key = q.word "
                  "AND key IS NOT DISTINCT FROM nullif(q.by, 0) ORDER BY place, id + 0"},
    {"ask_sessions", ", place FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS q (place, of, wanted) "
                     "JOIN session ON account_id = q.of AND id = q.wanted"},
};

static bool prepare_sessions(struct pg_link *link, struct buffer *sql, struct store_error *error)
{
    for (size_t i = 0; i < sizeof of_sessions / sizeof of_sessions[0]; i++) {
        buffer_clear(sql);
        buffer_add_text(sql, "SELECT ");
        pg_add_columns(sql, ROW_SESSION, "");
        buffer_add_text(sql, of_sessions[i].behind);
        if (pg_queue_prepare(link, of_sessions[i].name, buffer_text(sql), 0, NULL, error) != STORE_OK)
            return false;
    }
    return true;
}

static bool prepare_all(struct pg_link *link, struct buffer *sql, struct store_error *error)
{
    if (!pg_prepare_fixed(link, error))
        return false;
    for (int kind = 0; kind < ROW_KINDS; kind++) {
        if (!prepare_load(link, (enum row_kind)kind, sql, error))
            return false;
    }
    return prepare_sessions(link, sql, error) && pg_sets_prepare(link, error) &&
           pg_finish(link, PG_OPEN, error) == STORE_OK;
}

bool pg_prepare_all(struct pg_link *link, struct store_error *error)
{
    struct buffer sql = {0};
    bool prepared = prepare_all(link, &sql, error);
    buffer_fini(&sql);
    return prepared;
}
