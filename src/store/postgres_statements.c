// SPDX-License-Identifier: Apache-2.0
// All statements of the writer. Those over rows are made from the field tables of engine/row.c: $1 is the account,
// $2 the first field. The columns of a table stand in the order of its fields and have their names.
//
// An update or delete must find its row. What it did is not waited for, so the database itself must stop the
// transaction: it divides by the number of rows that were found.
#include "store/postgres.h"

#include <stdio.h>

#define MUST_FIND_ONE ") SELECT 1 / count(*) FROM changed"

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

// Products are nobody's, and an account's row names it by its id.
static bool has_account(enum row_kind kind)
{
    return kind != ROW_PRODUCT && kind != ROW_ACCOUNT;
}

static void add_insert(struct buffer *sql, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    buffer_printf(sql, "INSERT INTO %s (%s", pg_table(kind), has_account(kind) ? "account_id, " : "");
    pg_add_columns(sql, kind, "");
    buffer_add_text(sql, has_account(kind) ? ") VALUES ($1, " : ") VALUES (");
    for (size_t i = 0; i < type->field_count; i++)
        buffer_printf(sql, "%s$%zu", i > 0 ? ", " : "", i + 2);
    buffer_add_char(sql, ')');
}

static void add_key(struct buffer *sql, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    buffer_add_text(sql, has_account(kind) ? " WHERE account_id = $1" : " WHERE true");
    for (size_t i = 0; i < type->key_count; i++)
        buffer_printf(sql, " AND \"%s\" = $%zu", type->fields[i].name, i + 2);
}

static void add_update(struct buffer *sql, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    buffer_printf(sql, "WITH changed AS (UPDATE %s SET ", pg_table(kind));
    for (size_t i = 0; i < type->field_count; i++)
        buffer_printf(sql, "%s\"%s\" = $%zu", i > 0 ? ", " : "", type->fields[i].name, i + 2);
    add_key(sql, kind);
    buffer_add_text(sql, " RETURNING 1" MUST_FIND_ONE);
}

static void add_erase(struct buffer *sql, enum row_kind kind)
{
    buffer_printf(sql, "WITH changed AS (DELETE FROM %s", pg_table(kind));
    add_key(sql, kind);
    buffer_add_text(sql, " RETURNING 1" MUST_FIND_ONE);
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

static bool prepare_row(struct pg_link *link, enum pg_act act, enum row_kind kind, struct buffer *sql,
                        struct store_error *error)
{
    static void (*const adders[PG_ACTS])(struct buffer *, enum row_kind) = {
        [PG_INSERT] = add_insert, [PG_UPDATE] = add_update, [PG_ERASE] = add_erase, [PG_LOAD] = add_load};
    static const Oid moments[] = {20, 20};
    char name[PG_NAME_SIZE];
    Oid types[PG_VALUES_MAX];
    int count = pg_row_types(kind, types);
    pg_row_name(act, kind, name);
    buffer_clear(sql);
    adders[act](sql, kind);
    return pg_queue_prepare(link, name, buffer_text(sql), act == PG_LOAD ? 2 : count, act == PG_LOAD ? moments : types,
                            error) == STORE_OK;
}

// Those that give sessions: what stands behind their columns.
static const struct {
    const char *name, *behind;
} of_sessions[] = {
    {"recall_session", " FROM session WHERE account_id = $1 AND id = $2"},
    {"recall_keyed", " FROM session WHERE account_id = $1 AND key IS NOT DISTINCT FROM $2 AND idempotency_key = $3 "
                     "AND (ended_at IS NULL OR ended_at > $4) ORDER BY id DESC LIMIT 1"},
    {"recall_since", " FROM (SELECT * FROM session WHERE account_id = $1 AND state = 'active' "
                     "UNION ALL SELECT * FROM session WHERE account_id = $1 AND ended_at >= $2) AS since "
                     "ORDER BY started_at NULLS FIRST, id"},
    // Many at once, each with the place of its question.
    {"ask_keyed", ", place FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) "
                  "AS q (place, of, by, word) CROSS JOIN LATERAL (SELECT * FROM session WHERE account_id = q.of "
                  "AND idempotency_key = q.word AND key IS NOT DISTINCT FROM nullif(q.by, 0) "
                  "ORDER BY id DESC LIMIT 1) AS s"},
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
    for (int act = 0; act < PG_ACTS; act++) {
        for (int kind = 0; kind < ROW_KINDS; kind++) {
            if (!prepare_row(link, (enum pg_act)act, (enum row_kind)kind, sql, error))
                return false;
        }
    }
    return prepare_sessions(link, sql, error) && pg_finish(link, PG_OPEN, error) == STORE_OK;
}

bool pg_prepare_all(struct pg_link *link, struct store_error *error)
{
    struct buffer sql = {0};
    bool prepared = prepare_all(link, &sql, error);
    buffer_fini(&sql);
    return prepared;
}
