// SPDX-License-Identifier: Apache-2.0
//
// `usher users`: people and services of the account.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/user_sign_in.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},     {"EMAIL", "email", COLUMN_TEXT}, {"NAME", "name", COLUMN_TEXT},
    {"ROLE", "role", COLUMN_TEXT}, {"KIND", "kind", COLUMN_TEXT},   {"ORGANIZATION", "organization", COLUMN_LEVEL},
    {NULL, NULL, COLUMN_TEXT},
};

#define ROLES "member org_admin account_admin auditor"

static const struct option list_options[] = {
    {.name = "email", .value = "EMAIL", .help = "only the one with this e-mail"},
    {.name = "organization", .value = "ORG", .help = "only those of this organization itself"},
    {.name = "q", .value = "TEXT", .help = "only those with TEXT in the name or e-mail, or with this id"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *organization = invocation_value(call, "organization");
    enum exit_code code = api_account_path(cli, &path, "users", NULL);
    if (code == CLI_OK && organization != NULL)
        code = resolve_organization(cli, organization, &organization);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, path, "email", invocation_value(call, "email"));
    path = api_with(cli, path, "organization", organization);
    path = api_with(cli, path, "q", invocation_value(call, "q"));
    return list_print(cli, path, columns, "no users");
}

// The path of the user that the first argument names.
static enum exit_code user_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    const char *id;
    enum exit_code code = resolve_user(cli, call->arguments[0], &id);
    return code == CLI_OK ? api_account_path(cli, ret_path, "users", id, NULL) : code;
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = user_path(cli, call, &path);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static const struct option create_options[] = {
    {.name = "email", .value = "EMAIL", .help = "the e-mail; a service needs none"},
    {.name = "kind",
     .value = "KIND",
     .help = "a person (the default) or a service, like a CI fleet",
     .words = "person service"},
    {.name = "organization", .value = "ORG", .help = "the organization; none for none (the default)"},
    {.name = "role", .value = "ROLE", .help = "what it may do (default member)", .words = ROLES},
    {.name = NULL},
};

static enum exit_code add_organization(struct cli *cli, const char *name, json_t *body)
{
    const char *id;
    if (name == NULL)
        return CLI_OK;
    enum exit_code code = resolve_organization_or_none(cli, name, &id);
    if (code == CLI_OK)
        body_id_or_null(body, "organization", id);
    return code;
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    body_text(body, "name", call->arguments[0]);
    body_text(body, "email", invocation_value(call, "email"));
    body_text(body, "role", invocation_value(call, "role"));
    body_text(body, "kind", invocation_value(call, "kind"));
    enum exit_code code = add_organization(cli, invocation_value(call, "organization"), body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "users", NULL);
    return code == CLI_OK ? change_create(cli, path, body, "user", "email") : code;
}

static const struct option update_options[] = {
    {.name = "email", .value = "EMAIL", .help = "the new e-mail"},
    {.name = "name", .value = "NAME", .help = "the new name"},
    {.name = "organization", .value = "ORG", .help = "move to this organization; none for none"},
    {.name = "role", .value = "ROLE", .help = "the new role", .words = ROLES},
    {.name = NULL},
};

static enum exit_code run_update(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    body_text(body, "name", invocation_value(call, "name"));
    body_text(body, "email", invocation_value(call, "email"));
    body_text(body, "role", invocation_value(call, "role"));
    enum exit_code code = add_organization(cli, invocation_value(call, "organization"), body);
    if (code == CLI_OK)
        code = user_path(cli, call, &path);
    return code == CLI_OK ? change_update(cli, path, body, "user", "email") : code;
}

static enum exit_code run_move(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    enum exit_code code = add_organization(cli, call->arguments[1], body);
    if (code == CLI_OK)
        code = user_path(cli, call, &path);
    return code == CLI_OK ? change_update(cli, path, body, "user", "email") : code;
}

static enum exit_code run_delete(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = user_path(cli, call, &path);
    return code == CLI_OK ? change_delete(cli, path, "Deleted user", call->arguments[0]) : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make a user",
    .options = create_options,
    .run = run_create,
};

static const struct command delete_command = {
    .name = "delete",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "delete a user: its seats go back, its sessions and keys are revoked",
    .run = run_delete,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the users",
    .options = list_options,
    .run = run_list,
};

static const struct command move_command = {
    .name = "move",
    .arguments = "USER ORG",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "move a user to an organization, or to none",
    .details = "Seats of levels that the user leaves go back to their pools; running sessions go on.",
    .run = run_move,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a user",
    .run = run_show,
};

static const struct command update_command = {
    .name = "update",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "change a user's name, e-mail, role or organization",
    .options = update_options,
    .run = run_update,
};

static const struct command *const commands[] = {
    &create_command, &delete_command, &user_invite_command,   &list_command,
    &move_command,   &show_command,   &user_sign_out_command, &update_command, NULL,
};

const struct command users_command = {
    .name = "users",
    .summary = "list and change users",
    .details = "A user is named by id (US-1), e-mail or, where no other has it, name.",
    .commands = commands,
    .fallback = &list_command,
};
