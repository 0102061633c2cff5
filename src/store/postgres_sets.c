// SPDX-License-Identifier: Apache-2.0
#include "store/postgres_sets.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending_row {
    uint64_t account, hash;
    enum row_kind kind;
    bool was_there;     // before the transaction's first write of it
    bool is_there;      // now
    field_mask changed; // since then
    const void *row;    // as it is now; of one that is gone: its key
    struct pending_row *next;
};

struct pg_sets *pg_sets_make(void)
{
    struct pg_sets *sets = check_calloc(1, sizeof *sets);
    sets->narrow_masks = narrow_masks();
    for (size_t i = 0; i < ROW_KINDS; i++)
        sets->last[i] = &sets->first[i];
    return sets;
}

static void forget_rows(struct pg_sets *sets)
{
    for (size_t i = 0; i < ROW_KINDS; i++) {
        for (struct pending_row *at = sets->first[i]; at != NULL; at = at->next)
            table_remove(&sets->rows, at->hash, at);
        sets->first[i] = NULL;
        sets->last[i] = &sets->first[i];
    }
    arena_clear(&sets->arena);
}

void pg_sets_clear(struct pg_sets *sets)
{
    forget_rows(sets);
    sets->events[0].count = 0;
}

void pg_sets_free(struct pg_sets *sets)
{
    forget_rows(sets);
    table_fini(&sets->rows);
    arena_fini(&sets->arena);
    for (size_t i = 0; i < PG_VALUES_MAX; i++) {
        pg_array_fini(&sets->events[i]);
        pg_array_fini(&sets->columns[i]);
    }
    free(sets);
}

bool pg_sets_is_empty(const struct pg_sets *sets)
{
    return sets->rows.count == 0 && sets->events[0].count == 0;
}

// ---- Rows

static uint64_t field_hash_of(const struct field *field, const void *row)
{
    const char *text;
    switch (field->type) {
    case FIELD_ID:
        return field_id(field, row);
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        text = field_text(field, row);
        return text != NULL ? hash_text(text) : 0;
    default:
        break;
    }
    check_failed("a field of a key", __FILE__, __LINE__);
}

static uint64_t key_hash(uint64_t account, enum row_kind kind, const void *row)
{
    uint64_t hash = hash_numbers(account, kind);
    for (size_t i = 0; i < row_types[kind].key_count; i++)
        hash = hash_numbers(hash, field_hash_of(&row_types[kind].fields[i], row));
    return hash;
}

static bool same_key(const void *item, const void *key)
{
    const struct pending_row *a = item, *b = key;
    if (a->account != b->account || a->kind != b->kind)
        return false;
    const struct row_type *type = &row_types[a->kind];
    for (size_t i = 0; i < type->key_count; i++) {
        if (!field_same(&type->fields[i], a->row, b->row))
            return false;
    }
    return true;
}

void pg_sets_put_row(struct pg_sets *sets, uint64_t account, const struct fact *fact)
{
    enum row_kind kind = fact_types[fact->kind].row;
    const void *row = fact->after != NULL ? fact->after : fact->before;
    struct pending_row wanted = {.account = account, .kind = kind, .row = row, .hash = key_hash(account, kind, row)};
    struct pending_row *pending = table_find(&sets->rows, wanted.hash, same_key, &wanted);
    if (pending == NULL) {
        pending = arena_copy(&sets->arena, &wanted, sizeof wanted);
        pending->was_there = fact->before != NULL;
        *sets->last[kind] = pending;
        sets->last[kind] = &pending->next;
        table_add(&sets->rows, pending->hash, pending);
    }
    pending->is_there = fact->after != NULL;
    pending->changed |= fact->before != NULL && fact->after != NULL ? row_differences(kind, fact->before, fact->after)
                                                                    : row_fields(kind);
    pending->row = row_copy(kind, row, &sets->arena);
}

// ---- Columns

static const char *array_name(Oid type)
{
    switch (type) {
    case PG_FLAG:
        return "bool[]";
    case PG_BLOB:
        return "bytea[]";
    case PG_NUMBER:
        return "int8[]";
    default:
        return "text[]";
    }
}

static void add_values(struct pg_array *columns, const struct pg_values *values)
{
    for (int i = 0; i < values->count; i++)
        pg_array_add(&columns[i], values->bytes[i], (size_t)values->lengths[i]);
}

static enum store_status send(struct pg_array *columns, int count, const char *name, bool is_counted, int kind,
                              struct pg_link *link, struct store_error *error)
{
    struct pg_values values = {0};
    for (int i = 0; i < count; i++)
        pg_add_array(&values, &columns[i]);
    if (is_counted)
        pg_add_number(&values, columns[0].count);
    return pg_queue(link, name, &values, kind, error);
}

// ---- Statements

static bool has_account(enum row_kind kind)
{
    return kind != ROW_PRODUCT && kind != ROW_ACCOUNT;
}

// How rows of a kind go out, in the order in which they do: those that go make room for others with the same name
// before those come.
enum way {
    WAY_ERASE,
    WAY_NARROW, // the first narrow update
    WAY_UPDATE = WAY_NARROW + NARROW_COUNT,
    WAY_INSERT,
    WAYS,
};

