// SPDX-License-Identifier: Apache-2.0
#include "engine/row.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

const char *const model_words[] = {"seat", "session", NULL};
const char *const plan_words[] = {"free", "premium", "true_enterprise", NULL};
const char *const on_shortfall_words[] = {"keep", "end_newest", NULL};
const char *const policy_words[] = {"unrestricted", "member_based", "strict", NULL};
const char *const role_words[] = {"member", "org_admin", "account_admin", "auditor", "platform", "operator", NULL};
const char *const user_kind_words[] = {"person", "service", NULL};
const char *const seat_state_words[] = {"assigned", "activated", NULL};
const char *const session_state_words[] = {"active", "released", "expired", "revoked", NULL};
const char *const via_words[] = {"named", "project", "own", "member", "fallback", "other", NULL};
const char *const origin_words[] = {"external", "platform", NULL};

#define AT(row, member) .name = #member, .offset = offsetof(struct row, member)

static const struct field product_fields[] = {
    {AT(product, code), .type = FIELD_TEXT},
    {AT(product, name), .type = FIELD_TEXT},
    {AT(product, model), .type = FIELD_WORD, .words = model_words},
    {AT(product, machines_per_seat), .type = FIELD_NUMBER},
    {AT(product, created_at), .type = FIELD_MOMENT},
};

static const struct field account_fields[] = {
    {AT(account_row, id), .type = FIELD_ID, .of = ID_ACCOUNT},
    {AT(account_row, name), .type = FIELD_TEXT},
    {AT(account_row, plan), .type = FIELD_WORD, .words = plan_words},
    {AT(account_row, delegate_dedication), .type = FIELD_FLAG},
    {AT(account_row, self_service_seats), .type = FIELD_FLAG},
    {AT(account_row, on_shortfall), .type = FIELD_WORD, .words = on_shortfall_words},
    {AT(account_row, shortfall_grace_s), .type = FIELD_NUMBER},
    {AT(account_row, policy), .type = FIELD_WORD, .words = policy_words},
    {AT(account_row, fallback), .type = FIELD_FLAG},
    {AT(account_row, created_at), .type = FIELD_MOMENT},
};

static const struct field purchase_fields[] = {
    {AT(purchase_row, id), .type = FIELD_ID, .of = ID_PURCHASE},
    {AT(purchase_row, product), .type = FIELD_PRODUCT},
    {AT(purchase_row, quantity), .type = FIELD_NUMBER},
    {AT(purchase_row, starts_at), .type = FIELD_MOMENT},
    {AT(purchase_row, ends_at), .type = FIELD_MOMENT},
    {AT(purchase_row, in_force), .type = FIELD_FLAG},
    {AT(purchase_row, created_at), .type = FIELD_MOMENT},
};

static const struct field organization_fields[] = {
    {AT(organization_row, id), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(organization_row, name), .type = FIELD_TEXT},
    {AT(organization_row, parent), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(organization_row, created_at), .type = FIELD_MOMENT},
};

