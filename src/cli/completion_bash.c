// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <stddef.h>
#include <stdio.h>

static void print_options(const struct option *options, const char *path)
{
    (void)path;
    for (; options != NULL && options->name != NULL; options++)
        printf(" --%s", options->name);
}

static void print_values(const struct option *options, const char *path)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->value == NULL)
            continue;
        printf("    %s:--%s", path, options->name);
        if (options->letter != '\0')
            printf("|%s:-%c", path, options->letter);
        if (completion_is_file(options->words))
            puts(") COMPREPLY=($(compgen -f -- \"$current\")); return ;;");
        else
            printf(") words='%s' ;;\n", options->words != NULL ? options->words : "");
    }
}

static void visit_values(const struct command *command, const char *path)
{
    completion_options(command, path, print_values);
}

static void visit_words(const struct command *command, const char *path)
{
    printf("    '%s') options='", path);
    completion_options(command, path, print_options);
    printf("' words='");
    const struct command *const *commands = completion_commands(command);
    for (; *commands != NULL; commands++)
        printf(" %s", (*commands)->name);
    if (completion_is_file(command->words))
        puts("'; [[ $current == -* ]] || { COMPREPLY=($(compgen -f -- \"$current\")); return; } ;;");
    else
        printf("%s' ;;\n", command->words != NULL ? command->words : "");
}

void completion_print_bash(void)
{
    fputs("# Completion of usher for bash: source <(usher completion bash)\n"
          "_usher() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} at= i options= words=\n"
          "    COMPREPLY=()\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case $at/${COMP_WORDS[i]} in\n"
          "        ",
          stdout);
    completion_print_valued("*/", "|");
    fputs(") ((i++)) ;;\n        ", stdout);
    completion_print_paths("|");
    fputs(") at+=/${COMP_WORDS[i]} ;;\n"
          "        esac\n"
          "    done\n"
          "    words=-\n"
          "    case $at:$previous in\n",
          stdout);
    completion_walk(visit_values);
    print_values(global_options, "*");
    fputs("    esac\n"
          "    if [[ $words != - ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "        return\n"
          "    fi\n"
          "    case $at in\n",
          stdout);
    completion_walk(visit_words);
    fputs("    esac\n"
          "    [[ $current == -* ]] && words=\"$options",
          stdout);
    print_options(global_options, "");
    fputs("\"\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "}\n"
          "complete -F _usher usher\n",
          stdout);
}
