// SPDX-License-Identifier: Apache-2.0
//
// The machine's name, for people.
#ifndef CLIENT_HOST_H
#define CLIENT_HOST_H

#include <stdbool.h>

enum { HOST_SIZE = 256 };

// False when it has none that could be told.
bool host_name(char name[HOST_SIZE]);

#endif
