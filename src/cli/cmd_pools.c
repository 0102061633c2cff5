// SPDX-License-Identifier: Apache-2.0
//
// `usher pools`: where the licenses are, as a tree for each product.
#include "cli/api.h"
#include "cli/list.h"
#include "cli/output.h"
#include "cli/pool_tree.h"
#include "cli/resolve.h"

static enum exit_code pools_path(struct cli *cli, const struct invocation *call, const char **ret_path)
{
    const char *level = invocation_value(call, "level");
    enum exit_code code = api_account_path(cli, ret_path, "pools", NULL);
    if (code == CLI_OK && level != NULL)
        code = resolve_level(cli, level, &level);
    if (code == CLI_OK)
        *ret_path =
            api_with(cli, api_with(cli, *ret_path, "product", invocation_value(call, "product")), "level", level);
    return code;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    const char *path;
    json_t *rows;
    size_t hidden;
    enum exit_code code = pools_path(cli, call, &path);
    if (code == CLI_OK && cli->as_json)
        return list_print_json(cli, path);
    if (code == CLI_OK)
        code = list_get(cli, path, cli->settings.limit, &rows);
    if (code != CLI_OK)
        return code;
    if (json_array_size(rows) == 0) {
        fputs("no pools: nothing was purchased, or nothing that you may see\n", stderr);
        return CLI_OK;
    }
    pool_tree_print(cli, rows, invocation_has(call, "all"), &hidden);
    if (hidden > 0)
        output_sentence(cli, "%zu %s without licenses not shown; --all shows %s.", hidden,
                        hidden == 1 ? "level" : "levels", hidden == 1 ? "it" : "them");
    return CLI_OK;
}

static const struct option options[] = {
    {.name = "all", .help = "show levels where every figure is zero, too"},
    {.name = "level", .value = "LEVEL", .help = "only this organization, or the `account` itself"},
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = NULL},
};

const struct command pools_command = {
    .name = "pools",
    .summary = "show the licenses of every level: dedicated, pool, assigned, available",
    .details = "DEDICATED is what a level was given, POOL what it keeps for itself, ASSIGNED what is claimed from it, "
               "AVAILABLE what is left. The bar shows how much of the pool is in use.",
    .options = options,
    .run = run,
};
