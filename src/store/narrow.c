// SPDX-License-Identifier: Apache-2.0
#include "store/narrow.h"

#include "base/check.h"

#include <string.h>

const struct narrow_update narrow_updates[NARROW_COUNT] = {
    [NARROW_SESSION_EXPIRES] = {ROW_SESSION, {"expires_at"}},
    [NARROW_SESSION_ENDS] = {ROW_SESSION, {"state", "reason", "expires_at", "ended_at", "cooldown_until"}},
    [NARROW_SEAT_USED] = {ROW_SEAT, {"last_used_at"}},
    [NARROW_API_KEY_USED] = {ROW_API_KEY, {"last_used_at"}},
    [NARROW_SIGN_IN_USED] = {ROW_SIGN_IN, {"last_used_at"}},
};

static field_mask mask_of_name(enum row_kind kind, const char *name)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = type->key_count; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0)
            return (field_mask)1 << i;
    }
    check_failed("a narrow update sets a field that there is, outside of the key", __FILE__, __LINE__);
}

struct narrow_masks narrow_masks(void)
{
    struct narrow_masks masks = {{0}};
    for (size_t i = 0; i < NARROW_COUNT; i++) {
        const struct narrow_update *update = &narrow_updates[i];
        for (size_t j = 0; update->sets[j] != NULL; j++)
            masks.of[i] |= mask_of_name(update->kind, update->sets[j]);
    }
    return masks;
}

enum narrow narrow_for(const struct narrow_masks *masks, enum row_kind kind, field_mask changed)
{
    size_t i = 0;
    while (i < NARROW_COUNT && (narrow_updates[i].kind != kind || (changed & ~masks->of[i]) != 0))
        i++;
    return (enum narrow)i;
}

field_mask row_fields(enum row_kind kind)
{
    return ((field_mask)1 << row_types[kind].field_count) - 1;
}

field_mask row_key_fields(enum row_kind kind)
{
    return ((field_mask)1 << row_types[kind].key_count) - 1;
}

field_mask row_differences(enum row_kind kind, const void *a, const void *b)
{
    const struct row_type *type = &row_types[kind];
    field_mask mask = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        if (!field_same(&type->fields[i], a, b))
            mask |= (field_mask)1 << i;
    }
    return mask;
}
