// SPDX-License-Identifier: Apache-2.0
//
// Why a session was or would be granted or denied: the pools in the order of trial, with the rule that put each
// there, its figures, and what stood in the way.
#ifndef CLI_TRIED_H
#define CLI_TRIED_H

#include "cli/cli.h"

#include <stdio.h>

// Prints the policy in force and the pools of an answer or problem with `tried`.
void tried_print(struct cli *cli, FILE *file, const json_t *answer);
// "the user's own organization" for "own".
const char *tried_rule_words(const char *rule);

#endif
