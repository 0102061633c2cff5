// SPDX-License-Identifier: Apache-2.0
#include "store/list_sql.h"

#include "base/moment.h"

static struct query_scope scope_of(const struct list_query *query)
{
    return (struct query_scope){query->scope_organization, query->scope_user, query->scope_key};
}

void list_begin(struct query_sql *sql, const struct list_query *query)
{
    struct query_scope scope = scope_of(query);
    query_begin(sql, &scope);
    query_set(sql, "account", query->account);
    query_set(sql, "after", list_after(query));
    query_set_text(sql, "after_code", query->after_code != NULL ? query->after_code : "");
    query_set(sql, "limit", query->limit + 1);
    query_set_text(sql, "product", query->product);
    query_set(sql, "user", query->user);
    query_set(sql, "organization", query->organization);
    query_set(sql, "parent", query->parent);
    query_set(sql, "level", query->level);
    query_set(sql, "idle_since", (uint64_t)(query->now - moment_seconds(query->idle_s)));
    query_set_text(sql, "state", session_state_words[query->state]);
    query_set_text(sql, "email", query->email);
    query_set_text(sql, "q", query->q);
    query_set(sql, "q_id", query->q_id);
}

const char *list_start(const struct list_query *query)
{
    if (query->newest_first)
        return "account_id = :account AND id < :after";
    switch (query->kind) {
    case ROW_PRODUCT:
        return "code > :after_code";
    case ROW_BORROWING:
        return "account_id = :account AND product > :after_code";
    case ROW_ACCOUNT:
        return "id > :after";
    default:
        return "account_id = :account AND id > :after";
    }
}

// That a session is in the state. Active and revoked ones have indexes of their own, which a database takes for the
// very word only.
static const char *state_filter(enum session_state state)
{
    return state == SESSION_ACTIVE    ? "state = 'active'"
           : state == SESSION_REVOKED ? "state = 'revoked'"
                                      : "state = :state";
}

void list_add_filters(struct query_sql *sql, const struct list_query *query)
{
    query_add_filter(sql, query->product != NULL, "product = :product");
    query_add_filter(sql, query->user != 0, "\"user\" = :user");
    query_add_filter(sql, query->organization != 0, "organization = :organization");
    query_add_filter(sql, query->parent_given && query->parent == 0, "parent IS NULL");
    query_add_filter(sql, query->parent_given && query->parent != 0, "parent = :parent");
    query_add_filter(sql, query->level_given, "level = :level");
    query_add_filter(sql, query->state_given, state_filter(query->state));
    query_add_filter(sql, query->idle_s != 0, "coalesce(last_used_at, assigned_at, 0) <= :idle_since");
}

static const struct query_scope_sql scopes[ROW_KINDS] = {
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

static const char *order_of(const struct list_query *query)
{
    if (query->newest_first)
        return "id DESC";
    return query->kind == ROW_PRODUCT ? "code" : query->kind == ROW_BORROWING ? "product" : "id";
}

void list_end(struct query_sql *sql, const struct list_query *query)
{
    struct query_scope scope = scope_of(query);
    query_add_scope(sql, &scope, &scopes[query->kind]);
    buffer_printf(&sql->text, " ORDER BY %s LIMIT :limit", order_of(query));
}

uint64_t list_after(const struct list_query *query)
{
    return query->newest_first && query->after == 0 ? INT64_MAX : query->after;
}
