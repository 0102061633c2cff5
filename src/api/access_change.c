// SPDX-License-Identifier: Apache-2.0
//
// What may be changed. Each function answers with the sentence of the refusal, or with ALLOWED. What a command names
// and the account does not have is let through: that it does not exist is the better answer, and the engine's.
#include "api/access_parts.h"

#include "base/check.h"

#include <string.h>

#define ALLOWED NULL

static const char outside[] = "That lies outside the organization that you administer, and what is below it.";
static const char only_itself[] = "With this role that is done for one's own user only.";
static const char only_started[] = "A key with the role platform does that only with sessions that it started.";
static const char above_itself[] = "That user or key has a role above yours.";
static const char own_password[] = "A password is set by its user only. To have a forgotten one replaced, make an "
                                   "invitation for the user.";
static const char gives_only[] = "An org_admin gives only the roles member and org_admin.";

static bool is_own(const struct asker *asker, uint64_t user)
{
    return asker->actor->user != 0 && asker->actor->user == user;
}

// A level that exists, and is not the asker's to administer.
static bool is_outside(const struct asker *asker, uint64_t level)
{
    const struct level *found = account_level(asker->account, level);
    return found != NULL && !asker_administers(asker, found);
}

static bool is_above(enum role role)
{
    return role != ROLE_MEMBER && role != ROLE_ORG_ADMIN;
}

// ---- Users and projects

static const char *user_create(const struct asker *asker, const struct command *command)
{
    if (is_above(command->user.role))
        return gives_only;
    // Below the account itself there is no organization that could be one's own.
    return is_outside(asker, command->user.organization) ? outside : ALLOWED;
}

static const char *user_target(const struct asker *asker, uint64_t id)
{
    const struct user *user = account_user(asker->account, id);
    if (user == NULL)
        return ALLOWED;
    if (!asker_administers(asker, user->level))
        return outside;
    return is_above(user->row.role) ? above_itself : ALLOWED;
}

static const char *user_update(const struct asker *asker, const struct command *command)
{
    const char *refusal = user_target(asker, command->id);
    const struct user *user = account_user(asker->account, command->id);
    if (refusal != ALLOWED || user == NULL)
        return refusal;
    bool sets_role = (command->given & GIVEN_ROLE) != 0 && command->user.role != user->row.role;
    bool moves = (command->given & GIVEN_ORGANIZATION) != 0 && command->user.organization != user->row.organization;
    if (is_own(asker, command->id) && (sets_role || moves))
        return "An org_admin changes neither its own role nor its own organization.";
    if (sets_role && is_above(command->user.role))
        return gives_only;
    return moves && is_outside(asker, command->user.organization) ? outside : ALLOWED;
}

// Its keys would be revoked with it.
static bool holds_key_above(const struct user *user)
{
    const struct list_node *node = user != NULL ? user->keys.first : NULL;
    while (node != NULL && !is_above(ITEM_OF(node, struct api_key, of_user)->row.role))
        node = node->after;
    return node != NULL;
}

static const char *user_delete(const struct asker *asker, const struct command *command)
{
    if (is_own(asker, command->id))
        return "An org_admin does not delete its own user.";
    const char *refusal = user_target(asker, command->id);
    if (refusal == ALLOWED && holds_key_above(account_user(asker->account, command->id)))
        return "That user holds a key with a role above yours, which would be revoked.";
    return refusal;
}

static const char *user_invite(const struct asker *asker, const struct command *command)
{
    return user_target(asker, command->id);
}

static const char *user_sign_out(const struct asker *asker, const struct command *command)
{
    if (is_own(asker, command->id))
        return ALLOWED;
    if (asker->top != NULL)
        return user_target(asker, command->id);
    return account_user(asker->account, command->id) != NULL ? only_itself : ALLOWED;
}

// Not even an admin sets that of another: it would have to know the present one.
static const char *password_set(const struct asker *asker, const struct command *command)
{
    bool is_there = account_user(asker->account, command->id) != NULL;
    return is_own(asker, command->id) || !is_there ? ALLOWED : own_password;
}

static const char *project_create(const struct asker *asker, const struct command *command)
{
    return is_outside(asker, command->project.organization) ? outside : ALLOWED;
}

static const char *project_target(const struct asker *asker, uint64_t id)
{
    const struct project *project = account_project(asker->account, id);
    return project == NULL || asker_administers(asker, project->level) ? ALLOWED : outside;
}

