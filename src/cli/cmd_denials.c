// SPDX-License-Identifier: Apache-2.0
//
// `usher denials`: episodes of denials. Retries of one user, machine and product are one line with a count.
#include "cli/api.h"
#include "cli/history.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/tried.h"
#include "cli/value.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},           {"FIRST", "first_at", COLUMN_TIME}, {"LAST", "last_at", COLUMN_TIME},
    {"TIMES", "count", COLUMN_NUMBER},   {"USER", "user", COLUMN_USER},      {"PRODUCT", "product", COLUMN_TEXT},
    {"MACHINE", "machine", COLUMN_TEXT}, {"REASON", "reason", COLUMN_TEXT},  {"CLOSED BY", "closed_by", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *query;
    enum exit_code code = history_query(cli, &query);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "denials", NULL);
    if (code != CLI_OK)
        return code;
    path = arena_printf(&cli->arena, "%s%s", path, query);
    return list_print(cli, api_with(cli, path, "product", invocation_value(call, "product")), columns, "no denials");
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *denial;
    enum exit_code code = api_account_path(cli, &path, "denials", call->arguments[0], NULL);
    if (code == CLI_OK)
        code = api_get(cli, path, &denial);
    if (code != CLI_OK)
        return code;
    if (cli->as_json) {
        output_json(cli, denial);
        return CLI_OK;
    }
    json_t *plain = json_copy(denial);
    json_object_del(plain, "tried");
    output_object(cli, plain);
    json_decref(plain);
    fputc('\n', stdout);
    tried_print(cli, stdout, denial);
    return CLI_OK;
}

static const struct command list_command = {
    .name = "list",
    .summary = "list the episodes of denials, oldest first",
    .options = list_options,
    .shared = history_options,
    .run = run_list,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "DENIAL",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show an episode, and every pool that was tried",
    .run = run_show,
};

static const struct command *const commands[] = {&list_command, &show_command, NULL};

const struct command denials_command = {
    .name = "denials",
    .summary = "show who was denied a license, and why",
    .commands = commands,
    .fallback = &list_command,
};
