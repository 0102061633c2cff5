// SPDX-License-Identifier: Apache-2.0
//
// Who may do what (spec: roles). Three looks, in the order of the contract: access_role before the form of the
// request is judged; access_scope, or access_refuse_form where the form is wrong; and access_hide once a denial or
// explanation is to be shown.
#ifndef API_ACCESS_H
#define API_ACCESS_H

#include "api/call.h"
#include "engine/account.h"

// Whether the role may use the route at all. False: call->outcome is the refusal (401 and 404 are the caller's). To be
// called once, with actor and account set: it also fills in what only the key and the account tell (the user that the
// key stands for, the rest of the hash, a level that is the account).
bool access_role(struct call *call);
// Whether this actor may do this to these things: 404 for reads outside its scope, 403 for changes; false: the refusal
// is in call->outcome. Things that do not exist are let through: the engine says so. Sets the scope of lists. The
// account is NULL for routes that are below none, but for WHOAMI it is the key's.
bool access_scope(struct call *call, const struct account *account);
// Refuses a call whose form is wrong. What the actor may not do, as far as could be read what it is, it is told first:
// the role comes before the form.
void access_refuse_form(struct call *call, const struct account *account);
// The same for one op of a batch.
bool access_op(struct call *call, struct batch_op *op, const struct account *account);
// Hides the figures of levels that the actor may not see, and tokens of leases that are not for it. What it
// changes is copied into the arena first.
void access_hide(const struct actor *actor, const struct account *account, struct arena *arena,
                 struct outcome *outcome);

#endif
