// SPDX-License-Identifier: Apache-2.0
//
// The keys that sign leases for machines without a network: Ed25519. They lie in the data folder as lease-keys.json,
// readable by its owner only; the first is made at the first start. One key is the present one and signs; retired ones
// keep their public half, so that what they signed can still be verified. `usherd rotate-key` retires the present key
// and makes another; a server that runs takes up the change by itself, since it looks whether the file is another
// whenever it needs a key.
#ifndef SERVER_LEASE_KEYS_H
#define SERVER_LEASE_KEYS_H

#include "api/call.h"
#include "server/log.h"

#define LEASE_KEYS_FILE "lease-keys.json"

struct lease_keys;

// Reads the keys of the folder, and makes the first where there is none. NULL, with a sentence in `error`.
struct lease_keys *lease_keys_open(const char *folder, int64_t now, const struct log *log, char *error,
                                   size_t error_size);
void lease_keys_close(struct lease_keys *keys);
// The key that signs now. It lives until the keys are closed. Any thread.
const struct lease_key *lease_keys_present(struct lease_keys *keys);
// All public keys, as JSON: {"keys": [{kid, public_key, created_at, retired_at}]}. The caller frees. Any thread.
char *lease_keys_published(struct lease_keys *keys);

// Retires the present key of the folder, if there is one, and makes the next; tells the ids of both ("" for none).
// False, with a sentence.
bool lease_keys_rotate(const char *folder, int64_t now, char ret_retired[LEASE_KID_SIZE], char ret_made[LEASE_KID_SIZE],
                       char *error, size_t error_size);

#endif
