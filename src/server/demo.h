// SPDX-License-Identifier: Apache-2.0
#ifndef SERVER_DEMO_H
#define SERVER_DEMO_H

#include "server/service.h"

// Fills a new store with the worked examples of the contract: an account of 200 licenses that dedicates 20, 10, 1 and 5
// to four organizations, and the one of 10 that dedicates 5 to a sub-organization. Does nothing, and says so in
// *ret_made, when the store has an account already. False, with a sentence.
bool demo_fill(struct service *service, bool *ret_made, char *error, size_t error_size);

#endif
