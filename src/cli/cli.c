// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "base/check.h"
#include "cli/api.h"
#include "cli/directory.h"
#include "cli/labels.h"
#include "cli/paint.h"

void cli_init(struct cli *cli, const struct invocation *call, bool unicode)
{
    bool plain = invocation_has(call, "no-color");
    *cli = (struct cli){
        .kept = json_array(),
        .call = call,
        .as_json = invocation_has(call, "json"),
        .unicode = unicode,
        .colored = !plain && paint_wanted(stdout),
        .colored_errors = !plain && paint_wanted(stderr),
    };
    CHECK(cli->kept != NULL);
}

void cli_fini(struct cli *cli)
{
    labels_close(cli->labels);
    directory_close(cli->directory);
    http_close(&cli->http);
    json_decref(cli->kept);
    arena_fini(&cli->arena);
}

enum exit_code cli_settle(struct cli *cli)
{
    if (cli->settled)
        return CLI_OK;
    enum exit_code code = settings_find(&cli->arena, cli->call, &cli->settings);
    cli->settled = code == CLI_OK;
    return code;
}

json_t *cli_keep(struct cli *cli, json_t *json)
{
    CHECK(json != NULL && json_array_append_new(cli->kept, json) == 0);
    return json;
}

enum exit_code cli_whoami(struct cli *cli, json_t **ret_whoami)
{
    if (cli->whoami == NULL) {
        enum exit_code code = api_get(cli, "/v1/whoami", &cli->whoami);
        if (code != CLI_OK)
            return code;
    }
    *ret_whoami = cli->whoami;
    return CLI_OK;
}
