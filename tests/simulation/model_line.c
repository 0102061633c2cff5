// SPDX-License-Identifier: Apache-2.0
// Section 5: whose turn it is, by brute force.
#include "simulation/model_parts.h"

#include <stdlib.h>
#include <string.h>

enum { AGED_MS = 120000, RESERVE_MS = 60000, AGE_KEPT_MS = 30000 };

static bool is_before(const struct model_waiter *a, const struct model_waiter *b)
{
    return a->since_at != b->since_at ? a->since_at < b->since_at : a->order < b->order;
}

void model_leave(struct model *model, int place)
{
    memmove(&model->line[place], &model->line[place + 1],
            (size_t)(model->waiter_count - place - 1) * sizeof *model->line);
    model->waiter_count--;
}

void model_keep_age(struct model *model, const struct model_waiter *waiter, int64_t now)
{
    if (waiter->request.key == NOBODY)
        return;
    model->ages[model->age_count++ % MODEL_AGES] = (struct model_age){.key = waiter->request.key,
                                                                      .serial = waiter->request.serial,
                                                                      .since_at = waiter->since_at,
                                                                      .head_since = waiter->head_since,
                                                                      .until_at = now + AGE_KEPT_MS,
                                                                      .server = model->here};
}

void model_time_ages(struct model *model)
{
    for (int i = 0; i < model->age_count && i < MODEL_AGES; i++) {
        struct model_age *age = &model->ages[i];
        if (age->key == NOBODY || age->server != model->here)
            continue;
        age->until_at = model->now + AGE_KEPT_MS;
        age->server = NOBODY;
    }
}

int model_wait(struct model *model, const struct act *act, int64_t since_at, uint64_t order)
{
    struct model_waiter waiter = {.request = request_of(act),
                                  .since_at = since_at,
                                  .deadline_at = since_at + act->wait_s * 1000,
                                  .order = order,
                                  .server = model->here,
                                  .reserved = NOBODY};
    int at = model->waiter_count++;
    if (at == MODEL_WAITERS)
        abort(); // the simulation lets no more wait
    for (; at > 0 && is_before(&waiter, &model->line[at - 1]); at--)
        model->line[at] = model->line[at - 1];
    model->line[at] = waiter;
    return at;
}

static void tell(struct model *model, int place, struct verdict verdict)
{
    struct told *told = model->told;
    if (told->count == MODEL_TOLD)
        abort();
    told->items[told->count].serial = model->line[place].request.serial;
    told->items[told->count].order = model->line[place].order;
    told->items[told->count].server = model->line[place].server;
    told->items[told->count++].verdict = verdict;
    model_leave(model, place);
}

static struct model_request request_at(const struct model *model, int place)
{
    struct model_request request = model->line[place].request;
    request.waiter = place;
    return request;
}

// One that waits at another server, which has yet to refuse it.
static bool is_out(const struct model *model, int place)
{
    const struct model_waiter *waiter = &model->line[place];
    return waiter->server != model->here && check_request(model, &waiter->request) != RESULT_OK;
}

static bool is_kept_back(const struct model *model, int place)
{
    const struct model_request *request = &model->line[place].request;
    return is_out(model, place) || model->users[request->user].cooldown_until[request->product] > model->now;
}

// ---- Turns

static int top_of(const struct model *model, int level)
{
    while (level > 0 && model->levels[level].parent != 0)
        level = model->levels[level].parent;
    return level > 0 ? level : 0; // 0: those without an organization
}

// What the users of the same top-level organization hold of the account's pool.
static int64_t units_of_group(const struct model *model, const struct model_request *request)
{
    int64_t units = 0;
    int top = top_of(model, model->users[request->user].level);
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        if (claim->level == 0 && claim->product == request->product &&
            top_of(model, model->users[claim->user].level) == top)
            units += claim->count;
    }
    return units;
}

// "Oldest first. On the account's pool the top-level organization that holds least there goes first, then the oldest; a
// waiter older than 120 s goes before all, by age." NOBODY: nobody can be served.
static int next_turn(struct model *model, int product)
{
    int best = NOBODY;
    int64_t least = 0;
    for (int i = 0; i < model->waiter_count; i++) {
        struct model_request request = request_at(model, i);
        struct verdict verdict = {0};
        if (request.product == product && !is_out(model, i))
            verdict = try_to_grant(model, &request, true);
        if (verdict.result != RESULT_CREATED)
            continue;
        if (best == NOBODY && (verdict.level != 0 || model->now - model->line[i].since_at > AGED_MS))
            return i;
        int64_t units = verdict.level == 0 ? units_of_group(model, &request) : 0;
        if (verdict.level == 0 && (best == NOBODY || units < least)) {
            best = i;
            least = units;
        }
    }
    return best;
}

// ---- Reserving: "After 60 s at the head, a waiter for more units than are free reserves: its first candidate whose
// pool >= count grants nothing else until it is served."

