// SPDX-License-Identifier: Apache-2.0
//
// The present against the history. For each event that is the last of its subject, the row must be as the event left
// it: the same as `after` says, or gone. For each row there must be an event, unless the archive took it. What is
// written without history (leases, when something was last used) is left out of the comparison.
#include "store/verify.h"

#include "store/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

struct present {
    struct verification *verification;
    sqlite3_stmt *later;               // whether an event has a successor
    sqlite3_stmt *any;                 // whether a subject has an event
    sqlite3_stmt *rows[ROW_KINDS];     // one by its key
    sqlite3_stmt *all_rows[ROW_KINDS]; // with the account first
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

// Binds the ids and codes that a subject is made of.
static void bind_subject(sqlite3_stmt *statement, uint64_t account, enum row_kind kind, const char *subject,
                         struct arena *arena)
{
    const struct row_type *type = &row_types[kind];
    char *parts = arena_strdup(arena, subject), *rest = parts;
    sqlite3_bind_int64(statement, 1, (int64_t)account);
    for (size_t i = 0; i < type->key_count; i++) {
        // The last may hold a slash itself: the name of a machine does.
        const char *part = i + 1 < type->key_count ? strsep(&rest, "/") : rest;
        if (part == NULL)
            part = "";
        if (type->fields[i].type == FIELD_ID)
            sqlite3_bind_int64(statement, (int)i + 2, (int64_t)id_parse(type->fields[i].of, part, account));
        else
            sqlite3_bind_text(statement, (int)i + 2, part, -1, SQLITE_TRANSIENT);
    }
}

static bool has_row(sqlite3_stmt *statement, bool *ret_row, struct store_error *error)
{
    bool read = sqlite_step(statement, ret_row, error);
    if (*ret_row)
        sqlite3_reset(statement);
    return read;
}

static char *row_json(struct present *present, uint64_t account, enum row_kind kind, sqlite3_stmt *statement,
                      struct store_error *error)
{
    union any_row row;
    struct arena *arena = &present->verification->arena;
    if (!sqlite_read_row(&present->verification->tool.products, statement, 0, kind, &row, arena, error))
        return NULL;
    struct buffer buffer = {0};
    json_add_row(&buffer, account, kind, &row);
    char *json = arena_strdup(arena, buffer_text(&buffer));
    buffer_fini(&buffer);
    return json;
}

// Compares the row that the event speaks of.
static bool compare_row(struct present *present, const struct history_entry *entry, enum row_kind kind,
                        struct store_error *error)
{
    struct verification *verification = present->verification;
    sqlite3_stmt *statement = present->rows[kind];
    bind_subject(statement, entry->account, kind, entry->event.subject, &verification->arena);
    bool there;
    if (!sqlite_step(statement, &there, error))
        return false;
    char *after = after_of(&verification->arena, entry->event.data);
    char *json = there ? row_json(present, entry->account, kind, statement, error) : NULL;
    sqlite3_reset(statement);
    const char *subject = entry->event.subject;
    if (there && json == NULL)
        verification_break(verification, entry->account, entry->event.seq, "%s cannot be read: %s", subject,
                           error->text);
    else if (there && after == NULL)
        verification_break(verification, entry->account, entry->event.seq, "%s is there although it was taken away",
                           subject);
    else if (!there && after != NULL)
        verification_break(verification, entry->account, entry->event.seq, "%s is missing", subject);
    if (json == NULL || after == NULL)
        return true;
    if (quiet_member(kind) != NULL) {
        cut_member(after, quiet_member(kind));
        cut_member(json, quiet_member(kind));
    }
    if (strcmp(after, json) != 0)
        verification_break(verification, entry->account, entry->event.seq, "%s is %s, but the history says %s", subject,
                           json, after);
    return true;
}

static bool verify_event(struct present *present, const struct history_entry *entry, struct store_error *error)
{
    bool later;
    sqlite3_bind_int64(present->later, 1, (int64_t)entry->account);
    sqlite_bind_text(present->later, 2, entry->event.subject);
    sqlite3_bind_int64(present->later, 3, entry->event.seq);
    if (!has_row(present->later, &later, error))
        return false;
    enum row_kind kind;
    if (later || !find_kind(entry->event.kind, &kind))
        return true;
    return compare_row(present, entry, kind, error);
}

static bool verify_events(struct present *present, struct store_error *error)
{
    sqlite3_stmt *statement =
        sqlite_prepare(present->verification->tool.db, "SELECT " EVENT_COLUMNS " FROM event ORDER BY rowid", error);
    bool row, read = statement != NULL;
    while (read && (read = sqlite_step(statement, &row, error)) && row) {
        struct history_entry entry;
        arena_clear(&present->verification->arena);
        // One that cannot be read was told already, by its chain.
        if (sqlite_read_event(statement, &entry, NULL, error))
            read = verify_event(present, &entry, error);
    }
    sqlite3_finalize(statement);
    return read;
}

static bool verify_row(struct present *present, uint64_t account, enum row_kind kind, const void *row,
                       struct buffer *subject, struct store_error *error)
{
    buffer_clear(subject);
    history_add_subject(subject, account, kind, row);
    sqlite3_bind_int64(present->any, 1, (int64_t)account);
    sqlite_bind_text(present->any, 2, buffer_text(subject));
    bool known;
    if (!has_row(present->any, &known, error))
        return false;
    present->verification->verified.rows++;
    if (!known)
        verification_break(present->verification, account, 0, "%s has no history", buffer_text(subject));
    return true;
}

static bool verify_rows(struct present *present, enum row_kind kind, struct store_error *error)
{
    sqlite3_stmt *statement = present->all_rows[kind];
    struct buffer subject = {0};
    bool there, read;
    while ((read = sqlite_step(statement, &there, error)) && there) {
        union any_row row;
        read = sqlite_read_key(&present->verification->tool.products, statement, 1, kind, &row, error) &&
               verify_row(present, sqlite_read_id(statement, 0), kind, &row, &subject, error);
        if (!read)
            break;
    }
    buffer_fini(&subject);
    return read;
}

// Sign-ins take their numbers from the counter of the API keys (engine/sign_in.h).
static const char *counter_of(enum row_kind kind)
{
    return number_names[kind == ROW_SIGN_IN ? ID_API_KEY : row_types[kind].fields[0].of];
}

// Ids that were given are below the counter of their kind, or they would be given again.
static bool verify_counters(struct present *present, struct store_error *error)
{
    static const enum row_kind counted[] = {ROW_ACCOUNT,  ROW_ORGANIZATION, ROW_USER,    ROW_PROJECT, ROW_PURCHASE,
                                            ROW_SEAT,     ROW_SESSION,      ROW_API_KEY, ROW_SIGN_IN};
    bool read = true;
    for (size_t i = 0; read && i < sizeof counted / sizeof counted[0]; i++) {
        enum row_kind kind = counted[i];
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT max(id), next FROM %s, counter AS c WHERE c.kind = '%s' HAVING max(id) >= next",
                 row_sql[kind].table, counter_of(kind));
        sqlite3_stmt *statement = sqlite_prepare(present->verification->tool.db, sql, error);
        bool row = false;
        read = statement != NULL && sqlite_step(statement, &row, error);
        if (row)
            verification_break(present->verification, 0, 0,
                               "the next id of a %s is to be %" PRIu64 ", but %" PRIu64 " was given",
                               row_types[kind].name, sqlite_read_id(statement, 1), sqlite_read_id(statement, 0));
        sqlite3_finalize(statement);
    }
    return read;
}

