// SPDX-License-Identifier: Apache-2.0
// Images as such, and as real folders.
#include "journal.h"

#include "base/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

struct image *image_copy(const struct image *image)
{
    struct image *copy = check_calloc(1, sizeof *copy);
    copy->file_count = image->file_count;
    copy->folder_count = image->folder_count;
    copy->files = check_calloc(image->file_count + 1, sizeof *copy->files);
    copy->folders = check_calloc(image->folder_count + 1, sizeof *copy->folders);
    for (size_t i = 0; i < image->file_count; i++) {
        const struct image_file *file = &image->files[i];
        copy->files[i] = (struct image_file){.name = check_strdup(file->name), .length = file->length};
        copy->files[i].bytes = check_malloc(file->length + 1);
        memcpy(copy->files[i].bytes, file->bytes, file->length);
    }
    for (size_t i = 0; i < image->folder_count; i++)
        copy->folders[i] = check_strdup(image->folders[i]);
    return copy;
}

void image_free(struct image *image)
{
    for (size_t i = 0; i < image->file_count; i++) {
        free(image->files[i].name);
        free(image->files[i].bytes);
    }
    for (size_t i = 0; i < image->folder_count; i++)
        free(image->folders[i]);
    free(image->files);
    free(image->folders);
    free(image);
}

bool image_has(const struct image *image, const char *name)
{
    for (size_t i = 0; i < image->file_count; i++) {
        if (strcmp(image->files[i].name, name) == 0)
            return true;
    }
    return false;
}

static void empty(const char *folder)
{
    char path[PATH_SIZE];
    DIR *files = opendir(folder);
    if (files == NULL)
        return;
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (strcmp(file->d_name, ".") == 0 || strcmp(file->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        if (unlink(path) != 0) {
            empty(path);
            CHECK(rmdir(path) == 0);
        }
    }
    closedir(files);
}

static void write_file(const char *folder, const struct image_file *file)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, file->name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, file->bytes, file->length) == (ssize_t)file->length);
    close(fd);
}

void image_write(const struct image *image, const char *folder)
{
    char path[PATH_SIZE];
    empty(folder);
    mkdir(folder, 0700);
    for (size_t i = 0; image != NULL && i < image->folder_count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, image->folders[i]);
        mkdir(path, 0700);
    }
    for (size_t i = 0; image != NULL && i < image->file_count; i++)
        write_file(folder, &image->files[i]);
}
