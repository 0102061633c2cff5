// SPDX-License-Identifier: Apache-2.0
//
// A file that comes to its name only when it is whole and on the disk: until then it is FILE.part.
#ifndef CLI_BACKUP_FILE_H
#define CLI_BACKUP_FILE_H

#include "base/arena.h"
#include "cli/exit_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backup_file {
    const char *path;
    const char *part_path;
    int fd;
    int error; // errno of a write that failed
    int64_t size;
};

enum exit_code backup_file_open(struct backup_file *file, struct arena *arena, const char *path) MUST_USE;
// False when it cannot be written; `error` says why.
bool backup_file_add(struct backup_file *file, const void *bytes, size_t length);
// Syncs the file and gives it its name.
enum exit_code backup_file_commit(struct backup_file *file) MUST_USE;
// Takes away what is there so far.
void backup_file_drop(struct backup_file *file);

#endif
