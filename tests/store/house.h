// SPDX-License-Identifier: Apache-2.0
//
// What the tests of copying share: a store with something in each room, and moving it.
#ifndef STORE_TEST_HOUSE_H
#define STORE_TEST_HOUSE_H

#include "keeping.h"

enum { PATH = 256, SESSIONS = 60 };

// Fills the desk's folder, and closes its store. A part of the history is in an archive, so there is a checkpoint.
void fill_house(struct desk *desk);
// A folder beside the desk's.
void beside(const struct desk *desk, const char *name, char path[PATH]);

// ---- Copying, from and to folders or URIs

struct told {
    bool may_differ; // the rows of a table
    size_t tables;
    uint64_t rows;
    struct breaks breaks;
};

bool copy(struct desk *desk, const char *from, const char *to, struct told *told);
void copy_well(struct desk *desk, const char *from, const char *to);
// The sentence with which it is refused must hold these words.
void refuse(struct desk *desk, const char *from, const char *to, const char *words);
// Starts a copy in another process, and kills it after so long; whether it was through.
bool copy_and_kill(struct desk *desk, const char *from, const char *to, unsigned delay_us);

// ---- What has arrived

// Two databases of SQLite's are the same: tables, indexes and triggers, too.
void expect_same(const char *one_folder, const char *other_folder);
void expect_whole_at(struct desk *desk, const char *place);
// Neither a store nor a part of one.
void expect_no_store(const char *folder);
void expect_lease_keys(const char *folder);

#endif
