// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <inttypes.h>
#include <string.h>

static struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

// Hands on the rows that the statement gives; tells how many.
static bool load_rows(const struct store *store, sqlite3_stmt *statement, enum fact_kind kind, store_fact_sink *sink,
                      void *arg, size_t *ret_count, struct store_error *error)
{
    *ret_count = 0;
    for (;;) {
        bool more;
        union any_row row;
        if (!sqlite_next_row(&store->products, statement, fact_types[kind].row, &row, NULL, &more, error))
            return false;
        if (!more)
            return true;
        sink(arg, &(struct fact){.kind = kind, .after = &row});
        (*ret_count)++;
    }
}

bool sqlite_load_products(struct store *base, store_fact_sink *sink, void *arg, struct store_error *error)
{
    size_t count;
    return load_rows(base, sqlite_of(base)->loads[ROW_PRODUCT], FACT_PRODUCT_CREATED, sink, arg, &count, error);
}

bool sqlite_load_account_ids(struct store *base, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                             struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_LOAD_ACCOUNT_IDS];
    uint64_t *ids = NULL;
    size_t count = 0;
    for (;;) {
        bool row;
        if (!sqlite_step(statement, &row, error))
            return false;
        if (!row)
            break;
        ids = arena_grow(arena, ids, count, sizeof *ids);
        ids[count++] = sqlite_read_id(statement, 0);
    }
    *ret_ids = ids;
    *ret_count = count;
    return true;
}

static bool read_count(sqlite3_stmt *statement, uint64_t account, size_t *ret_count, struct store_error *error)
{
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    *ret_count = row ? (size_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

// Organizations are found from the top down: one whose parent is missing would be left out without a word.
static bool check_organizations(struct sqlite_store *store, uint64_t account, size_t loaded, struct store_error *error)
{
    size_t count;
    if (!read_count(store->statements[STATEMENT_COUNT_ORGANIZATIONS], account, &count, error))
        return false;
    if (count != loaded)
        store_error_set(
            error, "The store %s is damaged: %zu organizations of AC-%" PRIu64 " hang below one that is not there.",
            store->file, count - loaded, account);
    return count == loaded;
}

bool sqlite_load_account(struct store *base, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                         struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    for (size_t i = 0; i < LOADED_KINDS_ALONE; i++) {
        enum row_kind kind = fact_types[load_order[i]].row;
        sqlite3_stmt *statement = store->loads[kind];
        sqlite3_bind_int64(statement, 1, (int64_t)account);
        if (kind == ROW_COOLDOWN)
            sqlite3_bind_int64(statement, 2, now);
        size_t count;
        if (!load_rows(base, statement, load_order[i], sink, arg, &count, error))
            return false;
        if (kind == ROW_ORGANIZATION && !check_organizations(store, account, count, error))
            return false;
    }
    return true;
}

bool sqlite_load_denials(struct store *base, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                         struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_LOAD_DENIALS];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, since);
    for (;;) {
        bool row;
        if (!sqlite_step(statement, &row, error))
            return false;
        if (!row)
            return true;
        struct denial_record record;
        if (!sqlite_read_denial(&base->products, statement, &record, NULL, error)) {
            sqlite3_reset(statement);
            return false;
        }
        sink(arg, &record.denial);
    }
}

bool sqlite_load_numbers(struct store *base, struct numbers *numbers, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_LOAD_NUMBERS];
    for (;;) {
        bool row;
        if (!sqlite_step(statement, &row, error))
            return false;
        if (!row)
            return true;
        const char *name = sqlite_read_text(statement, 0, NULL);
        for (size_t i = 0; i < ID_KINDS; i++) {
            if (number_names[i] != NULL && strcmp(number_names[i], name) == 0)
                numbers->next[i] = sqlite_read_id(statement, 1);
        }
    }
}

bool sqlite_last_at(struct store *base, int64_t *ret_at, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_LAST_AT];
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    *ret_at = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_load_operator(struct store *base, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                          struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_LOAD_OPERATOR];
    if (!sqlite_step(statement, ret_found, error))
        return false;
    bool read = !*ret_found || sqlite_read_hash(statement, 0, hash, error);
    sqlite3_reset(statement);
    return read;
}

static bool read_link(sqlite3_stmt *statement, uint64_t account, struct chain_link *link, bool *ret_found,
                      struct store_error *error)
{
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    if (!sqlite_step(statement, ret_found, error))
        return false;
    if (!*ret_found)
        return true;
    link->seq = sqlite3_column_int64(statement, 0);
    bool read = sqlite_read_hash(statement, 1, link->hash, error);
    sqlite3_reset(statement);
    return read;
}

bool sqlite_load_head(struct store *base, uint64_t account, struct chain_link *ret_link, struct store_error *error)
{
    struct sqlite_store *store = sqlite_of(base);
    bool found;
    return read_link(store->statements[STATEMENT_LOAD_HEAD], account, ret_link, &found, error) &&
           (found || read_link(store->statements[STATEMENT_LOAD_CHECKPOINT], account, ret_link, &found, error));
}

bool sqlite_project_organization(struct store *base, uint64_t account, uint64_t project, uint64_t *ret_organization,
                                 struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_of(base)->statements[STATEMENT_PROJECT_ORGANIZATION];
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    sqlite3_bind_int64(statement, 2, (int64_t)project);
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    *ret_organization = row ? sqlite_read_id(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}
