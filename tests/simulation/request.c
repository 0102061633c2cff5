// SPDX-License-Identifier: Apache-2.0
// An act as the request that the server gets.
#include "simulation/rig.h"

#include "base/moment.h"

#include <stdio.h>
#include <string.h>

static const char *const codes[] = {"KRE", "ZED", "SEA"};

const char *product_code(int product)
{
    return product >= 0 ? codes[product] : "?";
}

static uint64_t id_or_none(int place, uint64_t id)
{
    return place == NOBODY ? 0 : place == UNKNOWN ? ID_UNKNOWN : id;
}

static uint64_t level_id(const struct model *model, int level)
{
    return id_or_none(level, level >= 0 ? model->levels[level].id : 0);
}

static uint64_t user_id(const struct model *model, int user)
{
    return id_or_none(user, user >= 0 ? model->users[user].id : 0);
}

static uint64_t project_id(const struct model *model, int project)
{
    return id_or_none(project, project >= 0 ? model->projects[project].id : 0);
}

static int64_t at_or_never(int64_t now, int64_t ms)
{
    return ms != 0 ? now + ms : 0;
}

static struct session_request session_request(const struct model *model, const struct act *act, const char *key)
{
    return (struct session_request){
        .product = product_code(act->product),
        .user = user_id(model, act->user),
        .project = project_id(model, act->project),
        .organization = level_id(model, act->level),
        .machine = act->kind == ACT_BORROW ? "far" : NULL,
        .count = act->count,
        .ttl_s = act->ttl_s,
        .wait_s = act->wait_s,
        .borrow_days = act->kind == ACT_BORROW ? act->ttl_s / 86400 : 0,
        .idempotency_key = key,
    };
}

static void read_changes(const struct model *model, const struct act *act, struct arena *arena,
                         struct command *command)
{
    struct dedication_change *changes = arena_alloc(arena, CHANGES_MAX * sizeof *changes);
    for (int i = 0; i < act->change_count; i++) {
        const struct act_change *change = &act->changes[i];
        changes[i] = (struct dedication_change){.organization = level_id(model, change->level),
                                                .product = product_code(change->product),
                                                .count = change->count,
                                                .reclaim = change->reclaim,
                                                .when_available = change->when_available};
    }
    command->dedications.changes = changes;
    command->dedications.count = (size_t)act->change_count;
    command->dedications.one = act->change_count == 1;
}

static void read_purchase(const struct model *model, const struct act *act, int64_t now, struct command *command)
{
    bool is_change = act->kind == ACT_CHANGE_PURCHASE;
    command->kind = !is_change         ? COMMAND_PURCHASE_CREATE
                    : act->count == 0 ? COMMAND_PURCHASE_DELETE
                                      : COMMAND_PURCHASE_UPDATE;
    command->id = is_change ? id_or_none(act->thing, act->thing >= 0 ? model->purchases[act->thing].id : 0) : 0;
    command->given = GIVEN_QUANTITY | GIVEN_STARTS_AT | GIVEN_ENDS_AT;
    command->purchase.product = product_code(act->product);
    command->purchase.row.quantity = act->count;
    command->purchase.row.starts_at = at_or_never(now, act->from_ms);
    command->purchase.row.ends_at = at_or_never(now, act->until_ms);
}

static void read_account(const struct act *act, struct command *command)
{
    bool is_plan = act->kind == ACT_PLAN;
    command->kind = COMMAND_ACCOUNT_UPDATE;
    command->given = is_plan ? GIVEN_PLAN : GIVEN_ON_SHORTFALL | GIVEN_SHORTFALL_GRACE_S;
    command->account.plan = act->is_on ? PLAN_TRUE_ENTERPRISE : PLAN_PREMIUM;
    command->account.on_shortfall = act->on_shortfall;
    command->account.shortfall_grace_s = act->count;
}

static void read_borrowing(const struct act *act, struct command *command)
{
    command->kind = act->ttl_s == 0 ? COMMAND_BORROWING_REMOVE : COMMAND_BORROWING_SET;
    command->borrowing.product = product_code(act->product);
    command->borrowing.max_borrow_days = act->ttl_s;
    command->borrowing.share_percent = act->count;
}

static void read_end(const struct act *act, struct command *command)
{
    command->id = act->id;
    command->end.reason = act->is_on ? "enough" : NULL;
    command->end.cooldown_s = act->cooldown_s;
}

// Names tell which act it was.
static const char *name_of(const struct act *act, struct arena *arena)
{
    return arena_printf(arena, "n%d", act->serial);
}

static void read_structure(const struct model *model, const struct act *act, struct arena *arena,
                           struct command *command)
{
    command->id = level_id(model, act->level);
    command->given = GIVEN_PARENT;
    if (act->kind == ACT_CREATE_LEVEL)
        command->organization.row.name = name_of(act, arena);
    if (act->kind != ACT_DELETE_LEVEL)
        command->organization.row.parent = level_id(model, act->parent);
    command->organization.release_seats = act->is_on;
}

