// SPDX-License-Identifier: Apache-2.0
//
// `usher borrow` and `usher return`: licenses taken away for days, on this machine.
#include "cli/argument.h"
#include "cli/change.h"
#include "cli/lease_store.h"
#include "cli/library.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/session_request.h"

#include <string.h>

enum { DAYS_MAX = 365 };

static const struct option borrow_options[] = {
    {.name = "days", .value = "N", .help = "for how many days (needed)"},
    {.name = "organization", .value = "ORG", .help = "this organization's pool, then the account's, no other"},
    {.name = "project", .value = "PROJECT", .help = "try the organization of this project first"},
    {.name = "user", .value = "USER", .help = "for this user (default: the key's own)"},
    {.name = NULL},
};

static enum exit_code read_days(const struct invocation *call, int64_t *ret_days)
{
    const char *days = invocation_value(call, "days");
    if (days != NULL)
        return argument_number("--days", days, 1, DAYS_MAX, ret_days);
    complain("for how long? Say it with --days N");
    return CLI_WRONG_USE;
}

static enum exit_code borrow(struct cli *cli, struct usher *usher, const json_t *body, int64_t days,
                             struct usher_lease *ret_lease)
{
    struct usher_error error;
    json_t *denial = NULL;
    struct usher_store *store = usher_store_open(NULL, &error);
    struct usher_request *request = library_request(body);
    if (store != NULL) {
        usher_borrow(usher, store, request, days, ret_lease, &error);
        denial = library_denial(cli, usher_request_denial(request));
    }
    usher_request_free(request);
    usher_store_close(store);
    return error.code == USHER_OK ? CLI_OK : library_explain(cli, &error, denial);
}

static enum exit_code run_borrow(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli);
    int64_t days;
    struct usher *usher;
    struct usher_lease lease;
    body_text(body, "product", call->arguments[0]);
    enum exit_code code = read_days(call, &days);
    if (code == CLI_OK)
        code = session_request_read_names(cli, body);
    if (code == CLI_OK)
        code = library_open(cli, &usher);
    if (code != CLI_OK)
        return code;
    code = borrow(cli, usher, body, days, &lease);
    usher_close(usher);
    if (code != CLI_OK)
        return code;
    if (cli->as_json)
        output_json(cli, lease_json(cli, &lease, USHER_OK));
    output_sentence(cli, "Borrowed %s as %s until %s. Use it: `usher run --offline --product %s -- COMMAND`.",
                    lease.product, lease.id, library_time(&cli->arena, lease.ends_at), lease.product);
    return CLI_OK;
}

// ---- Return

// The only one that counts here, when none is named.
static enum exit_code choose(struct cli *cli, struct usher_store *store, const char **ret_lease)
{
    json_t *leases = cli_keep(cli, json_array()), *lease;
    const char *product = invocation_value(cli->call, "product");
    size_t i, count = 0;
    enum exit_code code = lease_store_read(cli, store, product, leases);
    json_array_foreach(leases, i, lease)
    {
        if (!lease_json_counts(lease))
            continue;
        *ret_lease = json_string_value(json_object_get(lease, "id"));
        count++;
    }
    if (code != CLI_OK || count == 1)
        return code;
    if (count == 0) {
        complain("there is no lease to return on this machine");
        return CLI_NOT_FOUND;
    }
    complain("there are %zu leases on this machine: say which", count);
    lease_print(cli, leases, stderr);
    return CLI_WRONG_USE;
}

static enum exit_code give_back(struct cli *cli, struct usher_store *store, const char *lease)
{
    struct usher *usher;
    struct usher_error error;
    enum exit_code code = library_open(cli, &usher);
    if (code != CLI_OK)
        return code;
    usher_lease_return(usher, store, lease, &error);
    usher_close(usher);
    if (error.code == USHER_OK) {
        output_sentence(cli, "Returned %s: the license is free.", strncmp(lease, "ushl1.", 6) != 0 ? lease : "it");
        return CLI_OK;
    }
    code = library_explain(cli, &error, NULL);
    if (error.code == USHER_UNAVAILABLE)
        advise("It is not used on this machine any more. Return it again, so that the server hears of it, too.");
    return code;
}

static enum exit_code run_return(struct cli *cli, const struct invocation *call)
{
    struct usher_error error;
    struct usher_store *store = usher_store_open(NULL, &error);
    if (store == NULL)
        return library_explain(cli, &error, NULL);
    const char *lease = call->argument_count > 0 ? call->arguments[0] : NULL;
    enum exit_code code = lease == NULL ? choose(cli, store, &lease) : CLI_OK;
    if (code == CLI_OK)
        code = give_back(cli, store, lease);
    usher_store_close(store);
    return code;
}

static const struct option return_options[] = {
    {.name = "product", .value = "CODE", .help = "the lease of this product, when none is named"},
    {.name = NULL},
};

const struct command borrow_command = {
    .name = "borrow",
    .arguments = "PRODUCT",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "take a license away for days, for this machine without a network",
    .details = "The lease is kept in $USHER_STATE, else ~/.local/state/usher, is bound to this machine, and counts as "
               "in use until its end or `usher return`.",
    .options = borrow_options,
    .run = run_borrow,
};

const struct command return_command = {
    .name = "return",
    .arguments = "[LEASE]",
    .arguments_max = 1,
    .summary = "give a borrowed license back before its end",
    .details = "Without LEASE the only one that there is on this machine.",
    .options = return_options,
    .local = true,
    .run = run_return,
};
