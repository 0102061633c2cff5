// SPDX-License-Identifier: Apache-2.0
#include "server/tools.h"

#include "api/call.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static int run_routes(const struct config *config)
{
    (void)config;
    for (const struct route *route = routes; route->method != NULL; route++)
        printf("%s %s\n", route->method, route->path);
    return 0;
}

struct tool {
    const char *name;
    int (*run)(const struct config *config);
};

static const struct tool tools[] = {
    {"routes", run_routes},
};

int tools_run(const struct config *config)
{
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        if (strcmp(tools[i].name, config->arguments[0]) == 0)
            return tools[i].run(config);
    }
    fprintf(stderr, "usherd: there is no subcommand %s; there are:", config->arguments[0]);
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
        fprintf(stderr, " %s", tools[i].name);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}
