// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_reader.h"

#include <string.h>

static void add_filter(struct sqlite_reader *reader, bool given, const char *condition)
{
    if (given)
        buffer_printf(&reader->sql, " AND %s", condition);
}

static sqlite3_stmt *prepare_query(struct sqlite_reader *reader, const struct history_query *query,
                                   const struct scope *scope, struct arena *arena, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_query(reader, error);
    if (statement == NULL)
        return NULL;
    sqlite_bind_scope(statement, scope);
    sqlite_bind_named(statement, ":account", query->account);
    sqlite_bind_named(statement, ":after", query->newest_first ? 0 : query->after);
    sqlite_bind_named(statement, ":before", query->newest_first && query->after > 0 ? query->after : INT64_MAX);
    sqlite_bind_named(statement, ":limit", query->limit + 1);
    sqlite_bind_named_text(statement, ":kind", query->kind);
    sqlite_bind_named_text(statement, ":product", query->product);
    sqlite_bind_named(statement, ":user", query->user);
    sqlite_bind_named(statement, ":from", (uint64_t)query->from_at);
    sqlite_bind_named(statement, ":to", (uint64_t)query->to_at);
    if (query->kind != NULL) {
        sqlite_bind_named_text(statement, ":kind_from", arena_printf(arena, "%s.", query->kind));
        sqlite_bind_named_text(statement, ":kind_to", arena_printf(arena, "%s/", query->kind)); // '/' follows '.'
    }
    return statement;
}

