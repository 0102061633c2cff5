// SPDX-License-Identifier: Apache-2.0
//
// Where new ids come from: one counter for each kind, over all accounts, so that an id names one thing only, for ever.
#ifndef ENGINE_NUMBERS_H
#define ENGINE_NUMBERS_H

#include "engine/row.h"

struct numbers {
    uint64_t next[ID_KINDS];
};

#endif
