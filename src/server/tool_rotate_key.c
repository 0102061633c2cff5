// SPDX-License-Identifier: Apache-2.0
// usherd rotate-key: retires the key that signs leases and makes another; a server that runs takes it up by itself.
#include "server/tools.h"

#include "server/lease_keys.h"

int tool_rotate_key(const struct config *config)
{
    const struct tool_option options[] = {{0}};
    char retired[LEASE_KID_SIZE], made[LEASE_KID_SIZE], error[1024] = "";
    if (!tool_read(config, options))
        return TOOL_USAGE;
    if (!lease_keys_rotate(config->data, tool_now(), retired, made, error, sizeof error))
        return tool_fail(TOOL_FAILED, "%s", error);
    printf("%s signs leases from now on.\n", made);
    if (retired[0] != '\0')
        printf("%s is retired: what it signed can still be verified.\n", retired);
    return 0;
}
