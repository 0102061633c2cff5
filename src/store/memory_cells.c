// SPDX-License-Identifier: Apache-2.0
#include "store/memory_cells.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

// ---- Keys

static uint64_t field_hash_of(const struct field *field, const void *row)
{
    return field->type == FIELD_ID ? hash_number(field_id(field, row)) : hash_text(field_text(field, row));
}

uint64_t memory_row_hash(enum row_kind kind, uint64_t account, const void *row)
{
    const struct row_type *type = &row_types[kind];
    uint64_t hash = hash_number(kind == ROW_ACCOUNT || kind == ROW_PRODUCT ? 0 : account);
    for (size_t i = 0; i < type->key_count; i++)
        hash = hash_numbers(hash, field_hash_of(&type->fields[i], row));
    return hash;
}

uint64_t memory_id_hash(uint64_t account, uint64_t id)
{
    return hash_numbers(hash_number(account), hash_number(id));
}

uint64_t memory_key_hash(uint64_t account, uint64_t key, const char *idempotency_key)
{
    return hash_numbers(hash_numbers(account, key), hash_text(idempotency_key));
}

static const void *value_of(const struct cell *cell)
{
    return cell->working != NULL ? cell->working : cell->committed;
}

struct row_key {
    enum row_kind kind;
    uint64_t account;
    const void *row;
};

static bool same_field(const struct field *field, const void *a, const void *b)
{
    return field->type == FIELD_ID ? field_id(field, a) == field_id(field, b)
                                   : strcmp(field_text(field, a), field_text(field, b)) == 0;
}

static bool same_row_key(const void *item, const void *key)
{
    const struct cell *cell = item;
    const struct row_key *wanted = key;
    const struct row_type *type = &row_types[wanted->kind];
    if (cell->account != wanted->account && wanted->kind != ROW_ACCOUNT && wanted->kind != ROW_PRODUCT)
        return false;
    for (size_t i = 0; i < type->key_count; i++) {
        if (!same_field(&type->fields[i], value_of(cell), wanted->row))
            return false;
    }
    return true;
}

struct cell *memory_find_row(const struct twin *twin, enum row_kind kind, uint64_t account, const void *row)
{
    struct row_key key = {kind, account, row};
    return table_find(&twin->tables[kind].by_key, memory_row_hash(kind, account, row), same_row_key, &key);
}

struct id_key {
    uint64_t account, id;
};

// The id stands first in every row that is looked up by it, and in denials.
static bool same_id(const void *item, const void *key)
{
    const struct cell *cell = item;
    const struct id_key *wanted = key;
    return cell->account == wanted->account && *(const uint64_t *)value_of(cell) == wanted->id;
}

struct cell *memory_find_id(const struct twin *twin, int table, uint64_t account, uint64_t id)
{
    return table_find(&twin->tables[table].by_key, memory_id_hash(account, id), same_id, &(struct id_key){account, id});
}

struct answer_key {
    uint64_t account, key;
    const char *idempotency_key;
};

static bool same_answer(const void *item, const void *key)
{
    const struct cell *cell = item;
    const struct kept_answer *kept = value_of(cell);
    const struct answer_key *wanted = key;
    return cell->account == wanted->account && kept->key == wanted->key &&
           strcmp(kept->idempotency_key, wanted->idempotency_key) == 0;
}

struct cell *memory_find_answer(const struct twin *twin, uint64_t account, uint64_t key, const char *idempotency_key)
{
    struct answer_key wanted = {account, key, idempotency_key};
    return table_find(&twin->tables[TABLE_ANSWER].by_key, memory_key_hash(account, key, idempotency_key), same_answer,
                      &wanted);
}

// ---- Values

static void free_value(int table, void *value)
{
    if (value == NULL)
        return;
    if (table == TABLE_DENIAL) {
        struct kept_denial *kept = value;
        free((void *)(uintptr_t)kept->denial.machine);
        free(kept->tried);
    } else if (table == TABLE_ANSWER) {
        struct kept_answer *kept = value;
        free(kept->idempotency_key);
        free((void *)(uintptr_t)kept->answer.body);
    } else {
        row_disown((enum row_kind)table, value);
    }
    free(value);
}

static const struct product **product_of(enum row_kind kind, void *row)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type == FIELD_PRODUCT)
            return (const struct product **)(void *)((char *)row + type->fields[i].offset);
    }
    return NULL;
}

void *memory_own_row(struct twin *twin, enum row_kind kind, const void *row)
{
    void *own = check_malloc(row_types[kind].size);
    row_own(kind, own, row);
    const struct product **product = product_of(kind, own);
    if (product != NULL)
        *product = codes_find(&twin->codes, (*product)->code);
    return own;
}

