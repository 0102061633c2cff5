// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <stddef.h>
#include <stdio.h>

// `path` NULL: at every command.
static void print_start(const char *path)
{
    printf("complete -c usher");
    if (path != NULL)
        printf(" -n \"__usher_at '%s'\"", path);
}

static void print_options(const struct option *options, const char *path)
{
    for (; options != NULL && options->name != NULL; options++) {
        print_start(path);
        printf(" -l %s", options->name);
        if (options->letter != '\0')
            printf(" -s %c", options->letter);
        if (completion_is_file(options->words))
            printf(" -r -F");
        else if (options->words != NULL)
            printf(" -x -a '%s'", options->words);
        else if (options->value != NULL)
            printf(" -x");
        printf(" -d ");
        completion_print_quoted(options->help, "\\'");
        putchar('\n');
    }
}

static void visit(const struct command *command, const char *path)
{
    const struct command *const *commands = completion_commands(command);
    for (; *commands != NULL; commands++) {
        print_start(path);
        printf(" -a %s -d ", (*commands)->name);
        completion_print_quoted((*commands)->summary, "\\'");
        putchar('\n');
    }
    if (command->words != NULL) {
        print_start(path);
        if (completion_is_file(command->words))
            puts(" -F");
        else
            printf(" -a '%s'\n", command->words);
    }
    completion_options(command, path, print_options);
}

void completion_print_fish(void)
{
    fputs("# Completion of usher for fish: usher completion fish > ~/.config/fish/completions/usher.fish\n"
          "function __usher_at\n"
          "    set -l at ''\n"
          "    set -l skip 0\n"
          "    set -l words (commandline -opc)\n"
          "    for word in $words[2..-1]\n"
          "        if test $skip = 1\n"
          "            set skip 0\n"
          "            continue\n"
          "        end\n"
          "        switch $word\n"
          "            case ",
          stdout);
    completion_print_valued("", " ");
    fputs("\n"
          "                set skip 1\n"
          "        end\n"
          "        switch $at/$word\n"
          "            case ",
          stdout);
    completion_print_paths(" ");
    fputs("\n"
          "                set at $at/$word\n"
          "        end\n"
          "    end\n"
          "    test \"$at\" = \"$argv[1]\"\n"
          "end\n"
          "complete -c usher -f\n",
          stdout);
    completion_walk(visit);
    print_options(global_options, NULL);
}
