// SPDX-License-Identifier: Apache-2.0
// What the parts of the disk share: each call asks for a fault, is done on the real file, and goes into the journal.
#ifndef FAULTS_DISK_PARTS_H
#define FAULTS_DISK_PARTS_H

#include "disk.h"

enum disk_call { CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_OPEN, CALL_NAME };

// Counts the call; true when it is to fail, with the fault.
bool disk_fails(enum disk_call call, enum disk_fault *ret_fault);
// How many of the bytes from `offset` on have room in a file of this size.
size_t disk_room(int64_t size, int64_t offset, size_t count);

enum { NO_FILE = -1 };

// Of the journal under way; a file that does not lie in its folder is NO_FILE, and nothing is noted for it.
// The path was opened: `made` when it was not there before.
int journal_note_open(const char *path, bool made);
void journal_note_write(int file, const void *bytes, size_t length, int64_t offset);
void journal_note_truncate(int file, int64_t size);
void journal_note_sync(int file);
void journal_note_failed_sync(int file);
void journal_note_rename(const char *from, const char *to);
void journal_note_remove(const char *path);
void journal_note_folder(const char *path);
void journal_note_sync_folder(const char *path);
void journal_note_sync_parent(const char *path); // the folder that names it
void journal_note_sync_parent_of(int file);

#endif
