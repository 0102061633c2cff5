// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of usherd, which need the data itself: verify, restore, archive, routes.
#ifndef SERVER_TOOLS_H
#define SERVER_TOOLS_H

#include "server/config.h"

// Runs the subcommand that the arguments name. Returns the exit status.
int tools_run(const struct config *config);

#endif
