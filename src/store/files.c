// SPDX-License-Identifier: Apache-2.0
#include "store/files.h"

#include "base/arena.h"
#include "base/check.h"
#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

static bool sync_parent(const char *folder, struct store_error *error)
{
    char *copy = check_strdup(folder);
    bool synced = files_sync_folder(dirname(copy), error);
    free(copy);
    return synced;
}

bool files_make_folder(const char *folder, struct store_error *error)
{
    if (mkdir(folder, 0700) == 0)
        return sync_parent(folder, error);
    if (errno != EEXIST) {
        store_error_set(error, "Cannot make the folder %s: %s.", folder, strerror(errno));
        return false;
    }
    struct stat status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        store_error_set(error, "%s is not a folder.", folder);
        return false;
    }
    return true;
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

static void in_use(const char *folder, int file, struct store_error *error)
{
    char process[24] = "";
    ssize_t length = pread(file, process, sizeof process - 1, 0);
    process[length > 0 ? (size_t)length : 0] = '\0';
    store_error_set(error, "The folder %s is in use by another server%s%s. Stop that one, or name another folder.",
                    folder, length > 0 ? ", process " : "", process);
}

bool files_lock(const char *folder, int *ret_lock, struct store_error *error)
{
    char *path = files_path(folder, "lock");
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
