// SPDX-License-Identifier: Apache-2.0
//
// The store's own calls on files, as the linker's --wrap hands them here: keys, locks, segments of the archive, copies.
// And its one wait: the checkpoint thread's, which the tests take into their own hands, so that it acts at the same
// moments each time.
#include "disk_calls.h"

#include "disk_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_open64(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t count);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t count, off_t offset);
int __real_ftruncate64(int fd, off_t size);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t count);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t count, off_t offset);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

enum { DESCRIPTORS = 1024, PATH_SIZE = 256 };

// What lies behind an open descriptor: a file of the journal, or a folder.
static struct {
    int file;
    char folder[PATH_SIZE];
} opened[DESCRIPTORS];

static int fail_with(enum disk_fault fault, int otherwise)
{
    errno = fault == DISK_FULL ? ENOSPC : fault == DISK_READ_ONLY ? EROFS : otherwise;
    return -1;
}

static int file_of(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS ? opened[fd].file - 1 : NO_FILE;
}

int __wrap_open64(const char *path, int flags, ...)
{
    enum disk_fault fault;
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (disk_fails(CALL_OPEN, &fault))
        return fail_with(fault, EMFILE);
    bool made = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    if (made && disk_fails(CALL_NAME, &fault))
        return fail_with(fault, EIO);
    int fd = __real_open64(path, flags, mode);
    if (fd < 0 || fd >= DESCRIPTORS)
        return fd;
    bool folder = (flags & O_DIRECTORY) != 0;
    opened[fd].file = folder ? 0 : journal_note_open(path, made) + 1;
    opened[fd].folder[0] = '\0';
    if (folder)
        strncat(opened[fd].folder, path, PATH_SIZE - 1);
    if ((flags & O_TRUNC) != 0 && !made)
        journal_note_truncate(file_of(fd), 0);
    return fd;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset)
{
    enum disk_fault fault;
    if (disk_fails(CALL_WRITE, &fault)) {
        if (fault != DISK_SHORT_WRITE || count < 2)
            return fail_with(fault, EIO);
        count /= 2;
    }
    ssize_t written = __real_pwrite64(fd, bytes, count, offset);
    if (written > 0)
        journal_note_write(file_of(fd), bytes, (size_t)written, offset);
    return written;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t count)
{
    if (file_of(fd) == NO_FILE)
        return __real_write(fd, bytes, count);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t written = write_at(fd, bytes, count, offset);
    if (written > 0)
        lseek(fd, offset + written, SEEK_SET);
    return written;
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    return write_at(fd, bytes, count, offset);
}

int __wrap_ftruncate64(int fd, off_t size)
{
    enum disk_fault fault;
    if (disk_fails(CALL_TRUNCATE, &fault))
        return fail_with(fault, EIO);
    int code = __real_ftruncate64(fd, size);
    if (code == 0)
        journal_note_truncate(file_of(fd), size);
    return code;
}

int __wrap_fsync(int fd)
{
    enum disk_fault fault;
    if (disk_fails(CALL_SYNC, &fault)) {
        journal_note_failed_sync(file_of(fd));
        return fail_with(fault, EIO);
    }
    if (fd >= 0 && fd < DESCRIPTORS && opened[fd].folder[0] != '\0')
        journal_note_sync_folder(opened[fd].folder);
    else
        journal_note_sync(file_of(fd));
    return 0;
}

int __wrap_rename(const char *from, const char *to)
{
    enum disk_fault fault;
    if (disk_fails(CALL_NAME, &fault))
        return fail_with(fault, EIO);
    int code = __real_rename(from, to);
    if (code == 0)
        journal_note_rename(from, to);
    return code;
}

int __wrap_unlink(const char *path)
{
    enum disk_fault fault;
    if (disk_fails(CALL_NAME, &fault))
        return fail_with(fault, EIO);
    int code = __real_unlink(path);
    if (code == 0)
        journal_note_remove(path);
    return code;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    enum disk_fault fault;
    struct stat status;
    if (stat(path, &status) != 0 && disk_fails(CALL_NAME, &fault))
        return fail_with(fault, EIO);
    int code = __real_mkdir(path, mode);
    if (code == 0)
        journal_note_folder(path);
    return code;
}

// ---- The checkpoint thread's wait

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int wake; // what it waits for; -1: it does not wait
    bool time_is_up;
} rest = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .wake = -1};

static bool has_woken(int wake)
{
    return __real_poll(&(struct pollfd){.fd = wake, .events = POLLIN}, 1, 0) > 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    (void)count;
    (void)timeout;
    enum { LOOK_MS = 1 };
    int woken = 0;
    pthread_mutex_lock(&rest.mutex);
    rest.wake = fds->fd;
    while (woken == 0 && !rest.time_is_up) {
        pthread_cond_broadcast(&rest.changed);
        pthread_mutex_unlock(&rest.mutex);
        woken = __real_poll(fds, 1, LOOK_MS);
        pthread_mutex_lock(&rest.mutex);
    }
    rest.wake = -1;
    rest.time_is_up = false;
    pthread_mutex_unlock(&rest.mutex);
    return woken;
}

void await_checkpointer(void)
{
    pthread_mutex_lock(&rest.mutex);
    while (rest.wake < 0 || rest.time_is_up || has_woken(rest.wake))
        pthread_cond_wait(&rest.changed, &rest.mutex);
    pthread_mutex_unlock(&rest.mutex);
}

void let_checkpointer_idle(void)
{
    await_checkpointer();
    pthread_mutex_lock(&rest.mutex);
    rest.time_is_up = true;
    pthread_mutex_unlock(&rest.mutex);
    await_checkpointer();
}
