// SPDX-License-Identifier: Apache-2.0
//
// All that a store holds, as lines of text in one order, read through store.h: so that two stores can be compared,
// whatever their drivers.
#ifndef FAULTS_CONTENTS_H
#define FAULTS_CONTENTS_H

#include "store/store.h"

struct contents;

// Reads everything; the numbers, as if so many of each kind had not been left out. NULL, with a sentence, when something
// cannot be read.
struct contents *contents_read(struct store *store, uint64_t left_out, struct store_error *error);
void contents_free(struct contents *contents);
// Whether both hold the same; else tells the first difference. With `archived` the oldest events of each account may
// be missing in `found`: their number comes in *ret_archived.
bool contents_same(const struct contents *found, const struct contents *wanted, bool archived, uint64_t *ret_archived,
                   struct store_error *difference);

#endif
