// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <stddef.h>
#include <stdio.h>

static void print_item(const char *dashes, const char *name, const char *help)
{
    printf(" %s%s", dashes, name);
    putchar(':');
    completion_print_quoted(help, "'\\''");
}

static void print_options(const struct option *options, const char *path)
{
    (void)path;
    for (; options != NULL && options->name != NULL; options++)
        print_item("--", options->name, options->help);
}

static void print_values(const struct option *options, const char *path)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->value == NULL)
            continue;
        printf("    (%s:--%s", path, options->name);
        if (options->letter != '\0')
            printf("|%s:-%c", path, options->letter);
        if (completion_is_file(options->words))
            puts(") _files; return ;;");
        else if (options->words != NULL)
            printf(") compadd -- %s; return ;;\n", options->words);
        else
            puts(") return ;;");
    }
}

static void visit_values(const struct command *command, const char *path)
{
    completion_options(command, path, print_values);
}

static void visit_words(const struct command *command, const char *path)
{
    printf("    ('%s') options=(", path);
    completion_options(command, path, print_options);
    printf(") commands=(");
    const struct command *const *commands = completion_commands(command);
    for (; *commands != NULL; commands++)
        print_item("", (*commands)->name, (*commands)->summary);
    putchar(')');
    if (completion_is_file(command->words))
        printf("; [[ $PREFIX == -* ]] || { _files; return }");
    else if (command->words != NULL)
        printf("; [[ $PREFIX == -* ]] || { compadd -- %s; return }", command->words);
    puts(" ;;");
}

void completion_print_zsh(void)
{
    fputs("#compdef usher\n"
          "# Completion of usher for zsh: usher completion zsh > \"${fpath[1]}/_usher\"\n"
          "_usher() {\n"
          "    local at= i\n"
          "    local -a options commands\n"
          "    for ((i = 2; i < CURRENT; i++)); do\n"
          "        case $at/$words[i] in\n"
          "        (",
          stdout);
    completion_print_valued("*/", "|");
    fputs(") ((i++)) ;;\n        (", stdout);
    completion_print_paths("|");
    fputs(") at+=/$words[i] ;;\n"
          "        esac\n"
          "    done\n"
          "    case $at:$words[CURRENT-1] in\n",
          stdout);
    completion_walk(visit_values);
    print_values(global_options, "*");
    fputs("    esac\n"
          "    case $at in\n",
          stdout);
    completion_walk(visit_words);
    fputs("    esac\n"
          "    if [[ $PREFIX == -* ]]; then\n"
          "        options+=(",
          stdout);
    print_options(global_options, "");
    fputs(")\n"
          "        _describe option options\n"
          "    elif (( $#commands )); then\n"
          "        _describe command commands\n"
          "    fi\n"
          "}\n"
          "if [[ $funcstack[1] == _usher ]]; then _usher \"$@\"; else compdef _usher usher; fi\n",
          stdout);
}
