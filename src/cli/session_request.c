// SPDX-License-Identifier: Apache-2.0
#include "cli/session_request.h"

#include "cli/change.h"
#include "cli/message.h"
#include "cli/resolve.h"

const struct option session_request_options[] = {
    {.name = "count", .value = "N", .help = "how many licenses, all from one pool (default 1)"},
    {.name = "machine", .value = "NAME", .help = "where the program runs"},
    {.name = "organization", .value = "ORG", .help = "this organization's pool, then the account's, no other"},
    {.name = "product", .value = "CODE", .help = "the product (needed)"},
    {.name = "project", .value = "PROJECT", .help = "try the organization of this project first"},
    {.name = "user", .value = "USER", .help = "for this user (default: the key's own)"},
    {.name = NULL},
};

typedef enum exit_code resolve_name(struct cli *cli, const char *name, const char **ret_id);

static enum exit_code add_named(struct cli *cli, json_t *body, const char *member, resolve_name *resolve)
{
    const char *name = invocation_value(cli->call, member), *id;
    if (name == NULL)
        return CLI_OK;
    enum exit_code code = resolve(cli, name, &id);
    if (code == CLI_OK)
        body_text(body, member, id);
    return code;
}

enum exit_code session_request_read_names(struct cli *cli, json_t *body)
{
    enum exit_code code = add_named(cli, body, "user", resolve_user);
    if (code == CLI_OK)
        code = add_named(cli, body, "organization", resolve_organization);
    if (code == CLI_OK)
        code = add_named(cli, body, "project", resolve_project);
    return code;
}

enum exit_code session_request_read(struct cli *cli, json_t *body)
{
    const char *product = invocation_value(cli->call, "product");
    if (product == NULL) {
        char name[64];
        complain("`%s` needs --product CODE", invocation_name(cli->call, name));
        return CLI_WRONG_USE;
    }
    body_text(body, "product", product);
    body_text(body, "machine", invocation_value(cli->call, "machine"));
    enum exit_code code = body_number(body, "count", cli->call, "count", 1, 1000);
    return code == CLI_OK ? session_request_read_names(cli, body) : code;
}