static const char *project_update(const struct asker *asker, const struct command *command)
{
    const char *refusal = project_target(asker, command->id);
    if (refusal != ALLOWED || (command->given & GIVEN_ORGANIZATION) == 0)
        return refusal;
    return is_outside(asker, command->project.organization) ? outside : ALLOWED;
}

static const char *project_delete(const struct asker *asker, const struct command *command)
{
    return project_target(asker, command->id);
}

static const char *membership(const struct asker *asker, const struct command *command)
{
    return project_target(asker, command->membership.project);
}

// ---- Dedications: from its own organization to those below it

static const char *dedications(const struct asker *asker, const struct command *command)
{
    if (!asker->account->row.delegate_dedication)
        return "In this account only account admins dedicate licenses (setting delegate_dedication).";
    for (size_t i = 0; i < command->dedications.count; i++) {
        uint64_t id = command->dedications.changes[i].organization;
        if (asker->top != NULL && id == asker->top->row.id)
            return "An org_admin dedicates to organizations below its own, not to its own.";
        if (is_outside(asker, id))
            return outside;
    }
    return ALLOWED;
}

// ---- Seats

static const char *seat_claim(const struct asker *asker, const struct command *command)
{
    if (!is_own(asker, command->seat.user))
        return account_user(asker->account, command->seat.user) != NULL ? only_itself : ALLOWED;
    if (!asker->account->row.self_service_seats)
        return "In this account users do not claim seats for themselves (setting self_service_seats).";
    const struct level *level = account_level(asker->account, command->seat.level);
    if (level == NULL || (asker->user != NULL && asker->user->level == level))
        return ALLOWED;
    return "A user claims a seat from its own organization only.";
}

static const char *seat_assign(const struct asker *asker, const struct command *command)
{
    if (asker_administers_id(asker, command->seat.level))
        return ALLOWED;
    if (asker->top != NULL && !is_own(asker, command->seat.user))
        return is_outside(asker, command->seat.level) ? outside : ALLOWED;
    return seat_claim(asker, command);
}

static const char *seat_release(const struct asker *asker, const struct command *command)
{
    const struct seat *seat = account_seat(asker->account, command->id);
    return seat == NULL || asker_administers(asker, seat->pool->level) ? ALLOWED : outside;
}

static const char *seat_check_in(const struct asker *asker, const struct command *command)
{
    const struct seat *seat = account_seat(asker->account, command->id);
    if (seat == NULL || is_own(asker, seat->row.user) || asker_administers(asker, seat->pool->level))
        return ALLOWED;
    return asker->top != NULL ? outside : only_itself;
}

static const char *seats_release(const struct asker *asker, const struct command *command)
{
    for (size_t i = 0; i < command->release.count; i++) {
        const struct seat *seat = account_seat(asker->account, command->release.seats[i]);
        if (seat != NULL && !asker_administers(asker, seat->pool->level))
            return outside;
    }
    return ALLOWED;
}

// ---- Sessions

static const char *session_ask(const struct asker *asker, const struct command *command)
{
    if (asker->actor->role == ROLE_PLATFORM && command->kind == COMMAND_SESSION_ACQUIRE)
        return ALLOWED;
    uint64_t user = command->session.user != 0 ? command->session.user : asker->actor->user;
    if (is_own(asker, user))
        return ALLOWED;
    // A key without a user does this for nobody, whoever is named.
    bool exists = asker->actor->user == 0 || account_user(asker->account, user) != NULL;
    return exists ? only_itself : ALLOWED;
}

static bool holds(const struct asker *asker, const struct session_row *row)
{
    return is_own(asker, row->user) || (asker->actor->role == ROLE_PLATFORM && row->key == asker->actor->key);
}

static const char *not_held(const struct asker *asker)
{
    return asker->actor->role == ROLE_PLATFORM ? only_started : asker->top != NULL ? outside : only_itself;
}

static const char *session_heartbeat(const struct asker *asker, const struct command *command)
{
    const struct session_row *row = asker_session(asker, command->id);
    if (row == NULL || holds(asker, row))
        return ALLOWED;
    return asker->actor->role == ROLE_PLATFORM ? only_started : only_itself;
}

static const char *session_end_it(const struct asker *asker, const struct command *command)
{
    const struct session_row *row = asker_session(asker, command->id);
    if (row == NULL || asker_administers_id(asker, row->level))
        return ALLOWED;
    if (!holds(asker, row))
        return not_held(asker);
    if (command->end.reason != NULL || command->end.cooldown_s > 0)
        return "Only an admin of the level revokes, with a reason or a cool-down. Leave both out to release.";
    return ALLOWED;
}

