// SPDX-License-Identifier: Apache-2.0
//
// `usher products`: what can be licensed.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"

#include <string.h>

static const struct column columns[] = {
    {"CODE", "code", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {"MODEL", "model", COLUMN_TEXT},
    {"MACHINES/SEAT", "machines_per_seat", COLUMN_NUMBER},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    (void)call;
    return list_print(cli, api_path(cli, "products", NULL), columns, "no products");
}

static enum exit_code add_machines(json_t *body, const struct invocation *call)
{
    const char *value = invocation_value(call, "machines-per-seat");
    if (value == NULL || strcmp(value, "none") != 0)
        return body_number(body, "machines_per_seat", call, "machines-per-seat", 1, 1000);
    body_id_or_null(body, "machines_per_seat", NULL);
    return CLI_OK;
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *name = invocation_value(call, "name"), *model = invocation_value(call, "model");
    body_text(body, "code", call->arguments[0]);
    body_text(body, "name", name != NULL ? name : call->arguments[0]);
    body_text(body, "model", model != NULL ? model : "session");
    enum exit_code code = add_machines(body, call);
    return code == CLI_OK ? change_create(cli, api_path(cli, "products", NULL), body, "product", "name") : code;
}

static enum exit_code run_update(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    body_text(body, "name", invocation_value(call, "name"));
    enum exit_code code = add_machines(body, call);
    if (code != CLI_OK)
        return code;
    return change_update(cli, api_path(cli, "products", call->arguments[0], NULL), body, "product", "name");
}

static enum exit_code run_rename(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    body_text(body, "name", call->arguments[1]);
    return change_update(cli, api_path(cli, "products", call->arguments[0], NULL), body, "product", "name");
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    return output_show(cli, api_path(cli, "products", call->arguments[0], NULL));
}

static const struct option create_options[] = {
    {.name = "machines-per-seat", .value = "N", .help = "on how many machines a seat may be used (default: on any)"},
    {.name = "model",
     .value = "MODEL",
     .help = "who holds a license: a named user (seat), or each running process "
             "(session, the default)",
     .words = "seat session"},
    {.name = "name", .value = "NAME", .help = "the name (default: the code)"},
    {.name = NULL},
};

static const struct option update_options[] = {
    {.name = "machines-per-seat", .value = "N", .help = "on how many machines a seat may be used; `none`: on any"},
    {.name = "name", .value = "NAME", .help = "another name"},
    {.name = NULL},
};

static const struct command create_command = {
    .name = "create",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make a product (operator)",
    .options = create_options,
    .run = run_create,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the products",
    .run = run_list,
};

static const struct command rename_command = {
    .name = "rename",
    .arguments = "CODE NAME",
    .arguments_min = 2,
    .arguments_max = 2,
    .summary = "give a product another name (operator)",
    .run = run_rename,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a product",
    .run = run_show,
};

static const struct command update_command = {
    .name = "update",
    .arguments = "CODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "change a product (operator)",
    .options = update_options,
    .run = run_update,
};

static const struct command *const commands[] = {
    &create_command, &list_command, &rename_command, &show_command, &update_command, NULL,
};

const struct command products_command = {
    .name = "products",
    .summary = "list and change products",
    .commands = commands,
    .fallback = &list_command,
};
