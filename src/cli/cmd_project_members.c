// SPDX-License-Identifier: Apache-2.0
//
// `usher projects members`: which users may draw on a project's organization, by the usage policy.
#include "cli/api.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/project_members.h"
#include "cli/resolve.h"

#include <string.h>

enum { USERS_MAX = 1000 };

static const struct column columns[] = {
    {"USER", "user", COLUMN_TEXT},
    {"EMAIL", "email", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *project, *path;
    enum exit_code code = resolve_project(cli, call->arguments[0], &project);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "projects", project, "members", NULL);
    return code == CLI_OK ? list_print(cli, path, columns, "no members") : code;
}

// All names are understood before the first of them is changed.
static enum exit_code resolve_users(struct cli *cli, const struct invocation *call, const char **ids)
{
    enum exit_code code = CLI_OK;
    for (int i = 1; i < call->argument_count && code == CLI_OK; i++)
        code = resolve_user(cli, call->arguments[i], &ids[i]);
    return code;
}

static enum exit_code change_members(struct cli *cli, const struct invocation *call, const char *method,
                                     const char *done)
{
    const char *project, *path;
    const char **ids = arena_alloc(&cli->arena, (size_t)call->argument_count * sizeof *ids);
    enum exit_code code = resolve_project(cli, call->arguments[0], &project);
    if (code == CLI_OK)
        code = resolve_users(cli, call, ids);
    for (int i = 1; i < call->argument_count && code == CLI_OK; i++) {
        code = api_account_path(cli, &path, "projects", project, "members", ids[i], NULL);
        struct api_request request = {.method = method, .path = path};
        if (code == CLI_OK)
            code = api_send(cli, &request, NULL);
        if (code == CLI_OK)
            output_sentence(cli, "%s %s (%s).", done, call->arguments[i], call->arguments[0]);
    }
    return code;
}

static enum exit_code run_add(struct cli *cli, const struct invocation *call)
{
    return change_members(cli, call, "PUT", "Added");
}

static enum exit_code run_remove(struct cli *cli, const struct invocation *call)
{
    return change_members(cli, call, "DELETE", "Removed");
}

static const struct command add_command = {
    .name = "add",
    .arguments = "PROJECT USER...",
    .arguments_min = 2,
    .arguments_max = USERS_MAX,
    .summary = "make users members of a project",
    .run = run_add,
};

static const struct command list_command = {
    .name = "list",
    .arguments = "PROJECT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "list the members of a project",
    .run = run_list,
};

static const struct command remove_command = {
    .name = "remove",
    .arguments = "PROJECT USER...",
    .arguments_min = 2,
    .arguments_max = USERS_MAX,
    .summary = "end the membership of users",
    .run = run_remove,
};

static const struct command *const commands[] = {&add_command, &list_command, &remove_command, NULL};

const struct command project_members_command = {
    .name = "members",
    .summary = "list, add and remove a project's members",
    .commands = commands,
};
