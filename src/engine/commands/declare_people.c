// SPDX-License-Identifier: Apache-2.0
// The users, projects and memberships of a declarative account.
#include "engine/commands/declare.h"

#include <string.h>

// ---- Users: known by their e-mail, services that have none by their name

static bool same_name(const void *item, const void *key)
{
    return strcmp(((const struct user *)item)->row.name, key) == 0;
}

// Of several with one name, the oldest is meant.
static void know_service(struct declaration *declaration, struct user *user)
{
    if (user->row.email != NULL)
        return;
    uint64_t hash = hash_text(user->row.name);
    const struct user *other = table_find(&declaration->services, hash, same_name, user->row.name);
    if (other != NULL && other->row.id < user->row.id)
        return;
    if (other != NULL)
        table_remove(&declaration->services, hash, other);
    table_add(&declaration->services, hash, user);
}

static struct user *find_user(struct declaration *declaration, const struct wanted_user *wanted)
{
    const struct account *account = declaration->decision->account;
    if (wanted->email != NULL)
        return account_user_by_email(account, wanted->email);
    size_t cursor = 0;
    for (struct user *user;
         !declaration->services_known && (user = table_next(&account->users, &cursor)) != NULL;)
        know_service(declaration, user);
    declaration->services_known = true;
    return table_find(&declaration->services, hash_text(wanted->name), same_name, wanted->name);
}

static const char *describe_user(struct declaration *declaration, const struct user *user)
{
    const char *place = user->level != NULL ? plan_path(declaration, user->level, NULL) : NULL;
    return arena_printf(declaration->decision->arena,
                        "{\"name\":%s,\"organization\":%s,\"role\":\"%s\",\"kind\":\"%s\"}",
                        plan_text(declaration, user->row.name), plan_text(declaration, place),
                        role_words[user->row.role], user_kind_words[user->row.kind]);
}

// The organization must be there, or be named among the organizations, which were made first.
static const struct level *find_level(struct declaration *declaration, const struct wanted_user *wanted,
                                      const char *pointer)
{
    const struct level *level = &declaration->decision->account->root;
    for (size_t i = 0; i < wanted->organization_depth && level != NULL; i++)
        level = account_level_by_name(declaration->decision->account, level->row.id, wanted->organization[i]);
    if (level == NULL)
        decision_refuse(declaration->decision, RESULT_NOT_FOUND,
                        arena_printf(declaration->decision->arena, "%s/organization", pointer),
                        "There is no such organization. Name it among the organizations to have it made.");
    return level;
}

static struct user *create_user(struct declaration *declaration, const struct user_row *row, const char *pointer)
{
    if (!declare_run(declaration, decide_user_create, &(struct command){.user = *row}, pointer))
        return NULL;
    struct user *user = account_user(declaration->decision->account, declare_answered(declaration));
    if (declaration->services_known)
        know_service(declaration, user);
    return user;
}

static bool declare_user(struct declaration *declaration, const struct wanted_user *wanted, const char *pointer)
{
    struct decision *decision = declaration->decision;
    const struct level *level = find_level(declaration, wanted, pointer);
    if (level == NULL)
        return false;
    struct user *user = find_user(declaration, wanted);
    struct user_row row = {
        .email = wanted->email,
        .name = wanted->name != NULL ? wanted->name : wanted->email,
        .organization = level->row.id,
        .role = wanted->role,
        .kind = wanted->kind,
    };
    struct plan_step step = {
        .action = user != NULL ? PLAN_UPDATE : PLAN_CREATE,
        .kind = "user",
        .subject = wanted->email != NULL ? wanted->email : wanted->name,
        .from = user != NULL ? describe_user(declaration, user) : NULL,
    };
    size_t facts_before = decision->fact_count;
    if (user != NULL) {
        struct command command = {.id = user->row.id, .user = row, .given = wanted->given & ~(unsigned)GIVEN_EMAIL};
        if (!declare_run(declaration, decide_user_update, &command, pointer))
            return false;
    } else {
        user = create_user(declaration, &row, pointer);
        if (user == NULL)
            return false;
    }
    step.id = plan_id(declaration, ID_USER, user->row.id);
    step.to = describe_user(declaration, user);
    if (decision->fact_count > facts_before)
        plan_add(declaration, step);
    return true;
}