static bool is_narrow(enum way way)
{
    return way >= WAY_NARROW && way < WAY_UPDATE;
}

static bool has_way(enum row_kind kind, enum way way)
{
    return !is_narrow(way) || narrow_updates[way - WAY_NARROW].kind == kind;
}

// What is sent of each row. The key is always in it.
static field_mask sent_fields(const struct narrow_masks *masks, enum row_kind kind, enum way way)
{
    if (is_narrow(way))
        return masks->of[way - WAY_NARROW] | row_key_fields(kind);
    return way == WAY_ERASE ? row_key_fields(kind) : row_fields(kind);
}

static void way_name(enum row_kind kind, enum way way, char name[PG_NAME_SIZE])
{
    if (is_narrow(way))
        snprintf(name, PG_NAME_SIZE, "narrow_%d", (int)(way - WAY_NARROW));
    else
        pg_row_name(way == WAY_ERASE ? PG_ERASE : way == WAY_UPDATE ? PG_UPDATE : PG_INSERT, kind, name);
}

// What a statement is made from.
struct shape {
    enum row_kind kind;
    field_mask fields;
    int count; // of columns: the account's, and one for each field
    Oid types[PG_VALUES_MAX];
};

// The rows as s: the account, then the fields, each column from an array of its own. In FROM, unnest() of all arrays
// would say the same and take three times as long: it puts each array aside as a table first.
static void add_rows(struct buffer *sql, const struct shape *shape)
{
    const struct row_type *type = &row_types[shape->kind];
    int place = 1;
    buffer_add_text(sql, "(SELECT unnest($1::int8[]) AS account_id");
    for (size_t i = 0; i < type->field_count; i++) {
        if ((shape->fields >> i & 1) == 0)
            continue;
        buffer_printf(sql, ", unnest($%d::%s) AS \"%s\"", place + 1, array_name(shape->types[place]),
                      type->fields[i].name);
        place++;
    }
    buffer_add_text(sql, ") AS s");
}

static void add_key(struct buffer *sql, enum row_kind kind)
{
    const struct row_type *type = &row_types[kind];
    buffer_add_text(sql, has_account(kind) ? " WHERE t.account_id = s.account_id" : " WHERE true");
    for (size_t i = 0; i < type->key_count; i++) {
        const struct field *field = &type->fields[i];
        bool is_text = field->type == FIELD_TEXT || field->type == FIELD_PRODUCT;
        buffer_printf(sql, " AND t.\"%s\" = s.\"%s\"%s", field->name, field->name, is_text ? " COLLATE \"C\"" : "");
    }
}

// An update or delete must find its rows. What it did is not waited for, so the database itself must stop the
// transaction where there are others: it divides by zero.
static void add_count(struct buffer *sql, const struct shape *shape)
{
    buffer_printf(sql, " RETURNING 1) SELECT 1 / (count(*) = $%d::int8)::int FROM changed", shape->count + 1);
}

static void add_insert(struct buffer *sql, const struct shape *shape)
{
    bool has_owner = has_account(shape->kind);
    buffer_printf(sql, "INSERT INTO %s (%s", pg_table(shape->kind), has_owner ? "account_id, " : "");
    pg_add_columns(sql, shape->kind, "");
    buffer_printf(sql, ") SELECT %s", has_owner ? "s.account_id, " : "");
    pg_add_columns(sql, shape->kind, "s.");
    buffer_add_text(sql, " FROM ");
    add_rows(sql, shape);
}

static void add_update(struct buffer *sql, const struct shape *shape)
{
    const struct row_type *type = &row_types[shape->kind];
    const char *comma = "";
    buffer_printf(sql, "WITH changed AS (UPDATE %s AS t SET ", pg_table(shape->kind));
    // A row that is all key changes nothing, but must be set to something.
    for (size_t i = type->field_count > type->key_count ? type->key_count : 0; i < type->field_count; i++) {
        if (shape->fields >> i & 1) {
            buffer_printf(sql, "%s\"%s\" = s.\"%s\"", comma, type->fields[i].name, type->fields[i].name);
            comma = ", ";
        }
    }
    buffer_add_text(sql, " FROM ");
    add_rows(sql, shape);
    add_key(sql, shape->kind);
    add_count(sql, shape);
}

static void add_erase(struct buffer *sql, const struct shape *shape)
{
    buffer_printf(sql, "WITH changed AS (DELETE FROM %s AS t USING ", pg_table(shape->kind));
    add_rows(sql, shape);
    add_key(sql, shape->kind);
    add_count(sql, shape);
}

static void add_statement(struct buffer *sql, enum way way, const struct shape *shape)
{
    if (way == WAY_INSERT)
        add_insert(sql, shape);
    else if (way == WAY_ERASE)
        add_erase(sql, shape);
    else
        add_update(sql, shape);
}

