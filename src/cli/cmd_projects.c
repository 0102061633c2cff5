// SPDX-License-Identifier: Apache-2.0
//
// `usher projects`: projects of organizations. Their members are in cmd_project_members.c.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/project_members.h"
#include "cli/resolve.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {"ORGANIZATION", "organization", COLUMN_LEVEL},
    {"CREATED", "created_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "organization", .value = "ORG", .help = "only those of this organization itself"},
    {.name = "q", .value = "TEXT", .help = "only those with TEXT in the name, or with this id"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *organization = invocation_value(call, "organization");
    enum exit_code code = api_account_path(cli, &path, "projects", NULL);
    if (code == CLI_OK && organization != NULL)
        code = resolve_organization(cli, organization, &organization);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, api_with(cli, path, "organization", organization), "q", invocation_value(call, "q"));
    return list_print(cli, path, columns, "no projects");
}

static enum exit_code project_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    const char *id;
    enum exit_code code = resolve_project(cli, call->arguments[0], &id);
    return code == CLI_OK ? api_account_path(cli, ret_path, "projects", id, NULL) : code;
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = project_path(cli, call, &path);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path, *organization;
    body_text(body, "name", call->arguments[1]);
    enum exit_code code = resolve_organization(cli, call->arguments[0], &organization);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "projects", NULL);
    if (code != CLI_OK)
        return code;
    body_text(body, "organization", organization);
    return change_create(cli, path, body, "project", "name");
}

static enum exit_code run_rename(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    body_text(body, "name", call->arguments[1]);
    enum exit_code code = project_path(cli, call, &path);
    return code == CLI_OK ? change_update(cli, path, body, "project", "name") : code;
}

static enum exit_code run_move(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path, *organization;
    enum exit_code code = project_path(cli, call, &path);
    if (code == CLI_OK)
        code = resolve_organization(cli, call->arguments[1], &organization);
    if (code != CLI_OK)
        return code;
    body_text(body, "organization", organization);
    return change_update(cli, path, body, "project", "name");
}

static enum exit_code run_delete(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = project_path(cli, call, &path);
    return code == CLI_OK ? change_delete(cli, path, "Deleted project", call->arguments[0]) : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "ORG NAME",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "make a project of an organization",
    .run = run_create,
};

static const struct command delete_command = {
    .name = "delete",
    .arguments = "PROJECT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "delete a project",
    .run = run_delete,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the projects",
    .options = list_options,
    .run = run_list,
};

static const struct command move_command = {
    .name = "move",
    .arguments = "PROJECT ORG",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "move a project to another organization",
    .run = run_move,
};

static const struct command rename_command = {
    .name = "rename",
    .arguments = "PROJECT NAME",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "give a project another name",
    .run = run_rename,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "PROJECT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a project",
    .run = run_show,
};

static const struct command *const commands[] = {
    &create_command, &delete_command, &list_command, &project_members_command,
    &move_command,   &rename_command, &show_command, NULL,
};

const struct command projects_command = {
    .name = "projects",
    .summary = "list and change projects and their members",
    .details = "A project is named by id (PR-1), by a name that no other has, or by its organization's path and its "
               "name (Studio/Film).",
    .commands = commands,
    .fallback = &list_command,
};
