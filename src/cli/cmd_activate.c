// SPDX-License-Identifier: Apache-2.0
//
// `usher activate` and `usher deactivate`: the seat of the key's own user, on this machine.
#include "cli/api.h"
#include "cli/library.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/seat_machine.h"
#include "cli/value.h"

#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {.name = "machine", .value = "NAME", .help = "the machine's name (default: the host's)"},
    {.name = "product", .value = "CODE", .help = "the product (needed)"},
    {.name = NULL},
};

static enum exit_code need_product(const struct invocation *call, const char **ret_product)
{
    char name[64];
    *ret_product = invocation_value(call, "product");
    if (*ret_product != NULL)
        return CLI_OK;
    complain("`%s` needs --product CODE", invocation_name(call, name));
    return CLI_WRONG_USE;
}

static enum exit_code need_machine(struct cli *cli, const char **ret_machine)
{
    char host[256] = "";
    *ret_machine = invocation_value(cli->call, "machine");
    if (*ret_machine != NULL)
        return CLI_OK;
    if (gethostname(host, sizeof host - 1) == 0 && host[0] != '\0') {
        *ret_machine = arena_strdup(&cli->arena, host);
        return CLI_OK;
    }
    complain("this machine has no name: give one with --machine");
    return CLI_WRONG_USE;
}

static enum exit_code check_in(struct cli *cli, const char *product, const char *machine, struct usher_seat *ret_seat)
{
    struct usher *usher;
    struct usher_error error;
    enum exit_code code = library_open(cli, &usher);
    if (code != CLI_OK)
        return code;
    usher_check_in(usher, product, machine, ret_seat, &error);
    usher_close(usher);
    if (error.code == USHER_OK)
        return CLI_OK;
    code = library_explain(cli, &error, NULL);
    if (error.code == USHER_CONFLICT)
        advise("Free one of them: `usher deactivate --product %s --machine NAME`.", product);
    return code;
}

static enum exit_code run_activate(struct cli *cli, const struct invocation *call)
{
    const char *product, *machine, *path;
    struct usher_seat seat;
    json_t *shown;
    enum exit_code code = need_product(call, &product);
    if (code == CLI_OK)
        code = need_machine(cli, &machine);
    if (code == CLI_OK)
        code = check_in(cli, product, machine, &seat);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "seats", seat.id, NULL);
    if (code == CLI_OK)
        code = api_get(cli, path, &shown);
    if (code != CLI_OK)
        return code;
    if (cli->as_json)
        output_json(cli, shown);
    const json_t *here = seat_machine_find(shown, machine);
    const json_t *since = json_object_get(here != NULL ? here : shown, "activated_at");
    output_sentence(cli, "%s: your seat %s is in use on %s, since %s.", product, seat.id, machine,
                    value_time(&cli->arena, since));
    return CLI_OK;
}

// The seat of the key's user.
static enum exit_code find_seat(struct cli *cli, const char *product, const char **ret_seat)
{
    const char *path, *user;
    json_t *whoami, *answer;
    enum exit_code code = cli_whoami(cli, &whoami);
    if (code != CLI_OK)
        return code;
    user = value_text(whoami, "user");
    if (user[0] == '\0') {
        complain("this key belongs to no user, and users hold seats");
        advise("`usher seats deactivate SEAT MACHINE` frees a machine of any seat.");
        return CLI_WRONG_USE;
    }
    code = api_account_path(cli, &path, "seats", NULL);
    if (code == CLI_OK)
        code = api_get(cli, api_with(cli, api_with(cli, path, "product", product), "user", user), &answer);
    if (code != CLI_OK)
        return code;
    *ret_seat = value_text(json_array_get(json_object_get(answer, "items"), 0), "id");
    if ((*ret_seat)[0] != '\0')
        return CLI_OK;
    complain("you hold no seat of %s", product);
    return CLI_NOT_FOUND;
}

static enum exit_code run_deactivate(struct cli *cli, const struct invocation *call)
{
    const char *product, *machine, *seat;
    enum exit_code code = need_product(call, &product);
    if (code == CLI_OK)
        code = need_machine(cli, &machine);
    if (code == CLI_OK)
        code = find_seat(cli, product, &seat);
    return code == CLI_OK ? seat_machine_free(cli, seat, machine) : code;
}

const struct command activate_command = {
    .name = "activate",
    .summary = "say that your seat of a product is in use on this machine",
    .details = "As a program does at its start. A product may limit on how many machines a seat is used: over it, the "
               "machines that hold the places are named.",
    .options = options,
    .run = run_activate,
};

const struct command deactivate_command = {
    .name = "deactivate",
    .summary = "free this machine's place of your seat of a product",
    .details = "So that the seat can be used on another machine, where the product limits their number.",
    .options = options,
    .run = run_deactivate,
};
