// SPDX-License-Identifier: Apache-2.0
//
// The front: joins HTTP to the calls. It reads each request into a call, hands it to the processor or answers at once,
// and writes the answer when it comes back; it counts and logs every request.
#ifndef SERVER_FRONT_H
#define SERVER_FRONT_H

#include "server/config.h"
#include "server/instruments.h"
#include "server/log.h"
#include "server/service.h"

struct front;

// Starts to serve. Each service belongs to a processor of the front from here on; more than one only in a shared store,
// each with a connection of its own. NULL, with a sentence.
struct front *front_open(const struct config *config, struct service *services, unsigned count, const struct log *log,
                         char *error, size_t error_size);
unsigned front_port(const struct front *front);
// Stops taking requests, finishes those in flight, writes what waits.
void front_close(struct front *front);

#endif
