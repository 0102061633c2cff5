// SPDX-License-Identifier: Apache-2.0
#include "store/history_sql.h"
#include "store/postgres_reader.h"

static bool ask_numbers(struct store_reader *base, int64_t numbers[], int count, bool *ret_found,
                        struct store_error *error)
{
    PGresult *result = pg_run((struct pg_reader *)base, error);
    if (result == NULL)
        return false;
    struct pg_row row = {result, 0, NULL};
    *ret_found = PQntuples(result) > 0 && !pg_is_null(&row, 0);
    for (int i = 0; *ret_found && i < count; i++)
        numbers[i] = pg_read_number(&row, i);
    PQclear(result);
    return true;
}

// How many of the result's rows are of this page.
static size_t page_of(const PGresult *result, size_t limit, bool *ret_more)
{
    size_t count = result != NULL ? (size_t)PQntuples(result) : 0;
    *ret_more = count > limit;
    return count > limit ? limit : count;
}

bool pg_list_events(struct store_reader *base, const struct history_query *query, struct arena *arena,
                    struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    const struct history_asker asker = {base, &reader->query, ask_numbers};
    if (!history_events(&asker, query, PG_EVENT_COLUMNS, arena, error))
        return false;
    PGresult *result = pg_run(reader, error);
    bool read = result != NULL;
    *ret_count = page_of(result, query->limit, ret_more);
    *ret_events = arena_alloc(arena, (*ret_count + 1) * sizeof **ret_events);
    for (size_t i = 0; read && i < *ret_count; i++)
        read = pg_read_event(&(struct pg_row){result, (int)i, arena}, &(*ret_events)[i], error);
    PQclear(result);
    return read;
}

bool pg_list_denials(struct store_reader *base, const struct history_query *query, struct arena *arena,
                     struct denial_record **ret_denials, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    struct product_source codes = store_codes(base->store);
    history_denials(&reader->query, query, PG_DENIAL_COLUMNS, arena);
    PGresult *result = pg_run(reader, error);
    bool read = result != NULL;
    *ret_count = page_of(result, query->limit, ret_more);
    *ret_denials = arena_alloc(arena, (*ret_count + 1) * sizeof **ret_denials);
    for (size_t i = 0; read && i < *ret_count; i++)
        read = pg_read_denial(&codes, &(struct pg_row){result, (int)i, arena}, &(*ret_denials)[i], error);
    PQclear(result);
    return read;
}
