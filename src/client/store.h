// SPDX-License-Identifier: Apache-2.0
//
// A folder of small files, each replaced as a whole: what is there after a power cut is the old one or the new one.
//
//   keys.json                  public keys, of every server that was asked
//   clock.json                 the latest time seen
//   lease-SN-7-KID             a lease: its token
//   returned-SN-7-KID          the mark that it was given back
//   borrow-HASH                the Idempotency-Key of a borrowing whose answer is still out
//   lock                       held while one of them is read and written
#ifndef CLIENT_STORE_H
#define CLIENT_STORE_H

#include "client/error.h"

#include <jansson.h>

enum { FILE_NAME_SIZE = 96, FILE_MAX = 1 << 20 };

struct usher_store {
    int folder; // a descriptor
    char *path;
};

bool store_check(const struct usher_store *store, struct usher_error *error);
// The descriptor to give to store_unlock; negative, and told why, when it cannot be had.
int store_lock(const struct usher_store *store, struct usher_error *error);
void store_unlock(int lock);

// NULL when there is no such file (USHER_OK) or it cannot be read. free() it.
char *store_read(const struct usher_store *store, const char *name, struct usher_error *error);
enum usher_code store_write(const struct usher_store *store, const char *name, const char *text,
                            struct usher_error *error);
bool store_has(const struct usher_store *store, const char *name);
enum usher_code store_remove(const struct usher_store *store, const char *name, struct usher_error *error);

// The names in the folder that begin so. An array of strings; NULL when the folder cannot be read.
json_t *store_names(const struct usher_store *store, const char *before, struct usher_error *error);

#endif
