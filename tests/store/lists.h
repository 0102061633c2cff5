// SPDX-License-Identifier: Apache-2.0
//
// What the tests of lists share: an account to list, and lists in short words.
//
// The account AC-1:
//
//     AC-1 ─┬─ OG-1001 ── OG-1003 ── OG-1004 (older than its parent)
//           └─ OG-1002
//
// Users: US-1 in OG-1001, US-2 in OG-1003, US-3 in OG-1002, US-4 in none. Sessions: SN-1 to SN-6, of which 2, 4 and 6
// have ended. AC-2 has one session, SN-7, and AC-30 nothing.
#ifndef STORE_TEST_LISTS_H
#define STORE_TEST_LISTS_H

#include "support.h"

void lists_fill(struct desk *desk);

// One thing more of AC-1, within a transaction.
void lists_put(struct desk *desk, enum fact_kind kind, const void *row);
void lists_put_session(struct desk *desk, uint64_t id, const struct product *product, uint64_t user, uint64_t level);

// Of AC-1 and with a limit of 100, where the query says nothing else.
struct list_page lists_page(struct desk *desk, struct list_query query);
// The ids of that page, as in "1 2 3".
const char *lists_ids(struct desk *desk, struct list_query query);

#endif
