// SPDX-License-Identifier: Apache-2.0
#include "cli/export.h"

#include "base/check.h"
#include "cli/api.h"
#include "cli/directory.h"
#include "cli/list.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    const struct organization *organization;
    json_t *json;        // {path, dedications, projects}
    json_t *dedications; // borrowed
    json_t *projects;
};

struct entries {
    struct entry *items; // sorted by id while they are filled
    size_t count;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->organization->id, ((const struct entry *)b)->organization->id);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->organization->path, ((const struct entry *)b)->organization->path);
}

static const struct entry *find(const struct entries *entries, const char *id)
{
    struct organization key_organization = {.id = id};
    struct entry key = {.organization = &key_organization};
    return entries->count > 0 ? bsearch(&key, entries->items, entries->count, sizeof key, by_id) : NULL;
}

static void fill_entries(struct cli *cli, const struct directory *directory, struct entries *entries)
{
    entries->count = directory_count(directory);
    entries->items = arena_alloc(&cli->arena, entries->count * sizeof *entries->items);
    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->items[i];
        entry->organization = directory_at(directory, i);
        entry->json = cli_keep(cli, json_object());
        entry->dedications = json_object();
        entry->projects = json_array();
        json_object_set_new(entry->json, "path", json_string(entry->organization->path));
        json_object_set_new(entry->json, "dedications", entry->dedications);
        json_object_set_new(entry->json, "projects", entry->projects);
    }
    if (entries->count > 0)
        qsort(entries->items, entries->count, sizeof *entries->items, by_id);
}

// What was asked for: the target of a drain or a raise that goes on, else what there is.
static json_t *dedication_of(const json_t *row)
{
    static const char *const members[] = {"draining_to", "filling_to", "dedicated"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (value_is_set(row, members[i]))
            return json_object_get(row, members[i]);
    }
    return NULL;
}

static enum exit_code add_pools(struct cli *cli, json_t *rows, void *context)
{
    (void)cli;
    json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        const struct entry *entry = find(context, value_text(row, "level"));
        json_t *count = dedication_of(row);
        bool stands = value_number(row, "dedicated") != 0 || value_is_set(row, "filling_to");
        if (entry != NULL && count != NULL && stands)
            json_object_set(entry->dedications, value_text(row, "product"), count);
    }
    return CLI_OK;
}

static enum exit_code add_dedications(struct cli *cli, struct entries *entries)
{
    struct list_request request = {.most = 0};
    enum exit_code code = api_account_path(cli, &request.path, "pools", NULL);
    return code == CLI_OK ? list_walk(cli, &request, add_pools, entries) : code;
}

// The members as apply names them: by e-mail, or by id who has none.
static enum exit_code members_of(struct cli *cli, const char *project, json_t *members)
{
    const char *path;
    json_t *items, *item;
    size_t i;
    enum exit_code code = api_account_path(cli, &path, "projects", project, "members", NULL);
    if (code == CLI_OK)
        code = list_get(cli, path, 0, &items);
    if (code != CLI_OK)
        return code;
    json_array_foreach(items, i, item)
    {
        const char *email = value_text(item, "email");
        json_array_append_new(members, json_string(email[0] != '\0' ? email : value_text(item, "user")));
    }
    return CLI_OK;
}

static enum exit_code add_projects(struct cli *cli, struct entries *entries)
{
    const char *path;
    json_t *projects, *project;
    size_t i;
    enum exit_code code = api_account_path(cli, &path, "projects", NULL);
    if (code == CLI_OK)
        code = list_get(cli, path, 0, &projects);
    if (code != CLI_OK)
        return code;
    json_array_foreach(projects, i, project)
    {
        const struct entry *entry = find(entries, value_text(project, "organization"));
        if (entry == NULL)
            continue;
        json_t *exported = json_object(), *members = json_array();
        json_object_set_new(exported, "name", json_string(value_text(project, "name")));
        json_object_set_new(exported, "members", members);
        json_array_append_new(entry->projects, exported);
        code = members_of(cli, value_text(project, "id"), members);
        if (code != CLI_OK)
            return code;
    }
    return CLI_OK;
}

static void add_entries(struct entries *entries, json_t *account)
{
    json_t *organizations = json_array();
    json_object_set_new(account, "organizations", organizations);
    if (entries->count > 0)
        qsort(entries->items, entries->count, sizeof *entries->items, by_path);
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];
        if (json_object_size(entry->dedications) == 0)
            json_object_del(entry->json, "dedications");
        if (json_array_size(entry->projects) == 0)
            json_object_del(entry->json, "projects");
        CHECK(json_array_append(organizations, entry->json) == 0);
    }
}

enum exit_code export_organizations(struct cli *cli, json_t *account)
{
    struct directory *directory;
    struct entries entries = {0};
    enum exit_code code = directory_load(cli, false, &directory);
    if (code != CLI_OK)
        return code;
    fill_entries(cli, directory, &entries);
    code = add_dedications(cli, &entries);
    if (code == CLI_OK)
        code = add_projects(cli, &entries);
    if (code == CLI_OK)
        add_entries(&entries, account);
    return code;
}
