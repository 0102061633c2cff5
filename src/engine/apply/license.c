// SPDX-License-Identifier: Apache-2.0
// What there is, and to whom it is promised: purchases, dedications, shortfalls, borrowing.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>

void apply_purchase(struct account *account, const struct purchase_row *before, const struct purchase_row *after)
{
    const struct product *product = before != NULL ? before->product : after->product;
    struct pool *pool = pool_of(account, &account->root, product);
    struct purchase *purchase;
    if (before != NULL) {
        purchase = account_purchase(account, before->id);
        if (heap_holds(&purchase->due))
            heap_remove(&account->dues, &purchase->due);
        pool_dedicate(account, pool, before->in_force ? -before->quantity : 0);
        if (after == NULL) {
            pool->stock->purchases--;
            table_remove(&account->purchases, hash_number(before->id), purchase);
            free(purchase);
            return;
        }
    } else {
        purchase = check_calloc(1, sizeof *purchase);
        pool->stock->purchases++;
        table_add(&account->purchases, hash_number(after->id), purchase);
    }
    row_own(ROW_PURCHASE, &purchase->row, after);
    pool_dedicate(account, pool, after->in_force ? after->quantity : 0);
    // One that is not in force is looked at when it starts; one that has ended drops out at the first look.
    int64_t due = after->in_force ? after->ends_at : after->starts_at > 0 ? after->starts_at : 1;
    if (due != 0)
        heap_add(&account->dues, &purchase->due, due, after->id);
}

void apply_dedication(struct account *account, const struct dedication_row *before, const struct dedication_row *after)
{
    static const struct dedication_row none = {.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    const struct dedication_row *key = after != NULL ? after : before;
    struct pool *pool = pool_of(account, account_level(account, key->organization), key->product);
    const struct dedication_row *was = before != NULL ? before : &none, *is = after != NULL ? after : &none;
    CHECK(pool->dedicated == was->dedicated && pool->draining_to == was->draining_to);
    pool->stock->draining -= was->draining_to != NUMBER_NONE;
    pool->stock->draining += is->draining_to != NUMBER_NONE;
    pool->draining_to = is->draining_to;
    if (heap_holds(&pool->filling)) {
        heap_remove(&pool->parent->fillers, &pool->filling);
        heap_remove(&account->raises, &pool->raise);
    }
    pool->filling_to = is->filling_to;
    pool->filling_since = is->filling_since;
    if (is->filling_to != NUMBER_NONE) {
        heap_add(&pool->parent->fillers, &pool->filling, is->filling_since, key->organization);
        heap_add(&account->raises, &pool->raise, -is->filling_since, key->organization);
    }
    pool_dedicate(account, pool, is->dedicated - was->dedicated);
}

void apply_shortfall(struct account *account, const struct shortfall_row *before, const struct shortfall_row *after)
{
    struct stock *stock = stock_of(account, after != NULL ? after->product : before->product);
    account->shortfalls -= stock->shortfall_since != 0;
    account->shortfalls += after != NULL;
    stock->shortfall_since = after != NULL ? after->since_at : 0;
}

void apply_borrowing(struct account *account, const struct borrowing_row *before, const struct borrowing_row *after)
{
    struct stock *stock = stock_of(account, after != NULL ? after->product : before->product);
    stock->max_borrow_days = after != NULL ? after->max_borrow_days : 0;
    stock->share_percent = after != NULL ? after->share_percent : 0;
}
