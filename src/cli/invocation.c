// SPDX-License-Identifier: Apache-2.0
#include "cli/invocation.h"

#include "base/buffer.h"
#include "base/check.h"
#include "cli/message.h"
#include "cli/suggest.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

static enum exit_code wrong(const struct invocation *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum exit_code wrong(const struct invocation *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain_with(format, args);
    va_end(args);
    char name[64];
    advise("See `%s --help`.", invocation_name(call, name));
    return CLI_WRONG_USE;
}

static void descend(struct invocation *call, const struct command *command)
{
    CHECK(call->depth < INVOCATION_DEPTH_MAX);
    call->path[call->depth++] = command;
    call->command = command;
}

// The option meant by what follows the dashes: the command's own, a global one, or one of the command that is
// meant when none is named, which then is.
static const struct option *find_option(struct invocation *call, const char *name, char letter)
{
    for (;;) {
        const struct option *option = command_find_option(call->command, name, letter);
        if (option != NULL || call->command->fallback == NULL)
            return option;
        descend(call, call->command->fallback);
    }
}

static bool is_one_of(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (const char *word = words; length > 0 && word != NULL; word = strchr(word, ' ')) {
        word += *word == ' ';
        if (strncmp(word, value, length) == 0 && (word[length] == ' ' || word[length] == '\0'))
            return true;
    }
    return false;
}

static enum exit_code check_words(const struct invocation *call, const char *what, const char *words, const char *value)
{
    if (words == NULL || strcmp(words, "FILE") == 0 || is_one_of(words, value))
        return CLI_OK;
    struct buffer list = {0};
    for (; *words != '\0'; words++)
        buffer_add_text(&list, *words == ' ' ? ", " : (char[]){*words, '\0'});
    enum exit_code code = wrong(call, "%s is one of: %s; not \"%s\"", what, buffer_text(&list), value);
    buffer_fini(&list);
    return code;
}

static enum exit_code keep_option(struct invocation *call, const struct option *option, const char *value)
{
    char what[64];
    snprintf(what, sizeof what, "--%s", option->name);
    enum exit_code code = check_words(call, what, option->words, value);
    if (code != CLI_OK)
        return code;
    if (call->given_count == INVOCATION_OPTIONS_MAX)
        return wrong(call, "too many options");
    call->given[call->given_count++] = (struct given_option){option, value};
    return CLI_OK;
}

static enum exit_code unknown_option(const struct invocation *call, const char *dashed)
{
    complain("there is no option %s here", dashed);
    const char *near = suggest_option(call->command, dashed + strspn(dashed, "-"));
    if (near != NULL)
        advise("Did you mean --%s?", near);
    char name[64];
    advise("See `%s --help`.", invocation_name(call, name));
    return CLI_WRONG_USE;
}

// Takes argv[*place], which starts with a dash, and its value, from behind "=" or from the next word.
static enum exit_code take_option(struct invocation *call, int argc, char **argv, int *place)
{
    const char *word = argv[*place], *value = NULL;
    char name[64] = "", letter = '\0';
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        if (word[2 + length] == '=')
            value = word + 2 + length + 1;
        if (length >= sizeof name)
            return unknown_option(call, word);
        memcpy(name, word + 2, length);
    } else {
        letter = word[1];
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    const struct option *option = find_option(call, name, letter);
    if (option == NULL)
        return unknown_option(call, word);
    if (option->value == NULL)
        return value == NULL ? keep_option(call, option, "") : wrong(call, "--%s takes no value", option->name);
    if (value == NULL && *place + 1 == argc)
        return wrong(call, "--%s needs a value: %s", option->name, option->value);
    return keep_option(call, option, value != NULL ? value : argv[++*place]);
}

static enum exit_code unknown_command(const struct invocation *call, const char *word)
{
    char name[64];
    complain("there is no command \"%s\" in `%s`", word, invocation_name(call, name));
    const char *near = suggest_command(call->command, word);
    if (near != NULL)
        advise("Did you mean `%s %s`?", name, near);
    advise("See `%s --help`.", name);
    return CLI_WRONG_USE;
}

static enum exit_code take_word(struct invocation *call, char *word)
{
    if (call->command->commands != NULL) {
        const struct command *found = command_find(call->command, word);
        if (found == NULL)
            return unknown_command(call, word);
        descend(call, found);
        return CLI_OK;
    }
    if (word[0] == '\0' && !call->command->wraps)
        return wrong(call, "an argument is empty");
    if (call->argument_count == call->command->arguments_max)
        return wrong(call, "one argument too many: \"%s\"", word);
    if (call->argument_count == 0) {
        enum exit_code code = check_words(call, "the first argument", call->command->words, word);
        if (code != CLI_OK)
            return code;
    }
    call->arguments[call->argument_count++] = word;
    return CLI_OK;
}

static enum exit_code check_complete(struct invocation *call)
{
    if (invocation_has(call, "help") || invocation_has(call, "version"))
        return CLI_OK;
    while (call->command->commands != NULL && call->command->fallback != NULL)
        descend(call, call->command->fallback);
    char name[64];
    if (call->command->commands != NULL)
        return wrong(call, "`%s` needs a command", invocation_name(call, name));
    if (call->argument_count < call->command->arguments_min)
        return wrong(call, "`%s` needs: %s", invocation_name(call, name), call->command->arguments);
    return CLI_OK;
}

enum exit_code invocation_parse(struct invocation *call, int argc, char **argv)
{
    *call = (struct invocation){.arguments = argv};
    descend(call, &root_command);
    bool only_words = false;
    enum exit_code code = CLI_OK;
    for (int i = 1; i < argc && code == CLI_OK; i++) {
        only_words = only_words || (call->command->wraps && call->argument_count > 0);
        // Everything that goes to the server is JSON, which is UTF-8 and nothing else.
        if (!text_is_utf8(argv[i]) && !(only_words && call->command->wraps))
            code = wrong(call, "argument %d is not UTF-8", i);
        else if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
            code = take_option(call, argc, argv, &i);
        else
            code = take_word(call, argv[i]);
    }
    return code == CLI_OK ? check_complete(call) : code;
}

const char *invocation_value(const struct invocation *call, const char *name)
{
    CHECK(command_find_option(call->command, name, '\0') != NULL);
    for (int i = call->given_count - 1; i >= 0; i--) {
        if (strcmp(call->given[i].option->name, name) == 0)
            return call->given[i].value;
    }
    return NULL;
}

bool invocation_has(const struct invocation *call, const char *name)
{
    return invocation_value(call, name) != NULL;
}

const char *invocation_name(const struct invocation *call, char name[64])
{
    size_t length = 0;
    name[0] = '\0';
    for (int i = 0; i < call->depth && length < 64; i++)
        length += (size_t)snprintf(name + length, 64 - length, "%s%s", i > 0 ? " " : "", call->path[i]->name);
    return name;
}
