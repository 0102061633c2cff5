// SPDX-License-Identifier: Apache-2.0
// The dedications of a declarative account: gathered first, then made all at once, and judged by their end.
#include "engine/commands/declare.h"

#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

static void gather(struct declaration *declaration, const struct level *level, const struct product *product,
                   int64_t count)
{
    struct decision *decision = declaration->decision;
    const struct pool *pool = account_pool(decision->account, level->row.id, product);
    int64_t present = pool != NULL ? pool->dedicated : 0;
    bool is_settled = pool == NULL || (pool->draining_to == NUMBER_NONE && pool->filling_to == NUMBER_NONE);
    // What it drains or fills to is what was asked for before.
    bool is_on_its_way = pool != NULL && (pool->draining_to == count || pool->filling_to == count);
    if ((present == count && is_settled) || is_on_its_way)
        return;
    declaration->changes = arena_grow(decision->arena, declaration->changes, declaration->change_count,
                                      sizeof *declaration->changes);
    declaration->changes[declaration->change_count++] =
        (struct dedication_change){.organization = level->row.id, .product = product->code, .count = count};
    plan_add(declaration, (struct plan_step){
                              .action = present == 0 ? PLAN_CREATE : count == 0 ? PLAN_DELETE : PLAN_UPDATE,
                              .kind = "dedication",
                              .subject = plan_path(declaration, level, product->code),
                              .id = plan_id(declaration, ID_ORGANIZATION, level->row.id),
                              .from = plan_number(declaration, present),
                              .to = plan_number(declaration, count),
                          });
}

bool declare_dedications(struct declaration *declaration, const struct level *level,
                         const struct wanted_organization *wanted, const char *pointer)
{
    struct arena *arena = declaration->decision->arena;
    for (size_t i = 0; i < wanted->dedication_count; i++) {
        const struct wanted_dedication *dedication = &wanted->dedications[i];
        const char *place = arena_printf(arena, "%s/dedications/%s", pointer, dedication->product);
        const struct product *product = decision_product(declaration->decision, dedication->product, place);
        if (product == NULL)
            return false;
        declaration->wishes = arena_grow(arena, declaration->wishes, declaration->wish_count, sizeof(struct wish));
        declaration->wishes[declaration->wish_count] =
            (struct wish){.level = level, .product = product, .pointer = place, .order = declaration->wish_count};
        declaration->wish_count++;
        gather(declaration, level, product, dedication->count);
    }
    return true;
}

static int by_target(const void *a, const void *b)
{
    const struct wish *left = a, *right = b;
    if (left->level->row.id != right->level->row.id)
        return left->level->row.id < right->level->row.id ? -1 : 1;
    return strcmp(left->product->code, right->product->code);
}

static int by_target_and_order(const void *a, const void *b)
{
    const struct wish *left = a, *right = b;
    int order = by_target(a, b);
    return order != 0 ? order : left->order < right->order ? -1 : 1;
}

static bool check_twice(struct declaration *declaration)
{
    struct wish *wishes = declaration->wishes;
    if (declaration->wish_count > 1)
        qsort(wishes, declaration->wish_count, sizeof *wishes, by_target_and_order);
    for (size_t i = 1; i < declaration->wish_count; i++) {
        if (by_target(&wishes[i - 1], &wishes[i]) == 0)
            return decision_refuse(declaration->decision, RESULT_INVALID_REQUEST, wishes[i].pointer,
                                   "The same organization and product come twice. Say it once.");
    }
    return true;
}

static void prune(struct declaration *declaration)
{
    const struct level *top = &declaration->decision->account->root;
    for (const struct level *level = level_after(top, top); level != NULL; level = level_after(level, top)) {
        for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
            const struct product *product = ITEM_OF(node, struct pool, of_level)->stock->product;
            struct wish wish = {.level = level, .product = product};
            if (declaration->wish_count == 0 || bsearch(&wish, declaration->wishes, declaration->wish_count,
                                                        sizeof wish, by_target) == NULL)
                gather(declaration, level, product, 0);
        }
    }
}

bool declare_make_dedications(struct declaration *declaration)
{
    if (!check_twice(declaration))
        return false;
    if (declaration->wanted->prune)
        prune(declaration);
    if (declaration->change_count == 0)
        return true;
    struct command command = {.dedications = {.changes = declaration->changes, .count = declaration->change_count}};
    decide_dedications_apply(declaration->decision, &command);
    return !result_is_refusal(declaration->decision->outcome.result);
}
