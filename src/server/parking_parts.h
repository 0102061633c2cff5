// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the parking share: parking.c has those that wait here, parking_away.c those that hung up and may
// come back, parking_shared.c what other servers are told, and tell.
#ifndef SERVER_PARKING_PARTS_H
#define SERVER_PARKING_PARTS_H

#include "server/parking.h"

uint64_t parking_id_hash(const struct parked *parked);
// One that waits elsewhere, and is in no table any more.
void parking_free_elsewhere(struct parked *parked);
// In a shared store: one that leaves, by its row, and is to be told.
void parking_add_leaving(struct parking *parking, struct tenant *tenant, const struct waiter_row *row,
                         uint64_t joined_in);
void parking_free_away(struct away *away); // without the table
void parking_drop_away(struct parking *parking, struct away *away);
// By its row, or one that has gone from it; NULL: it is not away.
struct away *parking_find_away(const struct parking *parking, const struct tenant *tenant,
                               const struct waiter_row *row);

#endif