static bool prepare_rows(struct present *present, enum row_kind kind, struct store_error *error)
{
    const struct row_type *type = &row_types[kind];
    bool global = kind == ROW_PRODUCT || kind == ROW_ACCOUNT;
    const char *owner = kind == ROW_PRODUCT ? "0" : kind == ROW_ACCOUNT ? "id" : "account_id";
    struct buffer sql = {0};
    buffer_printf(&sql, "SELECT %s FROM %s WHERE %s", row_sql[kind].columns, row_sql[kind].table,
                  global ? "1" : "account_id = ?1");
    for (size_t i = 0; i < type->key_count; i++)
        buffer_printf(&sql, " AND %s = ?%zu", type->fields[i].name, i + 2);
    present->rows[kind] = sqlite_prepare(present->verification->tool.db, buffer_text(&sql), error);
    buffer_clear(&sql);
    // Rows older than the checkpoint may have no event left.
    buffer_printf(&sql, "SELECT %s, %s FROM %s WHERE %s NOT IN (SELECT account_id FROM checkpoint)", owner,
                  row_sql[kind].columns, row_sql[kind].table, owner);
    present->all_rows[kind] = sqlite_prepare(present->verification->tool.db, buffer_text(&sql), error);
    buffer_fini(&sql);
    return present->rows[kind] != NULL && present->all_rows[kind] != NULL;
}

static bool prepare(struct present *present, struct store_error *error)
{
    sqlite3 *db = present->verification->tool.db;
    present->later =
        sqlite_prepare(db, "SELECT 1 FROM event WHERE account_id = ?1 AND subject = ?2 AND seq > ?3 LIMIT 1", error);
    present->any = sqlite_prepare(db, "SELECT 1 FROM event WHERE account_id = ?1 AND subject = ?2 LIMIT 1", error);
    bool prepared = present->later != NULL && present->any != NULL;
    for (size_t i = 0; prepared && i < ROW_KINDS_ALONE; i++)
        prepared = prepare_rows(present, (enum row_kind)i, error);
    return prepared;
}

static void finalize(struct present *present)
{
    sqlite3_finalize(present->later);
    sqlite3_finalize(present->any);
    for (size_t i = 0; i < ROW_KINDS; i++) {
        sqlite3_finalize(present->rows[i]);
        sqlite3_finalize(present->all_rows[i]);
    }
}

bool verify_present(struct verification *verification, struct store_error *error)
{
    struct present present = {.verification = verification};
    bool done = prepare(&present, error) && verify_events(&present, error) && verify_counters(&present, error);
    for (size_t i = 0; done && i < ROW_KINDS_ALONE; i++)
        done = verify_rows(&present, (enum row_kind)i, error);
    finalize(&present);
    return done;
}
