// SPDX-License-Identifier: Apache-2.0
// The journal and the images that are made from it, inside.
#ifndef FAULTS_JOURNAL_H
#define FAULTS_JOURNAL_H

#include "disk.h"

enum operation_kind {
    OPERATION_WRITE,
    OPERATION_TRUNCATE,
    OPERATION_SYNC,
    OPERATION_FAILED_SYNC, // what was written before it may be lost in spite of later syncs: the system holds it for clean
    OPERATION_MAKE, // from here on about names
    OPERATION_RENAME,
    OPERATION_REMOVE,
    OPERATION_FOLDER,
    OPERATION_SYNC_FOLDER,
};

struct operation {
    enum operation_kind kind;
    int file;
    char *name, *to; // below the journal's folder
    size_t offset;   // of a write; the new size at a truncate
    size_t length;
    unsigned char *bytes;
};

enum { JOURNAL_FILES = 256 };

// Files are numbered, those of the base first: a name may move from one to another.
struct journal {
    char *folder;
    struct image *base; // what lay on the platter at the start; NULL: nothing
    struct operation *operations;
    size_t count, size;
    char *names[JOURNAL_FILES]; // present ones; NULL: it has none any more
    int file_count;
};

struct image_file {
    char *name;
    unsigned char *bytes;
    size_t length, size; // `size`: of the memory
};

struct image {
    struct image_file *files;
    size_t file_count;
    char **folders;
    size_t folder_count;
};

int journal_add_file(struct journal *journal, const char *name);
struct image *image_copy(const struct image *image);
// Empties the folder, or makes it, and fills it from the image.
void image_write(const struct image *image, const char *folder);

#endif
