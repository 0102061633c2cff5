// SPDX-License-Identifier: Apache-2.0
#include "engine/account.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>

struct sending {
    account_sink *sink;
    void *arg;
};

static void send(const struct sending *sending, enum fact_kind kind, const void *row)
{
    sending->sink(sending->arg, &(struct fact){.kind = kind, .after = row});
}

// Items keep their row, and in it the id, in front.
static int by_id(const void *a, const void *b)
{
    uint64_t left = **(uint64_t *const *)a, right = **(uint64_t *const *)b;
    return left < right ? -1 : left > right;
}

static void send_all(const struct sending *sending, const struct table *table, enum fact_kind kind)
{
    if (table->count == 0)
        return;
    void **items = check_malloc(table->count * sizeof *items);
    size_t count = 0, cursor = 0;
    for (void *item; (item = table_next(table, &cursor)) != NULL;)
        items[count++] = item;
    qsort(items, count, sizeof *items, by_id);
    for (size_t i = 0; i < count; i++)
        send(sending, kind, items[i]);
    free(items);
}

static void send_levels(const struct sending *sending, const struct account *account)
{
    const struct level *top = &account->root;
    for (const struct level *level = level_after(top, top); level != NULL; level = level_after(level, top))
        send(sending, FACT_ORGANIZATION_CREATED, &level->row);
}

static void send_pools(const struct sending *sending, const struct account *account)
{
    const struct level *top = &account->root;
    for (const struct level *level = top; level != NULL; level = level_after(level, top)) {
        for (const struct list_node *node = level->pools.first; node != NULL; node = node->after) {
            struct dedication_row row = pool_dedication(ITEM_OF(node, struct pool, of_level));
            bool is_set = row.dedicated > 0 || row.draining_to != NUMBER_NONE || row.filling_to != NUMBER_NONE;
            if (level->parent != NULL && is_set)
                send(sending, FACT_DEDICATION_CHANGED, &row);
        }
    }
}

static void send_memberships(const struct sending *sending, const struct account *account)
{
    size_t cursor = 0;
    for (const struct membership *at; (at = table_next(&account->memberships, &cursor)) != NULL;) {
        struct membership_row row = {at->project->row.id, at->user->row.id};
        send(sending, FACT_MEMBERSHIP_ADDED, &row);
    }
}

static void send_machines(const struct sending *sending, const struct account *account)
{
    size_t cursor = 0;
    for (const struct seat *seat; (seat = table_next(&account->seats, &cursor)) != NULL;) {
        for (const struct list_node *node = seat->machines.first; node != NULL; node = node->after)
            send(sending, FACT_SEAT_MACHINE_ACTIVATED, &ITEM_OF(node, struct seat_machine, of_seat)->row);
    }
}

static void send_shortfalls(const struct sending *sending, const struct account *account)
{
    for (const struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        struct shortfall_row row = {stock->product, stock->shortfall_since};
        if (row.since_at != 0)
            send(sending, FACT_SHORTFALL_BEGAN, &row);
    }
}

static void send_borrowings(const struct sending *sending, const struct account *account)
{
    for (const struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        struct borrowing_row row = {stock->product, stock->max_borrow_days, stock->share_percent};
        if (row.max_borrow_days != 0)
            send(sending, FACT_BORROWING_SET, &row);
    }
}

void account_snapshot(const struct account *account, account_sink *sink, void *arg)
{
    struct sending sending = {sink, arg};
    send(&sending, FACT_ACCOUNT_CREATED, &account->row);
    send_levels(&sending, account);
    send_all(&sending, &account->users, FACT_USER_CREATED);
    send_all(&sending, &account->projects, FACT_PROJECT_CREATED);
    send_memberships(&sending, account);
    send_all(&sending, &account->purchases, FACT_PURCHASE_CREATED);
    send_pools(&sending, account);
    send_all(&sending, &account->seats, FACT_SEAT_ASSIGNED);
    send_machines(&sending, account);
    send_all(&sending, &account->sessions, FACT_SESSION_ACQUIRED);
    send_all(&sending, &account->cooldowns, FACT_COOLDOWN_SET);
    send_shortfalls(&sending, account);
    send_borrowings(&sending, account);
    send_all(&sending, &account->keys, FACT_API_KEY_CREATED);
    send_all(&sending, &account->sign_ins, FACT_SIGN_IN_CREATED);
}
