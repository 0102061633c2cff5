// SPDX-License-Identifier: Apache-2.0
//
// The watch of a processor in a shared store: a thread that keeps the server marked as alive, and has the processor
// look at accounts that time has changed, or that another server told of.
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "server/log.h"
#include "server/processor.h"

struct watch;

// NULL: failed; a sentence is in `error`.
struct watch *watch_open(struct store *store, struct processor *processor, const struct log *log, char *error,
                         size_t error_size);
// Whether the store answered the watch within the last seconds; for any thread. False some five seconds after a store
// falls silent, long before the connections to it are given up: until then nothing else tells of it. NULL: true, as a
// store that is not shared needs no watch.
bool watch_sees(const struct watch *watch);
void watch_close(struct watch *watch); // NULL is fine

#endif
