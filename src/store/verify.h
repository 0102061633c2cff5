// SPDX-License-Identifier: Apache-2.0
//
// One verification under way: where breaks are told, and what was counted.
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "store/database.h"
#include "store/keeping.h"

struct verification {
    struct database *database;
    store_break_sink *sink;
    void *arg;
    struct verified verified;
};

void verification_break(struct verification *verification, uint64_t account, int64_t seq, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Walks the chain of each account.
bool verify_chains(struct verification *verification, struct store_error *error);
// Whether the present agrees with the history.
bool verify_present(struct verification *verification, struct store_error *error);

#endif
