// SPDX-License-Identifier: Apache-2.0
//
// `usher purchases`: what the account has bought, and for how long.
#include "cli/api.h"
#include "cli/argument.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"

static const int64_t quantity_max = 1000000000000;

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"PRODUCT", "product", COLUMN_TEXT},
    {"QUANTITY", "quantity", COLUMN_NUMBER},
    {"STARTS", "starts_at", COLUMN_TIME},
    {"ENDS", "ends_at", COLUMN_TIME},
    {"IN FORCE", "in_force", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "purchases", NULL);
    if (code != CLI_OK)
        return code;
    return list_print(cli, api_with(cli, path, "product", invocation_value(call, "product")), columns, "no purchases");
}

static const struct option create_options[] = {
    {.name = "dry-run", .help = "only say what would happen"},
    {.name = "ends-at", .value = "TIME", .help = "in force until TIME (default: without end)"},
    {.name = "starts-at", .value = "TIME", .help = "in force from TIME (default: now)"},
    {.name = NULL},
};

static enum exit_code add_times(struct cli *cli, json_t *body)
{
    enum exit_code code = body_time(cli, body, "starts_at", "starts-at");
    return code == CLI_OK ? body_time(cli, body, "ends_at", "ends-at") : code;
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    int64_t quantity;
    body_text(body, "product", call->arguments[0]);
    enum exit_code code = argument_number("QUANTITY", call->arguments[1], 1, quantity_max, &quantity);
    if (code == CLI_OK)
        code = add_times(cli, body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "purchases", NULL);
    if (code != CLI_OK)
        return code;
    json_object_set_new(body, "quantity", json_integer(quantity));
    if (change_is_dry(cli))
        return change_dry(cli, "POST", path, body);
    return change_create(cli, path, body, "purchase", "product");
}

static const struct option update_options[] = {
    {.name = "dry-run", .help = "only say what would happen"},
    {.name = "ends-at", .value = "TIME", .help = "in force until TIME; none for without end"},
    {.name = "quantity", .value = "N", .help = "the new number of licenses"},
    {.name = "starts-at", .value = "TIME", .help = "in force from TIME; none for always"},
    {.name = NULL},
};

static enum exit_code run_update(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *path;
    enum exit_code code = body_number(body, "quantity", call, "quantity", 1, quantity_max);
    if (code == CLI_OK)
        code = add_times(cli, body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "purchases", call->arguments[0], NULL);
    if (code != CLI_OK)
        return code;
    if (change_is_dry(cli) && json_object_size(body) > 0)
        return change_dry(cli, "PATCH", path, body);
    return change_update(cli, path, body, "purchase", "product");
}

static const struct option delete_options[] = {
    {.name = "dry-run", .help = "only say what would happen"},
    {.name = NULL},
};

static enum exit_code run_delete(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "purchases", call->arguments[0], NULL);
    if (code != CLI_OK)
        return code;
    if (change_is_dry(cli))
        return change_dry(cli, "DELETE", path, NULL);
    return change_delete(cli, path, "Deleted purchase", call->arguments[0]);
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "purchases", call->arguments[0], NULL);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "PRODUCT QUANTITY",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "record a purchase (operator)",
    .options = create_options,
    .run = run_create,
};

static const struct command delete_command = {
    .name = "delete",
    .arguments = "PURCHASE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "take a purchase away (operator); it is never refused because licenses are in use",
    .options = delete_options,
    .run = run_delete,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the purchases",
    .options = list_options,
    .run = run_list,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "PURCHASE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a purchase",
    .run = run_show,
};

static const struct command update_command = {
    .name = "update",
    .arguments = "PURCHASE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "change a purchase's quantity or times (operator)",
    .options = update_options,
    .run = run_update,
};

static const struct command *const commands[] = {
    &create_command, &delete_command, &list_command, &show_command, &update_command, NULL,
};

const struct command purchases_command = {
    .name = "purchases",
    .summary = "list and change what the account has bought",
    .details = "TIME is 2026-11-24T06:34:00Z, 2026-11-24 (its start in UTC), now, or a span from now like +30d.",
    .commands = commands,
    .fallback = &list_command,
};
