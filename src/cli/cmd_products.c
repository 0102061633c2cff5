// SPDX-License-Identifier: Apache-2.0
//
// `usher products`: what can be licensed.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/output.h"

static const struct column columns[] = {
    {"CODE", "code", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {"MODEL", "model", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    (void)call;
    return list_print(cli, api_path(cli, "products", NULL), columns, "no products");
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *name = invocation_value(call, "name"), *model = invocation_value(call, "model");
    body_text(body, "code", call->arguments[0]);
    body_text(body, "name", name != NULL ? name : call->arguments[0]);
    body_text(body, "model", model != NULL ? model : "session");
    return change_create(cli, api_path(cli, "products", NULL), body, "product", "name");
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
    {.name = "model",
     .value = "MODEL",
     .help = "who holds a license: a named user (seat), or each running process "
             "(session, the default)",
     .words = "seat session"},
    {.name = "name", .value = "NAME", .help = "the name (default: the code)"},
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

static const struct command *const commands[] = {
    &create_command, &list_command, &rename_command, &show_command, NULL,
};

const struct command products_command = {
    .name = "products",
    .summary = "list and change products",
    .commands = commands,
    .fallback = &list_command,
};
