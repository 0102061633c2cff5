// SPDX-License-Identifier: Apache-2.0
//
// Asking for a session: what acquire, explain and those that wait in line have in common. Each step is judged for
// decision->actor, and leaves its refusal in decision->outcome.
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include "engine/decision.h"
#include "engine/trial.h"

struct ask {
    const struct session_request *wanted;
    struct trial_request trial;
    enum session_origin origin;
};

// Why the actor's key may not ask for sessions of that origin; NULL: it may.
const char *ask_refuses_origin(const struct actor *actor, const struct session_request *wanted);
enum session_origin ask_origin(const struct decision *decision, const struct session_request *wanted);
// Whether the two ask for the same, defaults filled in. How long they wait does not matter; for how long a lease is
// borrowed, its ttl_s tells.
bool ask_is_same(const struct actor *actor, const struct session_request *a, const struct session_request *b);
// Finds the things that the request names. False: the refusal.
bool ask_read(struct decision *decision, const struct session_request *wanted, struct ask *ret_ask);
// Membership and eligibility. False: the refusal, with an explanation in which nothing was tried.
bool ask_judge(struct decision *decision, const struct ask *ask);
// Grants it from the first pool that can; the outcome is the session. False: none can, and nothing was changed.
bool ask_grant(struct decision *decision, const struct ask *ask);
// The denial, with why each pool did not grant.
void ask_deny(struct decision *decision, const struct ask *ask);

#endif
