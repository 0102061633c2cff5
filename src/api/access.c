// SPDX-License-Identifier: Apache-2.0
// Who may do what, first part: roles and the scopes of lists. Single things: access_change.c and access_read.c.
#include "api/access_parts.h"

#include "api/reading.h"
#include "engine/ask.h"

#include <stdlib.h>
#include <string.h>

// ---- Roles

static bool role_may(const struct actor *actor, const struct route *route)
{
    if (route->roles & 1U << actor->role)
        return true;
    // A key with a user may also do for that user what a member may.
    return actor->user != 0 && (route->roles & 1U << ROLE_MEMBER) != 0;
}

static void complete_request(struct session_request *request, const struct actor *actor,
                             unsigned char hash[KEY_HASH_BYTES])
{
    uint64_t user = request->user != 0 ? request->user : actor->user;
    bool is_platform = request->origin_given ? request->origin == ORIGIN_PLATFORM : actor->role == ROLE_PLATFORM;
    uint64_t meant[] = {user, is_platform};
    hash_fold(hash, meant, sizeof meant);
}

static void complete_user(uint64_t *user, const struct actor *actor, unsigned char hash[KEY_HASH_BYTES], bool is_hashed)
{
    if (*user == 0)
        *user = actor->user;
    if (is_hashed)
        hash_fold(hash, user, sizeof *user);
}

// Administrators make keys with and without a user; whoever else makes one makes it for itself.
static bool is_for_itself(const struct actor *actor, const struct command *command)
{
    return command->kind == COMMAND_SEAT_ASSIGN ||
           (command->kind == COMMAND_API_KEY_CREATE && actor->role != ROLE_OPERATOR &&
            actor->role != ROLE_ACCOUNT_ADMIN && actor->role != ROLE_ORG_ADMIN);
}

static void complete_batch(struct call *call)
{
    bool is_hashed = call->idempotency_key != NULL;
    for (size_t i = 0; i < call->op_count; i++) {
        struct batch_op *op = &call->ops[i];
        if (op->command.kind == COMMAND_SESSION_ACQUIRE && (is_hashed || op->idempotency_key != NULL))
            complete_request(&op->command.session, &call->actor, op->request_hash);
        if (is_hashed)
            hash_fold(call->request_hash, op->request_hash, KEY_HASH_BYTES);
    }
}

static void complete(struct call *call)
{
    struct command *command = &call->command;
    bool is_hashed = call->idempotency_key != NULL;
    if (call->kind == CALL_BATCH) {
        complete_batch(call);
    } else if (call->kind != CALL_COMMAND) {
        return;
    } else if (command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_SESSION_EXPLAIN ||
               command->kind == COMMAND_LEASE_BORROW) {
        if (is_hashed)
            complete_request(&command->session, &call->actor, call->request_hash);
    } else if (is_for_itself(&call->actor, command)) {
        bool is_seat = command->kind == COMMAND_SEAT_ASSIGN;
        complete_user(is_seat ? &command->seat.user : &command->api_key.user, &call->actor, call->request_hash,
                      is_hashed);
    } else if (command->kind == COMMAND_API_KEY_CREATE && is_hashed) {
        hash_fold(call->request_hash, &command->api_key.user, sizeof command->api_key.user);
    }
}

// A level that was given as the id of another account is the id of nothing here.
static void settle_levels(struct call *call)
{
    bool is_other = call->named_account != 0 && call->named_account != call->account;
    call->named_account = 0;
    if (!is_other)
        return;
    if (call->kind == CALL_LIST) {
        call->list.level = ID_UNKNOWN;
        call->list.parent = ID_UNKNOWN;
    } else if (call->command.kind == COMMAND_POOLS_READ) {
        call->command.pools.level = ID_UNKNOWN;
    } else if (call->command.kind == COMMAND_SEAT_ASSIGN) {
        call->command.seat.level = ID_UNKNOWN;
    }
}

bool access_role(struct call *call)
{
    if (call->route->roles != 0 && !role_may(&call->actor, call->route)) {
        call->outcome = (struct outcome){
            .result = RESULT_FORBIDDEN,
            .detail = arena_printf(call->arena, "The role %s may not do that. Use a key or sign-in with another role.",
                                   role_words[call->actor.role]),
        };
        return false;
    }
    // A call may come here again, when its batch has failed.
    if (!call->is_complete) {
        settle_levels(call);
        complete(call);
        call->is_complete = true;
    }
    return true;
}

// ---- Who asks

