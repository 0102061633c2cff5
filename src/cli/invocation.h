// SPDX-License-Identifier: Apache-2.0
//
// What was typed, understood: the command, its options and its arguments.
#ifndef CLI_INVOCATION_H
#define CLI_INVOCATION_H

#include "cli/command.h"

#include <stdbool.h>

enum { INVOCATION_OPTIONS_MAX = 32, INVOCATION_DEPTH_MAX = 4 };

struct given_option {
    const struct option *option;
    const char *value; // "" for a switch
};

struct invocation {
    const struct command *path[INVOCATION_DEPTH_MAX]; // from `usher` down to the command
    int depth;
    const struct command *command; // the last of the path
    struct given_option given[INVOCATION_OPTIONS_MAX];
    int given_count;
    char **arguments; // argv, with the arguments moved to its front
    int argument_count;
};

// Reads argv (which it may permute). With --help or --version it is content with a command that is not complete.
enum exit_code invocation_parse(struct invocation *call, int argc, char **argv) MUST_USE;

// The value of an option, NULL when it was not given; the last one when it was given twice. The option must be one
// of the command's or a global one.
const char *invocation_value(const struct invocation *call, const char *name);
bool invocation_has(const struct invocation *call, const char *name);
// "usher users create"; lives as long as the buffer given.
const char *invocation_name(const struct invocation *call, char name[64]);

#endif
