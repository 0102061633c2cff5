// SPDX-License-Identifier: Apache-2.0
//
// What the tests of verify, archive and restore share: a store with a history, and a list of what was found wrong.
#ifndef STORE_TEST_KEEPING_H
#define STORE_TEST_KEEPING_H

#include "support.h"

#include "store/keeping.h"

struct breaks {
    size_t count;
    uint64_t account; // of the first
    int64_t seq;
    char what[1024];
};

// Verifies the desk's folder, beside the open store.
struct breaks verify(struct desk *desk, struct verified *ret_verified);
void expect_whole(struct desk *desk);
void note_break(void *arg, uint64_t account, int64_t seq, const char *what);

// An account AC-1 with a row of each kind, `sessions` sessions from SN-1 on of which every other has ended, and one
// open and one closed denial; a second account AC-2. Numbers are put, too. Session i starts at at_s(i).
void fill_store(struct desk *desk, uint64_t sessions);

// Runs SQL on the desk's database file, by a connection that knows no rules.
void tamper(struct desk *desk, const char *sql);

#endif
