// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

#include <string.h>

void decide_account_create(struct decision *decision, const struct command *command)
{
    struct account_row row = command->account;
    row.id = decision->account->row.id;
    row.policy = POLICY_UNRESTRICTED;
    row.fallback = true;
    row.created_at = decision->now;
    decision_add(decision, FACT_ACCOUNT_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_ACCOUNT, &decision->account->row);
}

static int64_t count_dedications(const struct account *account)
{
    int64_t count = 0;
    size_t cursor = 0;
    for (const struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;) {
        bool is_set = pool->dedicated > 0 || pool->draining_to != NUMBER_NONE || pool->filling_to != NUMBER_NONE;
        count += pool->parent != NULL && is_set;
    }
    return count;
}

static bool may_leave_plan(struct decision *decision)
{
    const struct account_row *row = &decision->account->row;
    int64_t dedications = count_dedications(decision->account);
    bool is_default = row->policy == POLICY_UNRESTRICTED && row->fallback;
    if (dedications == 0 && is_default)
        return true;
    decision->outcome.dedications = dedications;
    decision->outcome.policy = row->policy;
    decision->outcome.fallback = row->fallback;
    return decision_refuse(decision, RESULT_DEDICATIONS_EXIST, "/plan",
                           "Set the account's %lld dedications to 0 and restore the default usage policy first: other "
                           "plans have neither.",
                           (long long)dedications);
}

void decide_account_update(struct decision *decision, const struct command *command)
{
    const struct account_row *before = &decision->account->row;
    const struct account_row *wanted = &command->account;
    struct account_row after = *before;
    if (command->given & GIVEN_NAME)
        after.name = wanted->name;
    if (command->given & GIVEN_PLAN)
        after.plan = wanted->plan;
    if (command->given & GIVEN_DELEGATE_DEDICATION)
        after.delegate_dedication = wanted->delegate_dedication;
    if (command->given & GIVEN_SELF_SERVICE_SEATS)
        after.self_service_seats = wanted->self_service_seats;
    if (command->given & GIVEN_ON_SHORTFALL)
        after.on_shortfall = wanted->on_shortfall;
    if (command->given & GIVEN_SHORTFALL_GRACE_S)
        after.shortfall_grace_s = wanted->shortfall_grace_s;
    if (before->plan == PLAN_TRUE_ENTERPRISE && after.plan != PLAN_TRUE_ENTERPRISE && !may_leave_plan(decision))
        return;
    if (!row_same(ROW_ACCOUNT, before, &after))
        decision_add(decision, FACT_ACCOUNT_UPDATED, before, &after);
    decision_answer_row(decision, RESULT_OK, ROW_ACCOUNT, &decision->account->row);
}
