// SPDX-License-Identifier: Apache-2.0
#include "store/history_sql.h"

#include <string.h>

// ---- Moments

static bool ask_range(const struct history_asker *asker, uint64_t account, int64_t *ret_first, int64_t *ret_last,
                      struct store_error *error)
{
    int64_t range[2];
    bool any;
    query_begin(asker->sql, NULL);
    query_set(asker->sql, "account", account);
    buffer_add_text(&asker->sql->text, "SELECT (SELECT min(seq) FROM event WHERE account_id = :account), "
                                       "(SELECT max(seq) FROM event WHERE account_id = :account)");
    if (!asker->ask(asker->reader, range, 2, &any, error))
        return false;
    *ret_first = any ? range[0] : 1;
    *ret_last = any ? range[1] : 0;
    return true;
}

static bool ask_at(const struct history_asker *asker, uint64_t account, int64_t seq, int64_t *ret_at,
                   struct store_error *error)
{
    bool found;
    *ret_at = 0;
    query_begin(asker->sql, NULL);
    query_set(asker->sql, "account", account);
    query_set(asker->sql, "seq", (uint64_t)seq);
    buffer_add_text(&asker->sql->text, "SELECT at FROM event WHERE account_id = :account AND seq = :seq");
    return asker->ask(asker->reader, ret_at, 1, &found, error);
}

// The first seq whose event was at or after the moment; 0 for the moment 0, which is none. Within an account time never
// goes back and no seq is left out, so it is found by halving, without an index.
static bool find_seq(const struct history_asker *asker, uint64_t account, int64_t at, int64_t *ret_seq,
                     struct store_error *error)
{
    int64_t low, last;
    *ret_seq = 0;
    if (at == 0)
        return true;
    if (!ask_range(asker, account, &low, &last, error))
        return false;
    int64_t high = last + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, middle_at;
        if (!ask_at(asker, account, middle, &middle_at, error))
            return false;
        if (middle_at < at)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_seq = low;
    return true;
}

// ---- Queries

static void begin(struct query_sql *sql, const struct history_query *query, const struct query_scope *scope,
                  struct arena *arena)
{
    query_begin(sql, scope);
    query_set(sql, "account", query->account);
    query_set(sql, "after", query->newest_first ? 0 : query->after);
    query_set(sql, "before", query->newest_first && query->after > 0 ? query->after : INT64_MAX);
    query_set(sql, "limit", query->limit + 1);
    query_set_text(sql, "kind", query->kind);
    query_set_text(sql, "product", query->product);
    query_set(sql, "user", query->user);
    query_set(sql, "from", (uint64_t)query->from_at);
    query_set(sql, "to", (uint64_t)query->to_at);
    if (query->kind != NULL) {
        query_set_text(sql, "kind_from", arena_printf(arena, "%s.", query->kind));
        query_set_text(sql, "kind_to", arena_printf(arena, "%s/", query->kind)); // '/' follows '.'
    }
}

static void set_range(struct query_sql *sql, const struct history_query *query, int64_t from, int64_t to)
{
    if (from > 0 && (query->newest_first || (uint64_t)from - 1 > query->after))
        query_set(sql, "after", (uint64_t)from - 1);
    if (to > 0 && (!query->newest_first || query->after == 0 || (uint64_t)to < query->after))
        query_set(sql, "before", (uint64_t)to);
}

// Other kinds than those of sessions are few among them, and have an index of their own, which is taken for this very
// condition only.
static bool is_of_sessions(const char *kind)
{
    return strcmp(kind, "session") == 0 || strncmp(kind, "session.", 8) == 0;
}

static const struct query_scope_sql event_scope = {
    .organization = "organization IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside) "
                    "OR actor_user IN (SELECT id FROM users_inside)",
    .user = "\"user\" = :scope_user OR actor_user = :scope_user",
};

bool history_events(const struct history_asker *asker, const struct history_query *query, const char *columns,
                    struct arena *arena, struct store_error *error)
{
    struct query_sql *sql = asker->sql;
    struct query_scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    int64_t from, to;
    if (!find_seq(asker, query->account, query->from_at, &from, error) ||
        !find_seq(asker, query->account, query->to_at, &to, error))
        return false;
    begin(sql, query, &scope, arena);
    set_range(sql, query, from, to);
    query_set_text(sql, "subject", query->subject);
    buffer_printf(&sql->text, "SELECT %s FROM event WHERE account_id = :account AND seq > :after AND seq < :before",
                  columns);
    query_add_filter(sql, query->subject != NULL, "subject = :subject");
    query_add_filter(sql, query->kind != NULL, "(kind = :kind OR (kind > :kind_from AND kind < :kind_to))");
    query_add_filter(sql, query->kind != NULL && !is_of_sessions(query->kind),
                     "(kind < 'session.' OR kind >= 'session/')");
    query_add_filter(sql, query->user != 0, "(\"user\" = :user OR actor_user = :user)");
    query_add_scope(sql, &scope, &event_scope);
    buffer_printf(&sql->text, " ORDER BY seq %s LIMIT :limit", query->newest_first ? "DESC" : "");
    return true;
}

static const struct query_scope_sql denial_scope = {
    .organization = "organization IN (SELECT id FROM inside) OR \"user\" IN (SELECT id FROM users_inside)",
    .user = "\"user\" = :scope_user",
};

void history_denials(struct query_sql *sql, const struct history_query *query, const char *columns, struct arena *arena)
{
    struct query_scope scope = {.organization = query->scope_organization, .user = query->scope_user};
    begin(sql, query, &scope, arena);
    if (query->subject != NULL)
        query_set(sql, "subject", id_parse(ID_DENIAL, query->subject, query->account));
    buffer_printf(&sql->text, "SELECT %s FROM denial WHERE account_id = :account AND id > :after AND id < :before",
                  columns);
    query_add_filter(sql, query->subject != NULL, "id = :subject");
    query_add_filter(sql, query->kind != NULL, "(error = :kind OR reason = :kind)");
    query_add_filter(sql, query->product != NULL, "product = :product");
    query_add_filter(sql, query->user != 0, "\"user\" = :user");
    query_add_filter(sql, query->from_at != 0, "last_at >= :from");
    query_add_filter(sql, query->to_at != 0, "first_at < :to");
    query_add_scope(sql, &scope, &denial_scope);
    buffer_printf(&sql->text, " ORDER BY id %s LIMIT :limit", query->newest_first ? "DESC" : "");
}
