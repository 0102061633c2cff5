// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_reader.h"

#include "store/list_sql.h"

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
    struct buffer *text = &reader->query.text;
    static const char piece[] = "strpos(upper(%s COLLATE %s), upper(:q COLLATE %s)) > 0";
    buffer_add_text(text, " AND (id = :q_id OR ");
    buffer_printf(text, piece, "name", reader->collation, reader->collation);
    if (kind == ROW_USER) {
        buffer_add_text(text, " OR ");
        buffer_printf(text, piece, "email", reader->collation, reader->collation);
    }
    buffer_add_char(text, ')');
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
    struct query_sql *sql = &reader->query;
    list_begin(sql, query);
    query_set_text(sql, "ids", query->ids_given ? pg_ids(query->ids, query->id_count, arena) : NULL);
    buffer_add_text(&sql->text, "SELECT ");
    pg_add_columns(&sql->text, query->kind, "");
    buffer_printf(&sql->text, " FROM %s WHERE %s", pg_table(query->kind), start_of(query));
    list_add_filters(sql, query);
    query_add_filter(sql, query->borrowed, "borrowed");
    // Only A to Z are folded, as in the index, whose collation is C.
    query_add_filter(sql, query->email != NULL, "lower(email) = lower(:email COLLATE \"C\")");
    if (query->q != NULL)
        add_search(reader, query->kind);
    list_end(sql, query);
    return read_page(reader, pg_run(reader, error), query->kind, query->limit, arena, ret_page, error);
}

static PGresult *ask_machines(struct pg_reader *reader, uint64_t account, struct arena *arena,
                              const struct list_page *page, struct store_error *error)
{
    uint64_t *seats = arena_alloc(arena, (page->count + 1) * sizeof *seats);
    for (size_t i = 0; i < page->count; i++)
        seats[i] = ((const struct seat_row *)page->rows[i])->id;
    struct query_sql *sql = &reader->query;
    query_begin(sql, NULL);
    query_set(sql, "account", account);
    query_set_text(sql, "ids", pg_ids(seats, page->count, arena));
    buffer_add_text(&sql->text, "SELECT ");
    pg_add_columns(&sql->text, ROW_SEAT_MACHINE, "");
    buffer_add_text(&sql->text, " FROM seat_machine WHERE account_id = :account AND seat = ANY (:ids::bigint[]) "
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
    struct query_sql *sql = &reader->query;
    query_begin(sql, NULL);
    query_set(sql, "account", account);
    query_set(sql, "project", project);
    query_set(sql, "after", after);
    query_set(sql, "limit", limit + 1);
    buffer_add_text(&sql->text, "SELECT ");
    pg_add_columns(&sql->text, ROW_USER, "");
    buffer_add_text(&sql->text, " FROM app_user WHERE account_id = :account AND id > :after AND id IN "
                                "(SELECT \"user\" FROM membership WHERE account_id = :account AND project = :project "
                                "AND \"user\" > :after ORDER BY \"user\" LIMIT :limit) ORDER BY id LIMIT :limit");
    return read_page(reader, pg_run(reader, error), ROW_USER, limit, arena, ret_page, error);
}
