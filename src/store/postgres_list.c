// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_reader.h"

#include "base/moment.h"
#include "store/list_sql.h"

static const struct pg_scope_sql scopes[ROW_KINDS] = {
    [ROW_ORGANIZATION] = {.organization = "id IN (SELECT id FROM inside)",
                          .user = "id = (SELECT organization FROM app_user "
                                  "WHERE account_id = :account AND id = :scope_user)"},
    [ROW_USER] = {.organization = "organization IN (SELECT id FROM inside)", .user = "id = :scope_user"},
    [ROW_PROJECT] = {.organization = "organization IN (SELECT id FROM inside)",
                     .user = "id IN (SELECT project FROM membership "
                             "WHERE account_id = :account AND \"user\" = :scope_user)"},
    [ROW_SEAT] = {.organization = "level IN (SELECT id FROM inside)", .user = "\"user\" = :scope_user"},
    [ROW_SESSION] = {.organization = "level IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside)",
                     .user = "\"user\" = :scope_user",
                     .key = "key = :scope_key"},
    [ROW_API_KEY] = {.organization =
                         "organization IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside)",
                     .user = "\"user\" = :scope_user"},
};

// Where the list goes on.
static const char *start_of(const struct list_query *query)
{
    if (query->ids_given)
        return "account_id = :account AND id = ANY (:ids::bigint[]) AND id > :after";
    return list_start(query);
}

// What is searched without regard to case, by way of the capitals.
static void add_search(struct pg_reader *reader, enum row_kind kind)
{
    static const char piece[] = "strpos(upper(%s COLLATE %s), upper(:q COLLATE %s)) > 0";
    buffer_add_text(&reader->sql, " AND (id = :q_id OR ");
    buffer_printf(&reader->sql, piece, "name", reader->collation, reader->collation);
    if (kind == ROW_USER) {
        buffer_add_text(&reader->sql, " OR ");
        buffer_printf(&reader->sql, piece, "email", reader->collation, reader->collation);
    }
    buffer_add_char(&reader->sql, ')');
}

static void add_filters(struct pg_reader *reader, const struct list_query *query)
{
    pg_add_filter(reader, query->product != NULL, "product = :product");
    pg_add_filter(reader, query->user != 0, "\"user\" = :user");
    pg_add_filter(reader, query->organization != 0, "organization = :organization");
    pg_add_filter(reader, query->parent_given && query->parent == 0, "parent IS NULL");
    pg_add_filter(reader, query->parent_given && query->parent != 0, "parent = :parent");
    pg_add_filter(reader, query->level_given, "level = :level");
    if (query->state_given)
        pg_add_filter(reader, true, list_state(query->state));
    pg_add_filter(reader, query->borrowed, "borrowed");
    pg_add_filter(reader, query->idle_s != 0, "coalesce(last_used_at, assigned_at, 0) <= :idle_since");
    // Only A to Z are folded, as in the index, whose collation is C.
    pg_add_filter(reader, query->email != NULL, "lower(email) = lower(:email COLLATE \"C\")");
    if (query->q != NULL)
        add_search(reader, query->kind);
}

static void set_values(struct pg_reader *reader, const struct list_query *query, struct arena *arena)
{
    pg_set(reader, "account", query->account);
    pg_set(reader, "after", list_after(query));
    pg_set_text(reader, "after_code", query->after_code != NULL ? query->after_code : "");
    pg_set(reader, "limit", query->limit + 1);
    pg_set_text(reader, "product", query->product);
    pg_set(reader, "user", query->user);
    pg_set(reader, "organization", query->organization);
    pg_set(reader, "parent", query->parent);
    pg_set(reader, "level", query->level);
    pg_set(reader, "idle_since", (uint64_t)(query->now - moment_seconds(query->idle_s)));
    pg_set_text(reader, "state", session_state_words[query->state]);
    pg_set_text(reader, "email", query->email);
    pg_set_text(reader, "q", query->q);
    pg_set(reader, "q_id", query->q_id);
    pg_set_text(reader, "ids", query->ids_given ? pg_ids(query->ids, query->id_count, arena) : NULL);
}

// Reads up to `limit` rows; one more tells that there is another page. Clears the result.
static bool read_page(struct pg_reader *reader, PGresult *result, enum row_kind kind, size_t limit, struct arena *arena,
                      struct list_page *page, struct store_error *error)
{
    struct product_source codes = store_codes(reader->reader.store);
    bool read = result != NULL;
    size_t count = read ? (size_t)PQntuples(result) : 0;
    page->more = count > limit;
    page->rows = arena_alloc(arena, (count + 1) * sizeof *page->rows);
    for (size_t i = 0; read && i < count && i < limit; i++) {
        void *row = arena_alloc(arena, row_types[kind].size);
        read = pg_read_row(&codes, &(struct pg_row){result, (int)i, arena}, kind, row, error);
        page->rows[page->count++] = row;
    }
    PQclear(result);
    return read;
}

