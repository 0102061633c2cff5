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
bool files_sync_folder(const char *folder, struct store_error *error);
// Makes an empty file with mode 0600, synced, in a synced folder; a file that is there stays as it is.
bool files_make(const char *folder, const char *name, struct store_error *error);
// Takes the lock file of the folder, and writes the process's number into it: *ret_lock is open and locked until it is
// closed. False when another process has it.
bool files_lock(const char *folder, int *ret_lock, struct store_error *error);

#endif
