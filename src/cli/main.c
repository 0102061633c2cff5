// SPDX-License-Identifier: Apache-2.0
//
// `usher`: understand what was typed, run the command, see that its output arrived.
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Output that did not arrive (a full disk behind a ">") is a failure, whatever the command said.
static enum exit_code flush_output(enum exit_code code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    complain("the output cannot be written: %s", strerror(errno));
    return code == CLI_OK ? CLI_LOCAL : code;
}

static enum exit_code run(const struct invocation *call, bool unicode)
{
    struct cli cli;
    cli_init(&cli, call, unicode);
    enum exit_code code = call->command->local ? CLI_OK : cli_settle(&cli);
    if (code == CLI_OK)
        code = call->command->run(&cli, call);
    cli_fini(&cli);
    return code;
}

int main(int argc, char **argv)
{
    bool unicode = text_init_locale();
    struct invocation call;
    enum exit_code code = invocation_parse(&call, argc, argv);
    if (code != CLI_OK && call.command->wraps)
        code = RUN_NOT_STARTED;
    if (code == CLI_OK && invocation_has(&call, "version"))
        call.command = &version_command;
    if (code == CLI_OK)
        code = invocation_has(&call, "help") ? help_print(&call) : run(&call, unicode);
    return (int)flush_output(code);
}
