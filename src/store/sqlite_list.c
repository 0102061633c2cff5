// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_reader.h"

#include "store/list_sql.h"

#include <inttypes.h>

// Where the list goes on. A few ids are looked up one by one: were the condition outside, SQLite would go through all
// rows.
static const char *start_of(const struct list_query *query)
{
    if (query->ids_given)
        return "account_id = :account AND id IN (SELECT value FROM json_each(:ids) WHERE value > :after)";
    return list_start(query);
}

// What is searched: folded_has(:q, TEXT, …) is 1 when one of the texts has the part that is looked for.
static const char *search_of(enum row_kind kind)
{
    return kind == ROW_USER ? "(folded_has(:q, name, email) OR id = :q_id)" : "(folded_has(:q, name) OR id = :q_id)";
}

static const char *ids_as_json(const struct list_query *query, struct arena *arena)
{
    struct buffer json = {0};
    for (size_t i = 0; i < query->id_count; i++)
        buffer_printf(&json, "%c%" PRIu64, i == 0 ? '[' : ',', query->ids[i]);
    const char *text = arena_printf(arena, "%s]", query->id_count > 0 ? buffer_text(&json) : "[");
    buffer_fini(&json);
    return text;
}

// With `in_block`, only of the block of sessions that :block names.
static sqlite3_stmt *prepare_list(struct sqlite_reader *reader, const struct list_query *query, bool in_block,
                                  struct arena *arena, struct store_error *error)
{
    struct query_sql *sql = &reader->query;
    list_begin(sql, query);
    query_set_text(sql, "ids", query->ids_given ? ids_as_json(query, arena) : NULL);
    buffer_printf(&sql->text, "SELECT %s FROM %s %s WHERE %s", row_sql[query->kind].columns, row_sql[query->kind].table,
                  in_block ? "INDEXED BY session_user" : "", start_of(query));
    query_add_filter(sql, in_block, "id >> 12 = :block");
    list_add_filters(sql, query);
    query_add_filter(sql, query->borrowed, "borrowed = 1");
    query_add_filter(sql, query->email != NULL, "lower(email) = lower(:email)");
    query_add_filter(sql, query->q != NULL, search_of(query->kind));
    list_end(sql, query);
    return sqlite_query(reader, error);
}

// Reads up to `limit` rows; one more tells that there is another page.
static bool read_page(struct store *store, sqlite3_stmt *statement, enum row_kind kind, size_t limit,
                      struct arena *arena, struct list_page *page, struct store_error *error)
{
    struct product_source codes = store_codes(store);
    for (;;) {
        bool more;
        void *row = arena_alloc(arena, row_types[kind].size);
        if (!sqlite_next_row(&codes, statement, kind, row, arena, &more, error))
            return false;
        if (!more)
            return true;
        if (page->count == limit)
            break;
        page->rows = arena_grow(arena, page->rows, page->count, sizeof *page->rows);
        page->rows[page->count++] = row;
    }
    page->more = true;
    sqlite3_reset(statement);
    return true;
}

static bool list_rows(struct sqlite_reader *reader, const struct list_query *query, struct arena *arena,
                      struct list_page *ret_page, struct store_error *error)
{
    sqlite3_stmt *statement = prepare_list(reader, query, false, arena, error);
    return statement != NULL &&
           read_page(reader->reader.store, statement, query->kind, query->limit, arena, ret_page, error);
}

static bool read_machines(struct store *store, sqlite3_stmt *statement, struct arena *arena,
                          struct seat_machines *ret_machines, struct store_error *error)
{
    struct product_source codes = store_codes(store);
    struct seat_machine_row *rows = NULL;
    size_t count = 0;
    for (;;) {
        bool more;
        rows = arena_grow(arena, rows, count, sizeof *rows);
        if (!sqlite_next_row(&codes, statement, ROW_SEAT_MACHINE, &rows[count], arena, &more, error))
            return false;
        if (!more)
            break;
        count++;
    }
    *ret_machines = (struct seat_machines){rows, count};
    return true;
}

static bool list_machines(struct sqlite_reader *reader, uint64_t account, struct arena *arena, struct list_page *page,
                          struct store_error *error)
{
    query_begin(&reader->query, NULL);
    query_set(&reader->query, "account", account);
    buffer_printf(&reader->query.text,
                  "SELECT %s FROM seat_machine WHERE account_id = :account AND seat = :seat "
                  "ORDER BY activated_at, machine",
                  row_sql[ROW_SEAT_MACHINE].columns);
    sqlite3_stmt *statement = sqlite_query(reader, error);
    struct seat_machines *machines = arena_alloc(arena, page->count * sizeof *machines);
    for (size_t i = 0; statement != NULL && i < page->count; i++) {
        sqlite_bind_named(statement, ":seat", ((const struct seat_row *)page->rows[i])->id);
        if (!read_machines(reader->reader.store, statement, arena, &machines[i], error))
            return false;
    }
    page->machines = machines;
    return statement != NULL;
}

