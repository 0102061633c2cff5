// SPDX-License-Identifier: Apache-2.0
//
// Which account to work in: the one that was named, else the key's own, else (for the operator, who has none) the
// only one there is.
#include "cli/api.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/value.h"

#include <string.h>

enum { ACCOUNTS_SHOWN = 20 };

static enum exit_code name_accounts(json_t *accounts)
{
    complain("this is the operator's key, and there are several accounts: say which with --account or USHER_ACCOUNT");
    json_t *account;
    size_t i;
    json_array_foreach(accounts, i, account)
    {
        if (i == ACCOUNTS_SHOWN) {
            advise("and more: see `usher accounts`");
            break;
        }
        advise("%s  %s", value_text(account, "id"), value_text(account, "name"));
    }
    return CLI_WRONG_USE;
}

static enum exit_code only_account(struct cli *cli, const char **ret_id)
{
    json_t *accounts;
    enum exit_code code = list_get(cli, "/v1/accounts", ACCOUNTS_SHOWN + 1, &accounts);
    if (code != CLI_OK)
        return code;
    if (json_array_size(accounts) == 0) {
        complain("there is no account yet");
        advise("Make one: `usher accounts create NAME --plan true_enterprise`.");
        return CLI_NOT_FOUND;
    }
    if (json_array_size(accounts) > 1)
        return name_accounts(accounts);
    *ret_id = value_text(json_array_get(accounts, 0), "id");
    return CLI_OK;
}

static enum exit_code find_account(struct cli *cli, const char **ret_id)
{
    const char *named = cli->settings.account;
    if (named != NULL && strcmp(named, "self") != 0) {
        *ret_id = named;
        return CLI_OK;
    }
    json_t *whoami;
    enum exit_code code = cli_whoami(cli, &whoami);
    if (code != CLI_OK)
        return code;
    *ret_id = value_text(whoami, "account");
    return (*ret_id)[0] != '\0' ? CLI_OK : only_account(cli, ret_id);
}

enum exit_code cli_account(struct cli *cli, const char **ret_id)
{
    enum exit_code code = cli_settle(cli);
    if (code == CLI_OK && cli->account == NULL)
        code = find_account(cli, &cli->account);
    if (code == CLI_OK)
        *ret_id = cli->account;
    return code;
}
