// SPDX-License-Identifier: Apache-2.0
//
// Usher's API as the commands see it: JSON goes in, JSON comes out, and everything else that can come back was
// explained on stderr and became an exit code.
#ifndef CLI_API_H
#define CLI_API_H

#include "cli/cli.h"

#include <stdarg.h>

struct api_request {
    const char *method;
    const char *path;   // below the server's address, escaped, with the query
    const json_t *body; // NULL: none
    bool creates;       // a POST that makes something: goes with an Idempotency-Key, so that it can be sent again
    bool asks;          // a POST that changes nothing: a question, or a dry run
    bool quiet;         // explain nothing: the command gets along without the answer
};

// Finds the settings and sets up what requests need; complains when there is no key. The others do it themselves.
enum exit_code api_connect(struct cli *cli) MUST_USE;
// ret_json: the answer, kept until the end of the run; NULL for an answer without a body. May be NULL.
enum exit_code api_send(struct cli *cli, const struct api_request *request, json_t **ret_json) MUST_USE;
// As api_send, but the caller gives the JSON back with json_decref.
enum exit_code api_send_owned(struct cli *cli, const struct api_request *request, json_t **ret_json) MUST_USE;
enum exit_code api_get(struct cli *cli, const char *path, json_t **ret_json) MUST_USE;

// Paths, in the arena. The words are escaped; the list ends with NULL: api_path(cli, "accounts", id, NULL).
const char *api_path(struct cli *cli, ...) __attribute__((sentinel));
// The same below /v1/accounts/{account}.
enum exit_code api_account_path(struct cli *cli, const char **ret_path, ...) MUST_USE __attribute__((sentinel));
// The path with "name=value" added to its query; unchanged when the value is NULL.
const char *api_with(struct cli *cli, const char *path, const char *name, const char *value);
// The path with a verb behind a colon added: ":apply".
const char *api_verb(struct cli *cli, const char *path, const char *verb);

// A transfer's failure, explained; `changes`: the request was one that changes something.
enum exit_code api_explain_failure(struct cli *cli, const struct http_answer *answer, bool changes);
// An answer that is not what was asked for, explained: a problem, a redirect, something that is not Usher.
enum exit_code api_explain_answer(struct cli *cli, const struct http_answer *answer);

#endif
