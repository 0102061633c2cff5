// SPDX-License-Identifier: Apache-2.0
//
// `usher apply`: bring the account in line with a file. The server says what would change, the person says yes, and
// the server changes it, all or nothing.
#include "cli/api.h"
#include "cli/ask.h"
#include "cli/document.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/value.h"

#include <string.h>

static enum exit_code ask_server(struct cli *cli, const json_t *body, bool dry, json_t **ret_answer)
{
    const char *path;
    json_t *answer = NULL;
    enum exit_code code = api_account_path(cli, &path, NULL);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, api_verb(cli, path, "apply"), "dry_run", dry ? "true" : NULL);
    struct api_request request = {.method = "POST", .path = path, .body = body, .creates = !dry, .asks = dry};
    code = api_send(cli, &request, &answer);
    if (code == CLI_OK && !json_is_array(json_object_get(answer, "changes"))) {
        complain("the plan of %s cannot be read: it has no changes", cli->settings.url);
        code = CLI_UNAVAILABLE;
    }
    *ret_answer = answer;
    return code;
}

static enum exit_code apply(struct cli *cli, const json_t *body, const json_t *plan)
{
    json_t *answer, *planned = json_object_get(plan, "changes");
    enum exit_code code = ask_server(cli, body, false, &answer);
    if (code != CLI_OK)
        return code;
    if (cli->as_json) {
        output_json(cli, answer);
        return CLI_OK;
    }
    json_t *changes = json_object_get(answer, "changes");
    output_sentence(cli, "Applied %zu %s.", json_array_size(changes),
                    json_array_size(changes) == 1 ? "change" : "changes");
    if (json_array_size(changes) != json_array_size(planned)) {
        output_sentence(cli, "The account had changed since the plan; this is what was done:");
        plan_print(cli, changes);
    }
    return CLI_OK;
}

// Whether to go on after the plan was shown.
static enum exit_code confirm(struct cli *cli, const struct invocation *call)
{
    if (invocation_has(call, "yes"))
        return CLI_OK;
    bool input_is_file = strcmp(invocation_value(call, "file"), "-") == 0;
    if (input_is_file || cli->as_json || !ask_possible()) {
        complain("nothing was changed: there is nobody to ask whether to apply this");
        advise("--yes applies it without asking; --dry-run only shows the plan.");
        return CLI_WRONG_USE;
    }
    if (ask_yes(&cli->arena, "Apply this? [y/N] "))
        return CLI_OK;
    fputs("Nothing was changed.\n", stderr);
    return CLI_DECLINED;
}

static void print_plan(struct cli *cli, const json_t *changes)
{
    plan_print(cli, changes);
    if (json_array_size(changes) == 0)
        output_sentence(cli, "Nothing to change: the account is as the file says.");
    else
        output_sentence(cli, "%s.", plan_summary(cli, changes));
}

static enum exit_code plan_and_apply(struct cli *cli, const struct invocation *call, const json_t *body)
{
    json_t *plan;
    enum exit_code code = ask_server(cli, body, true, &plan);
    if (code != CLI_OK)
        return code;
    json_t *changes = json_object_get(plan, "changes");
    bool nothing = json_array_size(changes) == 0, only_show = nothing || invocation_has(call, "dry-run");
    if (cli->as_json && only_show)
        output_json(cli, plan);
    else if (!cli->as_json)
        print_plan(cli, changes);
    if (only_show)
        return CLI_OK;
    code = confirm(cli, call);
    return code == CLI_OK ? apply(cli, body, plan) : code;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    const char *file = invocation_value(call, "file");
    if (file == NULL) {
        complain("`usher apply` needs -f FILE, or -f - for standard input");
        advise("`usher export` writes such a file.");
        return CLI_WRONG_USE;
    }
    struct document document;
    json_t *body = NULL;
    enum exit_code code = document_read(&document, file, &body);
    if (code == CLI_OK) {
        cli_keep(cli, body);
        cli->source = &document;
        if (invocation_has(call, "prune"))
            json_object_set_new(body, "prune", json_true());
        code = plan_and_apply(cli, call, body);
        cli->source = NULL;
    }
    document_fini(&document);
    return code;
}

static const struct option options[] = {
    {.name = "dry-run", .help = "only show what would change"},
    {.name = "file",
     .value = "FILE",
     .help = "the file, YAML or JSON; - for standard input (needed)",
     .words = "FILE",
     .letter = 'f'},
    {.name = "prune", .help = "take away dedications, memberships, projects and organizations that are not named"},
    {.name = "yes", .help = "apply without asking", .letter = 'y'},
    {.name = NULL},
};

const struct command apply_command = {
    .name = "apply",
    .summary = "bring the account in line with a file, all or nothing",
    .details = "The file names organizations by path, their projects, members and dedications, the account's members, "
               "and the usage policy. What it does not name is left alone, unless --prune. The plan is shown first: "
               "+ for what is made, ~ for what changes, - for what goes. Applied twice, it changes nothing.",
    .options = options,
    .run = run,
};
