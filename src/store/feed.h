// SPDX-License-Identifier: Apache-2.0
//
// The feed: what one server has changed, in bytes, for the others that keep the same account in memory. A feed begins
// with the form of all that can be in it, so that a server of another version, whose rows are others, is understood
// by nobody by mistake: it is not read, and the account is loaded.
//
//     feed    form (4 bytes), then any number of entries
//     entry   kind · 4 + what it is, then `after`, or `before` where there is no after; and where there are both, a
//             bitmap of the fields that differ, and those of `before`
//     fields  numbers in groups of 7 bits, the lowest first; texts by length with their final zero (0: none); products
//             by code; hashes as they are
//
// Reasons and actors of facts are left out: they are the history's, and change nothing in memory.
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "store/driver.h"

// Adds an entry, and the form before the first one. A denial's explanation is left out.
void feed_add_fact(struct buffer *feed, const struct fact *fact);
void feed_add_denial(struct buffer *feed, const struct denial *denial);

// FEED_UNREADABLE: it is of another form, damaged, or empty. FEED_UNKNOWN_PRODUCT: it names one that nobody knows.
enum feed_outcome { FEED_TOLD, FEED_UNREADABLE, FEED_UNKNOWN_PRODUCT };

// Hands on all that is in it, in its order, or nothing at all, with a sentence.
enum feed_outcome feed_read(const struct product_source *products, uint64_t account, const void *bytes, size_t length,
                            store_change_sink *sink, void *arg, struct store_error *error);

#endif
