// SPDX-License-Identifier: Apache-2.0
//
// `usher help`: everything it says comes out of the command table.
#include "cli/help.h"

#include "cli/message.h"
#include "cli/suggest.h"

#include <stdio.h>
#include <string.h>

static void print_wrapped(const char *text)
{
    size_t column = 0;
    for (const char *word = text; *word != '\0';) {
        size_t length = strcspn(word, " ");
        if (column > 0 && column + 1 + length > 78) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column > 0 ? " " : "", (int)length, word);
        word += length + (word[length] == ' ');
    }
    putchar('\n');
}

static void print_words(const char *words)
{
    for (; *words != '\0'; words++)
        putchar(*words == ' ' ? '|' : *words);
}

static void print_usage(const struct command *command, const char *name)
{
    printf("Usage: %s", name);
    if (command->commands != NULL)
        printf(command->fallback != NULL ? " [COMMAND]" : " COMMAND");
    if (command->wraps)
        printf(" [options] --");
    if (command->arguments != NULL)
        printf(" %s", command->arguments);
    bool has_options = command->options != NULL || command->shared != NULL;
    puts(has_options && !command->wraps ? " [options]" : "");
}

static void print_options(const struct option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char left[64], letter[8] = "";
        if (options->letter != '\0')
            snprintf(letter, sizeof letter, "-%c, ", options->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, options->name, options->value != NULL ? " " : "",
                 options->value != NULL ? options->value : "");
        printf("  %-26s %s", left, options->help);
        bool listed = options->words != NULL && strcmp(options->words, "FILE") != 0;
        if (listed) {
            fputs(": ", stdout);
            print_words(options->words);
        }
        putchar('\n');
    }
}

static void print_own_options(const char *title, const struct command *command)
{
    if (command->options == NULL && command->shared == NULL)
        return;
    printf("\n%s:\n", title);
    print_options(command->options);
    print_options(command->shared);
}

static void print_commands(const struct command *command)
{
    if (command->commands == NULL)
        return;
    puts("\nCommands:");
    for (size_t i = 0; command->commands[i] != NULL; i++) {
        const struct command *below = command->commands[i];
        printf("  %-12s %s%s\n", below->name, below->summary, below == command->fallback ? " (the default)" : "");
    }
}

static void print_exit_codes(void)
{
    puts("\nExit codes:\n"
         "  0  done                              5  denied: no license, or a conflict\n"
         "  1  the server refused                6  the server cannot be reached, or failed\n"
         "  2  wrong use, nothing was changed    7  asked, and the answer was no\n"
         "  3  not found, or ended               8  a local file cannot be read or written\n"
         "  4  not allowed\n"
         "`usher run` ends as its command does, or with codes of its own: see `usher help run`.");
}

static enum exit_code print(const struct command *command, const char *name)
{
    print_usage(command, name);
    putchar('\n');
    print_wrapped(command->summary);
    if (command->details != NULL) {
        putchar('\n');
        print_wrapped(command->details);
    }
    print_commands(command);
    print_own_options("Options", command);
    if (command->fallback != NULL)
        print_own_options("Options of the default", command->fallback);
    puts("\nOptions everywhere:");
    print_options(global_options);
    if (command == &root_command)
        print_exit_codes();
    if (command->commands != NULL)
        printf("\n`usher help%s COMMAND` says more about a command; so does the manual, usher(1).\n",
               name[strlen("usher")] != '\0' ? name + strlen("usher") : "");
    return CLI_OK;
}

enum exit_code help_print(const struct invocation *call)
{
    char name[64];
    return print(call->command, invocation_name(call, name));
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)cli;
    char name[64] = "usher";
    const struct command *command = &root_command;
    for (int i = 0; i < call->argument_count; i++) {
        const struct command *below = command_find(command, call->arguments[i]);
        if (below == NULL) {
            complain("there is no command `%s %s`", name, call->arguments[i]);
            const char *near = command->commands != NULL ? suggest_command(command, call->arguments[i]) : NULL;
            if (near != NULL)
                advise("Did you mean `%s %s`?", name, near);
            return CLI_WRONG_USE;
        }
        snprintf(name + strlen(name), sizeof name - strlen(name), " %s", below->name);
        command = below;
    }
    return print(command, name);
}

const struct command help_command = {
    .name = "help",
    .arguments = "[COMMAND...]",
    .arguments_max = INVOCATION_DEPTH_MAX,
    .summary = "say what a command does and which options it takes",
    .local = true,
    .run = run,
};
