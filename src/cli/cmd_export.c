// SPDX-License-Identifier: Apache-2.0
//
// `usher export`: the account as the file that `usher apply` takes. Sorted, and without the time of day, so that two
// exports differ only where the accounts do.
#include "cli/api.h"
#include "cli/directory.h"
#include "cli/document.h"
#include "cli/export.h"
#include "cli/output.h"
#include "cli/text.h"
#include "cli/value.h"

static enum exit_code add_policy(struct cli *cli, json_t *account)
{
    const char *path;
    json_t *policy;
    enum exit_code code = api_account_path(cli, &path, "usage-policy", NULL);
    if (code == CLI_OK)
        code = api_get(cli, path, &policy);
    if (code == CLI_OK)
        json_object_set(account, "usage_policy", policy);
    return code;
}

static void print(struct cli *cli, const json_t *account)
{
    if (cli->as_json) {
        output_json(cli, account);
        return;
    }
    struct buffer yaml = {0};
    document_write_yaml(&yaml, account);
    printf("# The account %s, for `usher apply -f`.\n%s", text_safe(&cli->arena, cli->account), buffer_text(&yaml));
    buffer_fini(&yaml);
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    json_t *account = cli_keep(cli, json_object());
    // A part of an account would say that the rest is not there, so --limit does not count here.
    enum exit_code code = export_organizations(cli, account);
    if (code == CLI_OK)
        code = export_members(cli, account);
    if (code == CLI_OK)
        code = add_policy(cli, account);
    if (code == CLI_OK)
        print(cli, account);
    return code;
}

const struct command export_command = {
    .name = "export",
    .summary = "print the account as a file for `usher apply`",
    .details = "Everything that apply can say is in it: organizations by path, projects with their members, "
               "dedications, the account's members, the usage policy. Applied to the same account it changes nothing. "
               "A dedication that drains or fills is written with its target.",
    .run = run,
};
