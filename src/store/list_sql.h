// SPDX-License-Identifier: Apache-2.0
//
// What the drivers' SQL of lists has in common: where a page goes on, and in which order.
#ifndef STORE_LIST_SQL_H
#define STORE_LIST_SQL_H

#include "engine/query.h"

// The condition by which the list goes on, with the places :account and :after or :after_code; of one that names ids
// the driver has its own.
const char *list_start(const struct list_query *query);
// The columns that it is in the order of.
const char *list_order(const struct list_query *query);
// The id to go on from. From the end back, no row is after the last.
uint64_t list_after(const struct list_query *query);
// That a session is in the state. Active and revoked ones have indexes of their own, which a database takes for the
// very word only; for the others there is the place :state.
const char *list_state(enum session_state state);

#endif
