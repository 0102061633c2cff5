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

bool act_asks_same(const struct act *a, const struct act *b)
{
    return a->kind == b->kind && a->account == b->account && a->platform == b->platform && a->product == b->product &&
           a->user == b->user && a->project == b->project && a->level == b->level && a->count == b->count &&
           a->ttl_s == b->ttl_s;
}
