// SPDX-License-Identifier: Apache-2.0
//
// The key that signs archives: Ed25519. The secret one lies in the store's folder as archive.key, made when first
// needed, readable by its owner only; the public one lies in the archive, named by its first bytes. Both are PEM, as
// other programs read them (RFC 8410).
#ifndef STORE_SIGNING_H
#define STORE_SIGNING_H

#include "store/store.h"

enum { PUBLIC_KEY_BYTES = 32, SECRET_KEY_BYTES = 64, SIGNATURE_BYTES = 64 };

struct signing_key {
    unsigned char public_key[PUBLIC_KEY_BYTES];
    unsigned char secret_key[SECRET_KEY_BYTES];
};

// The key of the folder; with `make`, makes it if there is none. Sets *ret_found.
bool signing_key_of(const char *folder, bool make, struct signing_key *ret_key, bool *ret_found,
                    struct store_error *error);
// Puts the public key into the archive, if it is not there yet.
bool signing_publish(const struct signing_key *key, const char *out_folder, struct store_error *error);
// Whether the archive holds this public key.
bool signing_is_published(const unsigned char public_key[PUBLIC_KEY_BYTES], const char *out_folder);

#endif