struct asker asker_of(const struct actor *actor, const struct account *account, const struct session_row *past)
{
    struct asker asker = {.actor = actor, .account = account, .past = past};
    asker.changes_all = actor->role == ROLE_OPERATOR || actor->role == ROLE_ACCOUNT_ADMIN;
    asker.reads_all = asker.changes_all || actor->role == ROLE_AUDITOR;
    if (account == NULL)
        return asker;
    if (actor->role == ROLE_ORG_ADMIN && actor->organization != 0)
        asker.top = account_level(account, actor->organization);
    if (actor->user != 0)
        asker.user = account_user(account, actor->user);
    return asker;
}

bool asker_administers(const struct asker *asker, const struct level *level)
{
    return asker->top != NULL && level != NULL && level_is_within(level, asker->top);
}

bool asker_administers_id(const struct asker *asker, uint64_t level)
{
    return asker_administers(asker, account_level(asker->account, level));
}

bool asker_administers_user(const struct asker *asker, uint64_t id)
{
    const struct user *user = account_user(asker->account, id);
    return user != NULL && asker_administers(asker, user->level);
}

const struct session_row *asker_session(const struct asker *asker, uint64_t id)
{
    const struct session *session = account_session(asker->account, id);
    return session != NULL ? &session->row : asker->past;
}

static bool refuse(struct call *call, struct outcome *outcome, enum result result, const char *sentence)
{
    *outcome = (struct outcome){.result = result, .detail = arena_strdup(call->arena, sentence)};
    return false;
}

// ---- Scopes of lists: with none set, a list is of the whole account

struct scope {
    uint64_t *organization, *user, *key;
};

static void set_scope(const struct actor *actor, const struct scope *scope)
{
    // An id that there is not, in place of "no scope": a key can never see more for lacking something.
    if (actor->role == ROLE_ORG_ADMIN)
        *scope->organization = actor->organization != 0 ? actor->organization : ID_UNKNOWN;
    if (actor->role == ROLE_PLATFORM && scope->key != NULL)
        *scope->key = actor->key != 0 ? actor->key : ID_UNKNOWN;
    if (actor->user != 0)
        *scope->user = actor->user;
    else if (actor->role == ROLE_MEMBER || (actor->role == ROLE_PLATFORM && scope->key == NULL))
        *scope->user = ID_UNKNOWN;
}

