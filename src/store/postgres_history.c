// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_reader.h"

#include <string.h>

static void set_values(struct pg_reader *reader, const struct history_query *query, struct arena *arena)
{
    pg_set(reader, "account", query->account);
    pg_set(reader, "after", query->newest_first ? 0 : query->after);
    pg_set(reader, "before", query->newest_first && query->after > 0 ? query->after : INT64_MAX);
    pg_set(reader, "limit", query->limit + 1);
    pg_set_text(reader, "kind", query->kind);
    pg_set_text(reader, "product", query->product);
    pg_set(reader, "user", query->user);
    pg_set(reader, "from", (uint64_t)query->from_at);
    pg_set(reader, "to", (uint64_t)query->to_at);
    if (query->kind != NULL) {
        pg_set_text(reader, "kind_from", arena_printf(arena, "%s.", query->kind));
        pg_set_text(reader, "kind_to", arena_printf(arena, "%s/", query->kind)); // '/' follows '.'
    }
}

// A number or the moment that one row gives; *ret_found is false when it gives none.
static bool ask_number(struct pg_reader *reader, int64_t numbers[], int count, bool *ret_found,
                       struct store_error *error)
{
    PGresult *result = pg_run(reader, error);
    if (result == NULL)
        return false;
    struct pg_row row = {result, 0, NULL};
    *ret_found = PQntuples(result) > 0 && !pg_is_null(&row, 0);
    for (int i = 0; *ret_found && i < count; i++)
        numbers[i] = pg_read_number(&row, i);
    PQclear(result);
    return true;
}

static void begin_account(struct pg_reader *reader, uint64_t account)
{
    pg_begin_query(reader, &(struct pg_scope){0});
    pg_set(reader, "account", account);
}

static bool read_range(struct pg_reader *reader, uint64_t account, int64_t *ret_first, int64_t *ret_last,
                       struct store_error *error)
{
    int64_t range[2];
    bool any;
    begin_account(reader, account);
    buffer_add_text(&reader->sql, "SELECT (SELECT min(seq) FROM event WHERE account_id = :account), "
                                  "(SELECT max(seq) FROM event WHERE account_id = :account)");
    if (!ask_number(reader, range, 2, &any, error))
        return false;
    *ret_first = any ? range[0] : 1;
    *ret_last = any ? range[1] : 0;
    return true;
}

static bool read_at(struct pg_reader *reader, uint64_t account, int64_t seq, int64_t *ret_at, struct store_error *error)
{
    bool found;
    *ret_at = 0;
    begin_account(reader, account);
    pg_set(reader, "seq", (uint64_t)seq);
    buffer_add_text(&reader->sql, "SELECT at FROM event WHERE account_id = :account AND seq = :seq");
    return ask_number(reader, ret_at, 1, &found, error);
}

// The first seq whose event was at or after the moment. Within an account time never goes back and no seq is left
// out, so it is found by halving, without an index.
static bool find_seq(struct pg_reader *reader, uint64_t account, int64_t at, int64_t *ret_seq,
                     struct store_error *error)
{
    int64_t low, last;
    if (!read_range(reader, account, &low, &last, error))
        return false;
    int64_t high = last + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, middle_at;
        if (!read_at(reader, account, middle, &middle_at, error))
            return false;
        if (middle_at < at)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_seq = low;
    return true;
}

static const struct pg_scope_sql event_scope = {
    .organization = "organization IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside) "
                    "OR actor_user IN (SELECT id FROM users_inside)",
    .user = "\"user\" = :scope_user OR actor_user = :scope_user",
};

// Other kinds than those of sessions are few among them, and have an index of their own, which is taken for this very
// condition only.
static bool is_of_sessions(const char *kind)
{
    return strcmp(kind, "session") == 0 || strncmp(kind, "session.", 8) == 0;
}

static void set_range(struct pg_reader *reader, const struct history_query *query, int64_t from, int64_t to)
{
    if (from > 0 && (query->newest_first || (uint64_t)from - 1 > query->after))
        pg_set(reader, "after", (uint64_t)from - 1);
    if (to > 0 && (!query->newest_first || query->after == 0 || (uint64_t)to < query->after))
        pg_set(reader, "before", (uint64_t)to);
}

