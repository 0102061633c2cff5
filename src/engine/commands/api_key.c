// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

static bool check_holder(struct decision *decision, const struct api_key_row *row)
{
    if (row->user != 0 && decision_user(decision, row->user, "/user") == NULL)
        return false;
    if (row->role == ROLE_MEMBER && row->user == 0)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/user", "A member's key belongs to a user: name it.");
    if (row->role == ROLE_ORG_ADMIN && row->organization == 0)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/organization",
                               "An org_admin's key administers an organization: name it.");
    return row->organization == 0 || decision_level(decision, row->organization, "/organization") != NULL;
}

void decide_api_key_create(struct decision *decision, const struct command *command)
{
    struct api_key_row row = command->api_key;
    if (row.expires_at != 0 && row.expires_at <= decision->now) {
        decision_refuse(decision, RESULT_INVALID_REQUEST, "/expires_at", "That moment has passed already.");
        return;
    }
    // An org_admin's key is for its user's organization unless another is named.
    const struct user *user = row.user != 0 ? account_user(decision->account, row.user) : NULL;
    if (row.role == ROLE_ORG_ADMIN && row.organization == 0 && user != NULL)
        row.organization = user->row.organization;
    if (!check_holder(decision, &row))
        return;
    row.id = decision_new_id(decision, ID_API_KEY);
    row.created_at = decision->now;
    decision_add(decision, FACT_API_KEY_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_API_KEY, &row);
}

void api_key_revoke(struct decision *decision, const struct api_key *key)
{
    struct api_key_row after = key->row;
    after.revoked_at = decision->now;
    decision_add(decision, FACT_API_KEY_REVOKED, &key->row, &after);
}

void decide_api_key_revoke(struct decision *decision, const struct command *command)
{
    const struct api_key *key = account_key(decision->account, command->id);
    if (key == NULL) {
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such API key.");
        return;
    }
    if (key->row.revoked_at == 0)
        api_key_revoke(decision, key);
    decision->outcome.result = RESULT_DONE;
}
