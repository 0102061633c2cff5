// SPDX-License-Identifier: Apache-2.0
//
// The same account in both kinds of store, SQLite and the memory twin, to compare what they answer.
#ifndef FUZZ_TWO_STORES_H
#define FUZZ_TWO_STORES_H

#include "engine/account.h"
#include "store/store.h"

enum { STORES = 2 };

struct two_stores {
    struct store *stores[STORES];
    struct store_reader *readers[STORES];
};

// Opens both and writes the account, its products and a few denials into them. SQLite's folder goes with the process.
void two_stores_open(struct two_stores *both, const struct account *account, const struct catalog *catalog);

#endif
