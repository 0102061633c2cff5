// SPDX-License-Identifier: Apache-2.0
//
// The table of commands, in the order of the alphabet, and the options that every one of them takes.
#include "cli/command.h"

#include <stddef.h>
#include <string.h>

// A line each, so that two who add one do not meet in the same line.
static const struct command *const commands[] = {
    &accounts_command,
    &activate_command,
    &apply_command,
    &backup_command,
    &borrow_command,
    &borrowing_command,
    &completion_command,
    &deactivate_command,
    &dedicate_command,
    &denials_command,
    &events_command,
    &explain_command,
    &export_command,
    &help_command,
    &keys_command,
    &leases_command,
    &login_command,
    &logout_command,
    &orgs_command,
    &policy_command,
    &pools_command,
    &products_command,
    &projects_command,
    &purchases_command,
    &return_command,
    &run_command,
    &seats_command,
    &sessions_command,
    &users_command,
    &version_command,
    &waiters_command,
    &whoami_command,
    NULL,
};

const struct command root_command = {
    .name = "usher",
    .summary = "the command line of the Usher license pool server",
    .commands = commands,
};

const struct option global_options[] = {
    {.name = "account", .value = "ACCOUNT", .help = "the account to work in (default: the key's own)"},
    {.name = "ca-cert", .value = "FILE", .help = "trust the certificates in FILE (PEM)", .words = "FILE"},
    {.name = "help", .help = "show help for the command", .letter = 'h'},
    {.name = "json", .help = "print the server's JSON; for lists, one array of all pages"},
    {.name = "key-file", .value = "FILE", .help = "read the key from FILE, - for standard input", .words = "FILE"},
    {.name = "limit", .value = "N", .help = "at most N items of a list (default: all)"},
    {.name = "no-color", .help = "no colors, even on a terminal"},
    {.name = "timeout", .value = "SECONDS", .help = "give up on an answer after SECONDS (default 30)"},
    {.name = "url", .value = "URL", .help = "the server's address (default http://127.0.0.1:7420)"},
    {.name = "version", .help = "show the version of this program"},
    {.name = NULL},
};

const struct command *command_find(const struct command *command, const char *name)
{
    for (size_t i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        if (strcmp(command->commands[i]->name, name) == 0)
            return command->commands[i];
    }
    return NULL;
}

static const struct option *find_option(const struct option *options, const char *name, char letter)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (letter != '\0' ? options->letter == letter : strcmp(options->name, name) == 0)
            return options;
    }
    return NULL;
}

const struct option *command_find_option(const struct command *command, const char *name, char letter)
{
    const struct option *option = find_option(command->options, name, letter);
    if (option == NULL)
        option = find_option(command->shared, name, letter);
    return option != NULL ? option : find_option(global_options, name, letter);
}
