// SPDX-License-Identifier: Apache-2.0
//
// Dry runs: the change is decided for real, looked at, and taken back. What it would mean is told by the figures of
// the levels it touches, the levels that would be over-committed, and the grants of the last 24 hours that would not
// have been granted.
#include "engine/decide.h"

#include "engine/pool.h"

static bool is_listed(const struct figures *rows, size_t count, uint64_t level, const struct product *product)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].level == level && rows[i].product == product)
            return true;
    }
    return false;
}

struct rows {
    struct decision *decision;
    struct figures *items;
    size_t count;
};

static void add_row(struct rows *rows, const struct level *level, const struct product *product)
{
    if (level == NULL || is_listed(rows->items, rows->count, level->row.id, product))
        return;
    rows->items = arena_grow(rows->decision->arena, rows->items, rows->count, sizeof *rows->items);
    rows->items[rows->count++] = level_figures(rows->decision->account, level, product);
}

static void add_level_and_parent(struct rows *rows, uint64_t id, const struct product *product)
{
    const struct level *level = account_level(rows->decision->account, id);
    add_row(rows, level, product);
    add_row(rows, level->parent, product);
}

static void add_fact(struct rows *rows, const struct fact *fact)
{
    const void *row = fact->after != NULL ? fact->after : fact->before;
    switch (fact_types[fact->kind].row) {
    case ROW_DEDICATION: {
        const struct dedication_row *dedication = row;
        add_level_and_parent(rows, dedication->organization, dedication->product);
        break;
    }
    case ROW_PURCHASE:
        add_row(rows, &rows->decision->account->root, ((const struct purchase_row *)row)->product);
        break;
    case ROW_SEAT:
        add_level_and_parent(rows, ((const struct seat_row *)row)->level, ((const struct seat_row *)row)->product);
        break;
    case ROW_SESSION:
        add_level_and_parent(rows, ((const struct session_row *)row)->level,
                             ((const struct session_row *)row)->product);
        break;
    default:
        break;
    }
}

static void add_named(struct rows *rows, const struct command *command)
{
    if (command->kind == COMMAND_DEDICATIONS_APPLY) {
        for (size_t i = 0; i < command->dedications.count; i++) {
            const struct dedication_change *change = &command->dedications.changes[i];
            add_level_and_parent(rows, change->organization, catalog_find(rows->decision->catalog, change->product));
        }
    } else if (command->kind == COMMAND_USAGE_POLICY_SET) {
        for (struct list_node *node = rows->decision->account->stock_order.first; node != NULL; node = node->after) {
            const struct stock *stock = ITEM_OF(node, struct stock, of_account);
            if (stock_is_shown(stock))
                add_row(rows, &rows->decision->account->root, stock->product);
        }
    }
}

// Only an account's own level can have given more than it has: what was bought is all that shrinks under use.
static void find_over(struct decision *decision, struct dry_run *dry)
{
    struct over *over = NULL;
    for (struct list_node *node = decision->account->stock_order.first; node != NULL; node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        int64_t balance = pool_balance(stock->root);
        if (balance >= 0)
            continue;
        over = arena_grow(decision->arena, over, dry->over_count, sizeof *over);
        over[dry->over_count++] = (struct over){decision->account->root.row.id, stock->product, -balance};
    }
    dry->over = over;
}

// Changes of everything else do not come with a replay; the policy concerns every product.
static void replay_for(struct decision *decision, const struct command *command, const struct rows *rows)
{
    if (command->kind == COMMAND_USAGE_POLICY_SET) {
        replay(decision, NULL);
        return;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct product *product = rows->items[i].product;
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || rows->items[j].product == product;
        if (!seen && product->model == MODEL_SESSION)
            replay(decision, product);
    }
}

void dry_run_tell(struct decision *decision, const struct command *command)
{
    struct outcome *outcome = &decision->outcome;
    // Errors of the request itself are answered as such: only what the pools say is the result of a dry run.
    bool refused = result_is_refusal(outcome->result);
    if (refused && result_types[outcome->result].status != 409)
        return;
    if (command->kind == COMMAND_ACCOUNT_APPLY)
        return; // its dry run answers the plan
    struct rows rows = {.decision = decision};
    if (refused)
        decision_rewind(decision, 0);
    add_named(&rows, command);
    for (size_t i = 0; i < decision->fact_count; i++)
        add_fact(&rows, &decision->facts[i]);
    outcome->dry = (struct dry_run){.result = outcome->result, .rows = rows.items, .row_count = rows.count};
    find_over(decision, &outcome->dry);
    if (!refused)
        replay_for(decision, command, &rows);
    if (!refused)
        outcome->dry.result = RESULT_OK;
    outcome->result = RESULT_OK;
    outcome->answer = ANSWER_DRY_RUN;
}
