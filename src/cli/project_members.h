// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_PROJECT_MEMBERS_H
#define CLI_PROJECT_MEMBERS_H

#include "cli/command.h"

extern const struct command project_members_command;

#endif
