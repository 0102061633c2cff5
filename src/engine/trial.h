// SPDX-License-Identifier: Apache-2.0
//
// Which pool a session is drawn from: the pools that the usage policy leaves to a user, in the order of trial.
//
//     named      the organization that the request names, then the account's pool; nothing else
//     project    the organization of the project that it names
//     own        the user's own organization
//     member     organizations in whose projects the user is a member, most available first
//     fallback   the account's pool, if the policy falls back on it
//     other      all other organizations with licenses, most available first; for an unrestricted policy only
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "engine/account.h"

enum { FITTING_MAX = 1000 };

struct trial_request {
    const struct product *product;
    const struct user *user;
    const struct project *project; // NULL: none
    const struct level *named;     // NULL: none
    int64_t count;
    enum usage_policy policy; // in force for this request
    bool fallback;
    int64_t share_percent;       // a lease to be borrowed, of pools of which so much may be; 0: a session
    const struct waiter *waiter; // who asks, if it waited in line; NULL: a newcomer
};

// The policy that holds for a session of this origin.
void trial_policy(const struct account *account, enum session_origin origin, struct trial_request *request);
// Whether the policy lets the user use the organization at all (E of the contract).
bool trial_is_eligible(const struct trial_request *request, const struct level *level);
// Whether it may be granted from the level, whatever is free there.
bool trial_is_open(const struct trial_request *request, const struct level *level);
// The first pool that grants, and by which rule; NULL: none does. O(the user's memberships), however many
// organizations there are. For a lease to be borrowed at most BORROW_OTHERS_MAX of the others are tried: that they have
// licenses does not tell that they have some to lend.
struct pool *trial_choose(const struct account *account, const struct trial_request *request, int64_t now,
                          struct arena *arena, enum session_via *ret_via);
// The first candidate that could grant that many, were it free. Of the others, the first FITTING_MAX are looked at.
struct pool *trial_first_fitting(const struct account *account, const struct trial_request *request,
                                 struct arena *arena, enum session_via *ret_via);
// The same walk, told pool by pool: why each did not grant, up to the one that does.
struct explanation *trial_explain(const struct account *account, const struct trial_request *request, int64_t now,
                                  struct arena *arena);

#endif
