// SPDX-License-Identifier: Apache-2.0
#include "client/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

// NULL when memory is out, or with the error set.
static char *path_of(const char *folder, struct usher_error *error)
{
    const char *own = folder != NULL ? folder : environment("USHER_STATE");
    const char *state = environment("XDG_STATE_HOME"), *home = environment("HOME");
    char *path = NULL;
    int length;
    if (own != NULL) {
        length = asprintf(&path, "%s", own);
    } else if (state != NULL && state[0] == '/') {
        length = asprintf(&path, "%s/usher", state);
    } else if (home != NULL) {
        length = asprintf(&path, "%s/.local/state/usher", home);
    } else {
        error_set(error, USHER_INVALID, "There is no folder for leases: give one, or set USHER_STATE or HOME.");
        return NULL;
    }
    if (length >= 0)
        return path;
    error_memory(error);
    return NULL;
}

static bool make_folders(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        int result = mkdir(path, 0700);
        *slash = '/';
        if (result != 0 && errno != EEXIST)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

struct usher_store *usher_store_open(const char *folder, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    error_clear(error);
    if (sodium_init() < 0) {
        error_set(error, USHER_SYSTEM, "libsodium cannot be set up.");
        return NULL;
    }
    struct usher_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        error_memory(error);
        return NULL;
    }
    store->folder = -1;
    store->path = path_of(folder, error);
    if (store->path != NULL && make_folders(store->path))
        store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder >= 0)
        return store;
    if (store->path != NULL)
        error_system(error, errno, "The folder \"%.200s\" cannot be used", store->path);
    usher_store_close(store);
    return NULL;
}

void usher_store_close(struct usher_store *store)
{
    if (store == NULL)
        return;
    if (store->folder >= 0)
        close(store->folder);
    free(store->path);
    free(store);
}

bool store_check(const struct usher_store *store, struct usher_error *error)
{
    error_clear(error);
    if (store == NULL)
        error_set(error, USHER_INVALID, "There is no store: usher_store_open has told why.");
    return error->code == USHER_OK;
}

static enum usher_code file_error(const struct usher_store *store, const char *name, const char *what,
                                  struct usher_error *error)
{
    return error_system(error, errno, "%.200s/%s cannot be %s", store->path, name, what);
}

int store_lock(const struct usher_store *store, struct usher_error *error)
{
    int lock = openat(store->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result = -1;
    while (lock >= 0 && (result = flock(lock, LOCK_EX)) != 0 && errno == EINTR)
        ;
    if (result == 0)
        return lock;
    file_error(store, "lock", "locked", error);
    if (lock >= 0)
        close(lock);
    return -1;
}

void store_unlock(int lock)
{
    // Closing gives the lock up.
    close(lock);
}

static char *read_all(int file)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return NULL;
    if (!S_ISREG(about.st_mode) || about.st_size > FILE_MAX) {
        errno = EFBIG;
        return NULL;
    }
    size_t size = (size_t)about.st_size, length = 0;
    char *text = malloc(size + 1);
    while (text != NULL && length < size) {
        ssize_t got = read(file, text + length, size - length);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR) {
            free(text);
            return NULL;
        }
        length += got > 0 ? (size_t)got : 0;
    }
    if (text != NULL)
        text[length] = '\0';
    return text;
}

char *store_read(const struct usher_store *store, const char *name, struct usher_error *error)
{
    int file = openat(store->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        if (errno != ENOENT)
            file_error(store, name, "read", error);
        return NULL;
    }
    char *text = read_all(file);
    if (text == NULL)
        file_error(store, name, "read", error);
    close(file);
    return text;
}

static bool write_all(int file, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t put = write(file, text, left);
        if (put < 0 && errno != EINTR)
            return false;
        text += put > 0 ? put : 0;
        left -= put > 0 ? (size_t)put : 0;
    }
    return fsync(file) == 0;
}

// To be called with the lock held: the name of the new file is always the same.
enum usher_code store_write(const struct usher_store *store, const char *name, const char *text,
                            struct usher_error *error)
{
    int file = openat(store->folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return file_error(store, name, "written", error);
    bool is_written = write_all(file, text);
    int number = errno;
    close(file);
    errno = number;
    if (!is_written || renameat(store->folder, "new", store->folder, name) != 0 || fsync(store->folder) != 0)
        return file_error(store, name, "written", error);
    return USHER_OK;
}

bool store_has(const struct usher_store *store, const char *name)
{
    return faccessat(store->folder, name, F_OK, 0) == 0;
}

enum usher_code store_remove(const struct usher_store *store, const char *name, struct usher_error *error)
{
    if (unlinkat(store->folder, name, 0) != 0 && errno != ENOENT)
        return file_error(store, name, "removed", error);
    return USHER_OK;
}

json_t *store_names(const struct usher_store *store, const char *before, struct usher_error *error)
{
    json_t *names = json_array();
    int copy = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (folder == NULL || names == NULL) {
        error_system(error, names == NULL ? ENOMEM : errno, "The folder \"%.200s\" cannot be read", store->path);
        if (folder != NULL)
            closedir(folder);
        else if (copy >= 0)
            close(copy);
        json_decref(names);
        return NULL;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, before, strlen(before)) == 0 && strlen(entry->d_name) < FILE_NAME_SIZE)
            (void)json_array_append_new(names, json_string(entry->d_name));
    }
    closedir(folder);
    return names;
}