static void scope_list(struct call *call, const struct asker *asker)
{
    struct list_query *list = &call->list;
    list->account = call->account;
    list->now = call->now;
    if (asker->reads_all || list->kind == ROW_PRODUCT || list->kind == ROW_ACCOUNT || list->kind == ROW_BORROWING)
        return;
    struct scope scope = {&list->scope_organization, &list->scope_user, NULL};
    if (list->kind == ROW_SESSION)
        scope.key = &list->scope_key;
    set_scope(&call->actor, &scope);
    // Organizations and projects belong to no user.
    if (list->kind == ROW_ORGANIZATION || list->kind == ROW_PROJECT)
        list->scope_user = 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void add_visible(struct call *call, uint64_t **ids, uint64_t id)
{
    *ids = arena_grow(call->arena, *ids, call->visible_count, sizeof **ids);
    (*ids)[call->visible_count++] = id;
}

// Denials are read from the store, where nothing is known of trees: so the levels whose figures may be shown are
// listed here.
static void list_visible(struct call *call, const struct asker *asker)
{
    uint64_t *ids = NULL;
    call->sees_all = asker->reads_all;
    if (call->sees_all)
        return;
    for (const struct level *level = asker->top; level != NULL; level = level_after(level, asker->top))
        add_visible(call, &ids, level->row.id);
    if (asker->user != NULL && asker->user->level != NULL)
        add_visible(call, &ids, asker->user->level->row.id);
    struct list_node *node = asker->user != NULL ? asker->user->memberships.first : NULL;
    for (; node != NULL; node = node->after)
        add_visible(call, &ids, ITEM_OF(node, struct membership, of_user)->project->level->row.id);
    if (call->visible_count > 1)
        qsort(ids, call->visible_count, sizeof *ids, by_number);
    call->visible = ids;
}

static void scope_history(struct call *call, const struct asker *asker)
{
    struct history_query *history = &call->history;
    history->account = call->account;
    list_visible(call, asker);
    if (!asker->reads_all)
        set_scope(&call->actor, &(struct scope){&history->scope_organization, &history->scope_user, NULL});
}

static bool scope_members(struct call *call, const struct asker *asker)
{
    const struct project *project = account_project(asker->account, call->command.id);
    call->list.account = call->account;
    if (project != NULL && (asker->reads_all || asker_administers(asker, project->level)))
        return true;
    return refuse(call, &call->outcome, RESULT_NOT_FOUND, "This account has no such project.");
}

static void name_organization(struct call *call, struct named_id *names, const struct level *level)
{
    if (level == NULL || level->row.id == 0)
        return;
    for (size_t i = 0; i < call->name_count; i++) {
        if (names[i].kind == ID_ORGANIZATION && names[i].id == level->row.id)
            return;
    }
    const char *name = arena_strdup(call->arena, level->row.name);
    names[call->name_count++] = (struct named_id){ID_ORGANIZATION, level->row.id, name};
}

// Sessions and explanations tell these by id, and who is no admin cannot read their names elsewhere.
static void name_own(struct call *call, const struct asker *asker)
{
    struct named_id *names = arena_alloc(call->arena, WHOAMI_NAMES_MAX * sizeof *names);
    call->names = names;
    name_organization(call, names, account_level(asker->account, call->organization));
    if (asker->user == NULL)
        return;
    name_organization(call, names, asker->user->level);
    struct list_node *node = asker->user->memberships.first;
    for (; node != NULL && call->name_count + 2 <= WHOAMI_NAMES_MAX; node = node->after) {
        const struct project *project = ITEM_OF(node, struct membership, of_user)->project;
        const char *name = arena_strdup(call->arena, project->row.name);
        names[call->name_count++] = (struct named_id){ID_PROJECT, project->row.id, name};
        name_organization(call, names, project->level);
    }
}

static void scope_whoami(struct call *call, const struct asker *asker)
{
    if (asker->account != NULL)
        call->account_title = arena_strdup(call->arena, asker->account->row.name);
    if (asker->user != NULL) {
        call->user_name = arena_strdup(call->arena, asker->user->row.name);
        call->user_email = arena_strdup(call->arena, asker->user->row.email);
    }
    call->organization = call->actor.organization;
    if (call->organization == 0 && asker->user != NULL)
        call->organization = asker->user->row.organization;
    if (asker->account != NULL)
        name_own(call, asker);
}

// ---- One command

static const char *name_read(const struct command *command)
{
    switch (command->kind) {
    case COMMAND_LEASE_READ:
        return "lease";
    case COMMAND_SIGN_INS_READ:
        return "user";
    default:
        return row_types[command->row_read].name;
    }
}

// It is a matter of the key's role, and so told before anything else is looked at.
static const char *origin_refusal(const struct asker *asker, const struct command *command)
{
    bool is_ask = command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_SESSION_EXPLAIN;
    return is_ask ? ask_refuses_origin(asker->actor, &command->session) : NULL;
}

static bool judge(struct call *call, struct outcome *outcome, const struct asker *asker, struct command *command)
{
    if (command_is_read(command->kind)) {
        if (access_read(asker, command))
            return true;
        const char *sentence = arena_printf(call->arena, "This account has no such %s.", name_read(command));
        return refuse(call, outcome, RESULT_NOT_FOUND, sentence);
    }
    const char *origin = origin_refusal(asker, command);
    const char *sentence = origin != NULL ? origin : access_change(asker, command);
    if (sentence == NULL)
        return true;
    refuse(call, outcome, RESULT_FORBIDDEN, sentence);
    outcome->pointer = origin != NULL ? "/origin" : NULL;
    return false;
}

static bool scope_command(struct call *call, const struct asker *asker)
{
    struct command *command = &call->command;
    if (!judge(call, &call->outcome, asker, command))
        return false;
    if (command->kind != COMMAND_SEAT_ASSIGN || command->seat.user != 0)
        return true;
    refuse(call, &call->outcome, RESULT_INVALID_REQUEST,
           "This key belongs to no user: name the user that the seat is for.");
    call->outcome.pointer = "/user";
    return false;
}

bool access_scope(struct call *call, const struct account *account)
{
    struct asker asker = asker_of(&call->actor, account, call->past);
    switch (call->kind) {
    case CALL_COMMAND:
        return scope_command(call, &asker);
    case CALL_LIST:
        scope_list(call, &asker);
        return true;
    case CALL_MEMBERS:
        return scope_members(call, &asker);
    case CALL_EVENTS:
    case CALL_DENIALS:
    case CALL_DENIAL:
        scope_history(call, &asker);
        return true;
    case CALL_WHOAMI:
    case CALL_SIGN_IN:
    case CALL_INVITATION_ACCEPT:
        scope_whoami(call, &asker);
        return true;
    default:
        return true;
    }
}

void access_refuse_form(struct call *call, const struct account *account)
{
    struct asker asker = asker_of(&call->actor, account, NULL);
    bool is_change = call->kind == CALL_COMMAND && account != NULL && !command_is_read(call->command.kind);
    if (!is_change || judge(call, &call->outcome, &asker, &call->command))
        call->outcome = call->form;
}

bool access_op(struct call *call, struct batch_op *op, const struct account *account)
{
    struct asker asker = asker_of(&call->actor, account, op->past);
    return judge(call, &op->outcome, &asker, &op->command);
}
