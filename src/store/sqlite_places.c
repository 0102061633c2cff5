// SPDX-License-Identifier: Apache-2.0
// Where the organizations of a page stand in the tree.
#include "store/sqlite_reader.h"

#include <string.h>

struct climb {
    sqlite3_stmt *up, *children;
    struct arena *arena;
    uint64_t at; // the organization whose path this is; 0: the account, which has none
    const char *names[DEPTH_MAX];
    size_t depth;
};

static sqlite3_stmt *prepare(struct sqlite_reader *reader, const char *sql, uint64_t account, struct store_error *error)
{
    query_begin(&reader->query, NULL);
    query_set(&reader->query, "account", account);
    buffer_add_text(&reader->query.text, sql);
    return sqlite_query(reader, error);
}

static bool step_up(struct climb *climb, uint64_t *organization, struct store_error *error)
{
    bool row;
    sqlite_bind_named(climb->up, ":organization", *organization);
    if (!sqlite_step(climb->up, &row, error))
        return false;
    if (row)
        climb->names[climb->depth++] = sqlite_read_text(climb->up, 0, climb->arena);
    *organization = row ? sqlite_read_id(climb->up, 1) : 0;
    sqlite3_reset(climb->up);
    return true;
}

// Neighbours of a page often have the same parent: its path is found once.
static bool climb_from(struct climb *climb, uint64_t organization, struct store_error *error)
{
    if (climb->at == organization)
        return true;
    climb->at = organization;
    climb->depth = 0;
    while (organization != 0 && climb->depth < DEPTH_MAX) {
        if (!step_up(climb, &organization, error))
            return false;
    }
    for (size_t i = 0; i < climb->depth / 2; i++) {
        const char *name = climb->names[i];
        climb->names[i] = climb->names[climb->depth - 1 - i];
        climb->names[climb->depth - 1 - i] = name;
    }
    return true;
}

static bool count_children(struct climb *climb, uint64_t organization, size_t *ret_count, struct store_error *error)
{
    bool row;
    sqlite_bind_named(climb->children, ":organization", organization);
    if (!sqlite_step(climb->children, &row, error))
        return false;
    *ret_count = row ? (size_t)sqlite3_column_int64(climb->children, 0) : 0;
    sqlite3_reset(climb->children);
    return true;
}

static bool find_place(struct climb *climb, const struct organization_row *row, struct organization_place *ret_place,
                       struct store_error *error)
{
    if (!climb_from(climb, row->parent, error))
        return false;
    const char **names = arena_alloc(climb->arena, (climb->depth + 1) * sizeof *names);
    if (climb->depth > 0)
        memcpy(names, climb->names, climb->depth * sizeof *names);
    names[climb->depth] = row->name;
    *ret_place = (struct organization_place){.names = names, .depth = climb->depth + 1};
    return count_children(climb, row->id, &ret_place->children, error);
}

bool sqlite_list_places(struct sqlite_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                        struct store_error *error)
{
    struct climb climb = {.arena = arena};
    climb.up =
        prepare(reader, "SELECT name, parent FROM organization WHERE account_id = :account AND id = :organization",
                account, error);
    climb.children =
        prepare(reader, "SELECT count(*) FROM organization WHERE account_id = :account AND parent = :organization",
                account, error);
    if (climb.up == NULL || climb.children == NULL)
        return false;
    struct organization_place *places = arena_alloc(arena, page->count * sizeof *places);
    for (size_t i = 0; i < page->count; i++) {
        if (!find_place(&climb, page->rows[i], &places[i], error))
            return false;
    }
    page->places = places;
    return true;
}
