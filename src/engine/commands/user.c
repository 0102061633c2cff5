// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

// What can be told without a look at anything else.
static bool check_form(struct decision *decision, const struct user_row *row)
{
    if (row->email == NULL && row->kind != USER_SERVICE)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/email",
                               "A person needs an e-mail address; only users of kind service go without.");
    if (row->organization == 0 && row->role == ROLE_ORG_ADMIN)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/organization",
                               "An org_admin administers its own organization: name one.");
    return true;
}

static bool check_email(struct decision *decision, const struct user_row *row, const struct user *self)
{
    const struct user *other = row->email != NULL ? account_user_by_email(decision->account, row->email) : NULL;
    if (other == NULL || other == self)
        return true;
    decision->outcome.with = decision_id(decision, ID_USER, other->row.id);
    return decision_refuse(decision, RESULT_CONFLICT, "/email", "%s has this e-mail address already.",
                           decision->outcome.with);
}

static bool check(struct decision *decision, const struct user_row *row, const struct user *self)
{
    return check_form(decision, row) &&
           (row->organization == 0 || decision_level(decision, row->organization, "/organization") != NULL) &&
           check_email(decision, row, self);
}

void decide_user_create(struct decision *decision, const struct command *command)
{
    struct user_row row = command->user;
    if (!check(decision, &row, NULL))
        return;
    row.id = decision_new_id(decision, ID_USER);
    row.created_at = decision->now;
    decision_add(decision, FACT_USER_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_USER, &row);
}

// A seat stays only while its user is in its level's subtree.
static void release_left_seats(struct decision *decision, const struct user *user, const struct level *level)
{
    for (struct list_node *node = user->seats.first, *after; node != NULL; node = after) {
        after = node->after;
        const struct seat *seat = ITEM_OF(node, struct seat, of_user);
        bool stays = seat->pool->level->parent == NULL || level_is_within(level, seat->pool->level);
        if (!stays)
            seat_end(decision, seat, FACT_SEAT_RELEASED, "user-moved");
    }
}

bool user_change(struct decision *decision, const struct user *user, const struct user_row *row, unsigned given)
{
    struct user_row after = user->row;
    if (given & GIVEN_EMAIL)
        after.email = row->email;
    if (given & GIVEN_NAME)
        after.name = row->name;
    if (given & GIVEN_ORGANIZATION)
        after.organization = row->organization;
    if (given & GIVEN_ROLE)
        after.role = row->role;
    if (given & GIVEN_KIND)
        after.kind = row->kind;
    if (!check(decision, &after, user))
        return false;
    if (after.organization != user->row.organization) {
        const struct level *level =
            after.organization != 0 ? account_level(decision->account, after.organization) : NULL;
        release_left_seats(decision, user, level);
    }
    if (!row_same(ROW_USER, &user->row, &after))
        decision_add(decision, FACT_USER_UPDATED, &user->row, &after);
    return true;
}

void decide_user_update(struct decision *decision, const struct command *command)
{
    const struct user *user = decision_user(decision, command->id, NULL);
    if (user != NULL && user_change(decision, user, &command->user, command->given))
        decision_answer_row(decision, RESULT_OK, ROW_USER, &user->row);
}

// What is borrowed stays with its user until its end: the machine that uses it would not know.
static bool check_borrowed(struct decision *decision, const struct user *user)
{
    for (const struct list_node *node = user->sessions.first; node != NULL; node = node->after) {
        const struct session *session = ITEM_OF(node, struct session, of_user);
        if (!session->row.borrowed)
            continue;
        decision->outcome.with = decision_id(decision, ID_SESSION, session->row.id);
        return decision_refuse(decision, RESULT_CONFLICT, NULL,
                               "The user has borrowed %s, which cannot be revoked. Have the lease returned, or wait "
                               "for its end.",
                               decision->outcome.with);
    }
    return true;
}

void decide_user_delete(struct decision *decision, const struct command *command)
{
    struct user *user = decision_user(decision, command->id, NULL);
    if (user == NULL || !check_borrowed(decision, user))
        return;
    while (user->seats.first != NULL)
        seat_end(decision, ITEM_OF(user->seats.first, struct seat, of_user), FACT_SEAT_RELEASED, "user-deleted");
    while (user->sessions.first != NULL)
        session_end(decision, ITEM_OF(user->sessions.first, struct session, of_user), SESSION_REVOKED, "user-deleted",
                    decision->now, 0);
    while (user->memberships.first != NULL) {
        const struct membership *membership = ITEM_OF(user->memberships.first, struct membership, of_user);
        struct membership_row row = {membership->project->row.id, user->row.id};
        decision_add(decision, FACT_MEMBERSHIP_REMOVED, &row, NULL);
    }
    while (user->keys.first != NULL)
        api_key_revoke(decision, ITEM_OF(user->keys.first, struct api_key, of_user));
    sign_ins_end(decision, &user->sign_ins, 0, "user-deleted");
    decision_add(decision, FACT_USER_DELETED, &user->row, NULL);
    decision->outcome.result = RESULT_DONE;
}
