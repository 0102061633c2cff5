// SPDX-License-Identifier: Apache-2.0
//
// The present against the history. For each event that is the last of its subject, the row must be as the event left
// it: the same as `after` says, or gone. For each row there must be an event, unless the archive took it. What is
// written without history (leases, when something was last used) is left out of the comparison.
#include "store/verify.h"

#include "store/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Members that change without an event.
static const char *quiet_member(enum row_kind kind)
{
    switch (kind) {
    case ROW_SESSION:
        return "expires_at";
    case ROW_SEAT:
    case ROW_SEAT_MACHINE:
    case ROW_API_KEY:
    case ROW_SIGN_IN:
        return "last_used_at";
    default:
        return NULL;
    }
}

// The row's JSON without the member. A quote inside a text is escaped, so the name with its quotes stands only where
// the member is.
static void cut_member(char *json, const char *member)
{
    char name[32];
    snprintf(name, sizeof name, "\"%s\":", member);
    char *start = strstr(json, name);
    if (start == NULL)
        return;
    char *end = start + strcspn(start, ",}"); // a moment
    memmove(start - 1, end, strlen(end) + 1); // with the comma before it: an id comes first
}

// The value of "after" in an event's data, in the arena; NULL: null.
static char *after_of(struct arena *arena, const char *data)
{
    // The name cannot stand in a text, as its quotes would be escaped there.
    const char *start = strstr(data, "\"after\":");
    if (start == NULL || start[8] != '{')
        return NULL;
    start += 8;
    const char *end = strstr(start, "},\"reason\":");
    size_t length = end != NULL ? (size_t)(end - start) + 1 : strlen(start) - 1;
    char *after = arena_copy(arena, start, length + 1);
    after[length] = '\0';
    return after;
}

// An event that is the last of its subject, while its row is looked for.
struct last_event {
    int64_t seq;
    const char *subject;
    char *after; // NULL: the row is gone
};

// Rows are looked for many at a time.
struct present {
    struct verification *verification;
    struct arena arena; // of those that wait
    struct last_event events[DATABASE_KEYS_MAX];
    struct row_key keys[DATABASE_KEYS_MAX];
    size_t count;
};

static bool find_kind(const char *name, enum row_kind *ret_kind)
{
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        if (strcmp(fact_types[i].name, name) == 0) {
            *ret_kind = fact_types[i].row;
            return true;
        }
    }
    return false;
}

// ---- Each last event has the row that it tells of

static char *row_json(struct arena *arena, const struct row_key *key, const void *row)
{
    struct buffer buffer = {0};
    json_add_row(&buffer, key->account, key->kind, row);
    char *json = arena_strdup(arena, buffer_text(&buffer));
    buffer_fini(&buffer);
    return json;
}

static void compare_json(struct verification *verification, const struct row_key *key, const struct last_event *event,
                         char *json)
{
    if (quiet_member(key->kind) != NULL) {
        cut_member(event->after, quiet_member(key->kind));
        cut_member(json, quiet_member(key->kind));
    }
    if (strcmp(event->after, json) != 0)
        verification_break(verification, key->account, event->seq, "%s is %s, but the history says %s", event->subject,
                           json, event->after);
}

static void compare_row(void *arg, size_t index, const void *row, const char *unreadable)
{
    struct present *present = arg;
    struct verification *verification = present->verification;
    const struct last_event *event = &present->events[index];
    const struct row_key *key = &present->keys[index];
    if (unreadable != NULL)
        verification_break(verification, key->account, event->seq, "%s cannot be read: %s", event->subject, unreadable);
    else if (row != NULL && event->after == NULL)
        verification_break(verification, key->account, event->seq, "%s is there although it was taken away",
                           event->subject);
    else if (row == NULL && event->after != NULL)
        verification_break(verification, key->account, event->seq, "%s is missing", event->subject);
    else if (row != NULL)
        compare_json(verification, key, event, row_json(&present->arena, key, row));
}

static bool compare_rows(struct present *present, struct store_error *error)
{
    size_t count = present->count;
    present->count = 0;
    bool done = database_find(present->verification->database, present->keys, count, compare_row, present, error);
    arena_clear(&present->arena);
    return done;
}

// Takes a subject apart into the ids and codes that it is made of.
static void set_parts(struct row_key *key, const char *subject, struct arena *arena)
{
    const struct row_type *type = &row_types[key->kind];
    char *parts = arena_strdup(arena, subject), *rest = parts;
    for (size_t i = 0; i < type->key_count; i++) {
        // The last may hold a slash itself: the name of a machine does.
        const char *part = i + 1 < type->key_count ? strsep(&rest, "/") : rest;
        if (part == NULL)
            part = "";
        key->parts[i] = type->fields[i].type == FIELD_ID
                            ? value_number((int64_t)id_parse(type->fields[i].of, part, key->account))
                            : value_text(part);
    }
}

static bool take_event(struct present *present, const struct history_entry *entry, struct store_error *error)
{
    struct row_key *key = &present->keys[present->count];
    struct last_event *event = &present->events[present->count];
    if (!find_kind(entry->event.kind, &key->kind))
        return true;
    key->account = entry->account;
    event->seq = entry->event.seq;
    event->subject = arena_strdup(&present->arena, entry->event.subject);
    event->after = after_of(&present->arena, entry->event.data);
    set_parts(key, event->subject, &present->arena);
    return ++present->count < DATABASE_KEYS_MAX || compare_rows(present, error);
}

