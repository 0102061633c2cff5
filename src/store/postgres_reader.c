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
    query_fini(&reader->query);
    free(reader);
}

// ---- Running

struct places {
    const struct query_value *at[PG_VALUES_MAX];
    struct pg_values values;
};

// The number of the place for the value, from 1.
static int place_of(struct places *places, const struct query_value *value)
{
    struct pg_values *values = &places->values;
    for (int i = 0; i < values->count; i++) {
        if (places->at[i] == value)
            return i + 1;
    }
    CHECK(values->count < PG_VALUES_MAX);
    places->at[values->count] = value;
    if (value->is_text)
        pg_add_text(values, value->text);
    else
        pg_add_number(values, value->number);
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
static void number_places(const struct query_sql *query, struct buffer *sql, struct places *places)
{
    for (const char *at = buffer_text(&query->text); *at != '\0'; at++) {
        size_t length = *at == ':' ? name_length(at + 1) : 0;
        const struct query_value *value = length > 0 ? query_find(query, at + 1, length) : NULL;
        if (value == NULL) {
            buffer_add_char(sql, *at);
            continue;
        }
        buffer_printf(sql, "$%d", place_of(places, value));
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
    number_places(&reader->query, &sql, &places);
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
