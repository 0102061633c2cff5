// SPDX-License-Identifier: Apache-2.0
//
// `usher completion SHELL`: a script that completes commands and options, made from the command table.
#include "cli/cli.h"
#include "cli/completion.h"

#include <string.h>

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)cli;
    const char *shell = call->arguments[0];
    if (strcmp(shell, "bash") == 0)
        completion_print_bash();
    else if (strcmp(shell, "zsh") == 0)
        completion_print_zsh();
    else
        completion_print_fish();
    return CLI_OK;
}

const struct command completion_command = {
    .name = "completion",
    .arguments = "SHELL",
    .arguments_min = 1,
    .arguments_max = 1,
    .words = "bash fish zsh",
    .summary = "print a completion script for bash, fish or zsh",
    .details = "bash: source <(usher completion bash). fish: usher completion fish > "
               "~/.config/fish/completions/usher.fish. zsh: usher completion zsh > \"${fpath[1]}/_usher\".",
    .local = true,
    .run = run,
};
