// SPDX-License-Identifier: Apache-2.0
//
// The memory twin: its faults (what a disk does once in ten years, a test can ask for), and a memory that several
// stores share.
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

enum commit_fault {
    COMMIT_REFUSED, // nothing is written, and STORE_REFUSED says so
    COMMIT_LOST,    // nothing is written, but STORE_UNCERTAIN is all that is known
    COMMIT_KEPT,    // all is written, but STORE_UNCERTAIN is all that is known
};

bool store_is_memory(const struct store *store);
// How many writes there were: each begin, row, event, number, denial, answer, forgetting and commit is one; an entering
// is two, before others' changes are told and after.
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

// ---- Shared
//
// Several stores on one memory, as several servers on one database: for tests and simulations, which run in one thread.
// One transaction writes at a time: who enters meanwhile is refused. Faults are the memory's, whoever asks for them.

// A store on the memory of another one that is shared, or, with NULL, on an empty memory. The memory goes with the last
// of them. Each is a node, and alive until it is closed or killed.
struct store *store_open_memory_shared(struct store *with);
// What the memory's clock shows from now on, in ms since 1970; until this is called, it shows the time of the machine.
void store_memory_set_clock(struct store *store, int64_t now_ms);
// The store's server is dead, but nobody closed it; and alive again.
void store_memory_kill(struct store *store);
void store_memory_mark_alive(struct store *store);
// From now on, whoever may leave this account out of an entering finds that another server has it; 0: none.
void store_memory_hold(struct store *store, uint64_t account);
// Forgets what has changed, so that every memory that is not up to date has lost its account. store_forget does so with
// what is older than ten minutes.
void store_memory_prune(struct store *store);

#endif
