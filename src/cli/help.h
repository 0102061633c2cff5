// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/invocation.h"

// Prints the help of a command, from the table.
enum exit_code help_print(const struct invocation *call);

#endif
