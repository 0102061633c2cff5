// SPDX-License-Identifier: Apache-2.0
//
// The command table: everything that parsing, help and completion know about a command stands here, once. To add
// a command, write one file with a `struct command` and name it in commands.c.
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/exit_code.h"

#include <stdbool.h>

struct cli;
struct invocation;

struct option {
    const char *name;  // what follows "--"; NULL ends a list
    const char *value; // stands for the value in the help; NULL: a switch
    const char *help;
    const char *words; // "on off": the only values there are; "FILE": a file name; NULL: anything
    char letter;       // 'f' for -f; 0: none
};

struct command {
    const char *name;
    const char *arguments; // as the help shows them; NULL: none
    int arguments_min;
    int arguments_max;
    const char *words; // the first argument's only values, as in struct option
    const char *summary;
    const char *details;                   // for the help; NULL: the summary says all
    const struct option *options;          // its own; NULL: none
    const struct option *shared;           // more of them, which other commands have, too; NULL: none
    const struct command *const *commands; // ended by NULL; NULL: no commands below
    const struct command *fallback;        // of those, the one that is meant when none is named; may be NULL
    bool local;                            // needs no server, so no settings are looked for
    bool wraps;                            // its arguments are another program's: options end before the first one
    enum exit_code (*run)(struct cli *cli, const struct invocation *call);
};

extern const struct command root_command;
extern const struct option global_options[];

// NULL when there is none of this name.
const struct command *command_find(const struct command *command, const char *name);
// Among the command's own, the shared and the global ones; by name, or by letter unless that is 0.
const struct option *command_find_option(const struct command *command, const char *name, char letter);

extern const struct command accounts_command;
extern const struct command activate_command;
extern const struct command apply_command;
extern const struct command backup_command;
extern const struct command borrow_command;
extern const struct command borrowing_command;
extern const struct command completion_command;
extern const struct command deactivate_command;
extern const struct command dedicate_command;
extern const struct command denials_command;
extern const struct command events_command;
extern const struct command explain_command;
extern const struct command export_command;
extern const struct command help_command;
extern const struct command keys_command;
extern const struct command leases_command;
extern const struct command login_command;
extern const struct command logout_command;
extern const struct command orgs_command;
extern const struct command policy_command;
extern const struct command pools_command;
extern const struct command products_command;
extern const struct command projects_command;
extern const struct command purchases_command;
extern const struct command return_command;
extern const struct command run_command;
extern const struct command seats_command;
extern const struct command sessions_command;
extern const struct command users_command;
extern const struct command version_command;
extern const struct command waiters_command;
extern const struct command whoami_command;

#endif
