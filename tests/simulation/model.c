// SPDX-License-Identifier: Apache-2.0
// Counting, and what follows from a change: section 1 and the drains and raises of section 2.
#include "simulation/model.h"

#include "simulation/model_parts.h"

#include <string.h>

void model_init(struct model *model, uint64_t id, struct numbers *ids, int64_t now)
{
    *model = (struct model){.id = id, .now = now, .ids = ids, .fallback = true, .level_count = 1};
    model->levels[0] = (struct model_level){.exists = true, .parent = NOBODY, .serial = THE_ACCOUNT};
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        model->levels[0].of[product] =
            (struct model_dedication){.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
}

struct verdict verdict_of(enum result result)
{
    return (struct verdict){.result = result, .level = NOBODY, .requested = NUMBER_NONE, .available = NUMBER_NONE};
}

struct verdict verdict_made(uint64_t id)
{
    struct verdict verdict = verdict_of(RESULT_CREATED);
    verdict.id = id;
    return verdict;
}

bool model_is_within(const struct model *model, int level, int top)
{
    for (; level >= 0; level = model->levels[level].parent) {
        if (level == top)
            return true;
    }
    return false;
}

int model_depth(const struct model *model, int level)
{
    int depth = 0;
    for (; level != 0; level = model->levels[level].parent)
        depth++;
    return depth;
}

// For the account: the sum of its purchases in force, starts_at <= now < ends_at, either of which may be absent.
static int64_t bought(const struct model *model, int product)
{
    int64_t sum = 0;
    for (int i = 0; i < model->purchase_count; i++) {
        const struct model_purchase *purchase = &model->purchases[i];
        bool in_force = (purchase->starts_at == 0 || purchase->starts_at <= model->now) &&
                        (purchase->ends_at == 0 || model->now < purchase->ends_at);
        if (purchase->exists && purchase->product == product && in_force)
            sum += purchase->quantity;
    }
    return sum;
}

static void count_claim(const struct model *model, const struct model_claim *claim, struct counts *counts)
{
    counts->assigned[claim->level] += claim->count;
    if (claim->is_borrowed)
        counts->borrowed[claim->level] += claim->count;
    for (int at = claim->level; at >= 0; at = model->levels[at].parent)
        counts->use[at] += claim->count;
}

void model_count(const struct model *model, int product, struct counts *counts)
{
    for (int level = 0; level < model->level_count; level++)
        counts->children[level] = counts->assigned[level] = counts->use[level] = counts->borrowed[level] = 0;
    counts->dedicated[0] = bought(model, product);
    for (int level = 1; level < model->level_count; level++) {
        const struct model_level *at = &model->levels[level];
        counts->dedicated[level] = at->exists ? at->of[product].dedicated : 0;
        if (at->exists)
            counts->children[at->parent] += at->of[product].dedicated;
    }
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].product == product)
            count_claim(model, &model->claims[i], counts);
    }
}

int64_t count_balance(const struct counts *counts, int level)
{
    return counts->dedicated[level] - counts->children[level] - counts->assigned[level];
}

int64_t count_available(const struct counts *counts, int level)
{
    int64_t balance = count_balance(counts, level);
    return balance > 0 ? balance : 0;
}

struct model_claim *model_claim(struct model *model, bool is_seat, uint64_t id)
{
    for (int i = 0; i < model->claim_count; i++) {
        struct model_claim *claim = &model->claims[i];
        if (claim->id == id && (claim->product == MODEL_SEAT_PRODUCT) == is_seat)
            return claim;
    }
    return NULL;
}

const struct model_ended *model_find_ended(const struct model *model, uint64_t id)
{
    for (int i = 0; i < model->ended_count && i < MODEL_ENDED; i++) {
        if (model->ended[i].id == id)
            return &model->ended[i];
    }
    return NULL;
}

void drop_claim(struct model *model, int at, int64_t ended_at)
{
    const struct model_claim *claim = &model->claims[at];
    if (claim->product != MODEL_SEAT_PRODUCT)
        model->ended[model->ended_count++ % MODEL_ENDED] =
            (struct model_ended){claim->serial, claim->key, claim->id, ended_at, claim->is_borrowed};
    memmove(model->claims + at, model->claims + at + 1,
            (size_t)(model->claim_count - at - 1) * sizeof *model->claims);
    model->claim_count--;
}

int newest_claim(const struct model *model, int level, int product)
{
    int newest = NOBODY;
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        if (claim->product != product || (level == NOBODY ? claim->is_borrowed : claim->level != level))
            continue;
        const struct model_claim *other = newest >= 0 ? &model->claims[newest] : NULL;
        if (other == NULL || claim->since_at > other->since_at ||
            (claim->since_at == other->since_at && claim->id > other->id))
            newest = i;
    }
    return newest;
}

void model_keep(struct model *model)
{
    for (int i = 0; i < model->claim_count; i++)
        model->claims[i].stored_expires_at = model->claims[i].expires_at;
}

void model_load(struct model *model, int64_t now)
{
    for (int i = 0; i < model->claim_count; i++) {
        struct model_claim *claim = &model->claims[i];
        int64_t full_at = now + claim->ttl_s * 1000;
        claim->expires_at = claim->stored_expires_at;
        if (claim->product != MODEL_SEAT_PRODUCT && !claim->is_borrowed && claim->expires_at < full_at)
            claim->expires_at = full_at;
    }
}

struct verdict model_decide(struct model *model, const struct act *act)
{
    static struct verdict (*const functions[ACT_KIND_COUNT])(struct model *model, const struct act *act) = {
        [ACT_ACQUIRE] = model_acquire,
        [ACT_EXPLAIN] = model_acquire,
        [ACT_BORROW] = model_acquire,
        [ACT_HEARTBEAT] = model_heartbeat,
        [ACT_END] = model_end,
        [ACT_RETURN] = model_return,
        [ACT_SEAT] = model_seat,
        [ACT_UNSEAT] = model_end,
        [ACT_CHECK_IN] = model_check_in,
        [ACT_DEDICATE] = model_dedicate,
        [ACT_POLICY] = model_policy,
        [ACT_PLAN] = model_plan,
        [ACT_SHORTFALL] = model_shortfall,
        [ACT_BORROWING] = model_borrowing,
        [ACT_BUY] = model_buy,
        [ACT_CHANGE_PURCHASE] = model_change_purchase,
        [ACT_CREATE_LEVEL] = model_create_level,
        [ACT_MOVE_LEVEL] = model_move_level,
        [ACT_DELETE_LEVEL] = model_delete_level,
        [ACT_CREATE_USER] = model_create_user,
        [ACT_MOVE_USER] = model_move_user,
        [ACT_DELETE_USER] = model_delete_user,
        [ACT_CREATE_PROJECT] = model_create_project,
        [ACT_MOVE_PROJECT] = model_move_project,
        [ACT_DELETE_PROJECT] = model_delete_project,
        [ACT_MEMBER] = model_member,
    };
    return functions[act->kind](model, act);
}
