// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

static bool check_span(struct decision *decision, const struct purchase_row *row)
{
    if (row->starts_at == 0 || row->ends_at == 0 || row->starts_at < row->ends_at)
        return true;
    return decision_refuse(decision, RESULT_INVALID_REQUEST, "/ends_at", "A purchase ends after it starts.");
}

bool purchase_in_force(const struct purchase_row *row, int64_t now)
{
    return row->starts_at <= now && (row->ends_at == 0 || now < row->ends_at);
}

static struct purchase *find(struct decision *decision, uint64_t id)
{
    struct purchase *purchase = account_purchase(decision->account, id);
    if (purchase == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such purchase.");
    return purchase;
}

void decide_purchase_create(struct decision *decision, const struct command *command)
{
    struct purchase_row row = command->purchase.row;
    if (!check_span(decision, &row))
        return;
    row.product = decision_product(decision, command->purchase.product, "/product");
    if (row.product == NULL)
        return;
    row.id = decision_new_id(decision, ID_PURCHASE);
    row.created_at = decision->now;
    row.in_force = purchase_in_force(&row, decision->now);
    decision_add(decision, FACT_PURCHASE_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_PURCHASE, &row);
}

void decide_purchase_update(struct decision *decision, const struct command *command)
{
    const struct purchase_row *wanted = &command->purchase.row;
    if (!check_span(decision, wanted)) // wrong whatever the purchase has: an end that is not given is none
        return;
    const struct purchase *purchase = find(decision, command->id);
    if (purchase == NULL)
        return;
    struct purchase_row after = purchase->row;
    if (command->given & GIVEN_QUANTITY)
        after.quantity = wanted->quantity;
    if (command->given & GIVEN_STARTS_AT)
        after.starts_at = wanted->starts_at;
    if (command->given & GIVEN_ENDS_AT)
        after.ends_at = wanted->ends_at;
    if (!check_span(decision, &after))
        return;
    if (command->given & GIVEN_PRODUCT) {
        const struct product *product = decision_product(decision, command->purchase.product, "/product");
        if (product == NULL)
            return;
        if (product != after.product) {
            decision_refuse(decision, RESULT_CONFLICT, "/product",
                            "The product of a purchase stays. Make a new purchase and end this one.");
            return;
        }
    }
    after.in_force = purchase_in_force(&after, decision->now);
    if (!row_same(ROW_PURCHASE, &purchase->row, &after))
        decision_add(decision, FACT_PURCHASE_UPDATED, &purchase->row, &after);
    decision_answer_row(decision, RESULT_OK, ROW_PURCHASE, &after);
}

void decide_purchase_delete(struct decision *decision, const struct command *command)
{
    const struct purchase *purchase = find(decision, command->id);
    if (purchase == NULL)
        return;
    decision_add(decision, FACT_PURCHASE_DELETED, &purchase->row, NULL);
    decision->outcome.result = RESULT_DONE;
}
