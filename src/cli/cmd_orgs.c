// SPDX-License-Identifier: Apache-2.0
//
// `usher orgs`: the tree of organizations.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/resolve.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"PATH", "path", COLUMN_TEXT},
    {"PARENT", "parent", COLUMN_TEXT},
    {"CHILDREN", "children", COLUMN_NUMBER},
    {"CREATED", "created_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "parent", .value = "LEVEL", .help = "only those right below this organization, or `account`"},
    {.name = "q", .value = "TEXT", .help = "only those with TEXT in the name, or with this id"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *parent = invocation_value(call, "parent");
    enum exit_code code = api_account_path(cli, &path, "organizations", NULL);
    if (code == CLI_OK && parent != NULL)
        code = resolve_level(cli, parent, &parent);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, api_with(cli, path, "parent", parent), "q", invocation_value(call, "q"));
    return list_print(cli, path, columns, "no organizations");
}

static enum exit_code organization_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    const char *id;
    enum exit_code code = resolve_organization(cli, call->arguments[0], &id);
    return code == CLI_OK ? api_account_path(cli, ret_path, "organizations", id, NULL) : code;
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = organization_path(cli, call, &path);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static enum exit_code add_parent(struct cli *cli, const char *name, json_t *body)
{
    const char *id;
    enum exit_code code = resolve_level(cli, name, &id);
    if (code == CLI_OK)
        body_id_or_null(body, "parent", resolve_is_id(id, "AC-") ? NULL : id);
    return code;
}

static const struct option create_options[] = {
    {.name = "parent", .value = "ORG", .help = "the organization above it (default: the account)"},
    {.name = NULL},
};

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path, *parent = invocation_value(call, "parent");
    body_text(body, "name", call->arguments[0]);
    enum exit_code code = parent != NULL ? add_parent(cli, parent, body) : CLI_OK;
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "organizations", NULL);
    return code == CLI_OK ? change_create(cli, path, body, "organization", "name") : code;
}

static enum exit_code run_rename(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    body_text(body, "name", call->arguments[1]);
    enum exit_code code = organization_path(cli, call, &path);
    return code == CLI_OK ? change_update(cli, path, body, "organization", "name") : code;
}

static const struct option move_options[] = {
    {.name = "release-seats", .help = "give back the seats that users would lose"},
    {.name = NULL},
};

static enum exit_code run_move(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    enum exit_code code = organization_path(cli, call, &path);
    if (code == CLI_OK)
        code = add_parent(cli, call->arguments[1], body);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, path, "release_seats", invocation_has(call, "release-seats") ? "true" : NULL);
    return change_update(cli, path, body, "organization", "name");
}

static enum exit_code run_delete(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = organization_path(cli, call, &path);
    return code == CLI_OK ? change_delete(cli, path, "Deleted organization", call->arguments[0]) : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make an organization",
    .options = create_options,
    .run = run_create,
};

static const struct command delete_command = {
    .name = "delete",
    .arguments = "ORG",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "delete an empty organization; its licenses go back to its parent",
    .run = run_delete,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the organizations",
    .options = list_options,
    .run = run_list,
};

static const struct command move_command = {
    .name = "move",
    .arguments = "ORG PARENT",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "move an organization, with all below it, under another or under `account`",
    .details = "Its dedications move along, so the levels that it comes under need room for them.",
    .options = move_options,
    .run = run_move,
};

static const struct command rename_command = {
    .name = "rename",
    .arguments = "ORG NAME",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "give an organization another name",
    .run = run_rename,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "ORG",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show an organization",
    .run = run_show,
};

static const struct command *const commands[] = {
    &create_command, &delete_command, &list_command, &move_command, &rename_command, &show_command, NULL,
};

const struct command orgs_command = {
    .name = "orgs",
    .summary = "list and change organizations",
    .details = "An organization is named by id (OG-1001), by a name that no other has, or by its path "
               "(Studio/Lighting; /Studio for the one at the top). In a path, a / in a name is written ~1, a ~ is ~0.",
    .commands = commands,
    .fallback = &list_command,
};
