// SPDX-License-Identifier: Apache-2.0
#ifndef SERVER_DEMO_H
#define SERVER_DEMO_H

#include "server/service.h"

#define DEMO_EMAIL "ada@example.com"

enum { DEMO_PASSWORD_SIZE = 20 };

// Fills a new store with the worked examples of the contract: an account of 200 licenses that dedicates 20, 10, 1 and 5
// to four organizations, and the one of 10 that dedicates 5 to a sub-organization; its admin, DEMO_EMAIL, gets a
// password made at random, of which only the hash is kept. Does nothing when the store has an account already, and the
// password is "" then. False, with a sentence.
bool demo_fill(struct service *service, char password[DEMO_PASSWORD_SIZE], char *error, size_t error_size);

#endif
