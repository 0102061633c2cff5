// SPDX-License-Identifier: Apache-2.0
// Invitations and passwords: what is kept in the user's row (see sign_in.h).
#include "engine/decide.h"

#include "base/moment.h"
#include "engine/sign_in.h"

#include <string.h>

void decide_invite(struct decision *decision, const struct command *command)
{
    const struct user *user = decision_user(decision, command->id, NULL);
    if (user == NULL)
        return;
    if (user->row.email == NULL) {
        decision_refuse(decision, RESULT_CONFLICT, NULL,
                        "Whoever signs in does so with an e-mail address, and this user has none. Give it one first.");
        return;
    }
    struct user_row after = user->row;
    after.invitation = command->sign_in.invitation;
    after.invited_until = decision->now + moment_seconds(INVITATION_S);
    decision_add(decision, FACT_INVITATION_CREATED, &user->row, &after);
    decision_answer_row(decision, RESULT_CREATED, ROW_USER, &user->row);
    decision->outcome.answer = ANSWER_INVITATION;
}

// Whoever knew the former password is signed out: that may be why there is another.
static void set_password(struct decision *decision, struct user *user, const char *password, uint64_t except)
{
    struct user_row after = user->row;
    after.password = password;
    after.password_set_at = decision->now;
    after.invitation = NULL;
    after.invited_until = 0;
    decision_add(decision, FACT_PASSWORD_SET, &user->row, &after);
    sign_ins_end(decision, &user->sign_ins, except, "password-set");
}

void decide_invitation_accept(struct decision *decision, const struct command *command)
{
    struct user *user = account_user(decision->account, command->id);
    const char *invitation = user != NULL ? user->row.invitation : NULL;
    if (invitation == NULL || strcmp(invitation, command->sign_in.invitation) != 0 ||
        user->row.invited_until <= decision->now) {
        decision_refuse(decision, RESULT_INVITATION_ENDED, NULL, INVITATION_ENDED_DETAIL);
        return;
    }
    set_password(decision, user, command->sign_in.password, 0);
    sign_in_create(decision, user->row.id, command->sign_in.hash);
}

void decide_password_set(struct decision *decision, const struct command *command)
{
    struct user *user = decision_user(decision, command->id, NULL);
    if (user == NULL)
        return;
    set_password(decision, user, command->sign_in.password,
                 decision->actor->is_signed_in ? decision->actor->key : 0);
    decision->outcome.result = RESULT_DONE;
}
