// SPDX-License-Identifier: Apache-2.0
//
// `usher login`: try an address and a key, and keep them. A key is never taken from the command line, where every
// user of the machine can read it.
#include "cli/api.h"
#include "cli/ask.h"
#include "cli/login_file.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static enum exit_code need_terminal(const char *what, const char *advice)
{
    if (ask_possible())
        return CLI_OK;
    complain("there is nobody to ask for %s", what);
    advise("%s", advice);
    return CLI_WRONG_USE;
}

static enum exit_code find_url(struct cli *cli, const char **ret_url)
{
    const char *url = invocation_value(cli->call, "url"), *variable = getenv("USHER_URL");
    if (url == NULL && variable != NULL && variable[0] != '\0')
        url = variable;
    if (url == NULL && !ask_possible())
        url = DEFAULT_URL;
    if (url == NULL)
        url = ask_line(&cli->arena, "Address [" DEFAULT_URL "]: ", false);
    if (url == NULL)
        return CLI_DECLINED;
    return settings_clean_url(&cli->arena, url[0] != '\0' ? url : DEFAULT_URL, ret_url);
}

static enum exit_code find_key(struct cli *cli, const char **ret_key)
{
    const char *file = invocation_value(cli->call, "key-file"), *variable = getenv("USHER_KEY");
    if (invocation_has(cli->call, "key-stdin"))
        file = "-";
    if (file != NULL)
        return settings_read_key(&cli->arena, file, ret_key);
    if (variable != NULL && variable[0] != '\0') {
        *ret_key = variable;
        return settings_check_key(variable, "USHER_KEY");
    }
    enum exit_code code = need_terminal("the key", "Give it with --key-stdin, --key-file FILE or USHER_KEY.");
    if (code != CLI_OK)
        return code;
    *ret_key = ask_line(&cli->arena, "Key (it does not show): ", true);
    return *ret_key == NULL ? CLI_DECLINED : settings_check_key(*ret_key, "that");
}

static enum exit_code find_ca_cert(struct cli *cli, const char **ret_path)
{
    const char *path = invocation_value(cli->call, "ca-cert");
    char absolute[PATH_MAX];
    if (path == NULL)
        return CLI_OK;
    // Kept for other days and folders, so it must not depend on this one.
    if (realpath(path, absolute) == NULL) {
        complain("there is no file %s", path);
        return CLI_WRONG_USE;
    }
    *ret_path = arena_strdup(&cli->arena, absolute);
    return CLI_OK;
}

static enum exit_code try_it(struct cli *cli, json_t **ret_whoami)
{
    json_t *account;
    if (strncmp(cli->settings.url, "http://", 7) == 0 && !settings_is_local(cli->settings.url))
        advise("Warning: http sends the key over the network for everybody on the way to read; https does not.");
    enum exit_code code = cli_whoami(cli, ret_whoami);
    if (code == CLI_OK && cli->settings.account != NULL)
        code = api_get(cli, api_path(cli, "accounts", cli->settings.account, NULL), &account);
    return code;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    json_t *whoami;
    cli->settings.account = invocation_value(call, "account");
    enum exit_code code = settings_find_numbers(call, &cli->settings);
    if (code == CLI_OK)
        code = find_url(cli, &cli->settings.url);
    if (code == CLI_OK)
        code = find_key(cli, &cli->settings.key);
    if (code == CLI_OK)
        code = find_ca_cert(cli, &cli->settings.ca_cert);
    if (code != CLI_OK)
        return code;
    cli->settled = true;
    code = try_it(cli, &whoami);
    struct login login = {cli->settings.url, cli->settings.key, cli->settings.account, cli->settings.ca_cert};
    if (code == CLI_OK)
        code = login_file_write(&cli->arena, &login);
    if (code == CLI_OK && cli->as_json)
        output_json(cli, whoami);
    else if (code == CLI_OK)
        output_sentence(cli, "Logged in to %s as %s; kept in %s.", login.url, value_text(whoami, "role"),
                        login_file_path(&cli->arena));
    return code;
}

static const struct option options[] = {
    {.name = "key-stdin", .help = "read the key from standard input"},
    {.name = NULL},
};

const struct command login_command = {
    .name = "login",
    .summary = "try an address and a key, and keep them for the commands that follow",
    .details = "Asks for what --url, --key-file, --key-stdin, USHER_URL and USHER_KEY do not say. With --account, that "
               "account is kept too; with --ca-cert, that file. The key goes to no other address than its own.",
    .options = options,
    .local = true,
    .run = run,
};
