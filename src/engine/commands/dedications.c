// SPDX-License-Identifier: Apache-2.0
//
// Dedications, one or many at once. Each change is made first, deepest levels first, then its consequences are left
// to happen, and only the end is judged: a touched level may not have given or assigned more than it has, unless it
// was no better before. So licenses can move between two organizations when nothing is free above them, and a single
// change is the simplest case of many.
#include "engine/decide.h"

#include "engine/claims.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

// One level that the command touches, as it was.
struct touched {
    struct level *level;
    const struct product *product;
    int64_t balance, available;
    int64_t children_dedicated, assigned, dedicated;
    const struct dedication_change *change; // NULL: only a level above a changed one
};

struct work {
    struct touched *touched; // the changed ones and those right above them, once each, deepest first
    size_t count;
    size_t facts_before;  // the command may be part of a larger one
    int64_t raises_since; // see next_raise
};

static const char *pointer_to(struct decision *decision, const struct command *command, size_t at, const char *member)
{
    return command->dedications.one ? NULL : arena_printf(decision->arena, "/dedications/%zu/%s", at, member);
}

static struct touched look_at(const struct account *account, struct level *level, const struct product *product)
{
    struct touched touched = {.level = level, .product = product};
    const struct pool *pool = account_pool(account, level->row.id, product);
    if (pool != NULL) {
        touched.balance = pool_balance(pool);
        touched.available = pool_available(pool);
        touched.children_dedicated = pool->children_dedicated;
        touched.assigned = pool->assigned;
        touched.dedicated = pool->dedicated;
    }
    return touched;
}

static int by_target(const void *a, const void *b)
{
    const struct dedication_change *left = *(const struct dedication_change *const *)a;
    const struct dedication_change *right = *(const struct dedication_change *const *)b;
    if (left->organization != right->organization)
        return left->organization < right->organization ? -1 : 1;
    int order = strcmp(left->product, right->product);
    return order != 0 ? order : left < right ? -1 : 1;
}

static bool check_twice(struct decision *decision, const struct command *command)
{
    size_t count = command->dedications.count;
    const struct dedication_change *changes = command->dedications.changes, **sorted;
    sorted = arena_alloc(decision->arena, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &changes[i];
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, by_target);
    for (size_t i = 1; i < count; i++) {
        if (sorted[i - 1]->organization == sorted[i]->organization &&
            strcmp(sorted[i - 1]->product, sorted[i]->product) == 0)
            return decision_refuse(decision, RESULT_INVALID_REQUEST,
                                   arena_printf(decision->arena, "/dedications/%td", sorted[i] - changes),
                                   "The same organization and product come twice. Say it once.");
    }
    return true;
}

static bool find_changed(struct decision *decision, const struct command *command, struct work *work)
{
    work->touched = arena_alloc(decision->arena, 2 * command->dedications.count * sizeof *work->touched);
    for (size_t i = 0; i < command->dedications.count; i++) {
        const struct dedication_change *change = &command->dedications.changes[i];
        uint64_t id = change->organization != 0 ? change->organization : ID_UNKNOWN;
        struct level *level = decision_level(decision, id, pointer_to(decision, command, i, "organization"));
        if (level == NULL)
            return false;
        const struct product *product =
            decision_product(decision, change->product, pointer_to(decision, command, i, "product"));
        if (product == NULL)
            return false;
        work->touched[work->count] = look_at(decision->account, level, product);
        work->touched[work->count++].change = change;
    }
    return true;
}

// Of entries for the same pool, the one with its change comes first.
static int deepest_first(const void *a, const void *b)
{
    const struct touched *left = a, *right = b;
    if (left->level->depth != right->level->depth)
        return left->level->depth > right->level->depth ? -1 : 1;
    if (left->level->row.id != right->level->row.id)
        return left->level->row.id < right->level->row.id ? -1 : 1;
    int order = strcmp(left->product->code, right->product->code);
    return order != 0 ? order : (left->change == NULL) - (right->change == NULL);
}

