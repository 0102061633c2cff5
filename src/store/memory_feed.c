// SPDX-License-Identifier: Apache-2.0
// The feed of a shared memory: each account's version, and the changes that led to it.
#include "store/memory_sharing.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static bool is_account(const void *item, const void *key)
{
    return ((const struct memory_state *)item)->account == *(const uint64_t *)key;
}

struct memory_state *memory_state_of(const struct memory_sharing *sharing, uint64_t account)
{
    return table_find(&sharing->states, hash_number(account), is_account, &account);
}

struct memory_state *memory_add_state(struct memory_sharing *sharing, uint64_t account)
{
    struct memory_state *state = check_calloc(1, sizeof *state);
    state->account = account;
    table_add(&sharing->states, hash_number(account), state);
    return state;
}

// ---- Changes

static void free_row(enum row_kind kind, const void *row)
{
    void *own = (void *)(uintptr_t)row;
    if (own != NULL)
        row_disown(kind, own);
    free(own);
}

static void free_change(struct memory_change *change)
{
    if (change->denial != NULL) {
        free((void *)(uintptr_t)change->denial->denial.machine);
        free(change->denial);
    } else {
        enum row_kind kind = fact_types[change->fact.kind].row;
        free_row(kind, change->fact.before);
        free_row(kind, change->fact.after);
    }
}

// Forgets the oldest changes, all of them of whole versions.
static void drop_oldest(struct memory_state *state, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_change(&state->changes[i]);
    if (count > 0)
        memmove(state->changes, state->changes + count, (state->change_count - count) * sizeof *state->changes);
    state->change_count -= count;
    state->changes_kept -= count;
}

void memory_free_state(struct memory_state *state)
{
    for (size_t i = 0; i < state->change_count; i++)
        free_change(&state->changes[i]);
    free(state->changes);
    free(state);
}

static void drop_newest(struct memory_state *state)
{
    while (state->change_count > state->changes_kept)
        free_change(&state->changes[--state->change_count]);
}

// ---- Noting

static bool may_change(const struct store *store, const struct memory_state *state)
{
    const struct memory_node *node = memory_node_of(store);
    bool is_made_here = state->version == 0 && state->is_touched;
    bool may = node->has_all || is_made_here;
    for (size_t i = 0; i < node->changed_count && !may; i++)
        may = node->changed[i] == state->account;
    return may;
}

static void open_notes(struct memory_sharing *sharing, struct memory_state *state)
{
    if (state->is_touched)
        return;
    state->is_touched = true;
    state->changes_kept = state->change_count;
    state->new_due_at = state->due_at;
    state->new_last_at = state->last_at;
    list_add(&sharing->touched, &state->of_touched);
}

void memory_note_silently(struct memory_sharing *sharing, struct memory_state *state)
{
    open_notes(sharing, state);
    state->is_silent = true;
}

// The account's state, to be written; NULL, with a sentence: it is not the transaction's.
static struct memory_state *touch(struct store *store, uint64_t account, bool is_new, struct store_error *error)
{
    struct memory_sharing *sharing = twin_of(store)->sharing;
    struct memory_state *state = memory_state_of(sharing, account);
    if (state == NULL && (is_new || memory_node_of(store)->has_all))
        state = memory_add_state(sharing, account);
    if (state == NULL || !(may_change(store, state) || (is_new && state->version == 0))) {
        store_error_set(error, "AC-%llu is written, but was not entered to be changed.", (unsigned long long)account);
        return NULL;
    }
    open_notes(sharing, state);
    return state;
}

static void note(struct store *store, struct memory_state *state, struct memory_change change, int64_t at)
{
    if (state->change_count == state->change_size) {
        state->change_size = state->change_size > 0 ? 2 * state->change_size : 16;
        state->changes = check_realloc(state->changes, state->change_size * sizeof *state->changes);
    }
    change.version = state->version + 1;
    change.at = memory_clock(twin_of(store)->sharing);
    state->changes[state->change_count++] = change;
    state->is_written = true;
    if (at > state->new_last_at)
        state->new_last_at = at;
}

static const void *own_row(struct twin *twin, enum row_kind kind, const void *row)
{
    return row != NULL ? memory_own_row(twin, kind, row) : NULL;
}

enum store_status memory_note_fact(struct store *store, uint64_t account, const struct fact *fact,
                                   struct store_error *error)
{
    struct twin *twin = twin_of(store);
    if (twin->sharing == NULL)
        return STORE_OK;
    struct memory_state *state = touch(store, account, fact->kind == FACT_ACCOUNT_CREATED, error);
    if (state == NULL)
        return STORE_REFUSED;
    enum row_kind kind = fact_types[fact->kind].row;
    struct fact own = {
        .kind = fact->kind, .before = own_row(twin, kind, fact->before), .after = own_row(twin, kind, fact->after)};
    note(store, state, (struct memory_change){.fact = own}, store->at);
    return STORE_OK;
}