void *memory_hand_out(const struct product_source *products, enum row_kind kind, const void *row, struct arena *arena,
                      struct store_error *error)
{
    void *copy = row_copy(kind, row, arena);
    const struct product **product = product_of(kind, copy);
    if (product != NULL && !product_find(products, (*product)->code, product, error))
        return NULL;
    return copy;
}

bool memory_hand_out_denial(const struct product_source *products, const struct kept_denial *kept, struct arena *arena,
                            struct denial_record *ret_record, struct store_error *error)
{
    *ret_record = (struct denial_record){.denial = kept->denial, .tried = arena_strdup(arena, kept->tried)};
    ret_record->denial.machine = arena_strdup(arena, kept->denial.machine);
    return product_find(products, kept->denial.product->code, &ret_record->denial.product, error);
}

// ---- Cells

struct cell *memory_add_cell(struct twin *twin, int table, uint64_t account, uint64_t hash)
{
    struct cells *cells = &twin->tables[table];
    if (cells->count == cells->size) {
        cells->size = cells->size > 0 ? 2 * cells->size : 16;
        cells->cells = check_realloc(cells->cells, cells->size * sizeof(struct cell *));
    }
    struct cell *cell = check_calloc(1, sizeof *cell);
    *cell = (struct cell){.table = table, .account = account, .hash = hash, .place = cells->count};
    cells->cells[cells->count++] = cell;
    table_add(&cells->by_key, hash, cell);
    return cell;
}

// Sessions are found by their idempotency key, too; it is the same for all values of a cell.
static bool session_hash(const struct cell *cell, uint64_t *ret_hash)
{
    const struct session_row *row = value_of(cell);
    if (cell->table != ROW_SESSION || row == NULL || row->idempotency_key == NULL)
        return false;
    *ret_hash = memory_key_hash(cell->account, row->key, row->idempotency_key);
    return true;
}

static void index_session(struct twin *twin, const struct cell *cell, bool add)
{
    uint64_t hash;
    if (!session_hash(cell, &hash))
        return;
    if (add)
        table_add(&twin->sessions_by_key, hash, (void *)(uintptr_t)cell);
    else
        table_remove(&twin->sessions_by_key, hash, cell);
}

static void drop_cell(struct twin *twin, struct cell *cell)
{
    struct cells *cells = &twin->tables[cell->table];
    table_remove(&cells->by_key, cell->hash, cell);
    cells->cells[cell->place] = cells->cells[--cells->count];
    cells->cells[cell->place]->place = cell->place;
    free(cell);
}

void memory_set(struct twin *twin, struct cell *cell, void *value)
{
    index_session(twin, cell, false);
    if (cell->working != cell->committed)
        free_value(cell->table, cell->working);
    cell->working = value;
    index_session(twin, cell, true);
    if (!cell->changed) {
        cell->changed = true;
        list_add(&twin->changed, &cell->of_changed);
    }
    if (cell->working == NULL && cell->committed == NULL) {
        list_remove(&twin->changed, &cell->of_changed);
        drop_cell(twin, cell);
    }
}

// Ends the change of each changed cell: one of its two values wins.
static void settle(struct twin *twin, bool keep)
{
    while (twin->changed.first != NULL) {
        struct cell *cell = ITEM_OF(twin->changed.first, struct cell, of_changed);
        list_remove(&twin->changed, &cell->of_changed);
        cell->changed = false;
        index_session(twin, cell, false);
        void *loser = keep ? cell->committed : cell->working;
        void *winner = keep ? cell->working : cell->committed;
        // The key is looked at while the cell leaves its table: values go afterwards.
        cell->committed = cell->working = winner;
        index_session(twin, cell, true);
        int table = cell->table;
        if (winner == NULL)
            drop_cell(twin, cell);
        if (loser != winner)
            free_value(table, loser);
    }
}

void memory_keep_changes(struct twin *twin)
{
    settle(twin, true);
}

void memory_undo_changes(struct twin *twin)
{
    settle(twin, false);
}

void memory_fini_cells(struct twin *twin)
{
    memory_undo_changes(twin);
    table_fini(&twin->sessions_by_key);
    for (int table = 0; table < TABLES; table++) {
        struct cells *cells = &twin->tables[table];
        for (size_t i = 0; i < cells->count; i++) {
            free_value(table, cells->cells[i]->committed);
            free(cells->cells[i]);
        }
        free(cells->cells);
        table_fini(&cells->by_key);
    }
}
