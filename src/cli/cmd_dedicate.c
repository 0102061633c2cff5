// SPDX-License-Identifier: Apache-2.0
//
// `usher dedicate`: give an organization a fixed number of licenses of a product.
#include "cli/api.h"
#include "cli/argument.h"
#include "cli/change.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/resolve.h"
#include "cli/value.h"

static const int64_t count_max = 1000000000000;

static enum exit_code read_body(const struct invocation *call, json_t *body)
{
    bool drain = invocation_has(call, "drain"), move = invocation_has(call, "move");
    int64_t count;
    enum exit_code code = argument_number("COUNT", call->arguments[2], 0, count_max, &count);
    if (code != CLI_OK)
        return code;
    if (drain && move) {
        complain("--drain and --move are two ways to do the same: choose one");
        return CLI_WRONG_USE;
    }
    json_object_set_new(body, "count", json_integer(count));
    body_text(body, "reclaim", drain ? "drain" : move ? "move" : NULL);
    body_text(body, "when", invocation_has(call, "when-available") ? "available" : NULL);
    return CLI_OK;
}

static void print_row(struct cli *cli, const struct invocation *call, const json_t *row)
{
    output_sentence(cli, "%s has %lld of %s: pool %lld, assigned %lld, available %lld.", call->arguments[0],
                    (long long)value_number(row, "dedicated"), call->arguments[1], (long long)value_number(row, "pool"),
                    (long long)value_number(row, "assigned"), (long long)value_number(row, "available"));
    if (value_is_set(row, "draining_to"))
        output_sentence(cli, "It drains to %lld: each license that comes back goes to the parent level.",
                        (long long)value_number(row, "draining_to"));
    if (value_is_set(row, "filling_to"))
        output_sentence(cli, "It fills to %lld as licenses come back to the parent level.",
                        (long long)value_number(row, "filling_to"));
    if (value_is_set(row, "over_committed"))
        output_sentence(cli, "It is over-committed by %lld.", (long long)value_number(row, "over_committed"));
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    json_t *body = body_new(cli), *row = NULL;
    const char *path, *organization;
    enum exit_code code = read_body(call, body);
    if (code == CLI_OK)
        code = resolve_organization(cli, call->arguments[0], &organization);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "dedications", organization, call->arguments[1], NULL);
    if (code != CLI_OK)
        return code;
    if (change_is_dry(cli))
        return change_dry(cli, "PUT", path, body);
    struct api_request request = {.method = "PUT", .path = path, .body = body};
    code = api_send(cli, &request, &row);
    if (code == CLI_OK && cli->as_json)
        output_json(cli, row);
    else if (code == CLI_OK)
        print_row(cli, call, row);
    return code;
}

static const struct option options[] = {
    {.name = "drain", .help = "when more is in use: shrink as licenses come back"},
    {.name = "dry-run", .help = "only say what would happen"},
    {.name = "move", .help = "when more is in use: move claims to the parent level"},
    {.name = "when-available", .help = "when the parent has not enough: fill up as licenses come back"},
    {.name = NULL},
};

const struct command dedicate_command = {
    .name = "dedicate",
    .arguments = "ORG PRODUCT COUNT",
    .arguments_min = 3,
    .arguments_max = 3,
    .summary = "give an organization this number of licenses of a product, no more and no less",
    .details = "The licenses come from, and go back to, the level above. 0 takes the dedication away.",
    .options = options,
    .run = run,
};
