// SPDX-License-Identifier: Apache-2.0
//
// Updates that are cheaper because they set few members of a row: of those that come often. Each is taken when no other
// members differ, so what a row may change is nobody's promise; all else is set by the update of all members.
#ifndef STORE_NARROW_H
#define STORE_NARROW_H

#include "engine/row.h"

typedef uint32_t field_mask; // bit i: field i of the row's type

enum narrow {
    NARROW_SESSION_EXPIRES,
    NARROW_SESSION_ENDS,
    NARROW_SEAT_USED,
    NARROW_API_KEY_USED,
    NARROW_SIGN_IN_USED,
    NARROW_COUNT, // none of them: all members are set
};

struct narrow_update {
    enum row_kind kind;
    const char *sets[6]; // names of fields, ended by NULL
};

extern const struct narrow_update narrow_updates[NARROW_COUNT];

// What each of them sets.
struct narrow_masks {
    field_mask of[NARROW_COUNT];
};

struct narrow_masks narrow_masks(void);
// The first that sets all members of the mask `changed`, or NARROW_COUNT.
enum narrow narrow_for(const struct narrow_masks *masks, enum row_kind kind, field_mask changed);

field_mask row_fields(enum row_kind kind);     // all of them
field_mask row_key_fields(enum row_kind kind); // those that identify it
field_mask row_differences(enum row_kind kind, const void *a, const void *b);

#endif
