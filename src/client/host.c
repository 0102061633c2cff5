// SPDX-License-Identifier: Apache-2.0
#include "client/host.h"

#include <string.h>
#include <unistd.h>

bool host_name(char name[HOST_SIZE])
{
    memset(name, 0, HOST_SIZE);
    return gethostname(name, HOST_SIZE - 1) == 0 && name[0] != '\0';
}
