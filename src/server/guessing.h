// SPDX-License-Identifier: Apache-2.0
//
// Guessing passwords is slowed. Attempts that came to nothing are counted in three ways, each with so many that are
// free; from then on the next one must wait 1 s, 2 s, 4 s … and at last GUESSING_WAIT_MAX_S after the one before. An
// hour without attempts, and all is forgotten.
//
//     for a name at an address     5 free    who mistypes
//     from an address             50 free    who tries many names with a few common passwords
//     for a name, from anywhere   20 free    who has many addresses
//
// The last two would let a stranger keep others out. So whoever has signed in at an address before is held up there by
// its own mistakes only: neither by what others try for its name, nor by those behind the same proxy.
//
// An attempt counts from its beginning, so that many at once are counted as well; what did not fail is taken back. All
// is kept in memory, in as many places as there are: when they are used up, the oldest are forgotten first, and those
// who have signed in last.
#ifndef SERVER_GUESSING_H
#define SERVER_GUESSING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// Moments here are of a clock that only goes on.
enum {
    GUESSING_WAIT_MAX_S = 900,
    GUESSING_FORGOTTEN_S = 3600,
    GUESSING_KNOWN_S = 30 * 86400,
    GUESSING_PLACES = 8192, // of 32 bytes
    GUESSING_WAYS = 4,
    GUESSING_KEY_BYTES = 16,
};

struct guessing_place {
    uint64_t id; // a keyed hash of what is counted: nobody can aim at another's place; 0: free
    int64_t last_ms, known_ms; // of the last attempt; of the last that was right, 0: none
    uint32_t failures;
};

struct guessing {
    pthread_mutex_t lock;
    unsigned char key[GUESSING_KEY_BYTES];
    struct guessing_place places[GUESSING_PLACES];
};

// One attempt on its way.
struct attempt {
    uint64_t pair, address, name; // 0: is not counted
    bool is_known;                // this name has signed in at this address before
    bool is_counted;
};

void guessing_init(struct guessing *guessing);
// Begins an attempt for a name of an account. Seconds to wait first: then it is none, and does not count; 0: go on, and
// end it. `by_name`: attempts from anywhere count.
unsigned guessing_begin(struct guessing *guessing, struct attempt *attempt, const char *address, uint64_t account,
                        const char *name, bool by_name, int64_t mono_ms);
// What became of it. NONE: it was not judged.
enum attempt_end { ATTEMPT_NONE, ATTEMPT_WRONG, ATTEMPT_RIGHT };
void guessing_end(struct guessing *guessing, struct attempt *attempt, enum attempt_end end, int64_t mono_ms);

#endif
