// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the parking share: parking.c has those that wait here, and the ages that are kept,
// parking_shared.c what other servers are told, and tell.
#ifndef SERVER_PARKING_PARTS_H
#define SERVER_PARKING_PARTS_H

#include "server/parking.h"

// Whose age it is.
struct age_key {
    uint64_t account, key;
    const char *text;
};

void parking_put_age(struct parking *parking, const struct age_key *key, const unsigned char *request_hash,
                     struct age age, int64_t until_at);
uint64_t parking_id_hash(const struct parked *parked);
// One that waits elsewhere, and is in no table any more.
void parking_free_elsewhere(struct parked *parked);

#endif