// ---- API keys

static const char *key_create_below(const struct asker *asker, const struct api_key_row *row)
{
    if (is_above(row->role))
        return gives_only;
    if (row->user != 0) {
        const char *refusal = user_target(asker, row->user);
        if (refusal != ALLOWED)
            return refusal;
    }
    return row->organization != 0 && is_outside(asker, row->organization) ? outside : ALLOWED;
}

static const char *key_create(const struct asker *asker, const struct command *command)
{
    const struct api_key_row *row = &command->api_key;
    bool is_own_member_key = row->role == ROLE_MEMBER && is_own(asker, row->user) && row->organization == 0;
    if (is_own_member_key)
        return ALLOWED;
    if (asker->actor->role == ROLE_ORG_ADMIN)
        return key_create_below(asker, row);
    return "With this role one makes only keys with the role member, for one's own user.";
}

static const char *key_revoke_below(const struct asker *asker, const struct api_key_row *row)
{
    bool is_inside = (row->user != 0 || row->organization != 0) &&
                     (row->user == 0 || asker_administers_user(asker, row->user)) &&
                     (row->organization == 0 || asker_administers_id(asker, row->organization));
    if (!is_inside)
        return outside;
    if (is_above(row->role))
        return above_itself;
    return row->user != 0 ? user_target(asker, row->user) : ALLOWED;
}

static const char *key_revoke(const struct asker *asker, const struct command *command)
{
    const struct api_key *key = account_key(asker->account, command->id);
    if (key == NULL || key->row.id == asker->actor->key ||
        (is_own(asker, key->row.user) && key->row.role == ROLE_MEMBER))
        return ALLOWED;
    if (asker->actor->role == ROLE_ORG_ADMIN)
        return key_revoke_below(asker, &key->row);
    return "With this role one revokes only keys with the role member, of one's own user.";
}

// ---- All

static const char *account_update(const struct asker *asker, const struct command *command)
{
    if (asker->actor->role == ROLE_OPERATOR || (command->given & GIVEN_PLAN) == 0)
        return ALLOWED;
    return "Only the operator sets the plan of an account. Leave `plan` out.";
}

typedef const char *change_rule(const struct asker *asker, const struct command *command);

// For those who may not change all; what is not here, they cannot reach by their role.
static change_rule *const rules[COMMAND_KIND_COUNT] = {
    [COMMAND_USER_CREATE] = user_create,
    [COMMAND_USER_UPDATE] = user_update,
    [COMMAND_USER_DELETE] = user_delete,
    [COMMAND_INVITE] = user_invite,
    [COMMAND_SIGN_INS_END] = user_sign_out,
    [COMMAND_PROJECT_CREATE] = project_create,
    [COMMAND_PROJECT_UPDATE] = project_update,
    [COMMAND_PROJECT_DELETE] = project_delete,
    [COMMAND_MEMBERSHIP_ADD] = membership,
    [COMMAND_MEMBERSHIP_REMOVE] = membership,
    [COMMAND_DEDICATIONS_APPLY] = dedications,
    [COMMAND_SEAT_ASSIGN] = seat_assign,
    [COMMAND_SEAT_RELEASE] = seat_release,
    [COMMAND_SEATS_RELEASE] = seats_release,
    [COMMAND_SEAT_CHECK_IN] = seat_check_in,
    [COMMAND_SEAT_MACHINE_REMOVE] = seat_check_in,
    [COMMAND_SESSION_ACQUIRE] = session_ask,
    [COMMAND_SESSION_EXPLAIN] = session_ask,
    [COMMAND_SESSION_HEARTBEAT] = session_heartbeat,
    [COMMAND_SESSION_END] = session_end_it,
    [COMMAND_LEASE_BORROW] = session_ask,
    [COMMAND_LEASE_RETURN] = session_end_it,
    [COMMAND_API_KEY_CREATE] = key_create,
    [COMMAND_API_KEY_REVOKE] = key_revoke,
};

const char *access_change(const struct asker *asker, const struct command *command)
{
    if (command->kind == COMMAND_ACCOUNT_UPDATE)
        return account_update(asker, command);
    if (command->kind == COMMAND_PASSWORD_SET)
        return password_set(asker, command);
    if (asker->changes_all)
        return ALLOWED;
    change_rule *rule = rules[command->kind];
    return rule != NULL ? rule(asker, command) : "That is not allowed with this role.";
}
