// SPDX-License-Identifier: Apache-2.0
#include "store/files.h"

#include "base/arena.h"
#include "base/check.h"
#include "store/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *files_path(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = check_malloc(size);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

// One that was there before may lie in a folder that this user cannot read: then whoever made it cares for its name.
static bool sync_parent(const char *folder, bool was_there, struct store_error *error)
{
    char *copy = check_strdup(folder), *parent = dirname(copy);
    bool synced = (was_there && access(parent, R_OK) != 0) || files_sync_folder(parent, error);
    free(copy);
    return synced;
}

bool files_make_folder(const char *folder, struct store_error *error)
{
    if (mkdir(folder, 0700) == 0)
        return sync_parent(folder, false, error);
    if (errno != EEXIST) {
        store_error_set(error, "Cannot make the folder %s: %s.", folder, strerror(errno));
        return false;
    }
    struct stat status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        store_error_set(error, "%s is not a folder.", folder);
        return false;
    }
    // It may have been made by one who was stopped before he could sync its name.
    return sync_parent(folder, true, error);
}

bool files_are_none(const char *folder, struct store_error *error)
{
    DIR *files = opendir(folder);
    bool none = files != NULL;
    for (struct dirent *file; none && (file = readdir(files)) != NULL;)
        none = strcmp(file->d_name, ".") == 0 || strcmp(file->d_name, "..") == 0;
    if (files != NULL)
        closedir(files);
    if (!none)
        store_error_set(error, "The folder %s is not empty. Name a new one.", folder);
    return none;
}

bool files_sync_folder(const char *folder, struct store_error *error)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (!synced)
        store_error_set(error, "Cannot sync the folder %s: %s.", folder, strerror(errno));
    if (file >= 0)
        close(file);
    return synced;
}

static bool not_writable(const char *folder, struct store_error *error)
{
    store_error_set(error, "Cannot write in the folder %s: %s. Give this user access, or name another folder.", folder,
                    strerror(errno));
    return false;
}

bool files_make(const char *folder, const char *name, struct store_error *error)
{
    char *path = files_path(folder, name);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool made = file >= 0 && fsync(file) == 0;
    if (!made)
        not_writable(folder, error);
    if (file >= 0)
        close(file);
    free(path);
    return made && files_sync_folder(folder, error);
}

static bool failed(const char *what, const char *folder, const char *name, struct store_error *error)
{
    store_error_set(error, "Cannot %s %s/%s: %s.", what, folder, name, strerror(errno));
    return false;
}

bool files_place(const char *folder, const char *part, int file, const char *name, struct store_error *error)
{
    char *from = files_path(folder, part), *to = files_path(folder, name);
    bool placed = fsync(file) == 0 && rename(from, to) == 0;
    if (!placed)
        failed("write", folder, name, error);
    free(from);
    free(to);
    return placed && files_sync_folder(folder, error);
}

static bool write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

bool files_write(const char *folder, const char *name, const void *bytes, size_t length, struct store_error *error)
{
    char part[NAME_MAX + 1];
    snprintf(part, sizeof part, "%s.part", name);
    char *path = files_path(folder, part);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    free(path);
    if (file < 0)
        return failed("make", folder, part, error);
    bool placed = write_all(file, bytes, length) ? files_place(folder, part, file, name, error)
                                                 : failed("write", folder, part, error);
    close(file);
    return placed;
}

bool files_read(const char *folder, const char *name, void *bytes, size_t size, size_t *ret_length, bool *ret_found,
                struct store_error *error)
{
    char *path = files_path(folder, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    *ret_found = file >= 0;
    if (file < 0)
        return errno == ENOENT ? true : failed("open", folder, name, error);
    ssize_t length = read(file, bytes, size);
    close(file);
    if (length < 0)
        return failed("read", folder, name, error);
    *ret_length = (size_t)length;
    return true;
}

static void in_use(const char *folder, int file, struct store_error *error)
{
    char process[24] = "";
    ssize_t length = pread(file, process, sizeof process - 1, 0);
    process[length > 0 ? (size_t)length : 0] = '\0';
    store_error_set(error, "The folder %s is in use by another process%s%s. Stop that one, or name another folder.",
                    folder, length > 0 ? ", " : "", process);
}

bool files_lock(const char *folder, const char *name, int *ret_lock, struct store_error *error)
{
    char *path = files_path(folder, name);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (file < 0)
        return not_writable(folder, error);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            in_use(folder, file, error);
        else
            store_error_set(error, "Cannot lock the folder %s: %s.", folder, strerror(errno));
        close(file);
        return false;
    }
    char process[24];
    int length = snprintf(process, sizeof process, "%ld", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, process, (size_t)length, 0) != length) {
        not_writable(folder, error);
        close(file);
        return false;
    }
    *ret_lock = file;
    return true;
}
