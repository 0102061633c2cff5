// SPDX-License-Identifier: Apache-2.0
#include "server/tools.h"

#include "engine/row.h"
#include "store/keeping.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct tool {
    const char *name;
    int (*run)(const struct config *config);
} tools[] = {
    {"archive", tool_archive},
    {"copy", tool_copy},
    {"restore", tool_restore},
    {"rotate-key", tool_rotate_key},
    {"routes", tool_routes},
    {"verify", tool_verify},
};

enum { TOOL_COUNT = sizeof tools / sizeof tools[0] };

int tools_run(const struct config *config)
{
    for (size_t i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(tools[i].name, config->arguments[0]) == 0)
            return tools[i].run(config);
    }
    fprintf(stderr, "usherd: there is no subcommand %s; there are:", config->arguments[0]);
    for (size_t i = 0; i < TOOL_COUNT; i++)
        fprintf(stderr, " %s", tools[i].name);
    fprintf(stderr, "\n");
    return TOOL_USAGE;
}

int tool_fail(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "usherd: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    return status;
}

int64_t tool_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct tool_option *find(const struct tool_option *options, const char *word, size_t length)
{
    for (; options->name != NULL; options++) {
        if (strlen(options->name) == length && strncmp(options->name, word, length) == 0)
            return options;
    }
    return NULL;
}

bool tool_read(const struct config *config, const struct tool_option *options)
{
    for (size_t i = 1; i < config->argument_count; i++) {
        const char *word = config->arguments[i];
        bool is_option = strncmp(word, "--", 2) == 0;
        size_t length = is_option ? strcspn(word, "=") : 0;
        const struct tool_option *option = find(options, word, length);
        if (option == NULL || *option->value != NULL)
            return tool_fail(0, "%s does not take %s%s", config->arguments[0], word,
                             option != NULL ? " a second time" : "") != 0;
        bool is_next = is_option && word[length] == '\0';
        if (is_next && ++i == config->argument_count)
            return tool_fail(0, "%s needs a value", word) != 0;
        *option->value = is_next ? config->arguments[i] : is_option ? word + length + 1 : word;
    }
    return true;
}

void tool_tell_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    (void)arg;
    char id[ID_TEXT_SIZE];
    id_format(ID_ACCOUNT, account, account, id);
    printf("BROKEN %s", account != 0 ? id : "the service's own history");
    if (seq != 0)
        printf(", event %lld", (long long)seq);
    printf(": %s\n", what);
}

int tool_tell_verified(const struct verified *verified)
{
    printf("%llu histories with %llu events, %llu rows: ", (unsigned long long)verified->accounts,
           (unsigned long long)verified->events, (unsigned long long)verified->rows);
    if (verified->breaks == 0)
        printf("whole\n");
    else
        printf("%llu broken\n", (unsigned long long)verified->breaks);
    return verified->breaks == 0 ? 0 : TOOL_FAILED;
}
