// SPDX-License-Identifier: Apache-2.0
// Whether a product may be borrowed, for how long and how much of it. What is lent out stays so until its end.
#include "engine/decide.h"

static const struct stock *find(struct decision *decision, const struct command *command)
{
    const struct product *product = decision_product(decision, command->borrowing.product, NULL);
    const struct stock *stock = product != NULL ? account_stock(decision->account, product) : NULL;
    if (product == NULL || (stock != NULL && stock->max_borrow_days != 0))
        return stock;
    decision_refuse(decision, RESULT_NOT_FOUND, NULL, "%s is not lent out in this account.", product->code);
    return NULL;
}

static struct borrowing_row row_of(const struct stock *stock)
{
    return (struct borrowing_row){stock->product, stock->max_borrow_days, stock->share_percent};
}

void decide_borrowing_set(struct decision *decision, const struct command *command)
{
    const struct product *product = decision_product(decision, command->borrowing.product, NULL);
    if (product == NULL)
        return;
    if (product->model != MODEL_SESSION) {
        decision_refuse(decision, RESULT_INVALID_REQUEST, NULL, "%s is licensed by seat: only sessions are borrowed.",
                        product->code);
        return;
    }
    const struct stock *stock = account_stock(decision->account, product);
    bool is_there = stock != NULL && stock->max_borrow_days != 0;
    struct borrowing_row before = is_there ? row_of(stock) : (struct borrowing_row){0};
    struct borrowing_row after = {product, command->borrowing.max_borrow_days, command->borrowing.share_percent};
    if (!is_there || !row_same(ROW_BORROWING, &before, &after))
        decision_add(decision, FACT_BORROWING_SET, is_there ? &before : NULL, &after);
    decision_answer_row(decision, RESULT_OK, ROW_BORROWING, &after);
}

void decide_borrowing_remove(struct decision *decision, const struct command *command)
{
    const struct stock *stock = find(decision, command);
    if (stock == NULL)
        return;
    struct borrowing_row row = row_of(stock);
    decision_add(decision, FACT_BORROWING_REMOVED, &row, NULL);
    decision->outcome.result = RESULT_DONE;
}

void decide_borrowing_read(struct decision *decision, const struct command *command)
{
    const struct stock *stock = find(decision, command);
    if (stock == NULL)
        return;
    struct borrowing_row row = row_of(stock);
    decision_answer_row(decision, RESULT_OK, ROW_BORROWING, &row);
}
