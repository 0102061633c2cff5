// SPDX-License-Identifier: Apache-2.0
//
// The latest time seen, which notices a clock that was turned back. Beside the time stands where the boot clock was
// then: until the next start of the machine it tells how much time has passed since, however the clock is set.
#ifndef CLIENT_SEEN_H
#define CLIENT_SEEN_H

#include "client/store.h"

enum { CLOCK_TOLERANCE_MS = 5 * 60 * 1000 };

// Both with the store's lock held. The first refuses a clock that is turned back, else remembers it.
enum usher_code seen_check(const struct usher_store *store, int64_t now, struct usher_error *error);
// What a server told: it counts, whatever was seen before.
enum usher_code seen_set(const struct usher_store *store, int64_t at, struct usher_error *error);

#endif
