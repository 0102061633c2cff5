// SPDX-License-Identifier: Apache-2.0
//
// What serves: one service on SQLite, or several on PostgreSQL, each a server of its own with a connection of its own.
#ifndef SERVER_CREW_H
#define SERVER_CREW_H

#include "server/config.h"
#include "server/service.h"

struct crew {
    struct service *services; // each has its store
    unsigned count;           // that are open
    int lock;                 // of the folder, beside a shared store; -1: none
};

// Opens the stores and loads what is in them. False, with a sentence; crew_close is called in any case.
bool crew_open(struct crew *crew, const struct config *config, char *error, size_t error_size);
void crew_close(struct crew *crew);

#endif
