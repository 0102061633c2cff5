// SPDX-License-Identifier: Apache-2.0
#include "store/query_sql.h"

#include "base/check.h"

#include <string.h>

static const struct query_scope no_scope;

void query_begin(struct query_sql *query, const struct query_scope *scope)
{
    scope = scope != NULL ? scope : &no_scope;
    buffer_clear(&query->text);
    query->value_count = 0;
    query_set(query, "scope_organization", scope->organization);
    query_set(query, "scope_user", scope->user);
    query_set(query, "scope_key", scope->key);
    if (scope->organization != 0)
        buffer_add_text(&query->text, "WITH RECURSIVE inside (id) AS (SELECT :scope_organization UNION "
                                      "SELECT o.id FROM inside JOIN organization AS o "
                                      "ON o.account_id = :account AND o.parent = inside.id), "
                                      "users_inside (id) AS (SELECT u.id FROM inside JOIN app_user AS u "
                                      "ON u.account_id = :account AND u.organization = inside.id) ");
}

void query_fini(struct query_sql *query)
{
    buffer_fini(&query->text);
}

static const char *add_condition(struct buffer *text, const char *before, bool given, const char *condition)
{
    if (!given)
        return before;
    buffer_add_text(text, before);
    buffer_add_text(text, condition != NULL ? condition : "false");
    return " OR ";
}

void query_add_scope(struct query_sql *query, const struct query_scope *scope, const struct query_scope_sql *sql)
{
    const char *before = " AND (";
    before = add_condition(&query->text, before, scope->organization != 0, sql->organization);
    before = add_condition(&query->text, before, scope->user != 0, sql->user);
    before = add_condition(&query->text, before, scope->key != 0, sql->key);
    if (scope->organization != 0 || scope->user != 0 || scope->key != 0)
        buffer_add_char(&query->text, ')');
}

void query_add_filter(struct query_sql *query, bool given, const char *condition)
{
    if (given)
        buffer_printf(&query->text, " AND %s", condition);
}

static void set(struct query_sql *query, struct query_value value)
{
    int place = 0;
    while (place < query->value_count && strcmp(query->values[place].name, value.name) != 0)
        place++;
    CHECK(place < QUERY_VALUES_MAX);
    query->values[place] = value;
    query->value_count += place == query->value_count;
}

void query_set(struct query_sql *query, const char *name, uint64_t number)
{
    set(query, (struct query_value){.name = name, .number = (int64_t)number});
}

void query_set_text(struct query_sql *query, const char *name, const char *text)
{
    set(query, (struct query_value){.name = name, .is_text = true, .text = text});
}

const struct query_value *query_find(const struct query_sql *query, const char *name, size_t length)
{
    for (int i = 0; i < query->value_count; i++) {
        const char *known = query->values[i].name;
        if (strncmp(known, name, length) == 0 && known[length] == '\0')
            return &query->values[i];
    }
    return NULL;
}
