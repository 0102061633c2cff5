// SPDX-License-Identifier: Apache-2.0
//
// The public keys of the servers that were asked. A key id is made from the key, so no server can put its own in
// another's place; and none is ever taken away, since a lease may outlive the key's use.
#ifndef CLIENT_KEYS_H
#define CLIENT_KEYS_H

#include "client/client.h"
#include "client/store.h"

enum { PUBLIC_KEY_BYTES = 32 };

enum usher_code keys_find(const struct usher_store *store, const char *key_id, unsigned char key[PUBLIC_KEY_BYTES],
                          struct usher_error *error);

#endif
