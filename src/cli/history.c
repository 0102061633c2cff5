// SPDX-License-Identifier: Apache-2.0
#include "cli/history.h"

#include "cli/api.h"
#include "cli/argument.h"
#include "cli/resolve.h"

const struct option history_options[] = {
    {.name = "from", .value = "TIME", .help = "from this time on: a time, or a span ago like -2h"},
    {.name = "kind", .value = "KIND", .help = "only this kind"},
    {.name = "newest", .help = "the newest first"},
    {.name = "subject", .value = "ID", .help = "only about this id"},
    {.name = "to", .value = "TIME", .help = "before this time"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

enum exit_code history_query(struct cli *cli, const char **ret_query)
{
    const char *from = invocation_value(cli->call, "from"), *to = invocation_value(cli->call, "to");
    const char *user = invocation_value(cli->call, "user");
    enum exit_code code = CLI_OK;
    if (from != NULL)
        code = argument_time(&cli->arena, "--from", from, &from);
    if (code == CLI_OK && to != NULL)
        code = argument_time(&cli->arena, "--to", to, &to);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    const char *query = api_with(cli, "", "kind", invocation_value(cli->call, "kind"));
    query = api_with(cli, query, "subject", invocation_value(cli->call, "subject"));
    query = api_with(cli, api_with(cli, query, "from", from), "to", to);
    query = api_with(cli, query, "order", invocation_has(cli->call, "newest") ? "desc" : NULL);
    *ret_query = api_with(cli, query, "user", user);
    return code;
}
