// SPDX-License-Identifier: Apache-2.0
// What the writer's thread reads: the working values. It alone changes them, so it needs no lock to look.
#define _GNU_SOURCE // qsort_r
#include "store/memory_cells.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/limits.h"

#include <stdlib.h>
#include <string.h>

void memory_pick(struct picked *picked, const void *row, struct arena *arena)
{
    picked->rows = arena_grow(arena, picked->rows, picked->count, sizeof *picked->rows);
    picked->rows[picked->count++] = row;
}

static int compare_fields(const struct field *field, const void *a, const void *b)
{
    if (field->type != FIELD_ID)
        return strcmp(field_text(field, a), field_text(field, b));
    uint64_t id_a = field_id(field, a), id_b = field_id(field, b);
    return (id_a > id_b) - (id_a < id_b);
}

static int compare_keys(const void *a, const void *b, void *type_of_rows)
{
    const struct row_type *type = type_of_rows;
    for (size_t i = 0; i < type->key_count; i++) {
        int order = compare_fields(&type->fields[i], *(const void *const *)a, *(const void *const *)b);
        if (order != 0)
            return order;
    }
    return 0;
}

void memory_sort(struct picked *picked, enum row_kind kind)
{
    if (picked->count > 0)
        qsort_r(picked->rows, picked->count, sizeof *picked->rows, compare_keys, (void *)(uintptr_t)&row_types[kind]);
}

static struct picked rows_of(struct twin *twin, enum row_kind kind, uint64_t account, struct arena *arena)
{
    struct picked picked = {0};
    const struct cells *cells = &twin->tables[kind];
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = cells->cells[i];
        if (cell->working != NULL && cell->account == account)
            memory_pick(&picked, cell->working, arena);
    }
    memory_sort(&picked, kind);
    return picked;
}

// Whether loading an account gives the row.
static bool is_loaded(enum row_kind kind, const void *row, int64_t now)
{
    switch (kind) {
    case ROW_SESSION:
        return ((const struct session_row *)row)->state == SESSION_ACTIVE;
    case ROW_COOLDOWN:
        return ((const struct cooldown_row *)row)->until_at > now;
    default:
        return true;
    }
}

static bool hand_out_facts(const struct store *base, enum fact_kind kind, const struct picked *picked, int64_t now,
                           store_fact_sink *sink, void *arg, struct arena *arena, struct store_error *error)
{
    enum row_kind row_kind = fact_types[kind].row;
    for (size_t i = 0; i < picked->count; i++) {
        if (!is_loaded(row_kind, picked->rows[i], now))
            continue;
        void *row = memory_hand_out(&base->products, row_kind, picked->rows[i], arena, error);
        if (row == NULL)
            return false;
        sink(arg, &(struct fact){.kind = kind, .after = row});
    }
    return true;
}

// Orders organizations so that parents come first: level by level from the top.
static struct picked parents_first(const struct picked *organizations, struct arena *arena)
{
    struct picked ordered = {0};
    uint64_t parent = 0;
    for (size_t next = 0;; next++) {
        for (size_t i = 0; i < organizations->count; i++) {
            const struct organization_row *row = organizations->rows[i];
            if (row->parent == parent)
                memory_pick(&ordered, row, arena);
        }
        if (next == ordered.count)
            return ordered;
        parent = ((const struct organization_row *)ordered.rows[next])->id;
    }
}

bool memory_load_products(struct store *base, store_fact_sink *sink, void *arg, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    struct arena arena = {0};
    struct picked picked = rows_of(twin, ROW_PRODUCT, 0, &arena);
    bool loaded = hand_out_facts(base, FACT_PRODUCT_CREATED, &picked, 0, sink, arg, &arena, error);
    arena_fini(&arena);
    return loaded;
}

