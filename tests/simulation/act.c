// SPDX-License-Identifier: Apache-2.0
#include "simulation/act.h"

bool act_is_request(enum act_kind kind)
{
    static const bool are[ACT_KIND_COUNT] = {
#define X(kind, is_request) is_request,
        ACT_KINDS(X)
#undef X
    };
    return are[kind];
}

// Keys of the platform may end what they started only, which is looked at elsewhere.
bool act_may_be_op(const struct act *act)
{
    return !act->platform && (act->kind == ACT_ACQUIRE || act->kind == ACT_HEARTBEAT || act->kind == ACT_END);
}

bool act_asks_same(const struct act *a, const struct act *b)
{
    return a->kind == b->kind && a->account == b->account && a->platform == b->platform && a->product == b->product &&
           a->user == b->user && a->project == b->project && a->level == b->level && a->count == b->count &&
           a->ttl_s == b->ttl_s;
}
