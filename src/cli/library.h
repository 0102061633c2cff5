// SPDX-License-Identifier: Apache-2.0
//
// libusher as the commands use it: opened as the settings say, its errors told like those of every other request.
#ifndef CLI_LIBRARY_H
#define CLI_LIBRARY_H

#include "cli/cli.h"
#include "usher.h"

// For the server, key and account of the settings. Usher_close is the caller's.
enum exit_code library_open(struct cli *cli, struct usher **ret_usher) MUST_USE;
// A request from what session_request_read made; --ttl and --wait are the caller's. usher_request_free is, too.
struct usher_request *library_request(const json_t *body);
// Tells what went wrong and what helps; `denial` (may be NULL): the pools that were tried. Never CLI_OK.
enum exit_code library_explain(struct cli *cli, const struct usher_error *error, const json_t *denial);
// An explanation as the JSON that it came from; kept until the end of the run. NULL for NULL.
json_t *library_denial(struct cli *cli, const struct usher_explanation *denial);
// "2026-11-24 06:34:16Z"
const char *library_time(struct arena *arena, int64_t at);

#endif
