// SPDX-License-Identifier: Apache-2.0
//
// Facts made true: one function for each kind of row, which sees the row as it was and as it is now (apply/). Taking a
// fact back is the same with the two exchanged.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/queue.h"
#include "engine/sign_in.h"

static void apply_account(struct account *account, const struct account_row *after)
{
    uint64_t id = account->row.id;
    row_disown(ROW_ACCOUNT, &account->row);
    if (after != NULL) {
        row_own(ROW_ACCOUNT, &account->row, after);
        CHECK(account->row.id == id);
        account->root.row.name = account->row.name;
    } else {
        account->row = (struct account_row){.id = id};
        account->root.row.name = "";
    }
}

static void change(struct account *account, enum row_kind kind, const void *before, const void *after)
{
    CHECK(before != NULL || after != NULL);
    switch (kind) {
    case ROW_ACCOUNT:
        apply_account(account, after);
        return;
    case ROW_PURCHASE:
        apply_purchase(account, before, after);
        return;
    case ROW_ORGANIZATION:
        apply_organization(account, before, after);
        return;
    case ROW_USER:
        apply_user(account, before, after);
        return;
    case ROW_PROJECT:
        apply_project(account, before, after);
        return;
    case ROW_MEMBERSHIP:
        apply_membership(account, before, after);
        return;
    case ROW_DEDICATION:
        apply_dedication(account, before, after);
        return;
    case ROW_SEAT:
        apply_seat(account, before, after);
        return;
    case ROW_SEAT_MACHINE:
        apply_seat_machine(account, before, after);
        return;
    case ROW_SESSION:
        apply_session(account, before, after);
        return;
    case ROW_COOLDOWN:
        apply_cooldown(account, before, after);
        return;
    case ROW_SHORTFALL:
        apply_shortfall(account, before, after);
        return;
    case ROW_BORROWING:
        apply_borrowing(account, before, after);
        return;
    case ROW_API_KEY:
        apply_api_key(account, before, after);
        return;
    case ROW_SIGN_IN:
        sign_in_apply(account, before, after);
        return;
    case ROW_PRODUCT: // belongs to the catalog
    case ROW_WAITER:  // and this to the line
    case ROW_KINDS:
        break;
    }
    check_failed("a fact of an account", __FILE__, __LINE__);
}

// Who waits in line may have lost the right to, or come to be eligible elsewhere.
static void note_rights(struct account *account, enum fact_kind kind)
{
    switch (fact_types[kind].row) {
    case ROW_SEAT:
    case ROW_SEAT_MACHINE:
    case ROW_SESSION:
    case ROW_DEDICATION:
    case ROW_PURCHASE:
    case ROW_SHORTFALL:
    case ROW_BORROWING:
        return;
    default:
        if (!fact_types[kind].quiet)
            queue_note_rights(account);
    }
}

void account_apply(struct account *account, const struct fact *fact)
{
    note_rights(account, fact->kind);
    change(account, fact_types[fact->kind].row, fact->before, fact->after);
}

void account_unapply(struct account *account, const struct fact *fact)
{
    note_rights(account, fact->kind);
    queue_note_taken_back(account);
    change(account, fact_types[fact->kind].row, fact->after, fact->before);
}
