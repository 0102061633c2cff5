// SPDX-License-Identifier: Apache-2.0
//
// What somebody who mistyped may have meant.
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include "cli/command.h"

// The name nearest to the word, or NULL when none is near.
const char *suggest_command(const struct command *command, const char *word);
const char *suggest_option(const struct command *command, const char *word);

#endif