static const struct field user_fields[] = {
    {AT(user_row, id), .type = FIELD_ID, .of = ID_USER},
    {AT(user_row, email), .type = FIELD_TEXT},
    {AT(user_row, name), .type = FIELD_TEXT},
    {AT(user_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(user_row, role), .type = FIELD_WORD, .words = role_words},
    {AT(user_row, kind), .type = FIELD_WORD, .words = user_kind_words},
    {AT(user_row, created_at), .type = FIELD_MOMENT},
    {AT(user_row, password_set_at), .type = FIELD_MOMENT},
    {AT(user_row, invited_until), .type = FIELD_MOMENT},
    {AT(user_row, password), .type = FIELD_TEXT, .inner = true},
    {AT(user_row, invitation), .type = FIELD_TEXT, .inner = true},
};

static const struct field project_fields[] = {
    {AT(project_row, id), .type = FIELD_ID, .of = ID_PROJECT},
    {AT(project_row, name), .type = FIELD_TEXT},
    {AT(project_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(project_row, created_at), .type = FIELD_MOMENT},
};

static const struct field membership_fields[] = {
    {AT(membership_row, project), .type = FIELD_ID, .of = ID_PROJECT},
    {AT(membership_row, user), .type = FIELD_ID, .of = ID_USER},
};

static const struct field dedication_fields[] = {
    {AT(dedication_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(dedication_row, product), .type = FIELD_PRODUCT},
    {AT(dedication_row, dedicated), .type = FIELD_NUMBER},
    {AT(dedication_row, draining_to), .type = FIELD_NUMBER},
    {AT(dedication_row, filling_to), .type = FIELD_NUMBER},
    {AT(dedication_row, filling_since), .type = FIELD_MOMENT},
};

static const struct field seat_fields[] = {
    {AT(seat_row, id), .type = FIELD_ID, .of = ID_SEAT},
    {AT(seat_row, product), .type = FIELD_PRODUCT},
    {AT(seat_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(seat_row, level), .type = FIELD_ID, .of = ID_LEVEL},
    {AT(seat_row, state), .type = FIELD_WORD, .words = seat_state_words},
    {AT(seat_row, assigned_at), .type = FIELD_MOMENT},
    {AT(seat_row, activated_at), .type = FIELD_MOMENT},
    {AT(seat_row, last_used_at), .type = FIELD_MOMENT},
};

static const struct field seat_machine_fields[] = {
    {AT(seat_machine_row, seat), .type = FIELD_ID, .of = ID_SEAT},
    {AT(seat_machine_row, machine), .type = FIELD_TEXT},
    {AT(seat_machine_row, activated_at), .type = FIELD_MOMENT},
    {AT(seat_machine_row, last_used_at), .type = FIELD_MOMENT},
};

static const struct field session_fields[] = {
    {AT(session_row, id), .type = FIELD_ID, .of = ID_SESSION},
    {AT(session_row, product), .type = FIELD_PRODUCT},
    {AT(session_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(session_row, level), .type = FIELD_ID, .of = ID_LEVEL},
    {AT(session_row, via), .type = FIELD_WORD, .words = via_words},
    {AT(session_row, count), .type = FIELD_NUMBER},
    {AT(session_row, state), .type = FIELD_WORD, .words = session_state_words},
    {AT(session_row, reason), .type = FIELD_TEXT},
    {AT(session_row, project), .type = FIELD_ID, .of = ID_PROJECT},
    {AT(session_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(session_row, machine), .type = FIELD_TEXT},
    {AT(session_row, ttl_s), .type = FIELD_NUMBER},
    {AT(session_row, origin), .type = FIELD_WORD, .words = origin_words},
    {AT(session_row, started_at), .type = FIELD_MOMENT},
    {AT(session_row, expires_at), .type = FIELD_MOMENT},
    {AT(session_row, ended_at), .type = FIELD_MOMENT},
    {AT(session_row, cooldown_until), .type = FIELD_MOMENT},
    {AT(session_row, borrowed), .type = FIELD_FLAG},
    {AT(session_row, key), .type = FIELD_ID, .of = ID_API_KEY, .inner = true},
    {AT(session_row, idempotency_key), .type = FIELD_TEXT, .inner = true},
};

static const struct field cooldown_fields[] = {
    {AT(cooldown_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(cooldown_row, product), .type = FIELD_PRODUCT},
    {AT(cooldown_row, until_at), .type = FIELD_MOMENT},
};

static const struct field shortfall_fields[] = {
    {AT(shortfall_row, product), .type = FIELD_PRODUCT},
    {AT(shortfall_row, since_at), .type = FIELD_MOMENT},
};

static const struct field borrowing_fields[] = {
    {AT(borrowing_row, product), .type = FIELD_PRODUCT},
    {AT(borrowing_row, max_borrow_days), .type = FIELD_NUMBER},
    {AT(borrowing_row, share_percent), .type = FIELD_NUMBER},
};

static const struct field api_key_fields[] = {
    {AT(api_key_row, id), .type = FIELD_ID, .of = ID_API_KEY},
    {AT(api_key_row, name), .type = FIELD_TEXT},
    {AT(api_key_row, role), .type = FIELD_WORD, .words = role_words},
    {AT(api_key_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(api_key_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(api_key_row, created_at), .type = FIELD_MOMENT},
    {AT(api_key_row, expires_at), .type = FIELD_MOMENT},
    {AT(api_key_row, revoked_at), .type = FIELD_MOMENT},
    {AT(api_key_row, last_used_at), .type = FIELD_MOMENT},
    {AT(api_key_row, hash), .type = FIELD_HASH, .inner = true},
};

static const struct field sign_in_fields[] = {
    {AT(sign_in_row, id), .type = FIELD_ID, .of = ID_SIGN_IN},
    {AT(sign_in_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(sign_in_row, created_at), .type = FIELD_MOMENT},
    {AT(sign_in_row, last_used_at), .type = FIELD_MOMENT},
    {AT(sign_in_row, hash), .type = FIELD_HASH, .inner = true},
};

static const struct field waiter_fields[] = {
    {AT(waiter_row, id), .type = FIELD_ID, .of = ID_WAITER},
    {AT(waiter_row, node), .type = FIELD_ID, .of = ID_WAITER},
    {AT(waiter_row, product), .type = FIELD_PRODUCT},
    {AT(waiter_row, user), .type = FIELD_ID, .of = ID_USER},
    {AT(waiter_row, project), .type = FIELD_ID, .of = ID_PROJECT},
    {AT(waiter_row, organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(waiter_row, machine), .type = FIELD_TEXT},
    {AT(waiter_row, ttl_s), .type = FIELD_NUMBER},
    {AT(waiter_row, count), .type = FIELD_NUMBER},
    {AT(waiter_row, origin_given), .type = FIELD_FLAG},
    {AT(waiter_row, origin), .type = FIELD_WORD, .words = origin_words},
    {AT(waiter_row, idempotency_key), .type = FIELD_TEXT},
    {AT(waiter_row, request_hash), .type = FIELD_HASH},
    {AT(waiter_row, role), .type = FIELD_WORD, .words = role_words},
    {AT(waiter_row, key), .type = FIELD_ID, .of = ID_API_KEY},
    {AT(waiter_row, is_signed_in), .type = FIELD_FLAG},
    {AT(waiter_row, actor_user), .type = FIELD_ID, .of = ID_USER},
    {AT(waiter_row, actor_organization), .type = FIELD_ID, .of = ID_ORGANIZATION},
    {AT(waiter_row, since_at), .type = FIELD_MOMENT},
    {AT(waiter_row, deadline_at), .type = FIELD_MOMENT},
    {AT(waiter_row, head_since), .type = FIELD_MOMENT},
    {AT(waiter_row, is_reserving), .type = FIELD_FLAG},
    {AT(waiter_row, reserved), .type = FIELD_ID, .of = ID_LEVEL},
    {AT(waiter_row, reserved_via), .type = FIELD_WORD, .words = via_words},
    {AT(waiter_row, session), .type = FIELD_ID, .of = ID_SESSION},
    {AT(waiter_row, kept_until), .type = FIELD_MOMENT},
};

#define TYPE(row_name, row_struct, row_fields, keys)                                                                   \
    {.name = row_name,                                                                                                 \
     .size = sizeof(struct row_struct),                                                                                \
     .fields = row_fields,                                                                                             \
     .field_count = sizeof(row_fields) / sizeof(row_fields)[0],                                                        \
     .key_count = keys}

const struct row_type row_types[ROW_KINDS] = {
    [ROW_PRODUCT] = TYPE("product", product, product_fields, 1),
    [ROW_ACCOUNT] = TYPE("account", account_row, account_fields, 1),
    [ROW_PURCHASE] = TYPE("purchase", purchase_row, purchase_fields, 1),
    [ROW_ORGANIZATION] = TYPE("organization", organization_row, organization_fields, 1),
    [ROW_USER] = TYPE("user", user_row, user_fields, 1),
    [ROW_PROJECT] = TYPE("project", project_row, project_fields, 1),
    [ROW_MEMBERSHIP] = TYPE("membership", membership_row, membership_fields, 2),
    [ROW_DEDICATION] = TYPE("dedication", dedication_row, dedication_fields, 2),
    [ROW_SEAT] = TYPE("seat", seat_row, seat_fields, 1),
    [ROW_SEAT_MACHINE] = TYPE("seat_machine", seat_machine_row, seat_machine_fields, 2),
    [ROW_SESSION] = TYPE("session", session_row, session_fields, 1),
    [ROW_COOLDOWN] = TYPE("cooldown", cooldown_row, cooldown_fields, 2),
    [ROW_SHORTFALL] = TYPE("shortfall", shortfall_row, shortfall_fields, 1),
    [ROW_BORROWING] = TYPE("borrowing", borrowing_row, borrowing_fields, 1),
    [ROW_API_KEY] = TYPE("api_key", api_key_row, api_key_fields, 1),
    [ROW_SIGN_IN] = TYPE("sign_in", sign_in_row, sign_in_fields, 1),
    [ROW_WAITER] = TYPE("waiter", waiter_row, waiter_fields, 1),
};

int word_find(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

static const void *place(const struct field *field, const void *row)
{
    return (const char *)row + field->offset;
}

int64_t field_number(const struct field *field, const void *row)
{
    CHECK(field->type == FIELD_NUMBER || field->type == FIELD_MOMENT);
    return *(const int64_t *)place(field, row);
}

uint64_t field_id(const struct field *field, const void *row)
{
    CHECK(field->type == FIELD_ID);
    return *(const uint64_t *)place(field, row);
}

int field_word(const struct field *field, const void *row)
{
    CHECK(field->type == FIELD_WORD);
    return (int)*(const unsigned *)place(field, row);
}

bool field_flag(const struct field *field, const void *row)
{
    CHECK(field->type == FIELD_FLAG);
    return *(const bool *)place(field, row);
}

const char *field_text(const struct field *field, const void *row)
{
    if (field->type == FIELD_PRODUCT) {
        const struct product *product = *(const struct product *const *)place(field, row);
        return product != NULL ? product->code : NULL;
    }
    CHECK(field->type == FIELD_TEXT);
    return *(const char *const *)place(field, row);
}

const unsigned char *field_hash(const struct field *field, const void *row)
{
    CHECK(field->type == FIELD_HASH);
    return place(field, row);
}

static const char **text_place(const struct field *field, void *row)
{
    return (const char **)(void *)((char *)row + field->offset);
}

void *row_copy(enum row_kind kind, const void *row, struct arena *arena)
{
    const struct row_type *type = &row_types[kind];
    void *copy = arena_copy(arena, row, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type == FIELD_TEXT) {
            const char **text = text_place(&type->fields[i], copy);
            *text = arena_strdup(arena, *text);
        }
    }
    return copy;
}

void row_own(enum row_kind kind, void *target, const void *row)
{
    const struct row_type *type = &row_types[kind];
    memcpy(target, row, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type == FIELD_TEXT) {
            const char **text = text_place(&type->fields[i], target);
            *text = *text != NULL ? check_strdup(*text) : NULL;
        }
    }
}

void row_disown(enum row_kind kind, void *row)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].type == FIELD_TEXT) {
            const char **text = text_place(&type->fields[i], row);
            free((void *)(uintptr_t)*text);
            *text = NULL;
        }
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool field_same(const struct field *field, const void *a, const void *b)
{
    switch (field->type) {
    case FIELD_ID:
        return field_id(field, a) == field_id(field, b);
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        return field_number(field, a) == field_number(field, b);
    case FIELD_FLAG:
        return field_flag(field, a) == field_flag(field, b);
    case FIELD_WORD:
        return field_word(field, a) == field_word(field, b);
    case FIELD_HASH:
        return memcmp(field_hash(field, a), field_hash(field, b), KEY_HASH_BYTES) == 0;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        break;
    }
    return same_text(field_text(field, a), field_text(field, b));
}

bool row_same(enum row_kind kind, const void *a, const void *b)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->field_count; i++) {
        if (!field_same(&type->fields[i], a, b))
            return false;
    }
    return true;
}
