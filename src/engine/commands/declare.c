// SPDX-License-Identifier: Apache-2.0
//
// A declarative account: what is wanted is compared with what is there, and each difference becomes a step of a plan
// and the ordinary command that makes it, all in one decision: all or nothing. What is not named is left alone, unless
// `prune` asks for it to go. The same declaration a second time finds no difference.
#include "engine/commands/declare.h"

#include <stdlib.h>

bool declare_run(struct declaration *declaration, declare_command *decide, const struct command *command,
                 const char *pointer)
{
    decide(declaration->decision, command);
    if (!result_is_refusal(declaration->decision->outcome.result))
        return true;
    declaration->decision->outcome.pointer = arena_strdup(declaration->decision->arena, pointer);
    return false;
}

uint64_t declare_answered(const struct declaration *declaration)
{
    return *(const uint64_t *)declaration->decision->outcome.row; // rows of things with an id have it first
}

static bool declare_policy(struct declaration *declaration)
{
    const struct wanted_account *wanted = declaration->wanted;
    const struct account_row *row = &declaration->decision->account->row;
    if (!wanted->policy_given || (row->policy == wanted->policy && row->fallback == wanted->fallback))
        return true;
    struct arena *arena = declaration->decision->arena;
    static const char form[] = "{\"policy\":\"%s\",\"fallback\":%s}";
    plan_add(declaration,
             (struct plan_step){
                 .action = PLAN_UPDATE,
                 .kind = "usage_policy",
                 .subject = "usage_policy",
                 .id = decision_id(declaration->decision, ID_ACCOUNT, row->id),
                 .from = arena_printf(arena, form, policy_words[row->policy], row->fallback ? "true" : "false"),
                 .to = arena_printf(arena, form, policy_words[wanted->policy], wanted->fallback ? "true" : "false"),
             });
    struct command command = {.usage_policy = {wanted->policy, wanted->fallback}};
    return declare_run(declaration, decide_usage_policy_set, &command, "/usage_policy");
}

// A dedication needs the plan, whatever else the declaration names. Without the plan there is none that could be taken
// away, so 0 needs nothing.
static bool declare_plan(struct declaration *declaration)
{
    const struct wanted_account *wanted = declaration->wanted;
    for (size_t i = 0; i < wanted->organization_count; i++) {
        const struct wanted_organization *organization = &wanted->organizations[i];
        for (size_t j = 0; j < organization->dedication_count; j++) {
            if (organization->dedications[j].count > 0)
                return decide_plan(declaration->decision);
        }
    }
    return true;
}

static struct level *make_level(struct declaration *declaration, const struct level *parent, const char *name,
                                const char *pointer)
{
    struct command command = {.organization.row = {.name = name, .parent = parent->row.id}};
    if (!declare_run(declaration, decide_organization_create, &command, pointer))
        return NULL;
    struct level *level = account_level(declaration->decision->account, declare_answered(declaration));
    plan_add(declaration, (struct plan_step){
                              .action = PLAN_CREATE,
                              .kind = "organization",
                              .subject = plan_path(declaration, level, NULL),
                              .id = plan_id(declaration, ID_ORGANIZATION, level->row.id),
                              .to = plan_text(declaration, name),
                          });
    return level;
}

// Makes what is missing of the path.
static struct level *want_level(struct declaration *declaration, const struct wanted_organization *wanted,
                                const char *pointer)
{
    struct account *account = declaration->decision->account;
    struct level *level = &account->root;
    for (size_t i = 0; i < wanted->depth && level != NULL; i++) {
        struct level *next = account_level_by_name(account, level->row.id, wanted->path[i]);
        level = next != NULL ? next : make_level(declaration, level, wanted->path[i], pointer);
    }
    return level;
}

static int by_level(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return left->level < right->level ? -1 : left->level > right->level;
}

static bool declare_organizations(struct declaration *declaration)
{
    struct arena *arena = declaration->decision->arena;
    size_t count = declaration->wanted->organization_count;
    declaration->levels = arena_alloc(arena, count * sizeof *declaration->levels);
    declaration->entries = arena_alloc(arena, count * sizeof *declaration->entries);
    for (size_t i = 0; i < count; i++) {
        const struct wanted_organization *wanted = &declaration->wanted->organizations[i];
        struct level *level = want_level(declaration, wanted, arena_printf(arena, "/organizations/%zu", i));
        if (level == NULL)
            return false;
        declaration->levels[i] = level;
        declaration->entries[i] = (struct entry){level->row.id, wanted};
    }
    if (count > 1)
        qsort(declaration->entries, count, sizeof *declaration->entries, by_level);
    return true;
}

static bool declare_contents(struct declaration *declaration)
{
    struct arena *arena = declaration->decision->arena;
    for (size_t i = 0; i < declaration->wanted->organization_count; i++) {
        const struct wanted_organization *wanted = &declaration->wanted->organizations[i];
        const struct level *level = declaration->levels[i];
        const char *pointer = arena_printf(arena, "/organizations/%zu", i);
        for (size_t j = 0; j < wanted->project_count; j++) {
            const char *place = arena_printf(arena, "%s/projects/%zu", pointer, j);
            if (!declare_project(declaration, level, &wanted->projects[j], place))
                return false;
        }
        if (!declare_dedications(declaration, level, wanted, pointer))
            return false;
    }
    return true;
}

void decide_account_apply(struct decision *decision, const struct command *command)
{
    struct declaration declaration = {
        .decision = decision, .wanted = &command->wanted, .dry_run = command->dry_run, .before = *decision->numbers};
    bool accepted = declare_policy(&declaration) && declare_plan(&declaration) &&
                    declare_organizations(&declaration) && declare_users(&declaration) &&
                    declare_contents(&declaration) && declare_make_dedications(&declaration) &&
                    declare_prune(&declaration);
    table_fini(&declaration.services);
    if (!accepted)
        return;
    decision->outcome = (struct outcome){
        .result = RESULT_OK,
        .answer = ANSWER_PLAN,
        .steps = declaration.steps,
        .step_count = declaration.step_count,
        .dry_plan = command->dry_run,
        .requested = NUMBER_NONE,
        .available = NUMBER_NONE,
    };
}
