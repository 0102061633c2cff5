// SPDX-License-Identifier: Apache-2.0
//
// `usher keys`: API keys. A secret is shown once, when its key is made.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/value.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"NAME", "name", COLUMN_TEXT},
    {"ROLE", "role", COLUMN_TEXT},
    {"USER", "user", COLUMN_USER},
    {"ORGANIZATION", "organization", COLUMN_LEVEL},
    {"EXPIRES", "expires_at", COLUMN_TIME},
    {"REVOKED", "revoked_at", COLUMN_TIME},
    {"LAST USED", "last_used_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option list_options[] = {
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *user = invocation_value(call, "user");
    enum exit_code code = api_account_path(cli, &path, "api-keys", NULL);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    return code == CLI_OK ? list_print(cli, api_with(cli, path, "user", user), columns, "no keys") : code;
}

static const struct option create_options[] = {
    {.name = "expires-at", .value = "TIME", .help = "a time, or a span from now: +30d (default: never)"},
    {.name = "organization", .value = "ORG", .help = "whose admin it is, for org_admin"},
    {.name = "role",
     .value = "ROLE",
     .help = "what it may do (default member)",
     .words = "member org_admin account_admin platform auditor"},
    {.name = "user", .value = "USER", .help = "whose key it is"},
    {.name = NULL},
};

static enum exit_code read_key(struct cli *cli, const struct invocation *call, json_t *body)
{
    const char *role = invocation_value(call, "role"), *user = invocation_value(call, "user");
    const char *organization = invocation_value(call, "organization");
    enum exit_code code = body_time(cli, body, "expires_at", "expires-at");
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    if (code == CLI_OK && organization != NULL)
        code = resolve_organization(cli, organization, &organization);
    if (code != CLI_OK)
        return code;
    body_text(body, "name", call->arguments[0]);
    body_text(body, "role", role != NULL ? role : "member");
    body_text(body, "user", user);
    body_text(body, "organization", organization);
    return CLI_OK;
}

static enum exit_code run_create(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli), *key = NULL;
    const char *path;
    enum exit_code code = read_key(cli, call, body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "api-keys", NULL);
    if (code != CLI_OK)
        return code;
    struct api_request request = {.method = "POST", .path = path, .body = body, .creates = true};
    code = api_send(cli, &request, &key);
    if (code != CLI_OK)
        return code;
    output_object(cli, key);
    if (value_is_set(key, "secret")) {
        advise("The secret is shown this once: keep it now.");
        return CLI_OK;
    }
    // Sent twice after a cut connection, the second answer cannot tell it again.
    complain("the key %s was made, but its secret got lost on the way", value_text(key, "id"));
    advise("Revoke it with `usher keys revoke %s`, and make another.", value_text(key, "id"));
    return CLI_UNAVAILABLE;
}

static enum exit_code run_revoke(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "api-keys", call->arguments[0], NULL);
    return code == CLI_OK ? change_delete(cli, path, "Revoked key", call->arguments[0]) : code;
}

static enum exit_code run_show(struct cli *cli, const struct invocation *call)
{
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "api-keys", call->arguments[0], NULL);
    return code == CLI_OK ? output_show(cli, path) : code;
}

static const struct command create_command = {
    .name = "create",
    .arguments = "NAME",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make a key and show its secret, this once",
    .options = create_options,
    .run = run_create,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list the keys, revoked ones too",
    .options = list_options,
    .run = run_list,
};

static const struct command revoke_command = {
    .name = "revoke",
    .arguments = "KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "revoke a key, by its id, at once",
    .run = run_revoke,
};

static const struct command show_command = {
    .name = "show",
    .arguments = "KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "show a key, without its secret",
    .run = run_show,
};

static const struct command *const commands[] = {
    &create_command, &list_command, &revoke_command, &show_command, NULL,
};

const struct command keys_command = {
    .name = "keys",
    .summary = "make, list and revoke API keys",
    .commands = commands,
    .fallback = &list_command,
};
