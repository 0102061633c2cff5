// SPDX-License-Identifier: Apache-2.0
//
// Completion for shells, printed from the command table. Each script finds out at which command the cursor stands
// ("/users/create") and offers what the table has there.
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/command.h"

#include <stdbool.h>

void completion_print_bash(void);
void completion_print_fish(void);
void completion_print_zsh(void);

// Calls visit for `usher` itself, whose path is "", and every command below.
typedef void completion_visit(const struct command *command, const char *path);
void completion_walk(completion_visit *visit);

// Calls visit for each list of options that counts at the command: its own, the shared, and those of the command that
// is meant when none is named.
typedef void completion_visit_options(const struct option *options, const char *path);
void completion_options(const struct command *command, const char *path, completion_visit_options *visit);

// The names that may follow the command: those below it; after `help`, all of them.
const struct command *const *completion_commands(const struct command *command);

// Prints "/accounts|/accounts/create|…", and "--account|--ca-cert|…" of all options that take a value, as patterns
// that stand behind `before`.
void completion_print_paths(const char *separator);
void completion_print_valued(const char *before, const char *separator);
// Prints text between single quotes, for a shell in which \' or '\'' stands for one.
void completion_print_quoted(const char *text, const char *quote);
bool completion_is_file(const char *words);

#endif
