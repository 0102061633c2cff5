// SPDX-License-Identifier: Apache-2.0
//
// `usher seats`: licenses that named users hold.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/release.h"
#include "cli/resolve.h"
#include "cli/seat_machine.h"
#include "cli/seat_release.h"

#include <limits.h>

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
    {.name = "idle", .value = "TIME", .help = "only those not used for so long, such as 30d"},
    {.name = "level", .value = "LEVEL", .help = "only seats of this organization, or of the `account`"},
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    (void)call;
    const char *path;
    enum exit_code code = seat_list_path(cli, &path);
    return code == CLI_OK ? list_print(cli, path, columns, "no seats") : code;
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

static enum exit_code release_one(struct cli *cli, const struct invocation *call)
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

static enum exit_code run_release(struct cli *cli, const struct invocation *call)
{
    bool is_idle = invocation_has(call, "idle");
    if (is_idle == (call->argument_count > 0)) {
        complain(is_idle ? "name seats, or take --idle; not both" : "which seats? Name them, or take --idle TIME");
        return CLI_WRONG_USE;
    }
    if (call->argument_count == 1)
        return release_one(cli, call);
    if (invocation_has(call, "cooldown")) {
        complain("--cooldown is for one seat");
        return CLI_WRONG_USE;
    }
    return is_idle ? seat_release_listed(cli, columns) : seat_release_named(cli);
}

static enum exit_code run_check_in(struct cli *cli, const struct invocation *call)
{
    const char *path, *machine = invocation_value(call, "machine");
    json_t *body = body_new(cli), *seat = NULL;
    enum exit_code code = api_account_path(cli, &path, "seats", call->arguments[0], "check-in", NULL);
    body_text(body, "machine", machine);
    struct api_request request = {
        .method = "POST", .path = path, .body = machine != NULL ? body : NULL, .creates = true};
    if (code == CLI_OK)
        code = api_send(cli, &request, &seat);
    if (code == CLI_OK && seat != NULL)
        output_object(cli, seat);
    return code;
}

static enum exit_code run_machines(struct cli *cli, const struct invocation *call)
{
    return seat_machine_print(cli, call->arguments[0]);
}

static enum exit_code run_deactivate(struct cli *cli, const struct invocation *call)
{
    return seat_machine_free(cli, call->arguments[0], call->arguments[1]);
}

static const struct option check_in_options[] = {
    {.name = "machine", .value = "NAME", .help = "on this machine (default: none is named)"},
    {.name = NULL},
};

static const struct option bulk_options[] = {
    {.name = "idle", .value = "TIME", .help = "all that were not used for so long, such as 30d"},
    {.name = "level", .value = "LEVEL", .help = "with --idle: only of this organization, or of the `account`"},
    {.name = "product", .value = "CODE", .help = "with --idle: only of this product"},
    {.name = "user", .value = "USER", .help = "with --idle: only this user's"},
    {.name = "yes", .help = "do not ask", .letter = 'y'},
    {.name = NULL},
};

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
    .options = check_in_options,
    .run = run_check_in,
};

static const struct command deactivate_command_of_seats = {
    .name = "deactivate",
    .arguments = "SEAT MACHINE",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "free a machine's place of a seat",
    .run = run_deactivate,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the seats",
    .options = list_options,
    .run = run_list,
};

static const struct command machines_command = {
    .name = "machines",
    .arguments = "SEAT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "list the machines that a seat is used on",
    .run = run_machines,
};

static const struct command release_command = {
    .name = "release",
    .arguments = "[SEAT...]",
    .arguments_max = INT_MAX,
    .summary = "give seats back to their pools: those named, or all that are --idle",
    .details = "Several seats are given back all or none. With --idle they are shown first, and you are asked; who "
               "comes back meanwhile keeps the seat.",
    .options = bulk_options,
    .shared = release_options,
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
    &assign_command,   &check_in_command, &deactivate_command_of_seats, &list_command,
    &machines_command, &release_command,  &show_command,                NULL,
};

const struct command seats_command = {
    .name = "seats",
    .summary = "list, assign and release seats",
    .commands = commands,
    .fallback = &list_command,
};
