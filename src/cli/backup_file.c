// SPDX-License-Identifier: Apache-2.0
#include "cli/backup_file.h"

#include "cli/file.h"
#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum exit_code failed(const struct backup_file *file, const char *verb, const char *path)
{
    complain("cannot %s %s: %s", verb, path, strerror(errno));
    if (file->fd >= 0)
        close(file->fd);
    return CLI_LOCAL;
}

enum exit_code backup_file_open(struct backup_file *file, struct arena *arena, const char *path)
{
    struct stat status;
    *file = (struct backup_file){.path = path, .part_path = arena_printf(arena, "%s.part", path), .fd = -1};
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        complain("%s is there already, and is not a file", path);
        return CLI_LOCAL;
    }
    // Whoever can read a backup can read everything: it is for its owner only.
    file->fd = open(file->part_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd < 0)
        return failed(file, "write", file->part_path);
    // The lock tells what another backup writes from what one that was killed has left.
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
        complain("another backup to %s is under way", path);
        close(file->fd);
        return CLI_LOCAL;
    }
    return ftruncate(file->fd, 0) == 0 ? CLI_OK : failed(file, "write", file->part_path);
}

bool backup_file_add(struct backup_file *file, const void *bytes, size_t length)
{
    if (file_write_all(file->fd, bytes, length) != 0) {
        file->error = errno;
        return false;
    }
    file->size += (int64_t)length;
    return true;
}

enum exit_code backup_file_commit(struct backup_file *file)
{
    if (fsync(file->fd) != 0 || rename(file->part_path, file->path) != 0) {
        enum exit_code code = failed(file, "write", file->path);
        unlink(file->part_path);
        return code;
    }
    if (close(file->fd) != 0 || file_sync_folder_of(file->path) != 0) {
        complain("%s is written, but may not outlast a power cut: %s", file->path, strerror(errno));
        return CLI_LOCAL;
    }
    return CLI_OK;
}

void backup_file_drop(struct backup_file *file)
{
    unlink(file->part_path);
    close(file->fd);
}
