// SPDX-License-Identifier: Apache-2.0
//
// `usher run`: what is asked for, and with which code it ends.
#include "cli/argument.h"
#include "cli/change.h"
#include "cli/message.h"
#include "cli/run.h"
#include "cli/session_request.h"
#include "cli/value.h"

#include <limits.h>
#include <string.h>

enum { TTL_MIN_S = 10, TTL_MAX_S = 86400, DEFAULT_TTL_S = 120, WAIT_MAX_S = 31536000 };

static const struct option options[] = {
    {.name = "keep-child", .help = "let the command live on when `usher run` itself is killed"},
    {.name = "offline", .help = "with a borrowed lease of this machine, without asking the server"},
    {.name = "on-loss",
     .value = "WHAT",
     .help = "when the license is lost (default: end the command at the lease's end)",
     .words = "continue term kill"},
    {.name = "pass-key", .help = "leave USHER_KEY in the command's environment"},
    {.name = "ttl", .value = "TIME", .help = "how long the license stays taken if all is killed (default 2m)"},
    {.name = "wait", .value = "TIME", .help = "stand in line for so long when none is free (default: do not)"},
    {.name = NULL},
};

static enum on_loss read_on_loss(const char *word)
{
    if (word == NULL)
        return ON_LOSS_AT_END;
    return strcmp(word, "continue") == 0 ? ON_LOSS_CONTINUE : strcmp(word, "term") == 0 ? ON_LOSS_TERM : ON_LOSS_KILL;
}

static enum exit_code read_span(const struct invocation *call, const char *option, int64_t least_s, int64_t most_s,
                                int64_t *span_s)
{
    const char *text = invocation_value(call, option);
    char what[64];
    snprintf(what, sizeof what, "--%s", option);
    return text != NULL ? argument_span(what, text, least_s, most_s, span_s) : CLI_OK;
}

// Only a name costs a question to the server, and the product is all that counts offline.
static enum exit_code read_request(struct cli *cli, struct run_plan *plan)
{
    json_t *body = body_new(cli);
    enum exit_code code = CLI_OK;
    if (!plan->offline || invocation_value(cli->call, "product") == NULL)
        code = session_request_read(cli, body);
    plan->product = invocation_value(cli->call, "product");
    plan->request = body;
    return code;
}

static enum exit_code read_plan(struct cli *cli, const struct invocation *call, struct run_plan *plan)
{
    enum exit_code code = read_span(call, "ttl", TTL_MIN_S, TTL_MAX_S, &plan->ttl_s);
    if (code == CLI_OK)
        code = read_span(call, "wait", 0, WAIT_MAX_S, &plan->wait_s);
    // Before a license is taken, or waited for, in vain.
    if (code == CLI_OK)
        code = run_child_find(&cli->arena, call->arguments[0]);
    return code == CLI_OK ? read_request(cli, plan) : code;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    struct run_plan plan = {
        .ttl_s = DEFAULT_TTL_S,
        .on_loss = read_on_loss(invocation_value(call, "on-loss")),
        .offline = invocation_has(call, "offline"),
        .command = {.words = call->arguments,
                    .may_outlive = invocation_has(call, "keep-child"),
                    .keeps_key = invocation_has(call, "pass-key"),
                    .names = {"USHER_SESSION", "USHER_LEVEL", "USHER_VIA"}},
    };
    run_files_note(&plan.command.files);
    call->arguments[call->argument_count] = NULL;
    enum exit_code code = read_plan(cli, call, &plan);
    if (code != CLI_OK)
        return code >= RUN_NO_LICENSE ? code : RUN_NOT_STARTED;
    return (enum exit_code)run_all(cli, &plan);
}

const struct command run_command = {
    .name = "run",
    .arguments = "COMMAND [ARGUMENT...]",
    .arguments_min = 1,
    .arguments_max = INT_MAX,
    .words = "FILE",
    .summary = "run a command while a license is held, and give the license back at its end",
    .details = "Ends with the command's own exit code; 75: no license, 76: it was lost and the command was ended, "
               "125: the command was not started for another reason, 126: it cannot be run, 127: there is none such. "
               "The command finds USHER_SESSION, USHER_LEVEL and USHER_VIA in its environment. Times are written 90, "
               "90s, 10m or 2h.",
    .options = options,
    .shared = session_request_options,
    .local = true,
    .wraps = true,
    .run = run,
};