static bool is_at_head(const struct model *model, int place, int level)
{
    for (int i = 0; i < place; i++) {
        const struct model_request *request = &model->line[i].request;
        if (request->product == model->line[place].request.product && !is_kept_back(model, i) &&
            is_open(model, request, level))
            return false;
    }
    return true;
}

static bool fits(const struct model *model, const struct counts *counts, const struct model_request *request, int level)
{
    return is_open(model, request, level) &&
           model->levels[level].of[request->product].draining_to == NUMBER_NONE &&
           counts->dedicated[level] - counts->children[level] >= request->count;
}

static struct candidate target_of(const struct model *model, int place)
{
    const struct model_waiter *waiter = &model->line[place];
    struct candidate target = {NOBODY, VIA_NAMED};
    struct counts counts;
    if (waiter->request.count == 1 || is_kept_back(model, place))
        return target;
    model_count(model, waiter->request.product, &counts);
    struct order order = order_of_trial(model, &counts, &waiter->request);
    for (int i = 0; i < order.count && target.level == NOBODY; i++) {
        if (fits(model, &counts, &waiter->request, order.at[i].level))
            target = order.at[i];
    }
    // Of those that are tried by what is free, the one that it has stays the first.
    bool is_alike = target.level != NOBODY && waiter->reserved != NOBODY && target.rule == waiter->via &&
                    (target.rule == VIA_MEMBER || target.rule == VIA_OTHER);
    if (is_alike && fits(model, &counts, &waiter->request, waiter->reserved))
        target.level = waiter->reserved;
    return target;
}

static void reserve(struct model *model, int place, struct candidate target)
{
    struct model_waiter *waiter = &model->line[place];
    if (waiter->head_since == 0)
        waiter->head_since = model->now;
    if (model->now - waiter->head_since < RESERVE_MS)
        return;
    for (int i = place + 1; i < model->waiter_count; i++) {
        if (model->line[i].reserved == target.level && model->line[i].request.product == waiter->request.product)
            model->line[i].reserved = NOBODY; // it is younger
    }
    waiter->reserved = target.level;
    waiter->via = target.rule;
}

// Whether anything is another than before.
static bool reserve_all(struct model *model, int product, bool is_last)
{
    bool is_changed = false;
    for (int i = 0; i < model->waiter_count; i++) {
        struct model_waiter *waiter = &model->line[i];
        int before = waiter->reserved;
        if (waiter->request.product != product)
            continue;
        struct candidate target = target_of(model, i);
        waiter->reserved = NOBODY;
        if (target.level != NOBODY && is_at_head(model, i, target.level))
            reserve(model, i, target);
        else
            waiter->head_since = is_last ? 0 : waiter->head_since;
        is_changed = is_changed || before != waiter->reserved;
    }
    return is_changed;
}

// ---- Serving

static void serve_product(struct model *model, int product)
{
    bool is_changed;
    do {
        for (int place; (place = next_turn(model, product)) != NOBODY;) {
            struct model_request request = request_at(model, place);
            tell(model, place, try_to_grant(model, &request, false));
        }
        is_changed = reserve_all(model, product, false);
    } while (is_changed);
    reserve_all(model, product, true);
}

// "A waiter that is no longer allowed gets its error at once."
static void refuse_some(struct model *model)
{
    for (int i = 0; i < model->waiter_count;) {
        bool is_here = model->line[i].server == model->here;
        enum result result = check_request(model, &model->line[i].request);
        if (is_here && result != RESULT_OK)
            tell(model, i, verdict_of(result));
        else
            i++;
    }
}

void model_serve(struct model *model)
{
    if (model->waiter_count == 0)
        return;
    refuse_some(model);
    for (int product = 0; product < MODEL_SEAT_PRODUCT; product++)
        serve_product(model, product);
}

static int next_due(const struct model *model)
{
    int due = NOBODY;
    for (int i = 0; i < model->waiter_count; i++) {
        const struct model_waiter *waiter = &model->line[i], *other = due >= 0 ? &model->line[due] : NULL;
        if (waiter->server == model->here && waiter->deadline_at <= model->now &&
            (other == NULL || waiter->deadline_at < other->deadline_at ||
             (waiter->deadline_at == other->deadline_at && waiter->order < other->order)))
            due = i;
    }
    return due;
}

// "When the time is up: the denial." What one had for itself is there for the others then.
static void deny_due(struct model *model)
{
    for (int due; (due = next_due(model)) != NOBODY;) {
        bool had_reserved = model->line[due].reserved != NOBODY;
        struct model_request request = request_at(model, due);
        tell(model, due, try_to_grant(model, &request, true));
        if (had_reserved || next_due(model) == NOBODY)
            model_serve(model);
    }
}

void model_pass_time(struct model *model, int64_t now)
{
    model->now = now > model->now ? now : model->now;
    for (int i = model->claim_count - 1; i >= 0; i--) {
        const struct model_claim *claim = &model->claims[i];
        if (claim->product != MODEL_SEAT_PRODUCT && claim->expires_at <= model->now)
            drop_claim(model, i, claim->expires_at);
    }
    let_follow(model);
    model_serve(model);
    deny_due(model);
}