static bool list_seats(struct sqlite_reader *reader, const struct list_query *query, struct arena *arena,
                       struct list_page *ret_page, struct store_error *error)
{
    return list_rows(reader, query, arena, ret_page, error) &&
           list_machines(reader, query->account, arena, ret_page, error);
}

static bool list_organizations(struct sqlite_reader *reader, const struct list_query *query, struct arena *arena,
                               struct list_page *ret_page, struct store_error *error)
{
    return list_rows(reader, query, arena, ret_page, error) &&
           sqlite_list_places(reader, query->account, arena, ret_page, error);
}

enum { BLOCK_BITS = 12 }; // as in the index session_user

// The account's next session in the list's order; 0: none.
static bool next_session(sqlite3_stmt *statement, uint64_t after, uint64_t *ret_id, struct store_error *error)
{
    bool row;
    sqlite_bind_named(statement, ":after", after);
    if (!sqlite_step(statement, &row, error))
        return false;
    *ret_id = row ? sqlite_read_id(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

static uint64_t end_of_block(uint64_t id, bool newest_first)
{
    uint64_t others = (UINT64_C(1) << BLOCK_BITS) - 1;
    return newest_first ? id & ~others : id | others;
}

// Sessions of one user, block by block; those in which the account has none are left out.
static bool list_sessions_of_user(struct sqlite_reader *reader, const struct list_query *query, struct arena *arena,
                                  struct list_page *ret_page, struct store_error *error)
{
    query_begin(&reader->query, NULL);
    query_set(&reader->query, "account", query->account);
    buffer_printf(&reader->query.text, "SELECT %s(id) FROM session WHERE %s", query->newest_first ? "max" : "min",
                  start_of(query));
    sqlite3_stmt *next = sqlite_query(reader, error);
    sqlite3_stmt *statement = next != NULL ? prepare_list(reader, query, true, arena, error) : NULL;
    if (statement == NULL)
        return false;
    for (uint64_t after = list_after(query), id; !ret_page->more; after = end_of_block(id, query->newest_first)) {
        if (!next_session(next, after, &id, error))
            return false;
        if (id == 0)
            break;
        sqlite_bind_named(statement, ":block", id >> BLOCK_BITS);
        if (!read_page(reader->reader.store, statement, ROW_SESSION, query->limit, arena, ret_page, error))
            return false;
    }
    return true;
}

// With several statements, so that they see one moment.
static bool list_at_once(struct sqlite_reader *reader, const struct list_query *query, struct arena *arena,
                         struct list_page *ret_page, struct store_error *error)
{
    struct store_error ignored;
    if (!sqlite_execute(reader->db, "BEGIN", TASK_READ, error))
        return false;
    bool good = query->kind == ROW_SEAT           ? list_seats(reader, query, arena, ret_page, error)
                : query->kind == ROW_ORGANIZATION ? list_organizations(reader, query, arena, ret_page, error)
                                                  : list_sessions_of_user(reader, query, arena, ret_page, error);
    return sqlite_execute(reader->db, "COMMIT", TASK_READ, good ? error : &ignored) && good;
}

static bool is_of_user(const struct list_query *query)
{
    return query->user != 0 || (query->scope_user != 0 && query->scope_organization == 0 && query->scope_key == 0);
}

bool sqlite_list(struct store_reader *base, const struct list_query *query, struct arena *arena,
                 struct list_page *ret_page, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    if (query->kind == ROW_SEAT || query->kind == ROW_ORGANIZATION || (query->kind == ROW_SESSION && is_of_user(query)))
        return list_at_once(reader, query, arena, ret_page, error);
    return list_rows(reader, query, arena, ret_page, error);
}

bool sqlite_list_members(struct store_reader *base, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                         struct arena *arena, struct list_page *ret_page, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    query_begin(&reader->query, NULL);
    query_set(&reader->query, "account", account);
    query_set(&reader->query, "project", project);
    query_set(&reader->query, "after", after);
    query_set(&reader->query, "limit", limit + 1);
    buffer_printf(&reader->query.text,
                  "SELECT %s FROM app_user WHERE account_id = :account AND id > :after AND id IN "
                  "(SELECT user FROM membership WHERE account_id = :account AND project = :project AND user > :after "
                  "ORDER BY user LIMIT :limit) ORDER BY id LIMIT :limit",
                  row_sql[ROW_USER].columns);
    sqlite3_stmt *statement = sqlite_query(reader, error);
    return statement != NULL && read_page(base->store, statement, ROW_USER, limit, arena, ret_page, error);
}
