// SPDX-License-Identifier: Apache-2.0
//
// The keys that sign leases, where several servers share a store: they are in the store, and each server has them in
// its folder as a server with a store of its own does (lease_keys.h). Whoever changes them puts them into the store;
// each server takes up the change when it sees that account 0 is another.
#ifndef SERVER_LEASE_KEYS_SHARED_H
#define SERVER_LEASE_KEYS_SHARED_H

#include "server/service.h"

// Before the folder's keys are opened: those of the store come into the folder; where the store has none, the folder's
// go into the store, and are made first if need be. From then on the service keeps the folder's up to date. Nothing is
// done where the store is not shared. False, with a sentence.
bool lease_keys_settle(struct service *service, const char *folder, char *error, size_t error_size);
// The folder's keys are rotated, from what the store has, and kept there: lease_keys_rotate for a shared store.
bool lease_keys_rotate_shared(struct service *service, const char *folder, char *ret_retired, char *ret_made,
                              char *error, size_t error_size);

#endif