bool memory_load_account_ids(struct store *base, struct arena *arena, uint64_t **ret_ids, size_t *ret_count,
                             struct store_error *error)
{
    (void)error;
    const struct cells *cells = &twin_of(base)->tables[ROW_ACCOUNT];
    struct picked picked = {0};
    for (size_t i = 0; i < cells->count; i++) {
        if (cells->cells[i]->working != NULL)
            memory_pick(&picked, cells->cells[i]->working, arena);
    }
    memory_sort(&picked, ROW_ACCOUNT);
    *ret_ids = arena_alloc(arena, (picked.count + 1) * sizeof **ret_ids);
    for (size_t i = 0; i < picked.count; i++)
        (*ret_ids)[i] = ((const struct account_row *)picked.rows[i])->id;
    *ret_count = picked.count;
    return true;
}

bool memory_load_account(struct store *base, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                         struct store_error *error)
{
    struct twin *twin = twin_of(base);
    if (twin->refuse_loads > 0) {
        twin->refuse_loads--;
        store_error_set(error, "The memory twin refuses to load AC-%llu, as it was told to.",
                        (unsigned long long)account);
        return false;
    }
    struct arena arena = {0};
    bool loaded = true;
    for (size_t i = 0; loaded && i < LOADED_KINDS; i++) {
        struct picked picked = rows_of(twin, fact_types[load_order[i]].row, account, &arena);
        if (load_order[i] == FACT_ORGANIZATION_CREATED)
            picked = parents_first(&picked, &arena);
        loaded = hand_out_facts(base, load_order[i], &picked, now, sink, arg, &arena, error);
    }
    arena_fini(&arena);
    return loaded;
}

static int compare_denials(const void *a, const void *b)
{
    const struct kept_denial *left = *(const void *const *)a, *right = *(const void *const *)b;
    return (left->denial.id > right->denial.id) - (left->denial.id < right->denial.id);
}

bool memory_load_denials(struct store *base, uint64_t account, int64_t since, store_denial_sink *sink, void *arg,
                         struct store_error *error)
{
    struct twin *twin = twin_of(base);
    const struct cells *cells = &twin->tables[TABLE_DENIAL];
    struct arena arena = {0};
    struct picked picked = {0};
    for (size_t i = 0; i < cells->count; i++) {
        const struct kept_denial *kept = cells->cells[i]->working;
        if (kept != NULL && cells->cells[i]->account == account && kept->denial.closed_at == 0 &&
            kept->denial.last_at >= since)
            memory_pick(&picked, kept, &arena);
    }
    if (picked.count > 0)
        qsort(picked.rows, picked.count, sizeof *picked.rows, compare_denials);
    bool loaded = true;
    for (size_t i = 0; loaded && i < picked.count; i++) {
        struct denial_record record;
        loaded = memory_hand_out_denial(&base->products, picked.rows[i], &arena, &record, error);
        if (loaded)
            sink(arg, &record.denial);
    }
    arena_fini(&arena);
    return loaded;
}

bool memory_load_numbers(struct store *base, struct numbers *numbers, struct store_error *error)
{
    (void)error;
    const struct twin *twin = twin_of(base);
    for (size_t i = 0; i < ID_KINDS; i++) {
        if (twin->numbers.next[i] != 0)
            numbers->next[i] = twin->numbers.next[i];
    }
    return true;
}

bool memory_last_at(struct store *base, int64_t *ret_at, struct store_error *error)
{
    (void)error;
    const struct twin *twin = twin_of(base);
    *ret_at = 0;
    for (size_t i = 0; i < twin->event_count; i++) {
        if (twin->events[i].event.at > *ret_at)
            *ret_at = twin->events[i].event.at;
    }
    return true;
}

bool memory_load_operator(struct store *base, unsigned char hash[KEY_HASH_BYTES], bool *ret_found,
                          struct store_error *error)
{
    (void)error;
    const struct twin *twin = twin_of(base);
    *ret_found = twin->has_operator;
    if (twin->has_operator)
        memcpy(hash, twin->operator_hash, KEY_HASH_BYTES);
    return true;
}

bool memory_load_head(struct store *base, uint64_t account, struct chain_link *ret_link, struct store_error *error)
{
    (void)error;
    const struct twin *twin = twin_of(base);
    for (size_t i = twin->event_count; i > 0; i--) {
        const struct history_entry *entry = &twin->events[i - 1];
        if (entry->account == account) {
            ret_link->seq = entry->event.seq;
            memcpy(ret_link->hash, entry->event.hash, KEY_HASH_BYTES);
            break;
        }
    }
    return true;
}

