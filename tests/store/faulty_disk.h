// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails when it is told to: a layer under SQLite, over the real files. Put in place before a store is
// opened; then every write and sync of its files is counted, and can be made to fail.
#ifndef STORE_FAULTY_DISK_H
#define STORE_FAULTY_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum disk_fault {
    DISK_FULL,        // a write finds no space
    DISK_WRITE_FAILS, // a write is an input/output error
    DISK_SHORT_WRITE, // half of it is written, then an error
    DISK_SYNC_FAILS,  // what was written may or may not be there
    DISK_READ_ONLY,   // as after a remount
};

void faulty_disk_install(void);
void faulty_disk_remove(void);
// How many writes and syncs there were.
uint64_t faulty_disk_operations(void);
// From the nth operation from now on (1: the next) the disk fails, `for_count` times (UINT64_MAX: until mended).
void faulty_disk_fail(enum disk_fault fault, uint64_t nth, uint64_t for_count);
// From now on there is no room in a file beyond so many bytes.
void faulty_disk_limit(int64_t bytes);
void faulty_disk_mend(void);

#endif
