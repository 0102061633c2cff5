// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

#include "base/check.h"
#include "engine/queue.h"

typedef void decide_function(struct decision *decision, const struct command *command);

static decide_function *const functions[COMMAND_KIND_COUNT] = {
    [COMMAND_ACCOUNT_CREATE] = decide_account_create,
    [COMMAND_ACCOUNT_UPDATE] = decide_account_update,
    [COMMAND_ACCOUNT_APPLY] = decide_account_apply,
    [COMMAND_PURCHASE_CREATE] = decide_purchase_create,
    [COMMAND_PURCHASE_UPDATE] = decide_purchase_update,
    [COMMAND_PURCHASE_DELETE] = decide_purchase_delete,
    [COMMAND_ORGANIZATION_CREATE] = decide_organization_create,
    [COMMAND_ORGANIZATION_UPDATE] = decide_organization_update,
    [COMMAND_ORGANIZATION_DELETE] = decide_organization_delete,
    [COMMAND_USER_CREATE] = decide_user_create,
    [COMMAND_USER_UPDATE] = decide_user_update,
    [COMMAND_USER_DELETE] = decide_user_delete,
    [COMMAND_PROJECT_CREATE] = decide_project_create,
    [COMMAND_PROJECT_UPDATE] = decide_project_update,
    [COMMAND_PROJECT_DELETE] = decide_project_delete,
    [COMMAND_MEMBERSHIP_ADD] = decide_membership_add,
    [COMMAND_MEMBERSHIP_REMOVE] = decide_membership_remove,
    [COMMAND_DEDICATIONS_APPLY] = decide_dedications_apply,
    [COMMAND_USAGE_POLICY_SET] = decide_usage_policy_set,
    [COMMAND_SEAT_ASSIGN] = decide_seat_assign,
    [COMMAND_SEAT_RELEASE] = decide_seat_release,
    [COMMAND_SEATS_RELEASE] = decide_seats_release,
    [COMMAND_SEAT_CHECK_IN] = decide_seat_check_in,
    [COMMAND_SEAT_MACHINE_REMOVE] = decide_seat_machine_remove,
    [COMMAND_SESSION_ACQUIRE] = decide_session_acquire,
    [COMMAND_SESSION_HEARTBEAT] = decide_session_heartbeat,
    [COMMAND_SESSION_END] = decide_session_end,
    [COMMAND_LEASE_BORROW] = decide_lease_borrow,
    [COMMAND_LEASE_RETURN] = decide_lease_return,
    [COMMAND_BORROWING_SET] = decide_borrowing_set,
    [COMMAND_BORROWING_REMOVE] = decide_borrowing_remove,
    [COMMAND_API_KEY_CREATE] = decide_api_key_create,
    [COMMAND_API_KEY_REVOKE] = decide_api_key_revoke,
    [COMMAND_INVITE] = decide_invite,
    [COMMAND_INVITATION_ACCEPT] = decide_invitation_accept,
    [COMMAND_PASSWORD_SET] = decide_password_set,
    [COMMAND_SIGN_IN] = decide_sign_in,
    [COMMAND_SIGN_IN_END] = decide_sign_in_end,
    [COMMAND_SIGN_INS_END] = decide_sign_ins_end,
    [COMMAND_SESSION_EXPLAIN] = decide_session_explain,
    [COMMAND_POOLS_READ] = decide_pools_read,
    [COMMAND_ACCOUNT_READ] = decide_account_read,
    [COMMAND_USAGE_POLICY_READ] = decide_usage_policy_read,
    [COMMAND_ROW_READ] = decide_row_read,
    [COMMAND_WAITERS_READ] = decide_waiters_read,
    [COMMAND_LEASE_READ] = decide_lease_read,
    [COMMAND_BORROWING_READ] = decide_borrowing_read,
    [COMMAND_SIGN_INS_READ] = decide_sign_ins_read,
};

bool command_is_question(enum command_kind kind)
{
    return kind >= COMMAND_SESSION_EXPLAIN;
}

// Figures outlive the decision, and the names in them.
static void keep_names(struct decision *decision, const struct figures *figures, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct figures *row = (struct figures *)(uintptr_t)&figures[i];
        row->name = arena_strdup(decision->arena, row->name);
    }
}

// A heartbeat frees nothing, and nobody is served by it.
static bool has_changed(const struct decision *decision)
{
    return decision->fact_count > 1 || (decision->fact_count == 1 && !fact_types[decision->facts[0].kind].quiet);
}

void account_decide(struct decision *decision, const struct command *command)
{
    CHECK(command->kind < COMMAND_KIND_COUNT && decision->fact_count == 0);
    struct numbers numbers = *decision->numbers;
    decision->outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    functions[command->kind](decision, command);
    bool refused = result_is_refusal(decision->outcome.result);
    if (!refused)
        settle(decision);
    if (!refused && !command->dry_run && has_changed(decision))
        queue_serve(decision);
    if (command->dry_run)
        dry_run_tell(decision, command);
    keep_names(decision, decision->outcome.figures, decision->outcome.figure_count);
    keep_names(decision, decision->outcome.dry.rows, decision->outcome.dry.row_count);
    if (refused || command->dry_run) {
        decision_take_back(decision);
        *decision->numbers = numbers;
    } else if (decision->fact_count > 0) {
        decision->account->last_at = decision->now;
    }
}

bool decide_plan(struct decision *decision)
{
    if (decision->account->row.plan == PLAN_TRUE_ENTERPRISE)
        return true;
    return decision_refuse(decision, RESULT_SUBSCRIPTION_REQUIRED, NULL,
                           "Dedicated licenses and usage policies need the plan true_enterprise; this account has %s.",
                           plan_words[decision->account->row.plan]);
}
