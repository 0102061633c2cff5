// SPDX-License-Identifier: Apache-2.0
//
// Refusals (RFC 9457 problems) for a person: what the server says, the figures that go with it, and which command
// or flag helps.
#ifndef CLI_PROBLEM_H
#define CLI_PROBLEM_H

#include "cli/cli.h"

enum exit_code problem_exit_code(long status);
// Never CLI_OK: by the name of an error, as a dry run tells it.
enum exit_code problem_exit_code_of(const char *name);
// The last part of the problem's type: "insufficient-pool"; "" when it has none.
const char *problem_name(const json_t *problem);
// A sentence on what the error means; the name itself when it is not known.
const char *problem_sentence(const char *name);
// Writes title, detail, figures and advice to stderr; with --json the problem itself to stdout, too.
void problem_print(struct cli *cli, const json_t *problem, const struct http_answer *answer);
// The advice alone: what to type next.
void problem_advise(const char *name);

#endif
