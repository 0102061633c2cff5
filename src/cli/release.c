// SPDX-License-Identifier: Apache-2.0
#include "cli/release.h"

#include "cli/api.h"
#include "cli/argument.h"

enum { COOLDOWN_MAX_S = 86400 };

const struct option release_options[] = {
    {.name = "cooldown", .value = "SECONDS", .help = "deny the same user the product so long (up to 86400)"},
    {.name = "reason", .value = "TEXT", .help = "why; the holder is told"},
    {.name = NULL},
};

enum exit_code release_query(struct cli *cli, const char **ret_query)
{
    const char *cooldown = invocation_value(cli->call, "cooldown");
    int64_t cooldown_s;
    enum exit_code code = CLI_OK;
    if (cooldown != NULL)
        code = argument_number("--cooldown", cooldown, 0, COOLDOWN_MAX_S, &cooldown_s);
    const char *query = api_with(cli, "", "reason", invocation_value(cli->call, "reason"));
    *ret_query = api_with(cli, query, "cooldown_s", cooldown);
    return code;
}
