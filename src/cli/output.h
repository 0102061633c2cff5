// SPDX-License-Identifier: Apache-2.0
//
// What goes to stdout: JSON for programs, or an object for people.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/cli.h"

// The JSON, over several lines.
void output_json(struct cli *cli, const json_t *json);
// An object as "member  value" lines, or as JSON with --json.
void output_object(struct cli *cli, const json_t *object);
// Asks for the object at this path and prints it so.
enum exit_code output_show(struct cli *cli, const char *path) MUST_USE;
// "Created user US-7 (alice@example.com)." from its id and the member given, or the object as JSON with --json.
void output_done(struct cli *cli, const char *what, const json_t *object, const char *member);
// A sentence for people; nothing with --json.
void output_sentence(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
