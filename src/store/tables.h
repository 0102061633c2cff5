// SPDX-License-Identifier: Apache-2.0
//
// The tables of a store, as both databases have them: what is carried over when a store moves, and what verify reads.
// Those of rows follow engine/row.h, which has their columns; the others stand in tables.c. What belongs to the
// database itself (meta, and what servers on one store tell each other) is none of them.
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include "base/buffer.h"
#include "store/store.h"

enum column_type { COLUMN_NUMBER, COLUMN_FLAG, COLUMN_TEXT, COLUMN_BYTES };

struct sql_column {
    const char *name;
    enum column_type type;
};

enum { TABLE_COLUMNS_MAX = 24 };

struct sql_table {
    const char *name;
    struct sql_column columns[TABLE_COLUMNS_MAX];
    size_t column_count;
    const char *where;           // which of its rows; NULL: all
    size_t first_key, key_count; // the columns that its rows are ordered by when they are read; 0: as they lie
};

enum {
    TABLE_COUNTER = ROW_KINDS_ALONE,
    TABLE_OPERATOR,
    TABLE_EVENT,
    TABLE_CHECKPOINT,
    TABLE_DENIAL,
    TABLE_ANSWER,
    TABLE_COUNT
};

// The first ROW_KINDS_ALONE are those of the row kinds, by their numbers.
void sql_tables_describe(struct sql_table tables[TABLE_COUNT]);

// What a kind's table is called, and the column that tells whose its rows are: "0" for those of the service itself.
const char *sql_table_name(enum row_kind kind);
const char *sql_table_owner(enum row_kind kind);

bool sql_table_has_account(enum row_kind kind); // whether that column is account_id

// Adds columns from the given one on, in quotes and each after the prefix ("" or "t."), with commas between.
void sql_table_add_columns(struct buffer *sql, const struct sql_table *table, size_t from, size_t count,
                           const char *prefix);
// Adds an expression for the subject of the row `alias`, as history_add_subject writes it.
void sql_table_add_subject(struct buffer *sql, enum row_kind kind, const char *alias);
// Adds "SELECT all columns FROM table ORDER BY …".
void sql_table_add_select(struct buffer *sql, const struct sql_table *table);
// Adds a query for the row's own columns by its key: $1 and on are the account, if the table has it, and the key's
// parts.
void sql_table_add_find(struct buffer *sql, const struct sql_table *table, enum row_kind kind);

#endif
