// SPDX-License-Identifier: Apache-2.0
//
// Signing in: how a person comes to act through a browser.
//
//     invitation ──accept──► password ──┐
//        (once, 7 days)                 ├──► sign-in ──► acts as its user, with the role the user has at that moment
//     password ─────────────────────────┘      ends: signed out, signed out everywhere, another password, the user
//                                               deleted, not used for SIGN_IN_IDLE_S, SIGN_IN_MAX_S old
//
// The password and the invitation stand in the user's row, of which there is one, so that they end with the user and
// nothing has to be searched. A sign-in is a row of its own. Of all three the store has hashes only, and the history
// nothing.
//
// The operator has no user and no account. It signs in with its key; those sign-ins are rows of account 0.
//
// A sign-in takes its number from the counter of the API keys: so a number names one credential, and what is kept for a
// credential (answers by Idempotency-Key, who started a session) is kept for a sign-in as well.
#ifndef ENGINE_SIGN_IN_H
#define ENGINE_SIGN_IN_H

#include "engine/account.h"

#define INVITATION_ENDED_DETAIL                                                                                        \
    "This invitation has been used, was replaced by another or has run out. Ask an admin of the account for a new one."

// When it ends by itself, should it not be used any more.
int64_t sign_in_expires_at(const struct sign_in_row *row);
// The sign-ins of a user, by number; those of the operator for 0. NULL: there is no such user.
struct list *sign_ins_of(struct account *account, uint64_t user);

// For account_apply.
void sign_in_apply(struct account *account, const struct sign_in_row *before, const struct sign_in_row *after);
// For account_check.
void sign_ins_check(const struct account *account);

#endif
