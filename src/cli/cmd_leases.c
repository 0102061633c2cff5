// SPDX-License-Identifier: Apache-2.0
//
// `usher leases`: what was borrowed; on this machine, or all that the server knows of.
#include "cli/api.h"
#include "cli/lease_store.h"
#include "cli/library.h"
#include "cli/list.h"
#include "cli/output.h"

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},
    {"PRODUCT", "product", COLUMN_TEXT},
    {"USER", "user", COLUMN_USER},
    {"LEVEL", "level", COLUMN_LEVEL},
    {"VIA", "via", COLUMN_TEXT},
    {"STATE", "state", COLUMN_TEXT},
    {"MACHINE", "machine", COLUMN_TEXT},
    {"STARTED", "starts_at", COLUMN_TIME},
    {"ENDS", "ends_at", COLUMN_TIME},
    {NULL, NULL, COLUMN_TEXT},
};

static enum exit_code run_here(struct cli *cli, const struct invocation *call)
{
    struct usher_error error;
    struct usher_store *store = usher_store_open(NULL, &error);
    if (store == NULL)
        return library_explain(cli, &error, NULL);
    json_t *leases = cli_keep(cli, json_array());
    enum exit_code code = lease_store_read(cli, store, invocation_value(call, "product"), leases);
    usher_store_close(store);
    if (code != CLI_OK)
        return code;
    if (cli->as_json)
        output_json(cli, leases);
    else if (json_array_size(leases) > 0)
        lease_print(cli, leases, stdout);
    else
        fputs("no lease was borrowed on this machine\n", stderr);
    return CLI_OK;
}

static enum exit_code run_list(struct cli *cli, const struct invocation *call)
{
    const char *path, *state = invocation_has(call, "all") ? NULL : "active";
    enum exit_code code = list_path(cli, "leases", &path);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, path, "state", state);
    return list_print(cli, path, columns, state != NULL ? "no leases; --all shows ended ones, too" : "no leases");
}

static enum exit_code run_refresh(struct cli *cli, const struct invocation *call)
{
    (void)call;
    struct usher *usher;
    struct usher_error error;
    enum exit_code code = library_open(cli, &usher);
    if (code != CLI_OK)
        return code;
    struct usher_store *store = usher_store_open(NULL, &error);
    if (store != NULL)
        usher_fetch_keys(usher, store, &error);
    usher_store_close(store);
    usher_close(usher);
    if (error.code != USHER_OK)
        return library_explain(cli, &error, NULL);
    output_sentence(cli, "This machine has the server's keys and its time.");
    return CLI_OK;
}

static const struct option here_options[] = {
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = NULL},
};

static const struct option list_options[] = {
    {.name = "all", .help = "ended ones, too"},
    {.name = "level", .value = "LEVEL", .help = "only those drawn from this organization, or from the `account`"},
    {.name = "product", .value = "CODE", .help = "only this product"},
    {.name = "user", .value = "USER", .help = "only this user's"},
    {.name = NULL},
};

static const struct command here_command = {
    .name = "here",
    .summary = "list the leases that were borrowed on this machine, without asking the server",
    .options = here_options,
    .local = true,
    .run = run_here,
};

static const struct command list_command = {
    .name = "list",
    .summary = "list all leases that the server knows of",
    .options = list_options,
    .run = run_list,
};

static const struct command refresh_command = {
    .name = "refresh",
    .summary = "fetch the server's keys and time, by which leases are checked without it",
    .details = "`usher borrow` does it by itself. It helps after a clock that once stood in the future, and when the "
               "server's key was changed.",
    .run = run_refresh,
};

static const struct command *const commands[] = {&here_command, &list_command, &refresh_command, NULL};

const struct command leases_command = {
    .name = "leases",
    .summary = "list what was borrowed",
    .commands = commands,
    .fallback = &here_command,
};
