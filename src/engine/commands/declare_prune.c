// SPDX-License-Identifier: Apache-2.0
// What a declarative account does not name and `prune` takes away: projects, then organizations.
#include "engine/commands/declare.h"

#include <stdlib.h>
#include <string.h>

static int by_level(const void *key, const void *item)
{
    uint64_t level = *(const uint64_t *)key, other = ((const struct entry *)item)->level;
    return level < other ? -1 : level > other;
}

static const struct entry *find_entry(const struct declaration *declaration, uint64_t level)
{
    size_t count = declaration->wanted->organization_count;
    return count == 0 ? NULL : bsearch(&level, declaration->entries, count, sizeof *declaration->entries, by_level);
}

static bool entry_names(const struct entry *entry, const char *project)
{
    for (size_t i = 0; i < entry->wanted->project_count; i++) {
        if (strcmp(entry->wanted->projects[i].name, project) == 0)
            return true;
    }
    return false;
}

// Any entry about the organization may name it.
static bool is_named(const struct declaration *declaration, const struct project *project)
{
    const struct entry *entry = find_entry(declaration, project->row.organization);
    const struct entry *first = declaration->entries, *end = first + declaration->wanted->organization_count;
    while (entry != NULL && entry > first && entry[-1].level == project->row.organization)
        entry--;
    for (; entry != NULL && entry < end && entry->level == project->row.organization; entry++) {
        if (entry_names(entry, project->row.name))
            return true;
    }
    return false;
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = (*(struct project *const *)a)->row.id, right = (*(struct project *const *)b)->row.id;
    return left < right ? -1 : 1;
}

static void prune_projects(struct declaration *declaration)
{
    struct decision *decision = declaration->decision;
    size_t count = 0, cursor = 0;
    struct project **gone = arena_alloc(decision->arena, decision->account->projects.count * sizeof *gone);
    for (struct project *project; (project = table_next(&decision->account->projects, &cursor)) != NULL;) {
        if (!is_named(declaration, project))
            gone[count++] = project;
    }
    if (count > 1)
        qsort(gone, count, sizeof *gone, by_id);
    for (size_t i = 0; i < count; i++) {
        plan_add(declaration, (struct plan_step){
                                  .action = PLAN_DELETE,
                                  .kind = "project",
                                  .subject = plan_path(declaration, gone[i]->level, gone[i]->row.name),
                                  .id = decision_id(decision, ID_PROJECT, gone[i]->row.id),
                                  .from = plan_text(declaration, gone[i]->row.name),
                              });
        decide_project_delete(decision, &(struct command){.id = gone[i]->row.id});
    }
}

// An organization goes when all below it went, and it is not named itself.
static bool prune_level(struct declaration *declaration, const struct level *level)
{
    for (size_t i = level->child_count; i > 0; i--) {
        if (!prune_level(declaration, level->children[i - 1]))
            return false;
    }
    if (level->parent == NULL || level->child_count > 0 || find_entry(declaration, level->row.id) != NULL)
        return true;
    plan_add(declaration, (struct plan_step){
                              .action = PLAN_DELETE,
                              .kind = "organization",
                              .subject = plan_path(declaration, level, NULL),
                              .id = decision_id(declaration->decision, ID_ORGANIZATION, level->row.id),
                              .from = plan_text(declaration, level->row.name),
                          });
    struct command command = {.id = level->row.id};
    return declare_run(declaration, decide_organization_delete, &command, "/organizations");
}

bool declare_prune(struct declaration *declaration)
{
    if (!declaration->wanted->prune)
        return true;
    prune_projects(declaration);
    return prune_level(declaration, &declaration->decision->account->root);
}
