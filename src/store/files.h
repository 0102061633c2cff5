// SPDX-License-Identifier: Apache-2.0
//
// Folders and files that must survive a power cut: what is made is synced, and so is the folder that names it.
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "store/store.h"

// "folder/name", allocated.
char *files_path(const char *folder, const char *name);
// Makes the folder with mode 0700 if there is none. Its parent must exist.
bool files_make_folder(const char *folder, struct store_error *error);
// Whether the folder, which is there, is empty; false with a sentence.
bool files_are_none(const char *folder, struct store_error *error);
bool files_sync_folder(const char *folder, struct store_error *error);
// Makes an empty file with mode 0600, synced, in a synced folder; a file that is there stays as it is.
bool files_make(const char *folder, const char *name, struct store_error *error);
// Writes a whole file with mode 0600 in place of any that is there: after a crash there is the old one or the new one.
bool files_write(const char *folder, const char *name, const void *bytes, size_t length, struct store_error *error);
// Reads a file of at most `size` bytes. False in *ret_found when there is none.
bool files_read(const char *folder, const char *name, void *bytes, size_t size, size_t *ret_length, bool *ret_found,
                struct store_error *error);
// Syncs the file, puts it in place of `name` and syncs the folder.
bool files_place(const char *folder, const char *part, int file, const char *name, struct store_error *error);
// Takes a lock file of the folder, and writes the process's number into it: *ret_lock is open and locked until it is
// closed. False when another process has it.
bool files_lock(const char *folder, const char *name, int *ret_lock, struct store_error *error);

#endif