static void find_above(struct decision *decision, struct work *work)
{
    size_t changed = work->count, kept = 0;
    for (size_t i = 0; i < changed; i++)
        work->touched[work->count++] =
            look_at(decision->account, work->touched[i].level->parent, work->touched[i].product);
    qsort(work->touched, work->count, sizeof *work->touched, deepest_first);
    for (size_t i = 0; i < work->count; i++) {
        const struct touched *last = kept > 0 ? &work->touched[kept - 1] : NULL;
        if (last == NULL || last->level != work->touched[i].level || last->product != work->touched[i].product)
            work->touched[kept++] = work->touched[i];
    }
    work->count = kept;
}

static bool is_empty(const struct dedication_row *row)
{
    return row->dedicated == 0 && row->draining_to == NUMBER_NONE && row->filling_to == NUMBER_NONE;
}

static void put(struct decision *decision, const struct dedication_row *before, const struct dedication_row *after)
{
    if (!row_same(ROW_DEDICATION, before, after))
        decision_add(decision, FACT_DEDICATION_CHANGED, is_empty(before) ? NULL : before,
                     is_empty(after) ? NULL : after);
}

// Claims move up, whole, newest first, until the number fits.
static void move_claims(struct decision *decision, const struct level *level, const struct product *product)
{
    const struct pool *pool = account_pool(decision->account, level->row.id, product);
    if (pool_balance(pool) >= 0)
        return;
    struct claims claims = claims_of_pool(decision, pool);
    for (size_t i = 0; i < claims.count && pool_balance(pool) < 0; i++)
        claim_move(decision, &claims.items[i], level->row.parent);
}

static struct dedication_row present_row(const struct decision *decision, const struct touched *touched)
{
    const struct pool *pool = account_pool(decision->account, touched->level->row.id, touched->product);
    if (pool != NULL)
        return pool_dedication(pool);
    return (struct dedication_row){
        .organization = touched->level->row.id,
        .product = touched->product,
        .draining_to = NUMBER_NONE,
        .filling_to = NUMBER_NONE,
    };
}

// Raises wait in the order in which they were asked for, within a millisecond and within a command, too: each has a
// moment of its own. The first that a command may take; each of its changes has the one after.
static int64_t next_raise(const struct decision *decision)
{
    const struct heap_node *newest = heap_first(&decision->account->raises);
    int64_t last = newest != NULL ? ITEM_OF(newest, struct pool, raise)->filling_since : 0;
    return last < decision->now ? decision->now : last + 1;
}

static void make_change(struct decision *decision, const struct touched *touched, int64_t raise_since)
{
    const struct dedication_change *change = touched->change;
    struct dedication_row before = present_row(decision, touched), after = before;
    const struct pool *pool = account_pool(decision->account, touched->level->row.id, touched->product);
    int64_t in_use = pool != NULL ? pool->children_dedicated + pool->assigned : 0;
    if (change->count == before.draining_to)
        return;
    after.draining_to = NUMBER_NONE;
    after.filling_to = NUMBER_NONE;
    after.filling_since = 0;
    if (change->count > before.dedicated && change->when_available) {
        after.filling_to = change->count;
        after.filling_since = before.filling_to == change->count ? before.filling_since : raise_since;
    } else if (change->count < before.dedicated && change->reclaim == RECLAIM_DRAIN && in_use > change->count) {
        after.draining_to = change->count;
        after.dedicated = in_use < before.dedicated ? in_use : before.dedicated;
    } else {
        after.dedicated = change->count;
    }
    put(decision, &before, &after);
    if (change->reclaim == RECLAIM_MOVE && change->count < before.dedicated)
        move_claims(decision, touched->level, touched->product);
}

// ---- Judging the end

static void list_holders(struct decision *decision, const struct pool *pool)
{
    struct outcome *outcome = &decision->outcome;
    struct holder *holders = arena_alloc(decision->arena, HOLDERS_MAX * sizeof *holders);
    size_t count = 0, total = 0;
    for (size_t i = 0; i < pool->level->child_count; i++) {
        const struct level *child = pool->level->children[i];
        const struct pool *below = account_pool(decision->account, child->row.id, pool->stock->product);
        if (below == NULL || below->dedicated == 0)
            continue;
        if (count < HOLDERS_MAX)
            holders[count++] =
                (struct holder){.kind = HOLDER_ORGANIZATION, .id = child->row.id, .count = below->dedicated};
        total++;
    }
    struct claims claims = claims_of_pool(decision, pool);
    for (size_t i = 0; i < claims.count && count < HOLDERS_MAX; i++) {
        const struct claim *claim = &claims.items[i];
        holders[count++] = (struct holder){
            .kind = claim->seat != NULL ? HOLDER_SEAT : HOLDER_SESSION,
            .id = claim->id,
            .user = claim->seat != NULL ? claim->seat->row.user : claim->session->row.user,
            .count = claim->count,
        };
    }
    outcome->holders = holders;
    outcome->holder_count = count;
    outcome->holder_total = total + claims.count;
}

