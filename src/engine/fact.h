// SPDX-License-Identifier: Apache-2.0
//
// A fact: one row as it was and as it is now. Facts are all that is stored, and account_apply is all that changes
// an account, so the same facts give the same account: at recovery, on another node, in a simulation. A fact read
// backwards (after becomes before) takes itself back.
//
//     before NULL, after set   the row came to be
//     both set                 it changed
//     before set, after NULL   it is gone
//
// The kind says why, in the words of the history. Kinds marked `quiet` write no history.
#ifndef ENGINE_FACT_H
#define ENGINE_FACT_H

#include "engine/row.h"

// X(enum, row kind, name in the history, quiet)
#define FACT_KINDS(X)                                                                                                  \
    X(PRODUCT_CREATED, PRODUCT, "product.created", false)                                                              \
    X(PRODUCT_UPDATED, PRODUCT, "product.updated", false)                                                              \
    X(ACCOUNT_CREATED, ACCOUNT, "account.created", false)                                                              \
    X(ACCOUNT_UPDATED, ACCOUNT, "account.updated", false)                                                              \
    X(USAGE_POLICY_CHANGED, ACCOUNT, "usage-policy.changed", false)                                                    \
    X(PURCHASE_CREATED, PURCHASE, "purchase.created", false)                                                           \
    X(PURCHASE_UPDATED, PURCHASE, "purchase.updated", false)                                                           \
    X(PURCHASE_STARTED, PURCHASE, "purchase.started", false)                                                           \
    X(PURCHASE_ENDED, PURCHASE, "purchase.ended", false)                                                               \
    X(PURCHASE_DELETED, PURCHASE, "purchase.deleted", false)                                                           \
    X(ORGANIZATION_CREATED, ORGANIZATION, "organization.created", false)                                               \
    X(ORGANIZATION_UPDATED, ORGANIZATION, "organization.updated", false)                                               \
    X(ORGANIZATION_MOVED, ORGANIZATION, "organization.moved", false)                                                   \
    X(ORGANIZATION_DELETED, ORGANIZATION, "organization.deleted", false)                                               \
    X(USER_CREATED, USER, "user.created", false)                                                                       \
    X(USER_UPDATED, USER, "user.updated", false)                                                                       \
    X(USER_DELETED, USER, "user.deleted", false)                                                                       \
    X(INVITATION_CREATED, USER, "invitation.created", false)                                                           \
    X(PASSWORD_SET, USER, "password.set", false)                                                                       \
    X(PROJECT_CREATED, PROJECT, "project.created", false)                                                              \
    X(PROJECT_UPDATED, PROJECT, "project.updated", false)                                                              \
    X(PROJECT_DELETED, PROJECT, "project.deleted", false)                                                              \
    X(MEMBERSHIP_ADDED, MEMBERSHIP, "membership.added", false)                                                         \
    X(MEMBERSHIP_REMOVED, MEMBERSHIP, "membership.removed", false)                                                     \
    X(DEDICATION_CHANGED, DEDICATION, "dedication.changed", false)                                                     \
    X(DEDICATION_DRAINED, DEDICATION, "dedication.drained", false)                                                     \
    X(DEDICATION_FILLED, DEDICATION, "dedication.filled", false)                                                       \
    X(SEAT_ASSIGNED, SEAT, "seat.assigned", false)                                                                     \
    X(SEAT_ACTIVATED, SEAT, "seat.activated", false)                                                                   \
    X(SEAT_USED, SEAT, "seat.used", true)                                                                              \
    X(SEAT_MOVED, SEAT, "seat.moved", false)                                                                           \
    X(SEAT_RELEASED, SEAT, "seat.released", false)                                                                     \
    X(SEAT_REVOKED, SEAT, "seat.revoked", false)                                                                       \
    X(SEAT_MACHINE_ACTIVATED, SEAT_MACHINE, "seat.machine-activated", false)                                           \
    X(SEAT_MACHINE_USED, SEAT_MACHINE, "seat.machine-used", true)                                                      \
    X(SEAT_MACHINE_REMOVED, SEAT_MACHINE, "seat.machine-removed", false)                                               \
    X(SESSION_ACQUIRED, SESSION, "session.acquired", false)                                                            \
    X(SESSION_HEARTBEAT, SESSION, "session.heartbeat", true)                                                           \
    X(SESSION_MOVED, SESSION, "session.moved", false)                                                                  \
    X(SESSION_RELEASED, SESSION, "session.released", false)                                                            \
    X(SESSION_EXPIRED, SESSION, "session.expired", false)                                                              \
    X(SESSION_REVOKED, SESSION, "session.revoked", false)                                                              \
    X(COOLDOWN_SET, COOLDOWN, "cooldown.set", false)                                                                   \
    X(SHORTFALL_BEGAN, SHORTFALL, "shortfall.began", false)                                                            \
    X(SHORTFALL_ENDED, SHORTFALL, "shortfall.ended", false)                                                            \
    X(BORROWING_SET, BORROWING, "borrowing.set", false)                                                                \
    X(BORROWING_REMOVED, BORROWING, "borrowing.removed", false)                                                        \
    X(API_KEY_CREATED, API_KEY, "api-key.created", false)                                                              \
    X(API_KEY_USED, API_KEY, "api-key.used", true)                                                                     \
    X(API_KEY_REVOKED, API_KEY, "api-key.revoked", false)                                                              \
    X(SIGN_IN_CREATED, SIGN_IN, "sign-in.created", false)                                                              \
    X(SIGN_IN_USED, SIGN_IN, "sign-in.used", true)                                                                     \
    X(SIGN_IN_ENDED, SIGN_IN, "sign-in.ended", false)                                                                  \
    X(WAITER_JOINED, WAITER, "waiter.joined", true)                                                                    \
    X(WAITER_MOVED, WAITER, "waiter.moved", true)                                                                      \
    X(WAITER_SERVED, WAITER, "waiter.served", true)                                                                    \
    X(WAITER_LEFT, WAITER, "waiter.left", true)

enum fact_kind {
#define X(kind, row, name, quiet) FACT_##kind,
    FACT_KINDS(X)
#undef X
        FACT_KIND_COUNT,
};

struct fact_type {
    enum row_kind row;
    const char *name;
    bool quiet;
};

extern const struct fact_type fact_types[FACT_KIND_COUNT];

struct actor;

struct fact {
    enum fact_kind kind;
    const void *before; // a row of fact_types[kind].row, or NULL
    const void *after;
    const char *reason; // what a person gave as the reason, or NULL
    const struct actor *actor; // whose doing it is
};

// Who changes things: the credential of a request, or nobody when time itself did it.
struct actor {
    enum role role;
    uint64_t key;          // the number of the API key, or of the sign-in; 0: the operator's key, or nobody
    bool is_signed_in;     // by a sign-in: the history names its user only
    uint64_t user;         // whose key it is, or 0
    uint64_t organization; // whose admin an org_admin is
    bool nobody;           // the passing of time
};

#endif
