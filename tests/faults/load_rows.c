// SPDX-License-Identifier: Apache-2.0
// Random rows, from the tables of their fields.
#include "load_parts.h"

#include "base/check.h"
#include "base/moment.h"
#include "store/sqlite.h"

#include <string.h>

const struct product load_products[LOAD_PRODUCTS] = {
    {.code = "KRE", .name = "Krea", .model = MODEL_SESSION, .machines_per_seat = NUMBER_NONE, .created_at = 1},
    {.code = "LUM", .name = "Lumen", .model = MODEL_SESSION, .machines_per_seat = NUMBER_NONE, .created_at = 1},
    {.code = "PEN", .name = "Pencil", .model = MODEL_SEAT, .machines_per_seat = 3, .created_at = 1},
};

const struct product *load_find_product(void *arg, const char *code)
{
    (void)arg;
    for (size_t i = 0; i < LOAD_PRODUCTS; i++) {
        if (strcmp(load_products[i].code, code) == 0)
            return &load_products[i];
    }
    return NULL;
}

const char *load_text(struct load *load)
{
    static const char *const texts[] = {"Acme", "Älice \"A\"", "a/b \\ c\n", "ws-17", ""};
    const char *text = texts[chance_roll(&load->chance, sizeof texts / sizeof texts[0])];
    return arena_printf(&load->arena, "%s%llu", text, (unsigned long long)chance_roll(&load->chance, 1000));
}

static void set_random(struct load *load, const struct field *field, void *row)
{
    char *place = (char *)row + field->offset;
    size_t words = 0;
    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)(void *)place = 1 + chance_roll(&load->chance, 30);
        break;
    case FIELD_TEXT:
        *(const char **)(void *)place = load_text(load);
        break;
    case FIELD_NUMBER:
        *(int64_t *)(void *)place = (int64_t)chance_roll(&load->chance, 1000);
        break;
    case FIELD_FLAG:
        *(bool *)place = chance_roll(&load->chance, 2) == 0;
        break;
    case FIELD_MOMENT:
        *(int64_t *)(void *)place = moment_seconds(LOAD_START_S + (int64_t)chance_roll(&load->chance, 100000));
        break;
    case FIELD_WORD:
        while (field->words[words] != NULL)
            words++;
        *(int *)(void *)place = (int)chance_roll(&load->chance, words);
        break;
    case FIELD_PRODUCT:
        *(const struct product **)(void *)place = &load_products[chance_roll(&load->chance, 3)];
        break;
    case FIELD_HASH:
        for (size_t i = 0; i < KEY_HASH_BYTES; i++)
            place[i] = (char)chance_roll(&load->chance, 256);
        break;
    }
}

// What changes without history.
static bool is_quiet_field(enum row_kind kind, const struct field *field)
{
    return strcmp(field->name, kind == ROW_SESSION ? "expires_at" : "last_used_at") == 0;
}

static bool has_own_id(enum row_kind kind)
{
    return row_types[kind].key_count == 1 && row_types[kind].fields[0].type == FIELD_ID;
}

// A kind without a counter of its own shares the one of the API keys.
static enum id_kind counter_of(const struct row_type *type)
{
    enum id_kind of = type->fields[0].of;
    return number_names[of] != NULL ? of : ID_API_KEY;
}

const struct kept_row *load_find_row(const struct load *load, enum row_kind kind, uint64_t account, const void *row)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < load->counts[kind]; i++) {
        const struct kept_row *kept = &load->rows[kind][i];
        bool same = kept->account == account;
        for (size_t k = 0; same && k < type->key_count; k++) {
            const struct field *field = &type->fields[k];
            same = field->type == FIELD_ID ? field_id(field, kept->row) == field_id(field, row)
                                           : strcmp(field_text(field, kept->row), field_text(field, row)) == 0;
        }
        if (same)
            return kept;
    }
    return NULL;
}

// Parents are older than their children, and there.
static uint64_t random_parent(struct load *load, uint64_t account, uint64_t below)
{
    uint64_t parent = 0;
    for (size_t i = 0; i < load->counts[ROW_ORGANIZATION]; i++) {
        const struct kept_row *kept = &load->rows[ROW_ORGANIZATION][i];
        uint64_t id = ((const struct organization_row *)kept->row)->id;
        if (kept->account == account && id < below && chance_roll(&load->chance, 3) == 0)
            parent = id;
    }
    return parent;
}

static void make_plausible(struct load *load, enum row_kind kind, uint64_t account, void *row)
{
    struct session_row *session = row;
    struct organization_row *organization = row;
    if (kind == ROW_SESSION && session->state == SESSION_ACTIVE)
        session->ended_at = 0;
    if (kind == ROW_SESSION)
        session->idempotency_key = arena_printf(&load->arena, "of-%llu", (unsigned long long)session->id);
    if (kind == ROW_ORGANIZATION)
        organization->parent = random_parent(load, account, organization->id);
}

void *load_new_row(struct load *load, enum row_kind kind, uint64_t account)
{
    const struct row_type *type = &row_types[kind];
    void *row = arena_alloc(&load->arena, type->size);
    memset(row, 0, type->size);
    for (size_t i = 0; i < type->field_count; i++)
        set_random(load, &type->fields[i], row);
    if (has_own_id(kind))
        *(uint64_t *)(void *)((char *)row + type->fields[0].offset) = load->numbers.next[counter_of(type)]++;
    if (kind == ROW_PRODUCT && load->counts[ROW_PRODUCT] < 3)
        *(struct product *)row = load_products[load->counts[ROW_PRODUCT]];
    make_plausible(load, kind, account, row);
    return row;
}

void *load_changed_row(struct load *load, enum fact_kind kind, const struct kept_row *kept)
{
    enum row_kind row_kind = fact_types[kind].row;
    const struct row_type *type = &row_types[row_kind];
    void *row = row_copy(row_kind, kept->row, &load->arena);
    for (size_t i = type->key_count; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (is_quiet_field(row_kind, field) || (!fact_types[kind].quiet && chance_roll(&load->chance, 2) == 0))
            set_random(load, field, row);
    }
    if (!fact_types[kind].quiet)
        make_plausible(load, row_kind, kept->account, row);
    return row;
}

