// SPDX-License-Identifier: Apache-2.0
//
// Files of this machine, read whole and replaced whole. What goes wrong is explained on stderr.
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/buffer.h"
#include "cli/exit_code.h"

#include <stddef.h>

// Adds the file's bytes to the buffer; "-" is standard input. More than `max` bytes, or a zero byte: CLI_WRONG_USE;
// one that cannot be read: CLI_LOCAL.
enum exit_code file_read(const char *path, size_t max, struct buffer *buffer) MUST_USE;
// Puts a file that only its owner may read in the place of the one that is there, if any: readers see the old
// text or the new, also after a power cut. The folder is made, with those above it, and closed to others.
enum exit_code file_replace(const char *folder, const char *name, const char *text) MUST_USE;
// Makes what happened in the folder of this path durable. 0, or -1 with errno.
int file_sync_folder_of(const char *path);
// write() until all is written. 0, or -1 with errno.
int file_write_all(int fd, const void *bytes, size_t length);

#endif
