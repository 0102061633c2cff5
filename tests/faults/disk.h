// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails when it is told to, and that forgets at a power cut what was not synced.
//
//     SQLite ── a layer over its own files (disk_layer.c) ──┐
//                                                           ├──► a real folder, and a journal of what was done
//     store ─── open, write, fsync, rename … (disk_calls.c) ┘
//
// The real folder is what a program sees while the power is on. The journal tells what may lie on the platter when it
// goes: what was written to a file counts from the next sync of that file on, and a name, new, moved or taken away,
// from the next sync of its folder on. Anything younger may be there or not, whole or in part: chance decides.
//
// No sync goes down to the real disk, so all this is fast. There is one disk at a time, for all threads.
#ifndef FAULTS_DISK_H
#define FAULTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Puts the layer under every connection of SQLite's that is opened from now on.
void disk_install(void);
void disk_remove(void);

// ---- Failing --------------------------------------------------------------------------------------------------

enum disk_fault {
    DISK_FULL,           // a write finds no space
    DISK_WRITE_FAILS,    // a write is an input/output error
    DISK_SHORT_WRITE,    // half of it is written, then an error
    DISK_SYNC_FAILS,     // what was written may or may not be there, and no later sync of the file changes that
    DISK_TRUNCATE_FAILS, // a file keeps its length
    DISK_OPEN_FAILS,     // no file can be opened
    DISK_NAME_FAILS,     // none can be made, moved or deleted
    DISK_READ_ONLY,      // as after a remount: nothing can be changed
    DISK_FAULTS,
};

extern const char *const disk_fault_names[DISK_FAULTS];

// How many calls there were that the fault could have hit.
uint64_t disk_calls(enum disk_fault fault);
// From the nth such call from now on (1: the next) the disk fails, `for_count` times (UINT64_MAX: until mended).
void disk_fail(enum disk_fault fault, uint64_t nth, uint64_t for_count);
// From now on there is no room in a file of SQLite's beyond so many bytes.
void disk_limit(int64_t bytes);
// From now on SQLite's files can grow by so many bytes, all together; what is beyond is written in part.
void disk_space(int64_t bytes);
// Whether a fault was met since it was set.
bool disk_has_failed(void);
void disk_mend(void);

// ---- Losing power ---------------------------------------------------------------------------------------------

struct journal;
struct image; // what lies on the platter

// From a seed the same numbers each time.
struct chance {
    uint64_t seed, rolls;
};

uint64_t chance_roll(struct chance *chance, uint64_t below); // 0 to below - 1

// Makes the folder, fills it from the image (NULL: with nothing), and keeps a journal of what happens in it until
// journal_end. Names in the journal are below the folder.
struct journal *journal_start(const char *folder, const struct image *image);
void journal_end(struct journal *journal);
void journal_free(struct journal *journal);
// How many operations there were so far.
size_t journal_length(struct journal *journal);
// What lies on the platter when the power goes after so many operations.
struct image *journal_cut(struct journal *journal, size_t operations, struct chance *chance);
// Nothing that was not synced is there.
struct image *journal_cut_hard(struct journal *journal, size_t operations);
// All names are there, nothing of the contents that was not synced.
struct image *journal_cut_contents(struct journal *journal, size_t operations);
// What a program sees: the cut of kill -9.
struct image *journal_present(struct journal *journal);
bool image_has(const struct image *image, const char *name);
void image_free(struct image *image);

// For canaries: syncs of such files do nothing, and say that they did.
enum disk_lie { LIE_NONE, LIE_LOG, LIE_DATABASE, LIE_FOLDER, LIE_OTHER };
void disk_lie(enum disk_lie lie);

#endif
