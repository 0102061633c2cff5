// SPDX-License-Identifier: Apache-2.0
//
// `usher users invite` and `sign-out`: who comes into the console.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/user_sign_in.h"
#include "cli/value.h"

// The address below the user that the first argument names.
static enum exit_code path_below(struct cli *cli, const struct invocation *call, const char *what,
                                 const char **ret_path)
{
    const char *id;
    enum exit_code code = resolve_user(cli, call->arguments[0], &id);
    return code == CLI_OK ? api_account_path(cli, ret_path, "users", id, what, NULL) : code;
}

static void show(struct cli *cli, const char *user, json_t *invitation)
{
    const char *link = arena_printf(&cli->arena, "%s%s", cli->settings.url, value_text(invitation, "path"));
    if (cli->as_json) {
        json_object_set_new(invitation, "link", json_string(link));
        output_json(cli, invitation);
        return;
    }
    output_sentence(cli, "%s", link);
    advise("Give this link to %s alone: whoever opens it sets the password. It is good once, until %s.", user,
           value_time(&cli->arena, json_object_get(invitation, "expires_at")));
}

static enum exit_code run_invite(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *invitation = NULL;
    enum exit_code code = path_below(cli, call, "invitation", &path);
    if (code != CLI_OK)
        return code;
    struct api_request request = {.method = "POST", .path = path, .creates = true};
    code = api_send(cli, &request, &invitation);
    if (code != CLI_OK)
        return code;
    if (value_is_set(invitation, "path")) {
        show(cli, call->arguments[0], invitation);
        return CLI_OK;
    }
    // Sent twice after a cut connection, the second answer cannot tell it again.
    complain("the invitation was made, but its link got lost on the way");
    advise("Make another: it replaces this one.");
    return CLI_UNAVAILABLE;
}

static enum exit_code run_sign_out(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = path_below(cli, call, "sign-ins", &path);
    return code == CLI_OK ? change_delete(cli, path, "Signed out", call->arguments[0]) : code;
}

const struct command user_invite_command = {
    .name = "invite",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make a link by which a user sets its password for the console",
    .details = "The link is good once, for seven days, until another is made for the user. It replaces a forgotten "
               "password, too.",
    .run = run_invite,
};

const struct command user_sign_out_command = {
    .name = "sign-out",
    .arguments = "USER",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "sign a user out of the console, everywhere; its keys stay",
    .run = run_sign_out,
};
