// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

static bool check_name(struct decision *decision, const struct project_row *row, const struct project *self)
{
    const struct project *other = account_project_by_name(decision->account, row->organization, row->name);
    if (other == NULL || other == self)
        return true;
    decision->outcome.with = decision_id(decision, ID_PROJECT, other->row.id);
    return decision_refuse(decision, RESULT_CONFLICT, "/name", "%s of the same organization has this name already.",
                           decision->outcome.with);
}

static bool check_organization(struct decision *decision, uint64_t organization)
{
    return decision_level(decision, organization != 0 ? organization : ID_UNKNOWN, "/organization") != NULL;
}

void decide_project_create(struct decision *decision, const struct command *command)
{
    struct project_row row = command->project;
    if (!check_organization(decision, row.organization) || !check_name(decision, &row, NULL))
        return;
    row.id = decision_new_id(decision, ID_PROJECT);
    row.created_at = decision->now;
    decision_add(decision, FACT_PROJECT_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_PROJECT, &row);
}

void decide_project_update(struct decision *decision, const struct command *command)
{
    const struct project *project = decision_project(decision, command->id, NULL);
    if (project == NULL)
        return;
    struct project_row after = project->row;
    if (command->given & GIVEN_NAME)
        after.name = command->project.name;
    if (command->given & GIVEN_ORGANIZATION)
        after.organization = command->project.organization;
    if (!check_organization(decision, after.organization) || !check_name(decision, &after, project))
        return;
    if (!row_same(ROW_PROJECT, &project->row, &after))
        decision_add(decision, FACT_PROJECT_UPDATED, &project->row, &after);
    decision_answer_row(decision, RESULT_OK, ROW_PROJECT, &project->row);
}

static void remove_member(struct decision *decision, const struct membership *membership)
{
    struct membership_row row = {membership->project->row.id, membership->user->row.id};
    decision_add(decision, FACT_MEMBERSHIP_REMOVED, &row, NULL);
}

void decide_project_delete(struct decision *decision, const struct command *command)
{
    const struct project *project = decision_project(decision, command->id, NULL);
    if (project == NULL)
        return;
    while (project->memberships.first != NULL)
        remove_member(decision, ITEM_OF(project->memberships.first, struct membership, of_project));
    decision_add(decision, FACT_PROJECT_DELETED, &project->row, NULL);
    decision->outcome.result = RESULT_DONE;
}

void decide_membership_add(struct decision *decision, const struct command *command)
{
    const struct membership_row *row = &command->membership;
    if (decision_project(decision, row->project, NULL) == NULL || decision_user(decision, row->user, NULL) == NULL)
        return;
    if (account_membership(decision->account, row->project, row->user) == NULL)
        decision_add(decision, FACT_MEMBERSHIP_ADDED, NULL, row);
    decision->outcome.result = RESULT_DONE;
}

void decide_membership_remove(struct decision *decision, const struct command *command)
{
    const struct membership_row *row = &command->membership;
    if (decision_project(decision, row->project, NULL) == NULL || decision_user(decision, row->user, NULL) == NULL)
        return;
    const struct membership *membership = account_membership(decision->account, row->project, row->user);
    if (membership == NULL) {
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "That user is not a member of the project.");
        return;
    }
    remove_member(decision, membership);
    decision->outcome.result = RESULT_DONE;
}
