// SPDX-License-Identifier: Apache-2.0
//
// Faults for the memory twin: what a disk does once in ten years, a test can ask for.
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

enum commit_fault {
    COMMIT_REFUSED, // nothing is written, and STORE_REFUSED says so
    COMMIT_LOST,    // nothing is written, but STORE_UNCERTAIN is all that is known
    COMMIT_KEPT,    // all is written, but STORE_UNCERTAIN is all that is known
};

// How many writes there were: each begin, row, event, number, denial, answer, forgetting and commit is one.
uint64_t store_memory_writes(const struct store *store);
// The nth write from now on is refused (1: the next one). 0: none.
void store_memory_refuse_write(struct store *store, uint64_t nth);
// The nth commit from now on ends so.
void store_memory_fail_commit(struct store *store, uint64_t nth, enum commit_fault fault);
// The next `count` loadings of an account fail.
void store_memory_refuse_loads(struct store *store, uint64_t count);
// How many commits were kept.
uint64_t store_memory_commits(const struct store *store);
// The power goes at the nth write from now on (1: the next one; 0: it does not): nothing is written any more until
// store_memory_restart. If that write is a commit, `is_whole` says whether all of it had reached the disk; if a part
// of it was lost or torn, nothing of it is there afterwards. What a disk does below that is for the drivers' own tests.
void store_memory_cut_power(struct store *store, uint64_t nth, bool is_whole);
bool store_memory_has_power(const struct store *store);
// What a process finds that starts again: what was committed, and nothing else. All faults are forgotten.
void store_memory_restart(struct store *store);

#endif
