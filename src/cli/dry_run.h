// SPDX-License-Identifier: Apache-2.0
//
// What a dry run of the server says would happen.
#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

#include "cli/cli.h"

// Prints it, and ends with the code that the change itself would have.
enum exit_code dry_run_print(struct cli *cli, const json_t *answer) MUST_USE;

#endif
