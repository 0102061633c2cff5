// SPDX-License-Identifier: Apache-2.0
#include "engine/command.h"

const char *const reclaim_words[] = {"refuse", "drain", "move", NULL};
