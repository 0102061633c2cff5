// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 24, FAR = 99, NEAR = 2 };

static int least(int a, int b, int c)
{
    int smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

// How many letters must be put in, taken out or changed to get from one word to the other (Levenshtein).
static int distance(const char *from, const char *to)
{
    size_t length = strlen(to);
    if (length > NAME_MAX_LENGTH || strlen(from) > NAME_MAX_LENGTH)
        return FAR;
    int row[NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= length; j++)
        row[j] = (int)j;
    for (size_t i = 0; from[i] != '\0'; i++) {
        int corner = row[0];
        row[0] = (int)i + 1;
        for (size_t j = 0; j < length; j++) {
            int change = corner + (from[i] != to[j]);
            corner = row[j + 1];
            row[j + 1] = least(row[j] + 1, corner + 1, change);
        }
    }
    return row[length];
}

static bool is_nearer(const char *word, const char *name, int *nearest)
{
    int steps = distance(word, name);
    // "user" for "users" and "session" for "sessions" are near, "on" for "up" is not.
    if (steps > NEAR || steps >= (int)strlen(name) - 1 || steps >= *nearest)
        return false;
    *nearest = steps;
    return true;
}

const char *suggest_command(const struct command *command, const char *word)
{
    const char *found = NULL;
    int nearest = FAR;
    for (size_t i = 0; command->commands[i] != NULL; i++) {
        if (is_nearer(word, command->commands[i]->name, &nearest))
            found = command->commands[i]->name;
    }
    return found;
}

static const char *nearest_option(const struct option *options, const char *word, const char *found, int *nearest)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (is_nearer(word, options->name, nearest))
            found = options->name;
    }
    return found;
}

const char *suggest_option(const struct command *command, const char *word)
{
    int nearest = FAR;
    const char *found = nearest_option(command->options, word, NULL, &nearest);
    found = nearest_option(command->shared, word, found, &nearest);
    return nearest_option(global_options, word, found, &nearest);
}
