// SPDX-License-Identifier: Apache-2.0
//
// `usher whoami`: what the key is, and for whom.
#include "cli/cli.h"
#include "cli/output.h"

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    json_t *whoami;
    enum exit_code code = cli_whoami(cli, &whoami);
    if (code != CLI_OK)
        return code;
    if (!cli->as_json) {
        json_object_del(whoami, "csrf_token"); // which only browsers have
        json_object_del(whoami, "names");      // which programs that show ids need
    }
    output_object(cli, whoami);
    return CLI_OK;
}

const struct command whoami_command = {
    .name = "whoami",
    .summary = "show the role, user and account of the key in use",
    .run = run,
};
