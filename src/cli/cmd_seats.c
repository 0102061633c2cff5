// SPDX-License-Identifier: Apache-2.0
//
// `usher seats`: licenses that named users hold.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/release.h"
#include "cli/resolve.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"PRODUCT", "product", COLUMN_TEXT},
    {"USER", "user", COLUMN_USER},
    {"LEVEL", "level", COLUMN_LEVEL},
    {"STATE", "state", COLUMN_TEXT},
    {"ASSIGNED", "assigned_at", COLUMN_TIME},
    {"LAST USED", "last_used_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "level", .value = "LEVEL", .help = "only seats of this organization, or of the `account`"},
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *user = invocation_value(call, "user"), *level = invocation_value(call, "level");
    enum exit_code code = api_account_path(cli, &path, "seats", NULL);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    if (code == CLI_OK && level != NULL)
        code = resolve_level(cli, level, &level);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, path, "product", invocation_value(call, "product"));
    path = api_with(cli, api_with(cli, path, "user", user), "level", level);
    return list_print(cli, path, columns, "no seats");
}

static enum exit_code run_assign(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path, *user = call->argument_count > 2 ? call->arguments[2] : NULL, *level;
    enum exit_code code = resolve_level(cli, call->arguments[1], &level);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "seats", NULL);
    if (code != CLI_OK)
        return code;
    body_text(body, "product", call->arguments[0]);
    body_text(body, "level", level);
    body_text(body, "user", user);
    return change_create(cli, path, body, "seat", "product");
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "seats", call->arguments[0], NULL);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static enum exit_code run_release(struct cli *cli, const struct invocation *call)
{
    const char *path, *query;
    enum exit_code code = release_query(cli, &query);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "seats", call->arguments[0], NULL);
    if (code != CLI_OK)
        return code;
    path = arena_printf(&cli->arena, "%s%s", path, query);
    return change_delete(cli, path, "Released seat", call->arguments[0]);
}

static enum exit_code run_check_in(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *seat = NULL;
    enum exit_code code = api_account_path(cli, &path, "seats", call->arguments[0], "check-in", NULL);
    struct api_request request = {.method = "POST", .path = path, .creates = true};
    if (code == CLI_OK)
        code = api_send(cli, &request, &seat);
    if (code == CLI_OK && seat != NULL)
        output_object(cli, seat);
    return code;
}

static const struct command assign_command = {
    .name = "assign",
    .arguments = "PRODUCT LEVEL [USER]",
    .arguments_min = 2,
    .arguments_max = 3,
    .summary = "give a user (default: the key's own) a seat of an organization, or of the `account`",
    .details = "The user must belong to the organization or to one below it. Without USER the seat is claimed for "
               "the key's own user, where the account allows that.",
    .run = run_assign,
};

static const struct command check_in_command = {
    .name = "check-in",
    .arguments = "SEAT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "say that the seat is in use, as the user's program does at its start",
    .run = run_check_in,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the seats",
    .options = list_options,
    .run = run_list,
};

static const struct command release_command = {
    .name = "release",
    .arguments = "SEAT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "give a seat back to its pool",
    .options = release_options,
    .run = run_release,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "SEAT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a seat",
    .run = run_show,
};

static const struct command *const commands[] = {
    &assign_command, &check_in_command, &list_command, &release_command, &show_command, NULL,
};

const struct command seats_command = {
    .name = "seats",
    .summary = "list, assign and release seats",
    .commands = commands,
    .fallback = &list_command,
};
