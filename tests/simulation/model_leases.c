// SPDX-License-Identifier: Apache-2.0
// Section 4: how a session goes on and ends.
#include "simulation/model_parts.h"

struct verdict model_heartbeat(struct model *model, const struct act *act)
{
    struct model_claim *claim = model_claim(model, false, act->id);
    if (claim == NULL)
        return verdict_of(model_find_ended(model, act->id) != NULL ? RESULT_SESSION_ENDED : RESULT_NOT_FOUND);
    if (claim->is_borrowed)
        return verdict_of(RESULT_CONFLICT);
    claim->expires_at = model->now + claim->ttl_s * 1000;
    return verdict_of(RESULT_OK);
}

static struct verdict end(struct model *model, struct model_claim *claim, int64_t cooldown_s)
{
    // Until each cool-down is over the user is denied the product.
    int64_t until = model->now + cooldown_s * 1000;
    int64_t *present = &model->users[claim->user].cooldown_until[claim->product];
    bool is_seat = claim->product == MODEL_SEAT_PRODUCT;
    if (cooldown_s > 0 && until > *present)
        *present = until;
    drop_claim(model, (int)(claim - model->claims), model->now);
    let_follow(model);
    return verdict_of(is_seat ? RESULT_DONE : RESULT_OK);
}

struct verdict model_end(struct model *model, const struct act *act)
{
    bool is_seat = act->kind == ACT_UNSEAT;
    struct model_claim *claim = model_claim(model, is_seat, act->id);
    // A session ended before gives the same answer; a seat is gone.
    if (claim == NULL)
        return verdict_of(!is_seat && model_find_ended(model, act->id) != NULL ? RESULT_OK : RESULT_NOT_FOUND);
    // A machine that is away cannot be told.
    if (claim->is_borrowed && act->is_on)
        return verdict_of(RESULT_CONFLICT);
    return end(model, claim, act->cooldown_s);
}

static bool was_borrowed(const struct model *model, uint64_t id)
{
    const struct model_ended *ended = model_find_ended(model, id);
    return ended != NULL && ended->is_borrowed;
}

struct verdict model_return(struct model *model, const struct act *act)
{
    struct model_claim *claim = model_claim(model, false, act->id);
    if (claim == NULL ? !was_borrowed(model, act->id) : !claim->is_borrowed)
        return verdict_of(RESULT_NOT_FOUND);
    return claim != NULL ? end(model, claim, 0) : verdict_of(RESULT_OK);
}
