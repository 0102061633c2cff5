// SPDX-License-Identifier: Apache-2.0
//
// A declarative account: what is wanted is compared with what is there, and each difference becomes a step of a plan
// and the ordinary command that makes it, all in one decision: all or nothing. What is not named is left alone, unless
// `prune` asks for it to go. The same declaration a second time finds no difference.
#include "engine/decide.h"

#include "base/buffer.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

struct declaration {
    struct decision *decision;
    const struct wanted_account *wanted;
    bool dry_run;
    struct numbers before; // ids from here on are new
    struct plan_step *steps;
    size_t step_count;
    struct dedication_change *dedications;
    size_t dedication_count;
};

// ---- Telling

static const char *json_text(struct declaration *declaration, const char *text)
{
    if (text == NULL)
        return "null";
    struct buffer buffer = {0};
    buffer_add_json_string(&buffer, text);
    const char *json = arena_strdup(declaration->decision->arena, buffer_text(&buffer));
    buffer_fini(&buffer);
    return json;
}

static const char *json_number(struct declaration *declaration, int64_t number)
{
    return arena_printf(declaration->decision->arena, "%lld", (long long)number);
}

static void add_step(struct declaration *declaration, struct plan_step step)
{
    struct arena *arena = declaration->decision->arena;
    declaration->steps = arena_grow(arena, declaration->steps, declaration->step_count, sizeof *declaration->steps);
    declaration->steps[declaration->step_count++] = step;
}

// The id, unless a dry run made it: then nothing keeps it.
static const char *lasting_id(struct declaration *declaration, enum id_kind kind, uint64_t id)
{
    bool is_new = id >= declaration->before.next[kind];
    return declaration->dry_run && is_new ? NULL : decision_id(declaration->decision, kind, id);
}

// Names joined by "/", in which "/" is written "~1" and "~" is "~0" (as in RFC 6901).
static void add_name(struct buffer *path, const char *name)
{
    if (path->length > 0)
        buffer_add_char(path, '/');
    for (; *name != '\0'; name++) {
        if (*name == '/' || *name == '~')
            buffer_add_text(path, *name == '/' ? "~1" : "~0");
        else
            buffer_add_char(path, *name);
    }
}

static void add_level_path(struct buffer *path, const struct level *level)
{
    if (level->parent == NULL)
        return;
    add_level_path(path, level->parent);
    add_name(path, level->row.name);
}

static const char *path_of(struct declaration *declaration, const struct level *level, const char *more)
{
    struct buffer path = {0};
    add_level_path(&path, level);
    if (more != NULL)
        buffer_printf(&path, " %s", more);
    const char *text = arena_strdup(declaration->decision->arena, buffer_text(&path));
    buffer_fini(&path);
    return text;
}

// ---- Making: each runs an ordinary command, whose refusal is then the whole declaration's

static bool run(struct declaration *declaration, void (*decide)(struct decision *, const struct command *),
                const struct command *command, const char *pointer)
{
    decide(declaration->decision, command);
    if (!result_is_refusal(declaration->decision->outcome.result))
        return true;
    declaration->decision->outcome.pointer = arena_strdup(declaration->decision->arena, pointer);
    return false;
}

static const char *pointer_to(struct declaration *declaration, const char *list, size_t at)
{
    return arena_printf(declaration->decision->arena, "/%s/%zu", list, at);
}

// The id of the row that the last command answered; every row of a thing with an id has it first.
static uint64_t answered_id(const struct declaration *declaration)
{
    return *(const uint64_t *)declaration->decision->outcome.row;
}

static struct level *want_level(struct declaration *declaration, const char *const *path, size_t depth,
                                const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct level *level = &account->root;
    for (size_t i = 0; i < depth; i++) {
        struct level *next = account_level_by_name(account, level->row.id, path[i]);
        if (next == NULL) {
            struct command command = {.organization.row = {.name = path[i], .parent = level->row.id}};
            if (!run(declaration, decide_organization_create, &command, pointer))
                return NULL;
            next = account_level(account, answered_id(declaration));
            add_step(declaration, (struct plan_step){
                                      .action = PLAN_CREATE,
                                      .kind = "organization",
                                      .subject = path_of(declaration, next, NULL),
                                      .id = lasting_id(declaration, ID_ORGANIZATION, next->row.id),
                                      .to = json_text(declaration, path[i]),
                                  });
        }
        level = next;
    }
    return level;
}

