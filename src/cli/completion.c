// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <stddef.h>
#include "base/check.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 128, NAMES_MAX = 64 };

// Commands are a few words of ours, three deep: the room is ample.
static void join(char below[PATH_SIZE], const char *path, const char *name)
{
    int length = snprintf(below, PATH_SIZE, "%s/%s", path, name);
    CHECK(length > 0 && length < PATH_SIZE);
}

static void walk(const struct command *command, const char *path, completion_visit *visit)
{
    visit(command, path);
    for (size_t i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        char below[PATH_SIZE];
        join(below, path, command->commands[i]->name);
        walk(command->commands[i], below, visit);
    }
}

void completion_walk(completion_visit *visit)
{
    walk(&root_command, "", visit);
}

void completion_options(const struct command *command, const char *path, completion_visit_options *visit)
{
    visit(command->options, path);
    visit(command->shared, path);
    if (command->fallback != NULL)
        completion_options(command->fallback, path, visit);
}

const struct command *const *completion_commands(const struct command *command)
{
    static const struct command *const none[] = {NULL};
    const struct command *const *commands = command == &help_command ? root_command.commands : command->commands;
    return commands != NULL ? commands : none;
}

static void print_paths(const struct command *command, const char *path, const char *separator, const char **before)
{
    for (size_t i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        char below[PATH_SIZE];
        join(below, path, command->commands[i]->name);
        printf("%s%s", *before, below);
        *before = separator;
        print_paths(command->commands[i], below, separator, before);
    }
}

void completion_print_paths(const char *separator)
{
    const char *before = "";
    print_paths(&root_command, "", separator, &before);
}

// The names of options that take a value, each once.
struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_valued(struct names *names, const struct option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        bool known = options->value == NULL || names->count == NAMES_MAX;
        for (size_t i = 0; i < names->count && !known; i++)
            known = strcmp(names->items[i], options->name) == 0;
        if (!known)
            names->items[names->count++] = options->name;
    }
}

static void add_all_valued(struct names *names, const struct command *command)
{
    add_valued(names, command->options);
    add_valued(names, command->shared);
    for (size_t i = 0; command->commands != NULL && command->commands[i] != NULL; i++)
        add_all_valued(names, command->commands[i]);
}

void completion_print_valued(const char *before, const char *separator)
{
    struct names names = {0};
    add_valued(&names, global_options);
    add_all_valued(&names, &root_command);
    for (size_t i = 0; i < names.count; i++)
        printf("%s%s--%s", i > 0 ? separator : "", before, names.items[i]);
    printf("%s%s-f", separator, before);
}

void completion_print_quoted(const char *text, const char *quote)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote, stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

bool completion_is_file(const char *words)
{
    return words != NULL && strcmp(words, "FILE") == 0;
}
