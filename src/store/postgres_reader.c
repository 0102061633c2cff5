// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_reader.h"

#include "base/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forget_statements(struct pg_reader *reader)
{
    for (size_t i = 0; i < PG_KEPT_MAX; i++) {
        free(reader->kept[i]);
        reader->kept[i] = NULL;
    }
}

// A collation that knows the capitals of all scripts, of those that the database has: the C library's or ICU's.
static bool find_collation(struct pg_reader *reader, struct store_error *error)
{
    PGresult *result =
        pg_execute_rows(&reader->link,
                        "SELECT quote_ident(collname)::text FROM pg_collation "
                        "WHERE collnamespace = 'pg_catalog'::regnamespace "
                        "AND collname IN ('C.utf8', 'C.UTF-8', 'pg_c_utf8', 'und-x-icu', 'default') "
                        "AND collencoding IN (-1, pg_char_to_encoding('UTF8')) "
                        "ORDER BY array_position(ARRAY['C.utf8', 'C.UTF-8', 'pg_c_utf8', 'und-x-icu', 'default'], "
                        "collname::text) LIMIT 1",
                        error);
    if (result == NULL)
        return false;
    snprintf(reader->collation, sizeof reader->collation, "pg_catalog.%s",
             PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "\"default\"");
    PQclear(result);
    return true;
}

// Connects when there is no connection, or none any more.
static bool is_ready(struct pg_reader *reader, struct store_error *error)
{
    if (reader->link.conn != NULL)
        return true;
    forget_statements(reader);
    if (!pg_connect(&reader->link, pg_store_of(reader->reader.store)->uri, &pg_reader_limits, error))
        return false;
    if (find_collation(reader, error) && pg_start_pipeline(&reader->link, error))
        return true;
    pg_disconnect(&reader->link);
    return false;
}

struct store_reader *pg_reader_open(struct store *base, struct store_error *error)
{
    struct pg_reader *reader = check_calloc(1, sizeof *reader);
    reader->reader.store = base;
    if (is_ready(reader, error))
        return &reader->reader;
    pg_reader_close(&reader->reader);
    return NULL;
}

void pg_reader_close(struct store_reader *base)
{
    struct pg_reader *reader = (struct pg_reader *)base;
    pg_disconnect(&reader->link);
    forget_statements(reader);
    buffer_fini(&reader->sql);
    free(reader);
}

// ---- Putting together

void pg_begin_query(struct pg_reader *reader, const struct pg_scope *scope)
{
    buffer_clear(&reader->sql);
    reader->named_count = 0;
    pg_set(reader, "scope_organization", scope->organization);
    pg_set(reader, "scope_user", scope->user);
    pg_set(reader, "scope_key", scope->key);
    if (scope->organization != 0)
        buffer_add_text(&reader->sql, "WITH RECURSIVE inside (id) AS (SELECT :scope_organization UNION "
                                      "SELECT o.id FROM inside JOIN organization AS o "
                                      "ON o.account_id = :account AND o.parent = inside.id), "
                                      "users_inside (id) AS (SELECT u.id FROM inside JOIN app_user AS u "
                                      "ON u.account_id = :account AND u.organization = inside.id) ");
}

static const char *add_condition(struct buffer *sql, const char *before, bool given, const char *condition)
{
    if (!given)
        return before;
    buffer_add_text(sql, before);
    buffer_add_text(sql, condition != NULL ? condition : "false");
    return " OR ";
}

void pg_add_scope(struct pg_reader *reader, const struct pg_scope *scope, const struct pg_scope_sql *sql)
{
    const char *before = " AND (";
    before = add_condition(&reader->sql, before, scope->organization != 0, sql->organization);
    before = add_condition(&reader->sql, before, scope->user != 0, sql->user);
    before = add_condition(&reader->sql, before, scope->key != 0, sql->key);
    if (scope->organization != 0 || scope->user != 0 || scope->key != 0)
        buffer_add_char(&reader->sql, ')');
}

void pg_add_filter(struct pg_reader *reader, bool given, const char *condition)
{
    if (given)
        buffer_printf(&reader->sql, " AND %s", condition);
}

static struct pg_named *find_named(struct pg_reader *reader, const char *name, size_t length)
{
    for (int i = 0; i < reader->named_count; i++) {
        if (strncmp(reader->named[i].name, name, length) == 0 && reader->named[i].name[length] == '\0')
            return &reader->named[i];
    }
    return NULL;
}