bool declare_users(struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->wanted->user_count; i++) {
        const char *pointer = arena_printf(declaration->decision->arena, "/members/%zu", i);
        if (!declare_user(declaration, &declaration->wanted->users[i], pointer))
            return false;
    }
    return true;
}

// ---- Projects and their members

static struct user *find_member(struct declaration *declaration, const struct wanted_member *member,
                                const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct user *user = account_user_by_email(account, member->ref);
    if (user == NULL)
        user = account_user(account, id_parse(ID_USER, member->ref, account->row.id));
    if (user == NULL)
        decision_refuse(declaration->decision, RESULT_NOT_FOUND, pointer, "This account has no user %s.",
                        member->ref);
    return user;
}

static void tell_membership(struct declaration *declaration, const struct project *project, const struct user *user,
                            bool added)
{
    struct arena *arena = declaration->decision->arena;
    const char *label = user->row.email != NULL ? user->row.email
                                                : decision_id(declaration->decision, ID_USER, user->row.id);
    plan_add(declaration, (struct plan_step){
                              .action = added ? PLAN_CREATE : PLAN_DELETE,
                              .kind = "membership",
                              .subject = plan_path(declaration, project->level,
                                                   arena_printf(arena, "%s %s", project->row.name, label)),
                              .id = plan_id(declaration, ID_USER, user->row.id),
                              .from = added ? NULL : plan_text(declaration, label),
                              .to = added ? plan_text(declaration, label) : NULL,
                          });
}

static bool is_wanted(struct user *const *users, size_t count, const struct user *user)
{
    for (size_t i = 0; i < count; i++) {
        if (users[i] == user)
            return true;
    }
    return false;
}

// Neither adding nor removing a member can be refused: both are there.
static void set_members(struct declaration *declaration, struct project *project, struct user *const *users,
                        size_t count)
{
    struct decision *decision = declaration->decision;
    for (size_t i = 0; i < count; i++) {
        struct membership_row row = {project->row.id, users[i]->row.id};
        if (account_membership(decision->account, row.project, row.user) != NULL)
            continue;
        tell_membership(declaration, project, users[i], true);
        decision_add(decision, FACT_MEMBERSHIP_ADDED, NULL, &row);
    }
    for (struct list_node *node = project->memberships.first, *after; node != NULL; node = after) {
        after = node->after;
        struct user *user = ITEM_OF(node, struct membership, of_project)->user;
        struct membership_row row = {project->row.id, user->row.id};
        if (is_wanted(users, count, user))
            continue;
        tell_membership(declaration, project, user, false);
        decision_add(decision, FACT_MEMBERSHIP_REMOVED, &row, NULL);
    }
}

static struct project *want_project(struct declaration *declaration, const struct level *level, const char *name,
                                    const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct project *project = account_project_by_name(account, level->row.id, name);
    if (project != NULL)
        return project;
    struct command command = {.project = {.name = name, .organization = level->row.id}};
    if (!declare_run(declaration, decide_project_create, &command, pointer))
        return NULL;
    project = account_project(account, declare_answered(declaration));
    plan_add(declaration, (struct plan_step){
                              .action = PLAN_CREATE,
                              .kind = "project",
                              .subject = plan_path(declaration, level, name),
                              .id = plan_id(declaration, ID_PROJECT, project->row.id),
                              .to = plan_text(declaration, name),
                          });
    return project;
}

bool declare_project(struct declaration *declaration, const struct level *level, const struct wanted_project *wanted,
                     const char *pointer)
{
    struct project *project = want_project(declaration, level, wanted->name, pointer);
    if (project == NULL)
        return false;
    struct arena *arena = declaration->decision->arena;
    struct user **users = arena_alloc(arena, wanted->member_count * sizeof *users);
    for (size_t i = 0; i < wanted->member_count; i++) {
        users[i] = find_member(declaration, &wanted->members[i], arena_printf(arena, "%s/members/%zu", pointer, i));
        if (users[i] == NULL)
            return false;
    }
    // Members that are not named go with `prune`, like all else that is not named.
    if (wanted->members_given || declaration->wanted->prune)
        set_members(declaration, project, users, wanted->member_count);
    return true;
}