static bool take_events(struct present *present, struct store_error *error)
{
    struct database *database = present->verification->database;
    const struct sql_table *table = &database->tables[TABLE_EVENT];
    struct buffer sql = {0};
    buffer_add_text(&sql, "SELECT ");
    sql_table_add_columns(&sql, table, 0, table->column_count, "e.");
    // Not by "no later one exists", which PostgreSQL may do by comparing all events of a subject with each other.
    buffer_add_text(&sql, " FROM event AS e WHERE e.seq = (SELECT max(l.seq) FROM event AS l WHERE "
                          "l.account_id = e.account_id AND l.subject = e.subject)");
    struct rows *rows = database_query(database, buffer_text(&sql), NULL, 0, error);
    buffer_fini(&sql);
    bool row, read = rows != NULL;
    while (read && (read = rows_next(rows, &row, error)) && row) {
        struct history_entry entry;
        struct store_error told; // by its chain, that it cannot be read
        read = !rows_event(rows, &entry, &told) || take_event(present, &entry, error);
    }
    rows_end(rows);
    return read && compare_rows(present, error);
}

static bool verify_events(struct verification *verification, struct store_error *error)
{
    struct present present = {.verification = verification};
    bool done = take_events(&present, error);
    arena_fini(&present.arena);
    return done;
}

// ---- Each row has an event, unless it is older than a checkpoint: then there may be none left

static void add_rows(struct buffer *sql, enum row_kind kind)
{
    buffer_printf(sql, " FROM %s AS r WHERE %s NOT IN (SELECT account_id FROM checkpoint)", sql_table_name(kind),
                  sql_table_owner(kind));
}

static bool count_rows(struct verification *verification, enum row_kind kind, struct store_error *error)
{
    struct buffer sql = {0};
    int64_t count;
    buffer_add_text(&sql, "SELECT count(*)");
    add_rows(&sql, kind);
    bool read = database_number(verification->database, buffer_text(&sql), NULL, 0, &count, error);
    verification->verified.rows += read ? (uint64_t)count : 0;
    buffer_fini(&sql);
    return read;
}

static bool verify_rows(struct verification *verification, enum row_kind kind, struct store_error *error)
{
    struct buffer sql = {0};
    buffer_printf(&sql, "SELECT %s, ", sql_table_owner(kind));
    sql_table_add_subject(&sql, kind, "r");
    add_rows(&sql, kind);
    buffer_printf(&sql, " AND NOT EXISTS (SELECT 1 FROM event AS e WHERE e.account_id = %s%s AND e.subject = ",
                  kind == ROW_PRODUCT ? "" : "r.", sql_table_owner(kind));
    sql_table_add_subject(&sql, kind, "r");
    buffer_add_char(&sql, ')');
    struct rows *rows = database_query(verification->database, buffer_text(&sql), NULL, 0, error);
    buffer_fini(&sql);
    bool row, read = rows != NULL;
    while (read && (read = rows_next(rows, &row, error)) && row)
        verification_break(verification, (uint64_t)rows_number(rows, 0), 0, "%s has no history", rows_text(rows, 1));
    rows_end(rows);
    return read && count_rows(verification, kind, error);
}

// ---- Ids that were given are below the counter of their kind, or they would be given again

// Sign-ins take their numbers from the counter of the API keys (engine/sign_in.h).
static const char *counter_of(enum row_kind kind)
{
    return row_types[kind == ROW_SIGN_IN ? ROW_API_KEY : kind].name;
}

static bool verify_counter(struct verification *verification, enum row_kind kind, struct store_error *error)
{
    struct buffer sql = {0};
    struct value counter = value_text(counter_of(kind));
    buffer_printf(&sql,
                  "SELECT coalesce(c.next, 0), r.given FROM (SELECT max(id) AS given FROM %s) AS r "
                  "LEFT JOIN counter AS c ON c.kind = $1",
                  sql_table_name(kind));
    struct rows *rows = database_query(verification->database, buffer_text(&sql), &counter, 1, error);
    buffer_fini(&sql);
    bool row = false, read = rows != NULL && rows_next(rows, &row, error);
    if (row && !rows_is_null(rows, 1) && rows_number(rows, 1) >= rows_number(rows, 0))
        verification_break(verification, 0, 0, "the next id of a %s is to be %" PRId64 ", but %" PRId64 " was given",
                           row_types[kind].name, rows_number(rows, 0), rows_number(rows, 1));
    rows_end(rows);
    return read;
}

static bool verify_counters(struct verification *verification, struct store_error *error)
{
    static const enum row_kind counted[] = {ROW_ACCOUNT, ROW_ORGANIZATION, ROW_USER,    ROW_PROJECT, ROW_PURCHASE,
                                            ROW_SEAT,    ROW_SESSION,      ROW_API_KEY, ROW_SIGN_IN};
    bool read = true;
    for (size_t i = 0; read && i < sizeof counted / sizeof counted[0]; i++)
        read = verify_counter(verification, counted[i], error);
    return read;
}

bool verify_present(struct verification *verification, struct store_error *error)
{
    bool done = verify_events(verification, error) && verify_counters(verification, error);
    for (size_t i = 0; done && i < ROW_KINDS_ALONE; i++)
        done = verify_rows(verification, (enum row_kind)i, error);
    return done;
}
