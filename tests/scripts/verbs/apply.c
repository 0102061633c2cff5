// SPDX-License-Identifier: Apache-2.0
// `apply`: the account as it is wanted, declared in the indented lines below.
#include "scripts/play.h"

#include <string.h>

struct reading {
    struct wanted_account *wanted;
    struct wanted_organization *organizations;
    struct wanted_user *users;
};

static const char *const *read_path(struct script *script, const char *word, size_t *ret_depth)
{
    const char **path = NULL;
    size_t depth = 0;
    while (*word != '\0') {
        size_t length = strcspn(word, "/");
        path = arena_grow(&script->arena, path, depth, sizeof *path);
        path[depth++] = arena_printf(&script->arena, "%.*s", (int)length, word);
        word += length + (word[length] == '/');
    }
    *ret_depth = depth;
    return path;
}

static void want_organization(struct script *script, struct reading *reading)
{
    struct wanted_organization wanted = {0};
    wanted.path = read_path(script, word_next(script, "a path"), &wanted.depth);
    size_t *count = &reading->wanted->organization_count;
    reading->organizations = arena_grow(&script->arena, reading->organizations, *count, sizeof wanted);
    reading->organizations[(*count)++] = wanted;
}

static struct wanted_organization *last_organization(struct script *script, struct reading *reading)
{
    if (reading->wanted->organization_count == 0)
        script_error(script, "of which organization? Name it first");
    return &reading->organizations[reading->wanted->organization_count - 1];
}

static void want_dedication(struct script *script, struct reading *reading)
{
    struct wanted_organization *organization = last_organization(script, reading);
    struct wanted_dedication *items = (struct wanted_dedication *)(uintptr_t)organization->dedications;
    items = arena_grow(&script->arena, items, organization->dedication_count, sizeof *items);
    items[organization->dedication_count].product = word_next(script, "a product");
    items[organization->dedication_count++].count = word_next_number(script, "how many");
    organization->dedications = items;
}

static void want_project(struct script *script, struct reading *reading)
{
    struct wanted_organization *organization = last_organization(script, reading);
    struct wanted_project *items = (struct wanted_project *)(uintptr_t)organization->projects;
    struct wanted_project project = {.name = word_next(script, "a name")};
    struct wanted_member *members = NULL;
    project.members_given = word_flag(script, "members");
    script->next += project.members_given;
    while (project.members_given && word_is_left(script)) {
        members = arena_grow(&script->arena, members, project.member_count, sizeof *members);
        members[project.member_count++].ref = word_next(script, "a member");
    }
    project.members = members;
    items = arena_grow(&script->arena, items, organization->project_count, sizeof *items);
    items[organization->project_count++] = project;
    organization->projects = items;
}

// `user alice …` by e-mail, `service farm …` by name.
static void want_user(struct script *script, struct reading *reading, bool service)
{
    struct wanted_user wanted = {.kind = service ? USER_SERVICE : USER_PERSON, .given = GIVEN_KIND};
    const char *name = word_next(script, "a name"), *organization = word_option(script, "in");
    const char *role = word_option(script, "role"), *called = word_option(script, "name");
    if (service)
        wanted.name = name;
    else
        wanted.email = arena_printf(&script->arena, "%s@example.com", name);
    if (!service && !word_flag(script, "nameless"))
        wanted.name = called != NULL ? called : name;
    wanted.given |= wanted.name != NULL ? GIVEN_NAME : 0u;
    if (organization != NULL)
        wanted.organization = read_path(script, organization, &wanted.organization_depth);
    wanted.given |= organization != NULL || word_flag(script, "nowhere") ? GIVEN_ORGANIZATION : 0u;
    if (role != NULL) {
        wanted.role = (enum role)word_of(script, role_words, role);
        wanted.given |= GIVEN_ROLE;
    }
    size_t *count = &reading->wanted->user_count;
    reading->users = arena_grow(&script->arena, reading->users, *count, sizeof wanted);
    reading->users[(*count)++] = wanted;
}

static void want(struct script *script, struct reading *reading)
{
    const char *what = word_next(script, "what is wanted");
    if (strcmp(what, "organization") == 0) {
        want_organization(script, reading);
    } else if (strcmp(what, "dedicated") == 0) {
        want_dedication(script, reading);
    } else if (strcmp(what, "project") == 0) {
        want_project(script, reading);
    } else if (strcmp(what, "user") == 0 || strcmp(what, "service") == 0) {
        want_user(script, reading, strcmp(what, "service") == 0);
    } else if (strcmp(what, "policy") == 0) {
        const char *fallback = word_option(script, "fallback");
        reading->wanted->policy_given = true;
        reading->wanted->policy = (enum usage_policy)word_of(script, policy_words, word_next(script, "a policy"));
        reading->wanted->fallback = fallback == NULL || word_is_on(script, fallback);
    } else {
        script_error(script, "%s cannot be declared", what);
    }
}

void do_apply(struct play *play)
{
    struct script *script = play->script;
    struct reading reading = {.wanted = &play->command.wanted};
    play->command.kind = COMMAND_ACCOUNT_APPLY;
    reading.wanted->prune = word_flag(script, "prune");
    for (size_t i = 0; i < script->line->body_count; i++) {
        words_must_be_used(script);
        words_begin(script, &script->line->body[i]);
        want(script, &reading);
    }
    reading.wanted->organizations = reading.organizations;
    reading.wanted->users = reading.users;
    play_decide(play);
}
