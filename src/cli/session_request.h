// SPDX-License-Identifier: Apache-2.0
//
// What a session is asked for with: `sessions start`, `explain` and `run` take the same.
#ifndef CLI_SESSION_REQUEST_H
#define CLI_SESSION_REQUEST_H

#include "cli/cli.h"

extern const struct option session_request_options[];

// Fills the body from the options; names become ids.
enum exit_code session_request_read(struct cli *cli, json_t *body) MUST_USE;
// Of these only the user, the organization and the project: `borrow` takes no more.
enum exit_code session_request_read_names(struct cli *cli, json_t *body) MUST_USE;

#endif
