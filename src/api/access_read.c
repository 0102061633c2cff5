// SPDX-License-Identifier: Apache-2.0
// What may be read: within one's scope, and there only. What does not exist is let through.
#include "api/access_parts.h"

#include <string.h>

bool command_is_read(enum command_kind kind)
{
    return command_is_question(kind) && kind != COMMAND_SESSION_EXPLAIN;
}

static bool is_own(const struct asker *asker, uint64_t user)
{
    return asker->actor->user != 0 && asker->actor->user == user;
}

static bool may_read_user(const struct asker *asker, uint64_t id)
{
    return is_own(asker, id) || asker_administers_user(asker, id);
}

static bool may_read_project(const struct asker *asker, uint64_t id)
{
    const struct project *project = account_project(asker->account, id);
    return project != NULL && asker_administers(asker, project->level);
}

static bool may_read_seat(const struct asker *asker, uint64_t id)
{
    const struct seat *seat = account_seat(asker->account, id);
    return seat != NULL && (is_own(asker, seat->row.user) || asker_administers(asker, seat->pool->level));
}

static bool may_read_session(const struct asker *asker, uint64_t id)
{
    const struct session_row *row = asker_session(asker, id);
    if (row == NULL)
        return false;
    if (is_own(asker, row->user))
        return true;
    if (asker->actor->role == ROLE_PLATFORM)
        return row->key == asker->actor->key;
    return asker_administers_id(asker, row->level) || asker_administers_user(asker, row->user);
}

static bool may_read_key(const struct asker *asker, uint64_t id)
{
    const struct api_key *key = account_key(asker->account, id);
    if (key == NULL)
        return false;
    if (key->row.user != 0 && may_read_user(asker, key->row.user))
        return true;
    return key->row.organization != 0 && asker_administers_id(asker, key->row.organization);
}

static bool may_read_row(const struct asker *asker, enum row_kind kind, uint64_t id)
{
    switch (kind) {
    case ROW_ORGANIZATION:
        return id != 0 && asker_administers_id(asker, id);
    case ROW_USER:
        return may_read_user(asker, id);
    case ROW_PROJECT:
        return may_read_project(asker, id);
    case ROW_SEAT:
        return may_read_seat(asker, id);
    case ROW_SESSION:
        return may_read_session(asker, id);
    case ROW_API_KEY:
        return may_read_key(asker, id);
    default:
        return false;
    }
}

// A level outside the subtree is like one that does not exist: there are no figures of it.
static void narrow_pools(const struct asker *asker, struct command *command)
{
    command->pools.subtree = asker->top != NULL ? asker->top->row.id : ID_UNKNOWN;
    if (command->pools.has_level && !asker_administers_id(asker, command->pools.level))
        command->pools.level = ID_UNKNOWN;
}

bool access_read(const struct asker *asker, struct command *command)
{
    if (asker->reads_all)
        return true;
    if (command->kind == COMMAND_POOLS_READ)
        narrow_pools(asker, command);
    if (command->kind == COMMAND_WAITERS_READ) {
        command->waiters.scope_organization = asker->top != NULL ? asker->top->row.id : 0;
        command->waiters.scope_user = asker->actor->user != 0 ? asker->actor->user : ID_UNKNOWN;
    }
    if (command->kind == COMMAND_LEASE_READ)
        return may_read_session(asker, command->id);
    if (command->kind == COMMAND_SIGN_INS_READ)
        return may_read_user(asker, command->id);
    return command->kind != COMMAND_ROW_READ || may_read_row(asker, command->row_read, command->id);
}
