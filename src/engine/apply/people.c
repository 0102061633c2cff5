// SPDX-License-Identifier: Apache-2.0
// Users, projects, and who is a member of which.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>

static void regroup(struct account *account, const struct user *user, int64_t sign)
{
    for (struct list_node *node = user->sessions.first; node != NULL; node = node->after) {
        const struct session *session = ITEM_OF(node, struct session, of_user);
        pool_group(account, session->pool, user, sign * session->row.count);
    }
}

static void unlink_user(struct account *account, struct user *user)
{
    regroup(account, user, -1);
    if (user->row.email != NULL)
        table_remove(&account->users_by_email, hash_text_folded(user->row.email), user);
    if (user->level != NULL)
        user->level->users--;
    row_disown(ROW_USER, &user->row);
}

void apply_user(struct account *account, const struct user_row *before, const struct user_row *after)
{
    struct user *user;
    if (before != NULL) {
        user = account_user(account, before->id);
        unlink_user(account, user);
        if (after == NULL) {
            CHECK(user->memberships.first == NULL && user->seats.first == NULL && user->sessions.first == NULL);
            CHECK(user->keys.first == NULL && user->sign_ins.first == NULL);
            table_remove(&account->users, hash_number(before->id), user);
            free(user);
            return;
        }
    } else {
        user = check_calloc(1, sizeof *user);
        table_add(&account->users, hash_number(after->id), user);
    }
    row_own(ROW_USER, &user->row, after);
    user->level = after->organization != 0 ? account_level(account, after->organization) : NULL;
    if (user->level != NULL)
        user->level->users++;
    regroup(account, user, 1);
    if (user->row.email != NULL)
        table_add(&account->users_by_email, hash_text_folded(user->row.email), user);
}

static uint64_t project_name_hash(const struct project *project)
{
    return hash_numbers(project->row.organization, hash_text(project->row.name));
}

void apply_project(struct account *account, const struct project_row *before, const struct project_row *after)
{
    struct project *project;
    if (before != NULL) {
        project = account_project(account, before->id);
        table_remove(&account->projects_by_name, project_name_hash(project), project);
        project->level->projects--;
        row_disown(ROW_PROJECT, &project->row);
        if (after == NULL) {
            CHECK(project->memberships.first == NULL);
            table_remove(&account->projects, hash_number(before->id), project);
            free(project);
            return;
        }
    } else {
        project = check_calloc(1, sizeof *project);
        table_add(&account->projects, hash_number(after->id), project);
    }
    row_own(ROW_PROJECT, &project->row, after);
    project->level = account_level(account, after->organization);
    project->level->projects++;
    table_add(&account->projects_by_name, project_name_hash(project), project);
}

void apply_membership(struct account *account, const struct membership_row *before, const struct membership_row *after)
{
    if (before != NULL) {
        struct membership *membership = account_membership(account, before->project, before->user);
        list_remove(&membership->user->memberships, &membership->of_user);
        list_remove(&membership->project->memberships, &membership->of_project);
        table_remove(&account->memberships, hash_numbers(before->project, before->user), membership);
        free(membership);
        return;
    }
    struct membership *membership = check_calloc(1, sizeof *membership);
    membership->project = account_project(account, after->project);
    membership->user = account_user(account, after->user);
    list_add(&membership->user->memberships, &membership->of_user);
    list_add(&membership->project->memberships, &membership->of_project);
    table_add(&account->memberships, hash_numbers(after->project, after->user), membership);
}
