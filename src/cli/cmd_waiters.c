// SPDX-License-Identifier: Apache-2.0
//
// `usher waiters`: the line of those who wait for a license.
#include "cli/api.h"
#include "cli/list.h"
#include "cli/resolve.h"

static const struct column columns[] = {
    {"#", "position", COLUMN_NUMBER},
    {"PRODUCT", "product", COLUMN_TEXT},
    {"USER", "user", COLUMN_USER},
    {"COUNT", "count", COLUMN_NUMBER},
    {"MACHINE", "machine", COLUMN_TEXT},
    {"SINCE", "since", COLUMN_TIME},
    {"UNTIL", "deadline_at", COLUMN_TIME},
    {"ESTIMATE", "estimate_s", COLUMN_SPAN},
    {NULL, NULL, COLUMN_TEXT},
};

static const struct option options[] = {
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    const char *path, *user = invocation_value(call, "user");
    enum exit_code code = api_account_path(cli, &path, "waiters", NULL);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, api_with(cli, path, "product", invocation_value(call, "product")), "user", user);
    return list_print(cli, path, columns, "nobody waits");
}

const struct command waiters_command = {
    .name = "waiters",
    .summary = "show the line of those who wait for a license",
    .details = "# is the place among those who wait for the product; ESTIMATE is when enough leases will have ended "
               "for it, if none of them goes on. `usher run --wait` and `usher sessions start --wait` stand in line.",
    .options = options,
    .run = run,
};
