// SPDX-License-Identifier: Apache-2.0
//
// A life of a store, on a disk with a journal: made, written to, checkpointed, copied, archived, closed, opened again,
// restored elsewhere. What was acknowledged after which operation is noted down, and what the store held then.
#ifndef FAULTS_SCENARIO_H
#define FAULTS_SCENARIO_H

#include "contents.h"
#include "load.h"
#include "store/keeping.h"

#include <stdarg.h>
#include <stdio.h>

enum { TRANSACTIONS_MAX = 100 };

// Begun and acknowledged after so many operations of the disk.
struct span {
    size_t begun, done;
};

struct scenario {
    uint64_t seed;
    char folder[64]; // holds store/, copy.db, archive/ and restored/
    struct load *load;
    struct store *twin;
    struct journal *journal;
    const struct transaction *transactions[TRANSACTIONS_MAX];
    struct span spans[TRANSACTIONS_MAX];            // of the transactions
    struct contents *states[TRANSACTIONS_MAX + 1]; // after so many of them
    size_t count;
    struct span backup, archive, restore;
    size_t copied; // which state
    bool unsafe;   // a canary: the store does not sync
};

// A folder for files that need not outlive the test: in memory, where there is such.
void scenario_folder(char folder[64], const char *name);
// Lives it once. Trouble ends the process: the disk has none.
void scenario_live(struct scenario *scenario, uint64_t seed, size_t transactions, bool unsafe);
void scenario_free(struct scenario *scenario);
// Small limits, so that checkpoints come all the time.
void scenario_set_limits(struct store *store);
// Whether the log holds pages that no checkpoint has looked at: a reader that comes now stops the next one half way.
bool scenario_log_waits(struct store *store);
// A reader that takes its time: checkpoints get no further than to what it sees, until scenario_let_go.
struct sqlite3 *scenario_hold(const char *folder);
void scenario_let_go(struct sqlite3 *reader); // NULL is fine
// As usherd archive does it, of all that was written until now.
bool scenario_archive(const char *folder, struct archived *ret_archived, struct store_error *error);

// Ends the process with the sentence.
_Noreturn void scenario_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
