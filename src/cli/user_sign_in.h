// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_USER_SIGN_IN_H
#define CLI_USER_SIGN_IN_H

#include "cli/command.h"

extern const struct command user_invite_command;
extern const struct command user_sign_out_command;

#endif