static bool want_policy(struct declaration *declaration)
{
    const struct wanted_account *wanted = declaration->wanted;
    const struct account_row *row = &declaration->decision->account->row;
    if (!wanted->policy_given || (row->policy == wanted->policy && row->fallback == wanted->fallback))
        return true;
    struct arena *arena = declaration->decision->arena;
    static const char form[] = "{\"policy\":\"%s\",\"fallback\":%s}";
    add_step(declaration,
             (struct plan_step){
                 .action = PLAN_UPDATE,
                 .kind = "usage_policy",
                 .subject = "usage_policy",
                 .id = decision_id(declaration->decision, ID_ACCOUNT, row->id),
                 .from = arena_printf(arena, form, policy_words[row->policy], row->fallback ? "true" : "false"),
                 .to = arena_printf(arena, form, policy_words[wanted->policy], wanted->fallback ? "true" : "false"),
             });
    struct command command = {.usage_policy = {wanted->policy, wanted->fallback}};
    return run(declaration, decide_usage_policy_set, &command, "/usage_policy");
}

// ---- Users

static struct user *find_user(const struct account *account, const struct wanted_user *wanted)
{
    if (wanted->email != NULL)
        return account_user_by_email(account, wanted->email);
    size_t cursor = 0;
    for (struct user *user; (user = table_next(&account->users, &cursor)) != NULL;) {
        if (user->row.email == NULL && user->row.name != NULL && strcmp(user->row.name, wanted->name) == 0)
            return user;
    }
    return NULL;
}

static const char *describe_user(struct declaration *declaration, const struct user *user)
{
    const char *place = user->level != NULL ? path_of(declaration, user->level, NULL) : NULL;
    return arena_printf(declaration->decision->arena,
                        "{\"name\":%s,\"organization\":%s,\"role\":\"%s\",\"kind\":\"%s\"}",
                        json_text(declaration, user->row.name), json_text(declaration, place),
                        role_words[user->row.role], user_kind_words[user->row.kind]);
}

// A user's organization is not made by the way: a typing error would be an organization.
static struct level *find_level(struct declaration *declaration, const struct wanted_user *wanted, const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct level *level = &account->root;
    for (size_t i = 0; i < wanted->organization_depth && level != NULL; i++)
        level = account_level_by_name(account, level->row.id, wanted->organization[i]);
    if (level == NULL)
        decision_refuse(declaration->decision, RESULT_NOT_FOUND,
                        arena_printf(declaration->decision->arena, "%s/organization", pointer),
                        "The user's organization is neither there nor among `organizations`.");
    return level;
}

