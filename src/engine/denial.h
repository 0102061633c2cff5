// SPDX-License-Identifier: Apache-2.0
//
// A denial episode: the retries of one user on one machine for one product with one reason, less than five minutes
// apart, are kept as one, with first, last and count (spec: history). It is closed by a grant, or by silence.
#ifndef ENGINE_DENIAL_H
#define ENGINE_DENIAL_H

#include "engine/outcome.h"

struct denial {
    uint64_t id;
    uint64_t user;
    const struct product *product;
    const char *machine; // NULL: not told
    enum result error;   // NO_LICENSE_AVAILABLE, NOT_ELIGIBLE or NOT_A_MEMBER
    enum reason reason;  // of the first pool tried; REASON_NONE for the others
    uint64_t project;
    uint64_t organization;
    int64_t units; // asked for
    int64_t count; // how often
    int64_t first_at, last_at;
    int64_t closed_at; // 0: still open, or closed by silence EPISODE_SILENCE_S after last_at
    const struct explanation *explanation; // of the first denial; NULL: none, or already stored
};

#endif
