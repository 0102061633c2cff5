// SPDX-License-Identifier: Apache-2.0
// Seats and their machines.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

static void unlink_seat(struct account *account, struct seat *seat)
{
    pool_assign(account, seat->pool, -1);
    seat->pool->level->seats--;
    list_remove(&seat->pool->seats, &seat->of_pool);
    list_remove(&seat->user->seats, &seat->of_user);
    table_remove(&account->seats_by_user, hash_numbers(seat->row.user, (uint64_t)(uintptr_t)seat->row.product), seat);
}

void apply_seat(struct account *account, const struct seat_row *before, const struct seat_row *after)
{
    struct seat *seat;
    if (before != NULL) {
        seat = account_seat(account, before->id);
        unlink_seat(account, seat);
        if (after == NULL) {
            CHECK(seat->machines.first == NULL);
            table_remove(&account->seats, hash_number(before->id), seat);
            free(seat);
            return;
        }
    } else {
        seat = check_calloc(1, sizeof *seat);
        table_add(&account->seats, hash_number(after->id), seat);
    }
    row_own(ROW_SEAT, &seat->row, after);
    seat->pool = pool_of(account, account_level(account, after->level), after->product);
    seat->user = account_user(account, after->user);
    list_add(&seat->pool->seats, &seat->of_pool);
    list_add(&seat->user->seats, &seat->of_user);
    table_add(&account->seats_by_user, hash_numbers(after->user, (uint64_t)(uintptr_t)after->product), seat);
    seat->pool->level->seats++;
    pool_assign(account, seat->pool, 1);
}

static bool is_machine_before(const struct seat_machine_row *a, const struct seat_machine_row *b)
{
    return a->activated_at != b->activated_at ? a->activated_at < b->activated_at : strcmp(a->machine, b->machine) < 0;
}

// In an order of their own, so that one that is taken back stands where it stood.
static void link_machine(struct seat *seat, struct seat_machine *machine)
{
    struct list_node *before = seat->machines.last;
    while (before != NULL && is_machine_before(&machine->row, &ITEM_OF(before, struct seat_machine, of_seat)->row))
        before = before->before;
    list_insert_after(&seat->machines, before, &machine->of_seat);
    seat->machine_count++;
}

void apply_seat_machine(struct account *account, const struct seat_machine_row *before,
                        const struct seat_machine_row *after)
{
    struct seat *seat = account_seat(account, after != NULL ? after->seat : before->seat);
    struct seat_machine *machine;
    if (before != NULL) {
        machine = seat_machine_find(seat, before->machine);
        list_remove(&seat->machines, &machine->of_seat);
        seat->machine_count--;
        row_disown(ROW_SEAT_MACHINE, &machine->row);
        if (after == NULL) {
            free(machine);
            return;
        }
    } else {
        machine = check_calloc(1, sizeof *machine);
    }
    row_own(ROW_SEAT_MACHINE, &machine->row, after);
    link_machine(seat, machine);
}