static void read_user(const struct model *model, const struct act *act, struct command *command)
{
    command->id = user_id(model, act->user);
    command->given = GIVEN_ORGANIZATION;
    if (act->kind != ACT_DELETE_USER)
        command->user = (struct user_row){
            .name = "someone", .kind = USER_SERVICE, .organization = level_id(model, act->level)};
}

static void read_project(const struct model *model, const struct act *act, struct arena *arena,
                         struct command *command)
{
    command->id = project_id(model, act->project);
    command->given = GIVEN_ORGANIZATION;
    if (act->kind != ACT_DELETE_PROJECT)
        command->project = (struct project_row){.name = name_of(act, arena),
                                                .organization = level_id(model, act->level)};
}

static const enum command_kind kinds[ACT_KIND_COUNT] = {
    [ACT_ACQUIRE] = COMMAND_SESSION_ACQUIRE,
    [ACT_EXPLAIN] = COMMAND_SESSION_EXPLAIN,
    [ACT_BORROW] = COMMAND_LEASE_BORROW,
    [ACT_HEARTBEAT] = COMMAND_SESSION_HEARTBEAT,
    [ACT_END] = COMMAND_SESSION_END,
    [ACT_RETURN] = COMMAND_LEASE_RETURN,
    [ACT_SEAT] = COMMAND_SEAT_ASSIGN,
    [ACT_UNSEAT] = COMMAND_SEAT_RELEASE,
    [ACT_CHECK_IN] = COMMAND_SEAT_CHECK_IN,
    [ACT_DEDICATE] = COMMAND_DEDICATIONS_APPLY,
    [ACT_POLICY] = COMMAND_USAGE_POLICY_SET,
    [ACT_CREATE_LEVEL] = COMMAND_ORGANIZATION_CREATE,
    [ACT_MOVE_LEVEL] = COMMAND_ORGANIZATION_UPDATE,
    [ACT_DELETE_LEVEL] = COMMAND_ORGANIZATION_DELETE,
    [ACT_CREATE_USER] = COMMAND_USER_CREATE,
    [ACT_MOVE_USER] = COMMAND_USER_UPDATE,
    [ACT_DELETE_USER] = COMMAND_USER_DELETE,
    [ACT_CREATE_PROJECT] = COMMAND_PROJECT_CREATE,
    [ACT_MOVE_PROJECT] = COMMAND_PROJECT_UPDATE,
    [ACT_DELETE_PROJECT] = COMMAND_PROJECT_DELETE,
};

struct command request_command(const struct model *model, const struct act *act, int64_t now, const char *key,
                               struct arena *arena)
{
    struct command command = {.kind = kinds[act->kind], .dry_run = act->dry};
    switch (act->kind) {
    case ACT_ACQUIRE:
    case ACT_EXPLAIN:
    case ACT_BORROW:
        command.session = session_request(model, act, key);
        break;
    case ACT_HEARTBEAT:
    case ACT_RETURN:
    case ACT_CHECK_IN:
        command.id = act->id;
        break;
    case ACT_END:
    case ACT_UNSEAT:
        read_end(act, &command);
        break;
    case ACT_SEAT:
        command.seat.product = product_code(act->product);
        command.seat.user = user_id(model, act->user);
        command.seat.level = level_id(model, act->level);
        break;
    case ACT_DEDICATE:
        read_changes(model, act, arena, &command);
        break;
    case ACT_POLICY:
        command.usage_policy.policy = act->policy;
        command.usage_policy.fallback = act->is_on;
        break;
    case ACT_PLAN:
    case ACT_SHORTFALL:
        read_account(act, &command);
        break;
    case ACT_BORROWING:
        read_borrowing(act, &command);
        break;
    case ACT_BUY:
    case ACT_CHANGE_PURCHASE:
        read_purchase(model, act, now, &command);
        break;
    case ACT_CREATE_LEVEL:
    case ACT_MOVE_LEVEL:
    case ACT_DELETE_LEVEL:
        read_structure(model, act, arena, &command);
        break;
    case ACT_CREATE_USER:
    case ACT_MOVE_USER:
    case ACT_DELETE_USER:
        read_user(model, act, &command);
        break;
    case ACT_CREATE_PROJECT:
    case ACT_MOVE_PROJECT:
    case ACT_DELETE_PROJECT:
        read_project(model, act, arena, &command);
        break;
    case ACT_MEMBER:
        command.kind = act->is_on ? COMMAND_MEMBERSHIP_ADD : COMMAND_MEMBERSHIP_REMOVE;
        command.membership = (struct membership_row){project_id(model, act->project), user_id(model, act->user)};
        break;
    default:
        break;
    }
    return command;
}
