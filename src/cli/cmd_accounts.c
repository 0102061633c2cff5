// SPDX-License-Identifier: Apache-2.0
//
// `usher accounts`: the customers of this server.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"

#include <string.h>

enum { GRACE_MAX_S = 31622400 };

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {"PLAN", "plan", COLUMN_TEXT},
    {"ON SHORTFALL", "on_shortfall", COLUMN_TEXT},
    {"CREATED", "created_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    (void)call;
    return list_print(cli, api_path(cli, "accounts", NULL), columns, "no accounts");
}

// The name comes first: `create` takes it as an argument, and its options from behind it.
static const struct option update_options[] = {
    {.name = "name", .value = "NAME", .help = "the name"},
    {.name = "delegate-dedication",
     .value = "SWITCH",
     .help = "organization admins may dedicate downwards",
     .words = "on off"},
    {.name = "on-shortfall", .value = "WHAT", .help = "when a purchase ends under use", .words = "keep end_newest"},
    {.name = "plan", .value = "PLAN", .help = "the plan (operator)", .words = "free premium true_enterprise"},
    {.name = "self-service-seats",
     .value = "SWITCH",
     .help = "users may claim a seat for themselves",
     .words = "on off"},
    {.name = "shortfall-grace", .value = "SECONDS", .help = "how long end_newest waits"},
    {.name = NULL},
};

static enum exit_code add_settings(json_t *body, const struct invocation *call)
{
    body_text(body, "plan", invocation_value(call, "plan"));
    body_switch(body, "delegate_dedication", invocation_value(call, "delegate-dedication"));
    body_switch(body, "self_service_seats", invocation_value(call, "self-service-seats"));
    body_text(body, "on_shortfall", invocation_value(call, "on-shortfall"));
    return body_number(body, "shortfall_grace_s", call, "shortfall-grace", 0, GRACE_MAX_S);
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    enum exit_code code = add_settings(body, call);
    if (code != CLI_OK)
        return code;
    body_text(body, "name", call->arguments[0]);
    return change_create(cli, api_path(cli, "accounts", NULL), body, "account", "name");
}

// The account that is named, else the one to work in.
static enum exit_code account_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    const char *account = call->argument_count > 0 ? call->arguments[0] : "self";
    enum exit_code code = strcmp(account, "self") == 0 ? cli_account(cli, &account) : CLI_OK;
    if (code == CLI_OK)
        *ret_path = api_path(cli, "accounts", account, NULL);
    return code;
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = account_path(cli, call, &path);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static enum exit_code run_update(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    body_text(body, "name", invocation_value(call, "name"));
    enum exit_code code = add_settings(body, call);
    if (code == CLI_OK)
        code = account_path(cli, call, &path);
    return code == CLI_OK ? change_update(cli, path, body, "account", "name") : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make an account (operator)",
    .options = update_options + 1,
    .run = run_create,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the accounts (operator)",
    .run = run_list,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "[ACCOUNT]",
    .arguments_max = 1,
    .summary = "show an account and its settings",
    .run = run_show,
};

static const struct command update_command = {
    .name = "update",
    .arguments = "[ACCOUNT]",
    .arguments_max = 1,
    .summary = "change an account's name, plan or settings",
    .options = update_options,
    .run = run_update,
};

static const struct command *const commands[] = {
    &create_command, &list_command, &show_command, &update_command, NULL,
};

const struct command accounts_command = {
    .name = "accounts",
    .summary = "list and change accounts",
    .commands = commands,
    .fallback = &list_command,
};