static bool want_user(struct declaration *declaration, const struct wanted_user *wanted, const char *pointer)
{
    struct decision *decision = declaration->decision;
    const struct level *level = find_level(declaration, wanted, pointer);
    if (level == NULL)
        return false;
    struct user *user = find_user(decision->account, wanted);
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
    if (user == NULL) {
        if (!run(declaration, decide_user_create, &(struct command){.user = row}, pointer))
            return false;
        user = account_user(decision->account, answered_id(declaration));
    } else {
        struct command command = {.id = user->row.id, .user = row, .given = wanted->given & ~(unsigned)GIVEN_EMAIL};
        if (!run(declaration, decide_user_update, &command, pointer))
            return false;
    }
    step.id = lasting_id(declaration, ID_USER, user->row.id);
    step.to = describe_user(declaration, user);
    if (decision->fact_count > facts_before)
        add_step(declaration, step);
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

static const char *user_label(struct declaration *declaration, const struct user *user)
{
    return user->row.email != NULL ? user->row.email : decision_id(declaration->decision, ID_USER, user->row.id);
}

static void tell_membership(struct declaration *declaration, const struct project *project, const struct user *user,
                            bool added)
{
    const char *label = user_label(declaration, user);
    struct arena *arena = declaration->decision->arena;
    add_step(declaration, (struct plan_step){
                              .action = added ? PLAN_CREATE : PLAN_DELETE,
                              .kind = "membership",
                              .subject = path_of(declaration, project->level,
                                                 arena_printf(arena, "%s %s", project->row.name, label)),
                              .id = lasting_id(declaration, ID_USER, user->row.id),
                              .from = added ? NULL : json_text(declaration, label),
                              .to = added ? json_text(declaration, label) : NULL,
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

static bool set_members(struct declaration *declaration, struct project *project, struct user *const *users,
                        size_t count, const char *pointer)
{
    struct account *account = declaration->decision->account;
    for (size_t i = 0; i < count; i++) {
        struct command command = {.membership = {project->row.id, users[i]->row.id}};
        if (account_membership(account, project->row.id, users[i]->row.id) != NULL)
            continue;
        tell_membership(declaration, project, users[i], true);
        if (!run(declaration, decide_membership_add, &command, pointer))
            return false;
    }
    for (struct list_node *node = project->memberships.first, *after; node != NULL; node = after) {
        after = node->after;
        struct user *user = ITEM_OF(node, struct membership, of_project)->user;
        struct command command = {.membership = {project->row.id, user->row.id}};
        if (is_wanted(users, count, user))
            continue;
        tell_membership(declaration, project, user, false);
        if (!run(declaration, decide_membership_remove, &command, pointer))
            return false;
    }
    return true;
}

static struct project *want_project_itself(struct declaration *declaration, const struct level *level,
                                           const char *name, const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct project *project = account_project_by_name(account, level->row.id, name);
    if (project != NULL)
        return project;
    struct command command = {.project = {.name = name, .organization = level->row.id}};
    if (!run(declaration, decide_project_create, &command, pointer))
        return NULL;
    project = account_project(account, answered_id(declaration));
    add_step(declaration, (struct plan_step){
                              .action = PLAN_CREATE,
                              .kind = "project",
                              .subject = path_of(declaration, level, name),
                              .id = lasting_id(declaration, ID_PROJECT, project->row.id),
                              .to = json_text(declaration, name),
                          });
    return project;
}

static bool want_project(struct declaration *declaration, const struct level *level,
                         const struct wanted_project *wanted, const char *pointer)
{
    struct project *project = want_project_itself(declaration, level, wanted->name, pointer);
    if (project == NULL || !wanted->members_given)
        return project != NULL;
    struct arena *arena = declaration->decision->arena;
    struct user **users = arena_alloc(arena, wanted->member_count * sizeof *users);
    for (size_t i = 0; i < wanted->member_count; i++) {
        users[i] = find_member(declaration, &wanted->members[i], arena_printf(arena, "%s/members/%zu", pointer, i));
        if (users[i] == NULL)
            return false;
    }
    return set_members(declaration, project, users, wanted->member_count, pointer);
}

// ---- Dedications: gathered first, then made all at once

static void gather(struct declaration *declaration, const struct level *level, const struct product *product,
                   int64_t count)
{
    struct decision *decision = declaration->decision;
    int64_t present = level_figures(decision->account, level, product).dedicated;
    const struct pool *pool = account_pool(decision->account, level->row.id, product);
    bool is_settled = pool == NULL || (pool->draining_to == NUMBER_NONE && pool->filling_to == NUMBER_NONE);
    if (present == count && is_settled)
        return;
    declaration->dedications = arena_grow(decision->arena, declaration->dedications, declaration->dedication_count,
                                          sizeof *declaration->dedications);
    declaration->dedications[declaration->dedication_count++] =
        (struct dedication_change){.organization = level->row.id, .product = product->code, .count = count};
    add_step(declaration, (struct plan_step){
                              .action = present == 0 ? PLAN_CREATE : count == 0 ? PLAN_DELETE : PLAN_UPDATE,
                              .kind = "dedication",
                              .subject = path_of(declaration, level, product->code),
                              .id = lasting_id(declaration, ID_ORGANIZATION, level->row.id),
                              .from = json_number(declaration, present),
                              .to = json_number(declaration, count),
                          });
}

static bool want_dedications(struct declaration *declaration, const struct level *level,
                             const struct wanted_organization *wanted, const char *pointer)
{
    for (size_t i = 0; i < wanted->dedication_count; i++) {
        const struct wanted_dedication *dedication = &wanted->dedications[i];
        const char *place =
            arena_printf(declaration->decision->arena, "%s/dedications/%s", pointer, dedication->product);
        const struct product *product = decision_product(declaration->decision, dedication->product, place);
        if (product == NULL)
            return false;
        gather(declaration, level, product, dedication->count);
    }
    return true;
}

static bool make_dedications(struct declaration *declaration)
{
    if (declaration->dedication_count == 0)
        return true;
    struct command command = {
        .dedications = {.changes = declaration->dedications, .count = declaration->dedication_count}};
    decide_dedications_apply(declaration->decision, &command);
    return !result_is_refusal(declaration->decision->outcome.result);
}

// ---- Pruning

static const struct wanted_organization *wanted_for(struct declaration *declaration, const struct level *level)
{
    for (size_t i = 0; i < declaration->wanted->organization_count; i++) {
        const struct wanted_organization *wanted = &declaration->wanted->organizations[i];
        const struct level *at = level;
        size_t depth = wanted->depth;
        if (depth != level->depth)
            continue;
        while (depth > 0 && strcmp(wanted->path[depth - 1], at->row.name) == 0) {
            depth--;
            at = at->parent;
        }
        if (depth == 0)
            return wanted;
    }
    return NULL;
}

static bool names_dedication(const struct wanted_organization *wanted, const struct product *product)
{
    for (size_t i = 0; wanted != NULL && i < wanted->dedication_count; i++) {
        if (strcmp(wanted->dedications[i].product, product->code) == 0)
            return true;
    }
    return false;
}

static bool names_project(const struct wanted_organization *wanted, const char *name)
{
    for (size_t i = 0; wanted != NULL && i < wanted->project_count; i++) {
        if (strcmp(wanted->projects[i].name, name) == 0)
            return true;
    }
    return false;
}

// An organization stays when it is named, or lies above one that is.
static bool is_kept(struct declaration *declaration, const struct level *level)
{
    for (const struct level *at = level; at != NULL; at = level_after(at, level)) {
        if (wanted_for(declaration, at) != NULL)
            return true;
    }
    return false;
}

static void prune_dedications(struct declaration *declaration)
{
    const struct level *top = &declaration->decision->account->root;
    for (const struct level *level = level_after(top, top); level != NULL; level = level_after(level, top)) {
        const struct wanted_organization *wanted = wanted_for(declaration, level);
        for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
            const struct pool *pool = ITEM_OF(node, struct pool, of_level);
            if (!names_dedication(wanted, pool->stock->product))
                gather(declaration, level, pool->stock->product, 0);
        }
    }
}

static bool prune_projects(struct declaration *declaration)
{
    struct decision *decision = declaration->decision;
    size_t count = 0, cursor = 0;
    struct project **gone = arena_alloc(decision->arena, decision->account->projects.count * sizeof *gone);
    for (struct project *project; (project = table_next(&decision->account->projects, &cursor)) != NULL;) {
        if (!names_project(wanted_for(declaration, project->level), project->row.name))
            gone[count++] = project;
    }
    for (size_t i = 0; i < count; i++) {
        add_step(declaration, (struct plan_step){
                                  .action = PLAN_DELETE,
                                  .kind = "project",
                                  .subject = path_of(declaration, gone[i]->level, gone[i]->row.name),
                                  .id = decision_id(decision, ID_PROJECT, gone[i]->row.id),
                                  .from = json_text(declaration, gone[i]->row.name),
                              });
        if (!run(declaration, decide_project_delete, &(struct command){.id = gone[i]->row.id}, "/organizations"))
            return false;
    }
    return true;
}

static bool prune_organizations(struct declaration *declaration, const struct level *level)
{
    for (size_t i = level->child_count; i > 0; i--) {
        if (!prune_organizations(declaration, level->children[i - 1]))
            return false;
    }
    if (level->parent == NULL || is_kept(declaration, level))
        return true;
    add_step(declaration, (struct plan_step){
                              .action = PLAN_DELETE,
                              .kind = "organization",
                              .subject = path_of(declaration, level, NULL),
                              .id = decision_id(declaration->decision, ID_ORGANIZATION, level->row.id),
                              .from = json_text(declaration, level->row.name),
                          });
    return run(declaration, decide_organization_delete, &(struct command){.id = level->row.id}, "/organizations");
}

// ---- The whole

static bool want_users(struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->wanted->user_count; i++) {
        if (!want_user(declaration, &declaration->wanted->users[i], pointer_to(declaration, "members", i)))
            return false;
    }
    return true;
}

static bool want_organizations(struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->wanted->organization_count; i++) {
        const struct wanted_organization *wanted = &declaration->wanted->organizations[i];
        if (want_level(declaration, wanted->path, wanted->depth, pointer_to(declaration, "organizations", i)) == NULL)
            return false;
    }
    return true;
}

static bool want_contents(struct declaration *declaration)
{
    for (size_t i = 0; i < declaration->wanted->organization_count; i++) {
        const struct wanted_organization *wanted = &declaration->wanted->organizations[i];
        const char *pointer = pointer_to(declaration, "organizations", i);
        const struct level *level = want_level(declaration, wanted->path, wanted->depth, pointer);
        for (size_t j = 0; j < wanted->project_count; j++) {
            const char *place = arena_printf(declaration->decision->arena, "%s/projects/%zu", pointer, j);
            if (!want_project(declaration, level, &wanted->projects[j], place))
                return false;
        }
        if (!want_dedications(declaration, level, wanted, pointer))
            return false;
    }
    return true;
}

static bool prune_late(struct declaration *declaration)
{
    return !declaration->wanted->prune ||
           (prune_projects(declaration) && prune_organizations(declaration, &declaration->decision->account->root));
}

void decide_account_apply(struct decision *decision, const struct command *command)
{
    struct declaration declaration = {
        .decision = decision, .wanted = &command->wanted, .dry_run = command->dry_run, .before = *decision->numbers};
    if (!want_policy(&declaration) || !want_organizations(&declaration) || !want_users(&declaration) ||
        !want_contents(&declaration))
        return;
    if (command->wanted.prune)
        prune_dedications(&declaration);
    if (!make_dedications(&declaration) || !prune_late(&declaration))
        return;
    struct outcome *outcome = &decision->outcome;
    *outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    outcome->answer = ANSWER_PLAN;
    outcome->steps = declaration.steps;
    outcome->step_count = declaration.step_count;
    outcome->dry_plan = command->dry_run;
}
