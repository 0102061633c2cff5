// SPDX-License-Identifier: Apache-2.0
//
// `usher version`
#include "cli/cli.h"

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    if (cli->as_json)
        puts("{\"version\": \"" USHER_VERSION "\"}");
    else
        puts("usher " USHER_VERSION);
    return CLI_OK;
}

const struct command version_command = {
    .name = "version",
    .summary = "show the version of this program",
    .local = true,
    .run = run,
};
