// SPDX-License-Identifier: Apache-2.0
//
// `usher policy`: which organizations' licenses a session may use.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/output.h"
#include "cli/value.h"

static void print(struct cli *cli, const json_t *policy)
{
    if (cli->as_json)
        output_json(cli, policy);
    else
        output_sentence(cli, "%s, fallback %s", value_text(policy, "policy"),
                        json_is_true(json_object_get(policy, "fallback")) ? "on" : "off");
}

static enum exit_code ask_server(struct cli *cli, const char *method, const json_t *body)
{
    const char *path;
    json_t *policy = NULL;
    enum exit_code code = api_account_path(cli, &path, "usage-policy", NULL);
    if (code != CLI_OK)
        return code;
    struct api_request request = {.method = method, .path = path, .body = body};
    code = api_send(cli, &request, &policy);
    if (code == CLI_OK)
        print(cli, policy);
    return code;
}

static enum exit_code change(struct cli *cli, const char *method, const json_t *body)
{
    const char *path;
    if (!change_is_dry(cli))
        return ask_server(cli, method, body);
    enum exit_code code = api_account_path(cli, &path, "usage-policy", NULL);
    return code == CLI_OK ? change_dry(cli, method, path, body) : code;
}

static enum exit_code run_get(struct cli *cli, const struct invocation *call)
{
    (void)call;
    return ask_server(cli, "GET", NULL);
}

// The server wants both; who does not name the fallback wants it left as it is.
static enum exit_code add_present_fallback(struct cli *cli, json_t *body)
{
    const char *path;
    json_t *present;
    enum exit_code code = api_account_path(cli, &path, "usage-policy", NULL);
    if (code == CLI_OK)
        code = api_get(cli, path, &present);
    if (code == CLI_OK)
        json_object_set_new(body, "fallback", json_boolean(json_is_true(json_object_get(present, "fallback"))));
    return code;
}

static enum exit_code run_set(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    const char *fallback = invocation_value(call, "fallback");
    enum exit_code code = CLI_OK;
    body_text(body, "policy", call->arguments[0]);
    if (fallback != NULL)
        body_switch(body, "fallback", fallback);
    else
        code = add_present_fallback(cli, body);
    return code == CLI_OK ? change(cli, "PUT", body) : code;
}

static enum exit_code run_reset(struct cli *cli, const struct invocation *call)
{
    (void)call;
    return change(cli, "DELETE", NULL);
}

static const struct option set_options[] = {
    {.name = "dry-run", .help = "only say what would happen, and who of the last 24 hours would have been denied"},
    {.name = "fallback",
     .value = "SWITCH",
     .help = "whether the account's pool may be used (default: as it is)",
     .words = "on off"},
    {.name = NULL},
};

static const struct option reset_options[] = {
    {.name = "dry-run", .help = "only say what would happen"},
    {.name = NULL},
};

static const struct command get_command = {
    .name = "get",
    .summary = "show the policy in force",
    .run = run_get,
};

static const struct command reset_command = {
    .name = "reset",
    .summary = "restore the default: unrestricted, fallback on",
    .options = reset_options,
    .run = run_reset,
};

static const struct command set_command = {
    .name = "set",
    .arguments = "POLICY",
    .arguments_min = 1,
    .arguments_max = 1,
    .words = "unrestricted member_based strict",
    .summary = "set the policy: unrestricted, member_based or strict",
    .details = "unrestricted: every organization of the account; member_based: the user's own and those of its "
               "projects; strict: the user's own. It holds at once for later requests, and ends no running session.",
    .options = set_options,
    .run = run_set,
};

static const struct command *const commands[] = {&get_command, &reset_command, &set_command, NULL};

const struct command policy_command = {
    .name = "policy",
    .summary = "show and set which organizations' licenses sessions may use",
    .commands = commands,
    .fallback = &get_command,
};
