// SPDX-License-Identifier: Apache-2.0
//
// What one run of the program has at hand. Text and JSON that come in live until the end of the run, so that nobody
// has to free them: a command is short, and long lists are the one exception (list.h).
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "cli/exit_code.h"
#include "cli/http.h"
#include "cli/invocation.h"
#include "cli/settings.h"

#include <jansson.h>
#include <stdbool.h>

struct directory;
struct document;
struct labels;

struct cli {
    struct arena arena;
    json_t *kept; // an array of all JSON that lives until the end
    const struct invocation *call;
    struct settings settings;
    bool settled; // the settings are found
    struct http http;
    bool as_json;       // --json
    bool answered_json; // something went to stdout as JSON
    bool unicode;       // the terminal takes UTF-8
    bool colored;       // stdout
    bool colored_errors;
    json_t *whoami;                // NULL: not asked yet; kept
    const char *account;           // NULL: not found yet
    const struct document *source; // the file that the request was read from, if any
    struct directory *directory;
    struct labels *labels;
};

void cli_init(struct cli *cli, const struct invocation *call, bool unicode);
void cli_fini(struct cli *cli);
// Finds the settings, if that was not done yet.
enum exit_code cli_settle(struct cli *cli) MUST_USE;
// Takes the reference over and gives it back at the end of the run; answers with the same JSON.
json_t *cli_keep(struct cli *cli, json_t *json);
// The account to work in, as an id.
enum exit_code cli_account(struct cli *cli, const char **ret_id) MUST_USE;
// Who the key is.
enum exit_code cli_whoami(struct cli *cli, json_t **ret_whoami) MUST_USE;

#endif