static bool list_rows(struct pg_reader *reader, const struct list_query *query, struct arena *arena,
                      struct list_page *ret_page, struct store_error *error)
{
    struct pg_scope scope = {query->scope_organization, query->scope_user, query->scope_key};
    pg_begin_query(reader, &scope);
    set_values(reader, query, arena);
    buffer_add_text(&reader->sql, "SELECT ");
    pg_add_columns(&reader->sql, query->kind, "");
    buffer_printf(&reader->sql, " FROM %s WHERE %s", pg_table(query->kind), start_of(query));
    add_filters(reader, query);
    pg_add_scope(reader, &scope, &scopes[query->kind]);
    buffer_printf(&reader->sql, " ORDER BY %s LIMIT :limit", list_order(query));
    return read_page(reader, pg_run(reader, error), query->kind, query->limit, arena, ret_page, error);
}

static PGresult *ask_machines(struct pg_reader *reader, uint64_t account, struct arena *arena,
                              const struct list_page *page, struct store_error *error)
{
    uint64_t *seats = arena_alloc(arena, (page->count + 1) * sizeof *seats);
    for (size_t i = 0; i < page->count; i++)
        seats[i] = ((const struct seat_row *)page->rows[i])->id;
    pg_begin_query(reader, &(struct pg_scope){0});
    pg_set(reader, "account", account);
    pg_set_text(reader, "ids", pg_ids(seats, page->count, arena));
    buffer_add_text(&reader->sql, "SELECT ");
    pg_add_columns(&reader->sql, ROW_SEAT_MACHINE, "");
    buffer_add_text(&reader->sql, " FROM seat_machine WHERE account_id = :account AND seat = ANY (:ids::bigint[]) "
                                  "ORDER BY seat, activated_at NULLS FIRST, machine");
    return pg_run(reader, error);
}

// The seats of the page stand in the order of their ids, and so do their machines.
static bool list_machines(struct pg_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                          struct store_error *error)
{
    PGresult *result = ask_machines(reader, account, arena, page, error);
    struct product_source codes = store_codes(reader->reader.store);
    bool read = result != NULL;
    size_t count = read ? (size_t)PQntuples(result) : 0, next = 0;
    struct seat_machine_row *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    struct seat_machines *machines = arena_alloc(arena, (page->count + 1) * sizeof *machines);
    for (size_t i = 0; read && i < count; i++)
        read = pg_read_row(&codes, &(struct pg_row){result, (int)i, arena}, ROW_SEAT_MACHINE, &rows[i], error);
    PQclear(result);
    for (size_t i = 0; read && i < page->count; i++) {
        machines[i].rows = &rows[next];
        while (next < count && rows[next].seat == ((const struct seat_row *)page->rows[i])->id)
            next++;
        machines[i].count = (size_t)(&rows[next] - machines[i].rows);
    }
    page->machines = machines;
    return read;
}

// With several statements, so that they see one moment.
static bool list_at_once(struct pg_reader *reader, const struct list_query *query, struct arena *arena,
                         struct list_page *ret_page, struct store_error *error)
{
    if (!pg_begin_moment(reader, error))
        return false;
    bool good = list_rows(reader, query, arena, ret_page, error) &&
                (query->kind == ROW_SEAT ? list_machines(reader, query->account, arena, ret_page, error)
                                         : pg_list_places(reader, query->account, arena, ret_page, error));
    return pg_end_moment(reader, good, error);
}

bool pg_list(struct store_reader *base, const struct list_query *query, struct arena *arena, struct list_page *ret_page,
             struct store_error *error)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    if (query->kind == ROW_SEAT || query->kind == ROW_ORGANIZATION)
        return list_at_once(reader, query, arena, ret_page, error);
    return list_rows(reader, query, arena, ret_page, error);
}

bool pg_list_members(struct store_reader *base, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                     struct arena *arena, struct list_page *ret_page, struct store_error *error)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    pg_begin_query(reader, &(struct pg_scope){0});
    pg_set(reader, "account", account);
    pg_set(reader, "project", project);
    pg_set(reader, "after", after);
    pg_set(reader, "limit", limit + 1);
    buffer_add_text(&reader->sql, "SELECT ");
    pg_add_columns(&reader->sql, ROW_USER, "");
    buffer_add_text(&reader->sql, " FROM app_user WHERE account_id = :account AND id > :after AND id IN "
                                  "(SELECT \"user\" FROM membership WHERE account_id = :account AND project = :project "
                                  "AND \"user\" > :after ORDER BY \"user\" LIMIT :limit) ORDER BY id LIMIT :limit");
    return read_page(reader, pg_run(reader, error), ROW_USER, limit, arena, ret_page, error);
}
