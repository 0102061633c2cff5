// SPDX-License-Identifier: Apache-2.0
//
// The changes of an `apply`, like a diff: + what comes, - what goes, ~ what becomes something else.
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/cli.h"

void plan_print(struct cli *cli, const json_t *changes);
// "3 to create, 1 to update, 2 to delete"
const char *plan_summary(struct cli *cli, const json_t *changes);

#endif
