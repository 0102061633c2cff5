// SPDX-License-Identifier: Apache-2.0
//
// Questions to the person at the terminal.
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/arena.h"
#include "cli/exit_code.h"

#include <stdbool.h>

// True when somebody is there to ask: stdin and stderr are a terminal.
bool ask_possible(void);
// One line, without its end; NULL at the end of input, or when the person gave up with Ctrl-C.
const char *ask_line(struct arena *arena, const char *question, bool hidden);
// True for y or yes. Everything else, nothing too, is no.
bool ask_yes(struct arena *arena, const char *question);

#endif
