// SPDX-License-Identifier: Apache-2.0
#include "store/tables.h"

#include "base/check.h"

#include <string.h>

#define NUMBER(column)                                                                                                 \
    {                                                                                                                  \
        column, COLUMN_NUMBER                                                                                          \
    }
#define TEXT(column)                                                                                                   \
    {                                                                                                                  \
        column, COLUMN_TEXT                                                                                            \
    }
#define BYTES(column)                                                                                                  \
    {                                                                                                                  \
        column, COLUMN_BYTES                                                                                           \
    }

// Those that are of no row kind.
static const struct sql_table others[] = {
    // Who waits is carried nowhere, and so are their numbers.
    {"counter", {TEXT("kind"), NUMBER("next")}, .where = "kind <> 'waiter'", .key_count = 1},
    {"operator", {NUMBER("id"), BYTES("hash")}, .key_count = 1},
    // As they lie is in the order of time: that is how they are written and read best.
    {"event",
     {NUMBER("account_id"), NUMBER("seq"), NUMBER("at"), TEXT("kind"), TEXT("subject"), TEXT("actor_role"),
      NUMBER("actor_key"), NUMBER("actor_user"), NUMBER("actor_organization"), TEXT("data"), NUMBER("organization"),
      NUMBER("user"), BYTES("hash")},
     .key_count = 0},
    {"checkpoint", {NUMBER("account_id"), NUMBER("seq"), NUMBER("at"), BYTES("hash")}, .key_count = 1},
    {"denial",
     {NUMBER("account_id"), NUMBER("id"), NUMBER("user"), TEXT("product"), TEXT("machine"), TEXT("error"),
      TEXT("reason"), NUMBER("project"), NUMBER("organization"), NUMBER("units"), NUMBER("count"), NUMBER("first_at"),
      NUMBER("last_at"), NUMBER("closed_at"), TEXT("tried")},
     .key_count = 2},
    {"answer",
     {NUMBER("account_id"), NUMBER("key"), TEXT("idempotency_key"), BYTES("request_hash"), NUMBER("status"),
      TEXT("body"), NUMBER("until_at")},
     .key_count = 3},
};

_Static_assert(sizeof others / sizeof others[0] == TABLE_COUNT - ROW_KINDS_ALONE, "each has its number");

static enum column_type type_of(const struct field *field)
{
    switch (field->type) {
    case FIELD_ID:
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        return COLUMN_NUMBER;
    case FIELD_FLAG:
        return COLUMN_FLAG;
    case FIELD_HASH:
        return COLUMN_BYTES;
    case FIELD_TEXT:
    case FIELD_WORD:
    case FIELD_PRODUCT:
        break;
    }
    return COLUMN_TEXT;
}

const char *sql_table_name(enum row_kind kind)
{
    return kind == ROW_USER ? "app_user" : row_types[kind].name;
}

const char *sql_table_owner(enum row_kind kind)
{
    return kind == ROW_PRODUCT ? "0" : kind == ROW_ACCOUNT ? "id" : "account_id";
}

bool sql_table_has_account(enum row_kind kind)
{
    return kind != ROW_PRODUCT && kind != ROW_ACCOUNT;
}

static void add_column(struct sql_table *table, const char *name, enum column_type type)
{
    CHECK(table->column_count < TABLE_COLUMNS_MAX);
    table->columns[table->column_count++] = (struct sql_column){name, type};
}

static void describe_rows(struct sql_table *table, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    *table = (struct sql_table){.name = sql_table_name(kind), .key_count = type->key_count};
    if (sql_table_has_account(kind))
        add_column(table, "account_id", COLUMN_NUMBER);
    // SQLite keeps sessions by their id alone: src/store/schema/001.sql.
    if (kind == ROW_SESSION)
        table->first_key = 1;
    else
        table->key_count += table->column_count;
    for (size_t i = 0; i < type->field_count; i++)
        add_column(table, type->fields[i].name, type_of(&type->fields[i]));
}

void sql_tables_describe(struct sql_table tables[TABLE_COUNT])
{
    for (size_t i = 0; i < ROW_KINDS_ALONE; i++)
        describe_rows(&tables[i], (enum row_kind)i);
    for (size_t i = ROW_KINDS_ALONE; i < TABLE_COUNT; i++) {
        tables[i] = others[i - ROW_KINDS_ALONE];
        while (tables[i].column_count < TABLE_COLUMNS_MAX && tables[i].columns[tables[i].column_count].name != NULL)
            tables[i].column_count++;
    }
}

void sql_table_add_columns(struct buffer *sql, const struct sql_table *table, size_t from, size_t count,
                           const char *prefix)
{
    for (size_t i = from; i < from + count; i++)
        buffer_printf(sql, "%s%s\"%s\"", i > from ? ", " : "", prefix, table->columns[i].name);
}

void sql_table_add_subject(struct buffer *sql, enum row_kind kind, const char *alias)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->key_count; i++) {
        const struct field *field = &type->fields[i];
        char id[ID_TEXT_SIZE] = "";
        if (field->type == FIELD_ID)
            id_format(field->of, 1, 1, id);
        // "SN-1" without its number: what stands before all ids of the kind.
        buffer_printf(sql, "%s'%s%.*s' || %s.\"%s\"", i > 0 ? " || " : "", i > 0 ? "/" : "",
                      (int)strcspn(id, "0123456789"), id, alias, field->name);
    }
}

void sql_table_add_select(struct buffer *sql, const struct sql_table *table)
{
    buffer_add_text(sql, "SELECT ");
    sql_table_add_columns(sql, table, 0, table->column_count, "");
    buffer_printf(sql, " FROM %s", table->name);
    if (table->where != NULL)
        buffer_printf(sql, " WHERE %s", table->where);
    if (table->key_count > 0)
        buffer_add_text(sql, " ORDER BY ");
    sql_table_add_columns(sql, table, table->first_key, table->key_count, "");
}

void sql_table_add_find(struct buffer *sql, const struct sql_table *table, enum row_kind kind)
{
    size_t own = sql_table_has_account(kind);
    buffer_add_text(sql, "SELECT ");
    sql_table_add_columns(sql, table, own, table->column_count - own, "");
    buffer_printf(sql, " FROM %s WHERE ", table->name);
    for (size_t i = 0; i < own + row_types[kind].key_count; i++)
        buffer_printf(sql, "%s\"%s\" = $%zu", i > 0 ? " AND " : "", table->columns[i].name, i + 1);
}