static bool prepare(struct pg_link *link, enum row_kind kind, enum way way, struct buffer *sql,
                    struct store_error *error)
{
    struct narrow_masks masks = narrow_masks();
    struct shape shape = {.kind = kind, .fields = sent_fields(&masks, kind, way)};
    Oid arrays[PG_VALUES_MAX];
    char name[PG_NAME_SIZE];
    shape.count = pg_row_types(kind, shape.fields, shape.types);
    int count = 0;
    for (; count < shape.count; count++)
        arrays[count] = pg_array_type(shape.types[count]);
    if (way != WAY_INSERT)
        arrays[count++] = PG_NUMBER;
    way_name(kind, way, name);
    buffer_clear(sql);
    add_statement(sql, way, &shape);
    return pg_queue_prepare(link, name, buffer_text(sql), count, arrays, error) == STORE_OK;
}

static const Oid event_types[] = {
    PG_NUMBER, PG_NUMBER, PG_NUMBER, PG_TEXT,   PG_TEXT,   PG_TEXT, PG_NUMBER,
    PG_NUMBER, PG_NUMBER, PG_TEXT,   PG_NUMBER, PG_NUMBER, PG_BLOB,
};
enum { EVENT_COLUMNS = sizeof event_types / sizeof event_types[0] };

static bool prepare_events(struct pg_link *link, struct buffer *sql, struct store_error *error)
{
    Oid arrays[EVENT_COLUMNS];
    buffer_clear(sql);
    buffer_add_text(sql, "INSERT INTO event (" PG_EVENT_COLUMNS ") SELECT ");
    for (size_t i = 0; i < EVENT_COLUMNS; i++) {
        arrays[i] = pg_array_type(event_types[i]);
        buffer_printf(sql, "%sunnest($%zu::%s)", i > 0 ? ", " : "", i + 1, array_name(event_types[i]));
    }
    return pg_queue_prepare(link, "set_events", buffer_text(sql), EVENT_COLUMNS, arrays, error) == STORE_OK;
}

bool pg_sets_prepare(struct pg_link *link, struct store_error *error)
{
    struct buffer sql = {0};
    bool good = prepare_events(link, &sql, error);
    for (int kind = 0; good && kind < ROW_KINDS; kind++) {
        for (int way = 0; good && way < WAYS; way++) {
            if (has_way((enum row_kind)kind, (enum way)way))
                good = prepare(link, (enum row_kind)kind, (enum way)way, &sql, error);
        }
    }
    buffer_fini(&sql);
    return good;
}

// ---- Events

void pg_sets_put_event(struct pg_sets *sets, const struct history_entry *entry)
{
    struct pg_values values = {0};
    pg_add_event(&values, entry);
    CHECK(values.count == EVENT_COLUMNS);
    for (int i = 0; i < EVENT_COLUMNS && sets->events[0].count == 0; i++)
        pg_array_begin(&sets->events[i], event_types[i]);
    add_values(sets->events, &values);
}

static enum store_status flush_events(struct pg_sets *sets, struct pg_link *link, struct store_error *error)
{
    if (sets->events[0].count == 0)
        return STORE_OK;
    return send(sets->events, EVENT_COLUMNS, "set_events", false, PG_NO_ROW, link, error);
}

// ---- Flushing

static enum way way_of(const struct pg_sets *sets, const struct pending_row *pending)
{
    if (!pending->is_there)
        return pending->was_there ? WAY_ERASE : WAYS; // made and gone in one transaction
    return pending->was_there ? WAY_NARROW + narrow_for(&sets->narrow_masks, pending->kind, pending->changed)
                              : WAY_INSERT;
}

static enum store_status flush_way(struct pg_sets *sets, enum row_kind kind, enum way way, struct pg_link *link,
                                   struct store_error *error)
{
    field_mask fields = sent_fields(&sets->narrow_masks, kind, way);
    Oid types[PG_VALUES_MAX];
    char name[PG_NAME_SIZE];
    int count = pg_row_types(kind, fields, types);
    for (int i = 0; i < count; i++)
        pg_array_begin(&sets->columns[i], types[i]);
    for (const struct pending_row *at = sets->first[kind]; at != NULL; at = at->next) {
        if (way_of(sets, at) != way)
            continue;
        struct pg_values values = {0};
        pg_add_row(&values, at->account, kind, at->row, fields);
        add_values(sets->columns, &values);
    }
    way_name(kind, way, name);
    return sets->columns[0].count > 0 ? send(sets->columns, count, name, way != WAY_INSERT, (int)kind, link, error)
                                      : STORE_OK;
}

enum store_status pg_sets_flush(struct pg_sets *sets, struct pg_link *link, struct store_error *error)
{
    enum store_status status = STORE_OK;
    for (int way = 0; way < WAYS; way++) {
        for (int kind = 0; kind < ROW_KINDS && status == STORE_OK; kind++) {
            if (sets->first[kind] != NULL && has_way((enum row_kind)kind, (enum way)way))
                status = flush_way(sets, (enum row_kind)kind, (enum way)way, link, error);
        }
    }
    if (status == STORE_OK)
        status = flush_events(sets, link, error);
    pg_sets_clear(sets);
    return status;
}
