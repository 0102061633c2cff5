// SPDX-License-Identifier: Apache-2.0
//
// One verification under way: where breaks are told, and what was counted.
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "store/keeping.h"
#include "store/sqlite_tool.h"

struct verification {
    struct sqlite_tool tool;
    store_break_sink *sink;
    void *arg;
    struct verified verified;
    struct arena arena; // cleared at each event
};

void verification_break(struct verification *verification, uint64_t account, int64_t seq, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Whether the present agrees with the history.
bool verify_present(struct verification *verification, struct store_error *error);

#endif
