// SPDX-License-Identifier: Apache-2.0
// usherd routes: the addresses that the server answers, one a line.
#include "server/tools.h"

#include "api/call.h"

#include <stdio.h>

int tool_routes(const struct config *config)
{
    if (!tool_read(config, &(struct tool_option){0}))
        return TOOL_USAGE;
    for (const struct route *route = routes; route->method != NULL; route++)
        printf("%s %s\n", route->method, route->path);
    return 0;
}
