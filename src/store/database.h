// SPDX-License-Identifier: Apache-2.0
//
// A store's database as the tools of keeping.h see it, SQLite or PostgreSQL: SQL goes in, rows come out, at one moment
// of the store. SQL is written so that both take it: places are $1, $2 … in the order in which they stand, and columns
// are in quotes (user is a word of PostgreSQL's).
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "store/driver.h"
#include "store/tables.h"

enum value_type { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_BYTES };

// What stands in one column of one row; flags are the numbers 0 and 1.
struct value {
    enum value_type type;
    int64_t number;
    const char *bytes; // of texts too, which end with a zero that is not counted
    size_t length;
};

static inline struct value value_number(int64_t number)
{
    return (struct value){.type = VALUE_NUMBER, .number = number};
}

// The text is borrowed.
struct value value_text(const char *text);

enum { DATABASE_KEYS_MAX = 100, DATABASE_PARTS_MAX = 2 };

// Which row is looked for.
struct row_key {
    uint64_t account;
    enum row_kind kind;
    struct value parts[DATABASE_PARTS_MAX]; // the leading fields of the row's type
};

// Told for each key, in their order: its row, or NULL when there is none. One that is there but cannot be read is NULL,
// too, with a sentence in `unreadable`. Valid during the call.
typedef void found_row_sink(void *arg, size_t index, const void *row, const char *unreadable);

struct database;
struct rows;

struct database_driver {
    void (*close)(struct database *database);
    bool (*check)(struct database *database, struct rows **ret_rows, struct store_error *error);
    struct rows *(*query)(struct database *database, const char *sql, const struct value *values, size_t count,
                          struct store_error *error);
    bool (*next)(struct rows *rows, bool *ret_row, struct store_error *error);
    void (*end)(struct rows *rows);
    struct value (*value)(const struct rows *rows, size_t column);
    bool (*read_event)(struct rows *rows, struct history_entry *entry, struct store_error *error);
    bool (*find)(struct database *database, const struct row_key *keys, size_t count, found_row_sink *sink, void *arg,
                 struct store_error *error);
    bool (*begin)(struct database *database, struct store_error *error);
    bool (*change)(struct database *database, const char *sql, const struct value *values, size_t count,
                   uint64_t *ret_changed, struct store_error *error);
    bool (*commit)(struct database *database, struct store_error *error);
    void (*rollback)(struct database *database);
    bool (*keep_others)(struct database *database, const char *work, struct store_error *error); // may be NULL
};

// First member of each driver's own.
struct database {
    const struct database_driver *driver;
    struct codes codes;
    struct product_source products; // knows any
    struct sql_table tables[TABLE_COUNT];
};

// First member of each driver's own.
struct rows {
    struct database *database;
};

// For drivers.
void database_init(struct database *database, const struct database_driver *driver);
void database_fini(struct database *database);

enum database_use {
    DATABASE_READ,   // at one moment: what is written later is not seen
    DATABASE_CHANGE, // in short transactions, beside a server
};

// Opens a store's database, at the present version of the schema only. NULL, with a sentence.
struct database *database_open_file(const char *file, enum database_use use, struct store_error *error);
struct database *database_open_uri(const char *uri, enum database_use use, struct store_error *error);
// The one or the other: `uri` is NULL for the database in the folder.
struct database *database_open(const char *folder, const char *uri, enum database_use use, struct store_error *error);
void database_close(struct database *database); // NULL is fine

// Begins a query; NULL: failed. Several may be under way. Values may go when it returns.
struct rows *database_query(struct database *database, const char *sql, const struct value *values, size_t count,
                            struct store_error *error);
// A look at what is the database's own, SQLite's pages and indexes or what servers share in PostgreSQL: rows with one
// text, each one thing that is wrong.
bool database_check(struct database *database, struct rows **ret_rows, struct store_error *error);
// Moves to the next row, the first one at first; false in *ret_row at the end.
bool rows_next(struct rows *rows, bool *ret_row, struct store_error *error);
void rows_end(struct rows *rows); // NULL is fine
// Texts and bytes are the rows' own, until the next one.
struct value rows_value(const struct rows *rows, size_t column);
int64_t rows_number(const struct rows *rows, size_t column);   // 0 for null
const char *rows_text(const struct rows *rows, size_t column); // NULL for null
bool rows_is_null(const struct rows *rows, size_t column);
bool rows_hash(const struct rows *rows, size_t column, unsigned char hash[KEY_HASH_BYTES], struct store_error *error);
// Of rows whose first columns are those of the table event.
bool rows_event(struct rows *rows, struct history_entry *entry, struct store_error *error);

// The one number that a query gives; 0 when it gives none.
bool database_number(struct database *database, const char *sql, const struct value *values, size_t count,
                     int64_t *ret_number, struct store_error *error);
// Looks for rows by their keys, at most DATABASE_KEYS_MAX of them.
bool database_find(struct database *database, const struct row_key *keys, size_t count, found_row_sink *sink, void *arg,
                   struct store_error *error);

// Keeps others who do the same work away until the database is closed; false with a sentence when one is at it. Of
// PostgreSQL: who works on a folder has a lock file there.
bool database_keep_others(struct database *database, const char *work, struct store_error *error);
// Where the chain of the account begins: its checkpoint, or zeros.
bool database_checkpoint(struct database *database, uint64_t account, struct chain_link *ret_link,
                         struct store_error *error);

// A transaction, for DATABASE_CHANGE. No query may be under way when it begins. After a failure it is rolled back.
bool database_begin(struct database *database, struct store_error *error);
// Tells how many rows were changed.
bool database_change(struct database *database, const char *sql, const struct value *values, size_t count,
                     uint64_t *ret_changed, struct store_error *error);
bool database_commit(struct database *database, struct store_error *error);
void database_rollback(struct database *database);

#endif