static bool refuse_in_use(struct decision *decision, const struct work *work, const struct touched *touched)
{
    struct outcome *outcome = &decision->outcome;
    const struct dedication_change *change = touched->change;
    decision_rewind(decision, work->facts_before); // who holds what is told as it was before
    outcome->requested = change->count;
    outcome->dedicated = touched->dedicated;
    outcome->children_dedicated = touched->children_dedicated;
    outcome->assigned = touched->assigned;
    list_holders(decision, account_pool(decision->account, touched->level->row.id, touched->product));
    return decision_refuse(decision, RESULT_DEDICATION_IN_USE, NULL,
                           "%lld of the %lld licenses of %s that %s has are in use or dedicated below it (%lld "
                           "assigned, %lld dedicated), more than %lld. Lower it no further than that, or use reclaim "
                           "`drain`%s.",
                           (long long)(touched->children_dedicated + touched->assigned), (long long)touched->dedicated,
                           touched->product->code, decision_id(decision, ID_ORGANIZATION, touched->level->row.id),
                           (long long)touched->assigned, (long long)touched->children_dedicated,
                           (long long)change->count,
                           touched->children_dedicated > change->count ? "" : " or `move`");
}

static bool refuse_insufficient(struct decision *decision, const struct touched *touched, int64_t balance)
{
    struct outcome *outcome = &decision->outcome;
    outcome->requested = touched->balance - balance;
    outcome->available = touched->available;
    return decision_refuse(decision, RESULT_INSUFFICIENT_POOL, NULL,
                           "That takes %lld more licenses of %s from the pool of %s, which has %lld available. Ask for "
                           "less, free some there, or say \"when\": \"available\" to get them as they come back.",
                           (long long)outcome->requested, touched->product->code,
                           decision_id(decision, ID_LEVEL, touched->level->row.id), (long long)outcome->available);
}

static bool judge(struct decision *decision, const struct work *work, const struct touched *touched)
{
    const struct pool *pool = account_pool(decision->account, touched->level->row.id, touched->product);
    int64_t balance = pool != NULL ? pool_balance(pool) : 0;
    if (balance >= 0 || balance >= touched->balance)
        return true;
    decision->outcome.product = touched->product;
    decision->outcome.has_level = true;
    decision->outcome.level = touched->level->row.id;
    if (touched->change != NULL && touched->change->count < touched->dedicated)
        return refuse_in_use(decision, work, touched);
    return refuse_insufficient(decision, touched, balance);
}

static void answer(struct decision *decision, const struct command *command)
{
    size_t count = command->dedications.count;
    struct figures *rows = arena_alloc(decision->arena, count * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const struct dedication_change *change = &command->dedications.changes[i];
        rows[i] = level_figures(decision->account, account_level(decision->account, change->organization),
                                catalog_find(decision->catalog, change->product));
    }
    decision->outcome.result = RESULT_OK;
    decision->outcome.answer = ANSWER_FIGURES;
    decision->outcome.figures = rows;
    decision->outcome.figure_count = count;
    decision->outcome.one = command->dedications.one;
}

void decide_dedications_apply(struct decision *decision, const struct command *command)
{
    struct work work = {.facts_before = decision->fact_count, .raises_since = next_raise(decision)};
    if (!check_twice(decision, command) || !decide_plan(decision) || !find_changed(decision, command, &work))
        return;
    find_above(decision, &work);
    for (size_t i = 0; i < work.count; i++) {
        const struct dedication_change *change = work.touched[i].change;
        if (change != NULL)
            make_change(decision, &work.touched[i], work.raises_since + (change - command->dedications.changes));
    }
    settle(decision);
    for (size_t i = 0; i < work.count; i++) {
        if (!judge(decision, &work, &work.touched[i]))
            return;
    }
    answer(decision, command);
}
