// SPDX-License-Identifier: Apache-2.0
// usherd restore FILE --data DIR: a new data folder from a backup.
#include "server/tools.h"

#include "store/keeping.h"

#include <stdio.h>

int tool_restore(const struct config *config)
{
    const char *file = NULL;
    struct store_error error = {""};
    if (!tool_read(config, (const struct tool_option[]){{"", &file}, {0}}))
        return TOOL_USAGE;
    if (file == NULL)
        return tool_fail(TOOL_USAGE, "restore needs the backup's FILE, and --data DIR for the new folder");
    if (!store_restore(file, config->data, &error))
        return tool_fail(TOOL_FAILED, "%s", error.text);
    printf("%s is restored to %s. The operator's key is the one of the backup.\n", file, config->data);
    return 0;
}
