// SPDX-License-Identifier: Apache-2.0
// Where the organizations of a page stand in the tree.
#include "store/postgres_reader.h"

#include "engine/limits.h"

static void begin(struct pg_reader *reader, uint64_t account, const char *ids)
{
    query_begin(&reader->query, NULL);
    query_set(&reader->query, "account", account);
    query_set_text(&reader->query, "ids", ids);
    query_set(&reader->query, "depth_max", DEPTH_MAX);
}

// For each organization of the page, by id, the names from the top down to its own.
static PGresult *ask_names(struct pg_reader *reader, uint64_t account, const char *ids, struct store_error *error)
{
    begin(reader, account, ids);
    buffer_add_text(&reader->query.text,
                    "WITH RECURSIVE up AS (SELECT id AS base, name, parent, 1 AS height FROM organization "
                    "WHERE account_id = :account AND id = ANY (:ids::bigint[]) "
                    "UNION ALL SELECT up.base, o.name, o.parent, up.height + 1 FROM up JOIN organization AS o "
                    "ON o.account_id = :account AND o.id = up.parent WHERE up.height <= :depth_max) "
                    "SELECT base, name FROM up ORDER BY base, height DESC");
    return pg_run(reader, error);
}

// How many there are directly below each organization of the page, by id; none where there are none.
static PGresult *ask_children(struct pg_reader *reader, uint64_t account, const char *ids, struct store_error *error)
{
    begin(reader, account, ids);
    buffer_add_text(&reader->query.text, "SELECT parent, count(*) FROM organization "
                                         "WHERE account_id = :account AND parent = ANY (:ids::bigint[]) "
                                         "GROUP BY parent ORDER BY parent");
    return pg_run(reader, error);
}

static uint64_t id_of(const struct list_page *page, size_t i)
{
    return ((const struct organization_row *)page->rows[i])->id;
}

// Rows from *next on that are of this organization; goes on behind them.
static int rows_of(const PGresult *result, uint64_t id, int *next)
{
    int first = *next;
    while (*next < PQntuples(result) && pg_read_id(&(struct pg_row){result, *next, NULL}, 0) == id)
        (*next)++;
    return *next - first;
}

static void read_names(const PGresult *result, const struct list_page *page, struct arena *arena,
                       struct organization_place *places)
{
    int next = 0;
    for (size_t i = 0; i < page->count; i++) {
        int first = next, count = rows_of(result, id_of(page, i), &next);
        const char **names = arena_alloc(arena, (size_t)(count + 1) * sizeof *names);
        for (int j = 0; j < count; j++)
            names[j] = pg_read_text(&(struct pg_row){result, first + j, arena}, 1);
        places[i].names = names;
        places[i].depth = (size_t)count;
    }
}

static void read_children(const PGresult *result, const struct list_page *page, struct organization_place *places)
{
    int next = 0;
    for (size_t i = 0; i < page->count; i++) {
        int at = next;
        if (rows_of(result, id_of(page, i), &next) > 0)
            places[i].children = (size_t)pg_read_number(&(struct pg_row){result, at, NULL}, 1);
    }
}

bool pg_list_places(struct pg_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                    struct store_error *error)
{
    struct organization_place *places = arena_alloc(arena, (page->count + 1) * sizeof *places);
    uint64_t *ids = arena_alloc(arena, (page->count + 1) * sizeof *ids);
    for (size_t i = 0; i < page->count; i++)
        ids[i] = id_of(page, i);
    const char *text = pg_ids(ids, page->count, arena);
    PGresult *names = ask_names(reader, account, text, error);
    PGresult *children = names != NULL ? ask_children(reader, account, text, error) : NULL;
    if (children != NULL) {
        read_names(names, page, arena, places);
        read_children(children, page, places);
    }
    bool read = children != NULL;
    PQclear(names);
    PQclear(children);
    page->places = places;
    return read;
}
