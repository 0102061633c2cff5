// SPDX-License-Identifier: Apache-2.0
#include "store/history_sql.h"
#include "store/sqlite_reader.h"

static bool ask_numbers(struct store_reader *base, int64_t numbers[], int count, bool *ret_found,
                        struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_query((struct sqlite_reader *)base, error);
    bool row;
    if (statement == NULL || !sqlite_step(statement, &row, error))
        return false;
    *ret_found = row && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    for (int i = 0; *ret_found && i < count; i++)
        numbers[i] = sqlite3_column_int64(statement, i);
    sqlite3_reset(statement);
    return true;
}

// Steps to the next row of the page. False: there is none, or it failed; *ret_good tells which.
static bool next_row(sqlite3_stmt *statement, size_t count, size_t limit, bool *ret_more, bool *ret_good,
                     struct store_error *error)
{
    *ret_good = sqlite_step(statement, ret_more, error);
    return *ret_good && *ret_more && count < limit;
}

bool sqlite_list_events(struct store_reader *base, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    const struct history_asker asker = {base, &reader->query, ask_numbers};
    if (!history_events(&asker, query, EVENT_COLUMNS, arena, error))
        return false;
    sqlite3_stmt *statement = sqlite_query(reader, error);
    bool good = statement != NULL;
    *ret_events = NULL;
    *ret_count = 0;
    while (good && next_row(statement, *ret_count, query->limit, ret_more, &good, error)) {
        struct history_entry entry = {0};
        good = sqlite_read_event(statement, &entry, arena, error);
        *ret_events = arena_grow(arena, *ret_events, *ret_count, sizeof **ret_events);
        (*ret_events)[(*ret_count)++] = entry.event;
    }
    sqlite3_reset(statement);
    return good;
}

bool sqlite_list_denials(struct store_reader *base, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    struct product_source codes = store_codes(base->store);
    history_denials(&reader->query, query, DENIAL_COLUMNS, arena);
    sqlite3_stmt *statement = sqlite_query(reader, error);
    bool good = statement != NULL;
    *ret_denials = NULL;
    *ret_count = 0;
    while (good && next_row(statement, *ret_count, query->limit, ret_more, &good, error)) {
        *ret_denials = arena_grow(arena, *ret_denials, *ret_count, sizeof **ret_denials);
        good = sqlite_read_denial(&codes, statement, &(*ret_denials)[(*ret_count)++], arena, error);
    }
    sqlite3_reset(statement);
    return good;
}