bool memory_project_organization(struct store *base, uint64_t account, uint64_t project, uint64_t *ret_organization,
                                 struct store_error *error)
{
    (void)error;
    const struct cell *cell = memory_find_id(twin_of(base), ROW_PROJECT, account, project);
    const struct project_row *row = cell != NULL ? cell->working : NULL;
    *ret_organization = row != NULL ? row->organization : 0;
    return true;
}

// ---- Recalling

struct wanted_session {
    uint64_t account, key;
    const char *idempotency_key;
    int64_t ended_after;
};

static bool is_remembered(const void *item, const void *key)
{
    const struct cell *cell = item;
    const struct wanted_session *wanted = key;
    const struct session_row *row = cell->working;
    return row != NULL && cell->account == wanted->account && row->key == wanted->key &&
           strcmp(row->idempotency_key, wanted->idempotency_key) == 0 &&
           (row->ended_at == 0 || row->ended_at > wanted->ended_after);
}

static enum store_status hand_out_session(const struct store *base, const struct cell *cell, struct arena *arena,
                                          const struct session_row **ret_session, struct store_error *error)
{
    if (cell == NULL || cell->working == NULL)
        return STORE_OK;
    *ret_session = memory_hand_out(&base->products, ROW_SESSION, cell->working, arena, error);
    return *ret_session != NULL ? STORE_OK : STORE_REFUSED;
}

enum store_status memory_recall(struct store *base, uint64_t account, uint64_t key, const char *idempotency_key,
                                int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                const struct session_row **ret_session, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    struct wanted_session wanted = {account, key, idempotency_key, now - moment_seconds(IDEMPOTENCY_KEPT_S)};
    const struct cell *session =
        table_find(&twin->sessions_by_key, memory_key_hash(account, key, idempotency_key), is_remembered, &wanted);
    if (session != NULL)
        return hand_out_session(base, session, arena, ret_session, error);
    const struct cell *cell = memory_find_answer(twin, account, key, idempotency_key);
    const struct kept_answer *kept = cell != NULL ? cell->working : NULL;
    if (kept != NULL && kept->answer.until_at > now) {
        struct remembered *answer = arena_copy(arena, &kept->answer, sizeof *answer);
        answer->body = arena_strdup(arena, kept->answer.body);
        *ret_answer = answer;
    }
    return STORE_OK;
}

enum store_status memory_recall_session(struct store *base, uint64_t account, uint64_t id, struct arena *arena,
                                        const struct session_row **ret_session, struct store_error *error)
{
    struct twin *twin = twin_of(base);
    return hand_out_session(base, memory_find_id(twin, ROW_SESSION, account, id), arena, ret_session, error);
}

static int compare_starts(const void *a, const void *b)
{
    const struct session_row *left = *(const struct session_row *const *)a;
    const struct session_row *right = *(const struct session_row *const *)b;
    if (left->started_at != right->started_at)
        return left->started_at < right->started_at ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

enum store_status memory_recall_sessions_since(struct store *base, uint64_t account, int64_t since, struct arena *arena,
                                               const struct session_row ***ret_sessions, size_t *ret_count,
                                               struct store_error *error)
{
    struct twin *twin = twin_of(base);
    struct picked all = rows_of(twin, ROW_SESSION, account, arena), found = {0};
    for (size_t i = 0; i < all.count; i++) {
        const struct session_row *row = all.rows[i];
        if (row->state != SESSION_ACTIVE && row->ended_at < since)
            continue;
        row = memory_hand_out(&base->products, ROW_SESSION, row, arena, error);
        if (row == NULL)
            return STORE_REFUSED;
        memory_pick(&found, row, arena);
    }
    if (found.count > 0)
        qsort(found.rows, found.count, sizeof *found.rows, compare_starts);
    *ret_sessions = (const struct session_row **)found.rows;
    *ret_count = found.count;
    return STORE_OK;
}
