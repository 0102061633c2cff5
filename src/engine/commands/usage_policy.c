// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

static void answer(struct decision *decision)
{
    decision->outcome.result = RESULT_OK;
    decision->outcome.answer = ANSWER_POLICY;
    decision->outcome.policy = decision->account->row.policy;
    decision->outcome.fallback = decision->account->row.fallback;
}

void decide_usage_policy_set(struct decision *decision, const struct command *command)
{
    if (!decide_plan(decision))
        return;
    const struct account_row *before = &decision->account->row;
    struct account_row after = *before;
    after.policy = command->usage_policy.policy;
    after.fallback = command->usage_policy.fallback;
    if (!row_same(ROW_ACCOUNT, before, &after))
        decision_add(decision, FACT_USAGE_POLICY_CHANGED, before, &after);
    answer(decision);
}

void decide_usage_policy_read(struct decision *decision, const struct command *command)
{
    (void)command;
    answer(decision);
}
