// SPDX-License-Identifier: Apache-2.0
//
// `usher logout`: forget what login kept.
#include "cli/cli.h"
#include "cli/login_file.h"
#include "cli/output.h"

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    bool was_there;
    enum exit_code code = login_file_remove(&cli->arena, &was_there);
    if (code == CLI_OK && was_there)
        output_sentence(cli, "Removed %s. The key itself still counts: `usher keys revoke` ends it.",
                        login_file_path(&cli->arena));
    else if (code == CLI_OK)
        output_sentence(cli, "Nobody was logged in.");
    return code;
}

const struct command logout_command = {
    .name = "logout",
    .summary = "forget the address and key that login kept",
    .local = true,
    .run = run,
};