static PGresult *ask_events(struct pg_reader *reader, const struct history_query *query, int64_t from, int64_t to,
                            struct arena *arena, struct store_error *error)
{
    struct pg_scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    pg_begin_query(reader, &scope);
    set_values(reader, query, arena);
    set_range(reader, query, from, to);
    pg_set_text(reader, "subject", query->subject);
    buffer_add_text(&reader->sql, "SELECT " PG_EVENT_COLUMNS " FROM event WHERE account_id = :account "
                                  "AND seq > :after AND seq < :before");
    pg_add_filter(reader, query->subject != NULL, "subject = :subject");
    pg_add_filter(reader, query->kind != NULL, "(kind = :kind OR (kind > :kind_from AND kind < :kind_to))");
    pg_add_filter(reader, query->kind != NULL && !is_of_sessions(query->kind),
                  "(kind < 'session.' OR kind >= 'session/')");
    pg_add_filter(reader, query->user != 0, "(\"user\" = :user OR actor_user = :user)");
    pg_add_scope(reader, &scope, &event_scope);
    buffer_printf(&reader->sql, " ORDER BY seq %s LIMIT :limit", query->newest_first ? "DESC" : "");
    return pg_run(reader, error);
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
    int64_t from = 0, to = 0;
    if (query->from_at != 0 && !find_seq(reader, query->account, query->from_at, &from, error))
        return false;
    if (query->to_at != 0 && !find_seq(reader, query->account, query->to_at, &to, error))
        return false;
    PGresult *result = ask_events(reader, query, from, to, arena, error);
    bool read = result != NULL;
    *ret_count = page_of(result, query->limit, ret_more);
    *ret_events = arena_alloc(arena, (*ret_count + 1) * sizeof **ret_events);
    for (size_t i = 0; read && i < *ret_count; i++)
        read = pg_read_event(&(struct pg_row){result, (int)i, arena}, &(*ret_events)[i], error);
    PQclear(result);
    return read;
}

static const struct pg_scope_sql denial_scope = {
    .organization = "organization IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside)",
    .user = "\"user\" = :scope_user",
};

static PGresult *ask_denials(struct pg_reader *reader, const struct history_query *query, struct arena *arena,
                             struct store_error *error)
{
    struct pg_scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    pg_begin_query(reader, &scope);
    set_values(reader, query, arena);
    if (query->subject != NULL)
        pg_set(reader, "subject", id_parse(ID_DENIAL, query->subject, query->account));
    buffer_add_text(&reader->sql, "SELECT " PG_DENIAL_COLUMNS " FROM denial WHERE account_id = :account "
                                  "AND id > :after AND id < :before");
    pg_add_filter(reader, query->subject != NULL, "id = :subject");
    pg_add_filter(reader, query->kind != NULL, "(error = :kind OR reason = :kind)");
    pg_add_filter(reader, query->product != NULL, "product = :product");
    pg_add_filter(reader, query->user != 0, "\"user\" = :user");
    pg_add_filter(reader, query->from_at != 0, "last_at >= :from");
    pg_add_filter(reader, query->to_at != 0, "first_at < :to");
    pg_add_scope(reader, &scope, &denial_scope);
    buffer_printf(&reader->sql, " ORDER BY id %s LIMIT :limit", query->newest_first ? "DESC" : "");
    return pg_run(reader, error);
}

bool pg_list_denials(struct store_reader *base, const struct history_query *query, struct arena *arena,
                     struct denial_record **ret_denials, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    struct product_source codes = store_codes(base->store);
    PGresult *result = ask_denials(reader, query, arena, error);
    bool read = result != NULL;
    *ret_count = page_of(result, query->limit, ret_more);
    *ret_denials = arena_alloc(arena, (*ret_count + 1) * sizeof **ret_denials);
    for (size_t i = 0; read && i < *ret_count; i++)
        read = pg_read_denial(&codes, &(struct pg_row){result, (int)i, arena}, &(*ret_denials)[i], error);
    PQclear(result);
    return read;
}
