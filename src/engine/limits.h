// SPDX-License-Identifier: Apache-2.0
//
// Every maximum in one place. Where docs/manual/api.md or openapi.yaml names one of these, it is this figure.
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include <stdint.h>

enum {
    DEPTH_MAX = 16, // levels of organizations below the account
    NAME_MAX_CHARACTERS = 255, // code points, of names, machines and reasons
    REFERENCE_MAX_CHARACTERS = 64,
    PRODUCT_CODE_MAX_BYTES = 64,
    EMAIL_MAX_BYTES = 254, // RFC 5321, 4.5.3.1.3
    IDEMPOTENCY_KEY_MAX_BYTES = 64,

    MACHINES_PER_SEAT_MAX = 1000,
    IDLE_MAX_S = 10 * 366 * 86400,

    TTL_MIN_S = 10,
    TTL_MAX_S = 86400,
    TTL_DEFAULT_S = 120,
    HEARTBEATS_PER_TTL = 3,
    SESSION_COUNT_MAX = 1000,
    WAIT_MAX_S = 600,
    BORROW_DAYS_MAX = 365,
    BORROW_SHARE_DEFAULT = 20,   // percent of a pool
    BORROW_OTHERS_MAX = 1000,    // strangers' pools that are tried for a lease to be borrowed
    COOLDOWN_MAX_S = 86400,

    PASSWORD_MIN_CHARACTERS = 12,
    PASSWORD_MAX_CHARACTERS = 256,
    PASSWORD_MAX_BYTES = 1024,
    INVITATION_S = 7 * 86400,
    SIGN_IN_IDLE_S = 12 * 3600,
    SIGN_IN_MAX_S = 30 * 86400,
    SIGN_INS_MAX = 20, // of one user; a newer one ends the one not used for longest

    GRACE_MAX_S = 366 * 86400,

    TRIED_MAX = 20,     // pools listed in a denial
    HOLDERS_MAX = 100,  // claims listed in a refusal
    REPLAYED_MAX = 100, // denied grants listed in a dry run
    REPLAY_WINDOW_S = 86400,
    BATCH_MAX = 10000,
    EPISODES_OPEN_MAX = 100000,
    EPISODE_SILENCE_S = 300,
    IDEMPOTENCY_KEPT_S = 86400,
    ORGANIZATION_FIRST_ID = 1001,
};

#define QUANTITY_MAX INT64_C(1000000000000)

_Static_assert(TTL_MIN_S / HEARTBEATS_PER_TTL >= 1, "a heartbeat is due after at least a second");
_Static_assert(QUANTITY_MAX <= INT64_MAX / 1000000, "a million purchases can be added up");

#endif
