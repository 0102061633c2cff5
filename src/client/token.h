// SPDX-License-Identifier: Apache-2.0
//
// A lease as text: "ushl1." + base64url of its payload + "." + base64url of the signature (Ed25519) over all before the
// last dot. The payload is JSON: v (1), id, account, product, user, machine, starts_at, ends_at, kid.
#ifndef CLIENT_TOKEN_H
#define CLIENT_TOKEN_H

#include "client/keys.h"
#include "client/store.h"

// Whether a server that is known here signed it, and what it says; looks neither at the machine nor at the time. The
// lease is filled with USHER_OK only.
enum usher_code token_read(const struct usher_store *store, const char *token, struct usher_lease *ret_lease,
                           struct usher_error *error);
// "lease-SN-7-KID", or with another word before.
void token_file_name(const struct usher_lease *lease, const char *before, char name[FILE_NAME_SIZE]);

#endif