static bool read_at(sqlite3_stmt *statement, const char *place, int64_t seq, int64_t *ret_at, struct store_error *error)
{
    sqlite_bind_named(statement, place, (uint64_t)seq);
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    *ret_at = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

static bool read_range(struct sqlite_reader *reader, uint64_t account, int64_t *ret_first, int64_t *ret_last,
                       struct store_error *error)
{
    buffer_clear(&reader->sql);
    buffer_add_text(&reader->sql, "SELECT (SELECT min(seq) FROM event WHERE account_id = :account), "
                                  "(SELECT max(seq) FROM event WHERE account_id = :account)");
    sqlite3_stmt *statement = sqlite_query(reader, error);
    if (statement == NULL)
        return false;
    sqlite_bind_named(statement, ":account", account);
    bool row;
    if (!sqlite_step(statement, &row, error))
        return false;
    bool any = sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *ret_first = any ? sqlite3_column_int64(statement, 0) : 1;
    *ret_last = any ? sqlite3_column_int64(statement, 1) : 0;
    sqlite3_reset(statement);
    return true;
}

// The first seq whose event was at or after the moment. Within an account time never goes back and no seq is left
// out, so it is found by halving, without an index.
static bool find_seq(struct sqlite_reader *reader, uint64_t account, int64_t at, int64_t *ret_seq,
                     struct store_error *error)
{
    int64_t low, last;
    if (!read_range(reader, account, &low, &last, error))
        return false;
    buffer_clear(&reader->sql);
    buffer_add_text(&reader->sql, "SELECT at FROM event WHERE account_id = :account AND seq = :seq");
    sqlite3_stmt *statement = sqlite_query(reader, error);
    if (statement == NULL)
        return false;
    sqlite_bind_named(statement, ":account", account);
    int64_t high = last + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, middle_at;
        if (!read_at(statement, ":seq", middle, &middle_at, error))
            return false;
        if (middle_at < at)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_seq = low;
    return true;
}

static const struct scope_sql event_scope = {
    .organization = "organization IN inside OR user IN users_inside OR actor_user IN users_inside",
    .user = "user = :scope_user OR actor_user = :scope_user",
};

// Other kinds than those of sessions are few among them, and have an index of their own. SQLite takes it for this very
// condition only.
static bool is_of_sessions(const char *kind)
{
    return strcmp(kind, "session") == 0 || strncmp(kind, "session.", 8) == 0;
}

static bool list_events(struct sqlite_reader *reader, const struct history_query *query, int64_t from, int64_t to,
                        struct arena *arena, struct event **ret_events, size_t *ret_count, bool *ret_more,
                        struct store_error *error)
{
    struct scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    sqlite_begin_query(reader, &scope);
    buffer_add_text(&reader->sql, "SELECT " EVENT_COLUMNS " FROM event WHERE account_id = :account AND seq > :after "
                                  "AND seq < :before");
    add_filter(reader, query->subject != NULL, "subject = :subject");
    add_filter(reader, query->kind != NULL, "(kind = :kind OR (kind > :kind_from AND kind < :kind_to))");
    add_filter(reader, query->kind != NULL && !is_of_sessions(query->kind),
               "(kind < 'session.' OR kind >= 'session/')");
    add_filter(reader, query->user != 0, "(user = :user OR actor_user = :user)");
    sqlite_add_scope(reader, &scope, &event_scope);
    buffer_printf(&reader->sql, " ORDER BY seq %s LIMIT :limit", query->newest_first ? "DESC" : "");
    sqlite3_stmt *statement = prepare_query(reader, query, &scope, arena, error);
    if (statement == NULL)
        return false;
    if (from > 0 && (query->newest_first || (uint64_t)from - 1 > query->after))
        sqlite_bind_named(statement, ":after", (uint64_t)from - 1);
    if (to > 0 && (!query->newest_first || query->after == 0 || (uint64_t)to < query->after))
        sqlite_bind_named(statement, ":before", (uint64_t)to);
    sqlite_bind_named_text(statement, ":subject", query->subject);
    struct event *events = NULL;
    size_t count = 0;
    bool more;
    while (sqlite_step(statement, &more, error)) {
        if (!more || count == query->limit) {
            sqlite3_reset(statement);
            *ret_events = events;
            *ret_count = count;
            *ret_more = more;
            return true;
        }
        struct history_entry entry;
        if (!sqlite_read_event(statement, &entry, arena, error)) {
            sqlite3_reset(statement);
            return false;
        }
        events = arena_grow(arena, events, count, sizeof *events);
        events[count++] = entry.event;
    }
    return false;
}

bool sqlite_list_events(struct store_reader *base, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    int64_t from = 0, to = 0;
    if (query->from_at != 0 && !find_seq(reader, query->account, query->from_at, &from, error))
        return false;
    if (query->to_at != 0 && !find_seq(reader, query->account, query->to_at, &to, error))
        return false;
    return list_events(reader, query, from, to, arena, ret_events, ret_count, ret_more, error);
}

static const struct scope_sql denial_scope = {
    .organization = "organization IN inside OR user IN users_inside",
    .user = "user = :scope_user",
};

bool sqlite_list_denials(struct store_reader *base, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    struct scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    sqlite_begin_query(reader, &scope);
    buffer_add_text(&reader->sql, "SELECT " DENIAL_COLUMNS " FROM denial WHERE account_id = :account AND id > :after "
                                  "AND id < :before");
    add_filter(reader, query->subject != NULL, "id = :subject");
    add_filter(reader, query->kind != NULL, "(error = :kind OR reason = :kind)");
    add_filter(reader, query->product != NULL, "product = :product");
    add_filter(reader, query->user != 0, "user = :user");
    add_filter(reader, query->from_at != 0, "last_at >= :from");
    add_filter(reader, query->to_at != 0, "first_at < :to");
    sqlite_add_scope(reader, &scope, &denial_scope);
    buffer_printf(&reader->sql, " ORDER BY id %s LIMIT :limit", query->newest_first ? "DESC" : "");
    sqlite3_stmt *statement = prepare_query(reader, query, &scope, arena, error);
    if (statement == NULL)
        return false;
    if (query->subject != NULL)
        sqlite_bind_named(statement, ":subject", id_parse(ID_DENIAL, query->subject, query->account));
    struct product_source codes = store_codes(base->store);
    struct denial_record *denials = NULL;
    size_t count = 0;
    bool more;
    while (sqlite_step(statement, &more, error)) {
        if (!more || count == query->limit) {
            sqlite3_reset(statement);
            *ret_denials = denials;
            *ret_count = count;
            *ret_more = more;
            return true;
        }
        denials = arena_grow(arena, denials, count, sizeof *denials);
        if (!sqlite_read_denial(&codes, statement, &denials[count], arena, error)) {
            sqlite3_reset(statement);
            return false;
        }
        count++;
    }
    return false;
}
