// SPDX-License-Identifier: Apache-2.0
//
// The laws and the indexes, counted afresh. The figures that decisions rest on are kept up by account_apply; this
// counts them again from the rows alone and stops the process at the first that differs.
#include "engine/account.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/pool.h"
#include "engine/queue.h"
#include "engine/sign_in.h"

static int64_t count_purchases(const struct account *account, const struct product *product)
{
    int64_t quantity = 0;
    size_t cursor = 0;
    for (const struct purchase *at; (at = table_next(&account->purchases, &cursor)) != NULL;)
        quantity += at->row.product == product && at->row.in_force ? at->row.quantity : 0;
    return quantity;
}

static void check_borrowed(const struct pool *pool)
{
    int64_t borrowed = 0;
    for (size_t i = 0; i < pool->sessions.count; i++) {
        const struct session_row *row = &ITEM_OF(pool->sessions.nodes[i], struct session, lease)->row;
        if (!row->borrowed)
            continue;
        borrowed += row->count;
        CHECK(row->machine != NULL && row->expires_at == row->started_at + moment_seconds(row->ttl_s));
    }
    CHECK(pool->borrowed == borrowed);
}

static int64_t count_claims(const struct pool *pool)
{
    int64_t units = 0;
    for (size_t i = 0; i < pool->sessions.count; i++) {
        const struct session *session = ITEM_OF(pool->sessions.nodes[i], struct session, lease);
        CHECK(session->pool == pool && session->row.level == pool->level->row.id);
        CHECK(session->row.product == pool->stock->product && session->row.state == SESSION_ACTIVE);
        CHECK(session->lease.key == session->row.expires_at);
        units += session->row.count;
    }
    for (const struct list_node *node = pool->seats.first; node != NULL; node = node->after) {
        const struct seat *seat = ITEM_OF(node, struct seat, of_pool);
        CHECK(seat->pool == pool && seat->row.level == pool->level->row.id);
        CHECK(pool->level->parent == NULL || level_is_within(seat->user->level, pool->level));
        units++;
    }
    return units;
}

static int64_t count_children(const struct account *account, const struct pool *pool, int64_t *ret_use)
{
    int64_t dedicated = 0;
    *ret_use = 0;
    for (size_t i = 0; i < pool->level->child_count; i++) {
        const struct pool *below = account_pool(account, pool->level->children[i]->row.id, pool->stock->product);
        if (below == NULL)
            continue;
        CHECK(below->parent == pool);
        dedicated += below->dedicated;
        *ret_use += below->use;
    }
    return dedicated;
}

static const struct level *top_of(const struct user *user)
{
    const struct level *level = user->level;
    while (level != NULL && level->depth > 1)
        level = level->parent;
    return level;
}

// What the users of a top-level organization hold of the account's pool.
static int64_t count_group(const struct pool *pool)
{
    const struct pool *root = pool->stock->root;
    const struct level *level = pool->parent != NULL ? pool->level : NULL;
    int64_t units = 0;
    for (size_t i = 0; pool->level->depth <= 1 && i < root->sessions.count; i++) {
        const struct session *session = ITEM_OF(root->sessions.nodes[i], struct session, lease);
        units += top_of(session->user) == level ? session->row.count : 0;
    }
    return units;
}

static void check_drain(const struct pool *pool)
{
    CHECK(pool->draining_to == NUMBER_NONE || pool->filling_to == NUMBER_NONE);
    if (pool->draining_to != NUMBER_NONE)
        CHECK(pool->dedicated > pool->draining_to && pool_available(pool) == 0);
    CHECK(heap_holds(&pool->filling) == (pool->filling_to != NUMBER_NONE));
    CHECK(heap_holds(&pool->raise) == (pool->filling_to != NUMBER_NONE));
    if (pool->filling_to != NUMBER_NONE)
        CHECK(pool->dedicated < pool->filling_to && pool_available(pool->parent) == 0);
}