enum store_status memory_note_denial(struct store *store, uint64_t account, const struct denial *denial,
                                     struct store_error *error)
{
    struct twin *twin = twin_of(store);
    if (twin->sharing == NULL)
        return STORE_OK;
    struct memory_state *state = touch(store, account, false, error);
    if (state == NULL)
        return STORE_REFUSED;
    struct kept_denial *own = check_calloc(1, sizeof *own);
    own->denial = *denial;
    own->denial.machine = denial->machine != NULL ? check_strdup(denial->machine) : NULL;
    own->denial.product = codes_find(&twin->codes, denial->product->code);
    own->denial.explanation = NULL;
    note(store, state, (struct memory_change){.denial = own}, denial->last_at);
    return STORE_OK;
}

enum store_status memory_note_operator(struct store *store, struct store_error *error)
{
    if (twin_of(store)->sharing == NULL)
        return STORE_OK;
    struct memory_state *state = touch(store, 0, false, error);
    if (state == NULL)
        return STORE_REFUSED;
    memory_note_silently(twin_of(store)->sharing, state);
    return STORE_OK;
}

enum store_status memory_put_due(struct store *store, uint64_t account, int64_t due_at, struct store_error *error)
{
    struct memory_state *state = memory_may_write(store, error) ? touch(store, account, false, error) : NULL;
    if (state == NULL)
        return STORE_REFUSED;
    state->new_due_at = due_at;
    return STORE_OK;
}

// ---- The end of a transaction

// Another version, of which nobody can be told how it differs.
static void move_silently(struct memory_state *state)
{
    drop_oldest(state, state->change_count);
    state->known_from = ++state->version;
}

static struct memory_state *take_touched(struct memory_sharing *sharing)
{
    if (sharing->touched.first == NULL)
        return NULL;
    struct memory_state *state = ITEM_OF(sharing->touched.first, struct memory_state, of_touched);
    list_remove(&sharing->touched, &state->of_touched);
    return state;
}

static void forget_notes(struct memory_state *state)
{
    state->is_touched = state->is_written = state->is_silent = false;
}

void memory_keep_notes(struct memory_sharing *sharing)
{
    for (struct memory_state *state; (state = take_touched(sharing)) != NULL; forget_notes(state)) {
        state->due_at = state->new_due_at;
        state->last_at = state->new_last_at;
        state->changes_kept = state->change_count;
        if (state->is_silent)
            move_silently(state);
        else
            state->version += state->is_written;
    }
}

void memory_drop_notes(struct memory_sharing *sharing)
{
    for (struct memory_state *state; (state = take_touched(sharing)) != NULL; forget_notes(state))
        drop_newest(state);
    sharing->message_count = 0;
}

static void prune_state(struct memory_state *state, int64_t before)
{
    size_t count = 0;
    while (count < state->change_count && !state->is_touched && state->changes[count].at < before)
        state->known_from = state->changes[count++].version;
    drop_oldest(state, count);
}

void memory_prune(struct memory_sharing *sharing, int64_t before)
{
    size_t cursor = 0;
    for (struct memory_state *state; (state = table_next(&sharing->states, &cursor)) != NULL;)
        prune_state(state, before);
}

// ---- Catching up

static bool tell_fact(const struct store *store, const struct memory_state *state, const struct fact *fact,
                      store_change_sink *sink, void *arg, struct store_error *error)
{
    struct arena arena = {0};
    enum row_kind kind = fact_types[fact->kind].row;
    struct fact told = {.kind = fact->kind};
    bool good = true;
    if (fact->before != NULL)
        good = (told.before = memory_hand_out(&store->products, kind, fact->before, &arena, error)) != NULL;
    if (good && fact->after != NULL)
        good = (told.after = memory_hand_out(&store->products, kind, fact->after, &arena, error)) != NULL;
    if (good)
        sink(arg, &(struct store_change){.account = state->account, .fact = &told});
    arena_fini(&arena);
    return good;
}

static bool tell_denial(const struct store *store, const struct memory_state *state, const struct kept_denial *kept,
                        store_change_sink *sink, void *arg, struct store_error *error)
{
    struct denial told = kept->denial;
    if (!product_find(&store->products, told.product->code, &told.product, error))
        return false;
    sink(arg, &(struct store_change){.account = state->account, .denial = &told});
    return true;
}

static bool tell_missed(const struct store *store, const struct memory_state *state, int64_t version,
                        store_change_sink *sink, void *arg, struct store_error *error)
{
    for (size_t i = 0; i < state->change_count; i++) {
        const struct memory_change *change = &state->changes[i];
        if (change->version <= version)
            continue;
        if (change->denial != NULL ? !tell_denial(store, state, change->denial, sink, arg, error)
                                   : !tell_fact(store, state, &change->fact, sink, arg, error))
            return false;
    }
    return true;
}

bool memory_visit(const struct store *store, struct store_visit *visit, store_change_sink *sink, void *arg,
                  struct store_error *error)
{
    const struct memory_state *state = memory_state_of(twin_of(store)->sharing, visit->account);
    bool is_there = state != NULL && state->version > 0;
    visit->is_lost =
        !is_there || visit->version == 0 || visit->version < state->known_from || visit->version > state->version;
    if (!visit->is_lost && !tell_missed(store, state, visit->version, sink, arg, error))
        return false;
    visit->version = is_there ? state->version : 0;
    visit->due_at = is_there ? state->due_at : 0;
    visit->last_at = is_there ? state->last_at : 0;
    return true;
}