static void set(struct pg_reader *reader, struct pg_named value)
{
    struct pg_named *place = find_named(reader, value.name, strlen(value.name));
    if (place == NULL) {
        CHECK(reader->named_count < PG_NAMED_MAX);
        place = &reader->named[reader->named_count++];
    }
    *place = value;
}

void pg_set(struct pg_reader *reader, const char *name, uint64_t number)
{
    set(reader, (struct pg_named){.name = name, .number = (int64_t)number});
}

void pg_set_text(struct pg_reader *reader, const char *name, const char *text)
{
    set(reader, (struct pg_named){.name = name, .is_text = true, .text = text});
}

// ---- Running

struct places {
    const struct pg_named *named[PG_VALUES_MAX];
    struct pg_values values;
};

// The number of the place for the value, from 1.
static int place_of(struct places *places, const struct pg_named *named)
{
    struct pg_values *values = &places->values;
    for (int i = 0; i < values->count; i++) {
        if (places->named[i] == named)
            return i + 1;
    }
    CHECK(values->count < PG_VALUES_MAX);
    places->named[values->count] = named;
    if (named->is_text)
        pg_add_text(values, named->text);
    else
        pg_add_number(values, named->number);
    return values->count;
}

static size_t name_length(const char *text)
{
    size_t length = 0;
    while (islower((unsigned char)text[length]) || text[length] == '_')
        length++;
    return length;
}

// Turns named places into numbered ones. Pieces have no texts of their own in which a colon could stand.
static void number_places(struct pg_reader *reader, struct buffer *sql, struct places *places)
{
    for (const char *at = buffer_text(&reader->sql); *at != '\0'; at++) {
        size_t length = *at == ':' ? name_length(at + 1) : 0;
        const struct pg_named *named = length > 0 ? find_named(reader, at + 1, length) : NULL;
        if (named == NULL) {
            buffer_add_char(sql, *at);
            continue;
        }
        buffer_printf(sql, "$%d", place_of(places, named));
        at += length;
    }
}

static enum store_status prepare(struct pg_reader *reader, const char *sql, const struct pg_values *values,
                                 int *ret_place, struct store_error *error)
{
    char text[32];
    int place = *ret_place = reader->next;
    reader->next = (reader->next + 1) % PG_KEPT_MAX;
    if (reader->kept[place] != NULL) {
        snprintf(text, sizeof text, "DEALLOCATE kept_%d", place);
        enum store_status status = pg_queue_sql(&reader->link, text, error);
        if (status != STORE_OK)
            return status;
        free(reader->kept[place]);
    }
    reader->kept[place] = check_strdup(sql);
    snprintf(text, sizeof text, "kept_%d", place);
    return pg_queue_prepare(&reader->link, text, sql, values->count, values->types, error);
}

static PGresult *run(struct pg_reader *reader, const char *sql, const struct pg_values *values,
                     struct store_error *error)
{
    int place = 0;
    while (place < PG_KEPT_MAX && (reader->kept[place] == NULL || strcmp(reader->kept[place], sql) != 0))
        place++;
    if (place == PG_KEPT_MAX && prepare(reader, sql, values, &place, error) != STORE_OK)
        return NULL;
    char name[32];
    snprintf(name, sizeof name, "kept_%d", place);
    return pg_query(&reader->link, name, values, error);
}

PGresult *pg_run(struct pg_reader *reader, struct store_error *error)
{
    if (!is_ready(reader, error))
        return NULL;
    struct buffer sql = {0};
    struct places places = {0};
    number_places(reader, &sql, &places);
    PGresult *result = run(reader, buffer_text(&sql), &places.values, error);
    buffer_fini(&sql);
    // After a failure nobody knows which statements are prepared: the next query begins anew.
    if (result == NULL)
        pg_disconnect(&reader->link);
    return result;
}

bool pg_begin_moment(struct pg_reader *reader, struct store_error *error)
{
    return is_ready(reader, error) &&
           pg_queue_sql(&reader->link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error) == STORE_OK;
}

bool pg_end_moment(struct pg_reader *reader, bool good, struct store_error *error)
{
    if (good && pg_queue_sql(&reader->link, "COMMIT", error) == STORE_OK &&
        pg_finish(&reader->link, PG_READ, error) == STORE_OK)
        return true;
    pg_disconnect(&reader->link);
    return false;
}

const char *pg_ids(const uint64_t *ids, size_t count, struct arena *arena)
{
    struct buffer text = {0};
    buffer_add_char(&text, '{');
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, "%s%" PRId64, i > 0 ? "," : "", (int64_t)ids[i]);
    buffer_add_char(&text, '}');
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_fini(&text);
    return copy;
}
