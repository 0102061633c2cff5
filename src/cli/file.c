// SPDX-License-Identifier: Apache-2.0
#include "cli/file.h"

#include "base/check.h"
#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum exit_code failed(const char *verb, const char *path)
{
    complain("cannot %s %s: %s", verb, path, strerror(errno));
    return CLI_LOCAL;
}

static enum exit_code read_open(int fd, const char *path, size_t max, struct buffer *buffer)
{
    char part[65536];
    for (;;) {
        ssize_t length = read(fd, part, sizeof part);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return failed("read", path);
        if (length == 0)
            return CLI_OK;
        if (memchr(part, '\0', (size_t)length) != NULL) {
            complain("%s is not a text file: it has a zero byte", path);
            return CLI_WRONG_USE;
        }
        buffer_add(buffer, part, (size_t)length);
        if (buffer->length > max) {
            complain("%s is larger than %zu bytes, the most that is read of it", path, max);
            return CLI_WRONG_USE;
        }
    }
}

enum exit_code file_read(const char *path, size_t max, struct buffer *buffer)
{
    if (strcmp(path, "-") == 0)
        return read_open(STDIN_FILENO, "standard input", max, buffer);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed("read", path);
    enum exit_code code = read_open(fd, path, max, buffer);
    close(fd);
    return code;
}

int file_write_all(int fd, const void *bytes, size_t length)
{
    const char *rest = bytes;
    while (length > 0) {
        ssize_t written = write(fd, rest, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        rest += written;
        length -= (size_t)written;
    }
    return 0;
}

int file_sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? check_strdup(".") : check_strdup(path);
    if (slash != NULL)
        folder[slash == path ? 1 : slash - path] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

static int make_folders(const char *folder)
{
    char *path = check_strdup(folder);
    int result = 0;
    for (char *slash = path + 1; slash != NULL && result == 0;) {
        slash = strchr(slash, '/');
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            result = -1;
        if (slash != NULL)
            *slash++ = '/';
    }
    free(path);
    return result == 0 ? chmod(folder, 0700) : -1;
}

static int write_new(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int result = file_write_all(fd, text, strlen(text));
    if (result == 0)
        result = fsync(fd);
    if (close(fd) != 0)
        result = -1;
    return result;
}

enum exit_code file_replace(const char *folder, const char *name, const char *text)
{
    struct buffer path = {0}, fresh = {0};
    buffer_printf(&path, "%s/%s", folder, name);
    buffer_printf(&fresh, "%s/.%s.%ld", folder, name, (long)getpid());
    enum exit_code code = CLI_OK;
    if (make_folders(folder) != 0) {
        code = failed("make the folder", folder);
    } else {
        unlink(buffer_text(&fresh)); // left by a process of the same number that was killed
        if (write_new(buffer_text(&fresh), text) != 0 || rename(buffer_text(&fresh), buffer_text(&path)) != 0 ||
            file_sync_folder_of(buffer_text(&path)) != 0) {
            code = failed("write", buffer_text(&path));
            unlink(buffer_text(&fresh));
        }
    }
    buffer_fini(&path);
    buffer_fini(&fresh);
    return code;
}