static void check_pool(const struct account *account, const struct pool *pool)
{
    int64_t use_below;
    CHECK(pool->dedicated >= 0 && pool->assigned >= 0 && pool->children_dedicated >= 0);
    CHECK(pool->assigned == count_claims(pool));                                   // laws 1 and 5
    CHECK(pool->children_dedicated == count_children(account, pool, &use_below)); // law 5
    CHECK(pool->use == pool->assigned + use_below);
    CHECK(pool->ranked == (pool->parent != NULL && pool->dedicated > 0));
    CHECK(!pool->ranked || pool->by_available.rank == pool_available(pool));
    CHECK(heap_holds(&pool->first_ends) == (pool->sessions.count > 0));
    CHECK(pool->sessions.count == 0 || pool->first_ends.key == pool_first_ends(pool));
    CHECK(!pool->dirty);
    check_borrowed(pool);
    CHECK(pool->group.units == count_group(pool));
    check_drain(pool);
    if (pool->parent == NULL)
        CHECK(pool->dedicated == count_purchases(account, pool->stock->product)); // law 5
    else
        CHECK(pool_balance(pool) >= 0); // law 2: only what was bought can shrink under use
}

static int64_t count_borrowed(const struct account *account, const struct stock *stock)
{
    int64_t borrowed = 0;
    size_t cursor = 0;
    for (const struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;)
        borrowed += pool->stock == stock ? pool->borrowed : 0;
    return borrowed;
}

static void check_stocks(const struct account *account)
{
    size_t short_of = 0;
    for (const struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        CHECK((stock->shortfall_since != 0) == (stock->root->use > stock->root->dedicated));
        short_of += stock->shortfall_since != 0;
        CHECK(stock->borrowed == count_borrowed(account, stock));
        CHECK((stock->max_borrow_days != 0) == (stock->share_percent != 0));
    }
    CHECK(short_of == account->shortfalls);
}

static void check_machines(const struct seat *seat)
{
    size_t count = 0;
    for (const struct list_node *node = seat->machines.first; node != NULL; node = node->after, count++) {
        const struct seat_machine *machine = ITEM_OF(node, struct seat_machine, of_seat);
        CHECK(machine->row.seat == seat->row.id && seat_machine_find(seat, machine->row.machine) == machine);
        CHECK(seat->row.state == SEAT_ACTIVATED);
    }
    CHECK(count == seat->machine_count);
}

static void check_seats(const struct account *account)
{
    CHECK(account->seats.count == account->seats_by_user.count);
    size_t cursor = 0;
    for (const struct seat *seat; (seat = table_next(&account->seats, &cursor)) != NULL;) {
        CHECK(account_seat_of(account, seat->row.user, seat->row.product) == seat); // law 4
        check_machines(seat);
    }
}

static void check_levels(const struct account *account)
{
    const struct level *top = &account->root;
    size_t count = 0;
    for (const struct level *level = level_after(top, top); level != NULL; level = level_after(level, top)) {
        count++;
        CHECK(level->depth == level->parent->depth + 1 && level->depth <= DEPTH_MAX);
        CHECK(level->row.parent == level->parent->row.id);
        CHECK(account_level(account, level->row.id) == level);
        CHECK(account_level_by_name(account, level->row.parent, level->row.name) == level);
    }
    CHECK(count == account->levels.count);
}

static void check_users(const struct account *account)
{
    size_t cursor = 0;
    for (const struct user *user; (user = table_next(&account->users, &cursor)) != NULL;) {
        CHECK((user->row.organization != 0) == (user->level != NULL));
        CHECK(user->level == NULL || user->level->row.id == user->row.organization);
        CHECK(user->row.email == NULL || account_user_by_email(account, user->row.email) == user);
    }
}

void account_check(const struct account *account)
{
    check_levels(account);
    check_users(account);
    check_seats(account);
    check_stocks(account);
    sign_ins_check(account);
    queue_check(account);
    size_t cursor = 0;
    for (const struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;)
        check_pool(account, pool);
}
