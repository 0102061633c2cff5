// SPDX-License-Identifier: Apache-2.0
//
// `usher borrowing`: which products may be taken away on machines without a network.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/value.h"

enum { DAYS_MAX = 365 };

static const struct column columns[] = {
    {"PRODUCT", "product", COLUMN_TEXT},
    {"MAX DAYS", "max_borrow_days", COLUMN_NUMBER},
    {"SHARE %", "share_percent", COLUMN_NUMBER},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    (void)call;
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "borrowing", NULL);
    return code == CLI_OK ? list_print(cli, path, columns, "no product may be borrowed") : code;
}

static enum exit_code run_set(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *body = body_new(cli), *answer = NULL;
    if (!invocation_has(call, "max-days")) {
        complain("for how long at most? Say it with --max-days N");
        return CLI_WRONG_USE;
    }
    enum exit_code code = body_number(body, "max_borrow_days", call, "max-days", 1, DAYS_MAX);
    if (code == CLI_OK)
        code = body_number(body, "share_percent", call, "share", 1, 100);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "borrowing", call->arguments[0], NULL);
    if (code != CLI_OK)
        return code;
    struct api_request request = {.method = "PUT", .path = path, .body = body};
    code = api_send(cli, &request, &answer);
    if (code == CLI_OK && cli->as_json && answer != NULL)
        output_json(cli, answer);
    else if (code == CLI_OK)
        output_sentence(cli, "%s may be borrowed for up to %lld days; of each pool, up to %lld %%.", call->arguments[0],
                        (long long)value_number(answer, "max_borrow_days"),
                        (long long)value_number(answer, "share_percent"));
    return code;
}

static enum exit_code run_off(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "borrowing", call->arguments[0], NULL);
    return code == CLI_OK ? change_delete(cli, path, "No more to be borrowed:", call->arguments[0]) : code;
}

static const struct option set_options[] = {
    {.name = "max-days", .value = "N", .help = "for how many days at most, up to 365 (needed)"},
    {.name = "share", .value = "PERCENT", .help = "how much of each pool may be away at once (default 20)"},
    {.name = NULL},
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the products that may be borrowed",
    .run = run_list,
};

static const struct command off_command = {
    .name = "off",
    .arguments = "PRODUCT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "let a product be borrowed no more; what is away stays away until its end",
    .run = run_off,
};

static const struct command set_command = {
    .name = "set",
    .arguments = "PRODUCT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "let a product be borrowed",
    .options = set_options,
    .run = run_set,
};

static const struct command *const commands[] = {&list_command, &off_command, &set_command, NULL};

const struct command borrowing_command = {
    .name = "borrowing",
    .summary = "say which products may be borrowed for machines without a network",
    .commands = commands,
    .fallback = &list_command,
};
