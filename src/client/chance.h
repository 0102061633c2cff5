// SPDX-License-Identifier: Apache-2.0
//
// Random keys, and pauses that grow and differ from client to client.
#ifndef CLIENT_CHANCE_H
#define CLIENT_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

enum { KEY_SIZE = 65 }; // of an Idempotency-Key: 64 characters and the end

// 32 hex digits; false when the system has no random bytes to give.
bool chance_key(char key[KEY_SIZE]);
// 0 to most.
int64_t chance_below(int64_t most);
// The pause after so many failures in a row, 1 or more: doubles from base_ms up to most_ms; half of it is random.
int64_t chance_pause(int failures, int64_t base_ms, int64_t most_ms);

#endif
