// SPDX-License-Identifier: Apache-2.0
// What happened on the disk, in the order in which it did.
#include "journal.h"

#include "base/check.h"
#include "disk_parts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    pthread_mutex_t mutex;
    struct journal *journal; // the one under way, or NULL
    enum disk_lie lie;
} now = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// The name below the journal's folder; NULL: it lies elsewhere. The folder itself is "".
static const char *name_in(const struct journal *journal, const char *path)
{
    size_t length = journal != NULL ? strlen(journal->folder) : 0;
    if (journal == NULL || strncmp(path, journal->folder, length) != 0)
        return NULL;
    return path[length] == '/' ? path + length + 1 : path[length] == '\0' ? path + length : NULL;
}

static struct operation *add(struct journal *journal, enum operation_kind kind, int file)
{
    if (journal->count == journal->size) {
        journal->size = journal->size > 0 ? 2 * journal->size : 256;
        journal->operations = check_realloc(journal->operations, journal->size * sizeof *journal->operations);
    }
    struct operation *operation = &journal->operations[journal->count++];
    *operation = (struct operation){.kind = kind, .file = file};
    return operation;
}

static int find_file(const struct journal *journal, const char *name)
{
    for (int file = 0; file < journal->file_count; file++) {
        if (journal->names[file] != NULL && strcmp(journal->names[file], name) == 0)
            return file;
    }
    return NO_FILE;
}

static void set_name(struct journal *journal, int file, const char *name)
{
    free(journal->names[file]);
    journal->names[file] = name != NULL ? check_strdup(name) : NULL;
}

int journal_add_file(struct journal *journal, const char *name)
{
    CHECK(journal->file_count < JOURNAL_FILES);
    set_name(journal, journal->file_count, name);
    return journal->file_count++;
}

// ---- Notes. Each takes the lock, and does nothing when the file is not the journal's.

int journal_note_open(const char *path, bool made)
{
    pthread_mutex_lock(&now.mutex);
    struct journal *journal = now.journal;
    const char *name = name_in(journal, path);
    int file = name != NULL ? find_file(journal, name) : NO_FILE;
    if (name != NULL && made) {
        CHECK(file == NO_FILE);
        file = journal_add_file(journal, name);
        add(journal, OPERATION_MAKE, file)->name = check_strdup(name);
    }
    pthread_mutex_unlock(&now.mutex);
    return file;
}

void journal_note_write(int file, const void *bytes, size_t length, int64_t offset)
{
    pthread_mutex_lock(&now.mutex);
    if (now.journal != NULL && file != NO_FILE) {
        struct operation *operation = add(now.journal, OPERATION_WRITE, file);
        operation->bytes = check_malloc(length);
        memcpy(operation->bytes, bytes, length);
        operation->length = length;
        operation->offset = (size_t)offset;
    }
    pthread_mutex_unlock(&now.mutex);
}

void journal_note_truncate(int file, int64_t size)
{
    pthread_mutex_lock(&now.mutex);
    if (now.journal != NULL && file != NO_FILE)
        add(now.journal, OPERATION_TRUNCATE, file)->offset = (size_t)size;
    pthread_mutex_unlock(&now.mutex);
}

static enum disk_lie kind_of(const char *name)
{
    size_t length = name != NULL ? strlen(name) : 0;
    if (length > 4 && strcmp(name + length - 4, "-wal") == 0)
        return LIE_LOG;
    return length > 3 && strcmp(name + length - 3, ".db") == 0 ? LIE_DATABASE : LIE_OTHER;
}

void journal_note_sync(int file)
{
    pthread_mutex_lock(&now.mutex);
    struct journal *journal = now.journal;
    if (journal != NULL && file != NO_FILE && (now.lie == LIE_NONE || now.lie != kind_of(journal->names[file])))
        add(journal, OPERATION_SYNC, file);
    pthread_mutex_unlock(&now.mutex);
}

void journal_note_failed_sync(int file)
{
    pthread_mutex_lock(&now.mutex);
    if (now.journal != NULL && file != NO_FILE)
        add(now.journal, OPERATION_FAILED_SYNC, file);
    pthread_mutex_unlock(&now.mutex);
}

void journal_note_rename(const char *from, const char *to)
{
    pthread_mutex_lock(&now.mutex);
    struct journal *journal = now.journal;
    const char *from_name = name_in(journal, from), *to_name = name_in(journal, to);
    int file = from_name != NULL ? find_file(journal, from_name) : NO_FILE;
    if (file != NO_FILE && to_name != NULL) {
        struct operation *operation = add(journal, OPERATION_RENAME, file);
        operation->name = check_strdup(from_name);
        operation->to = check_strdup(to_name);
        int replaced = find_file(journal, to_name);
        if (replaced != NO_FILE)
            set_name(journal, replaced, NULL);
        set_name(journal, file, to_name);
    }
    pthread_mutex_unlock(&now.mutex);
}

void journal_note_remove(const char *path)
{
    pthread_mutex_lock(&now.mutex);
    struct journal *journal = now.journal;
    const char *name = name_in(journal, path);
    int file = name != NULL ? find_file(journal, name) : NO_FILE;
    if (file != NO_FILE) {
        add(journal, OPERATION_REMOVE, file)->name = check_strdup(name);
        set_name(journal, file, NULL);
    }
    pthread_mutex_unlock(&now.mutex);
}

static void note_folder(const char *path, size_t length, enum operation_kind kind)
{
    pthread_mutex_lock(&now.mutex);
    char *folder = check_strdup(path);
    folder[length] = '\0';
    const char *name = name_in(now.journal, folder);
    if (name != NULL && (kind != OPERATION_SYNC_FOLDER || now.lie != LIE_FOLDER))
        add(now.journal, kind, NO_FILE)->name = check_strdup(name);
    free(folder);
    pthread_mutex_unlock(&now.mutex);
}

void journal_note_folder(const char *path)
{
    note_folder(path, strlen(path), OPERATION_FOLDER);
}

void journal_note_sync_folder(const char *path)
{
    note_folder(path, strlen(path), OPERATION_SYNC_FOLDER);
}

void journal_note_sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        note_folder(path, (size_t)(slash - path), OPERATION_SYNC_FOLDER);
}

void journal_note_sync_parent_of(int file)
{
    pthread_mutex_lock(&now.mutex);
    struct journal *journal = now.journal;
    if (journal != NULL && file != NO_FILE && journal->names[file] != NULL && now.lie != LIE_FOLDER) {
        char *name = check_strdup(journal->names[file]), *slash = strrchr(name, '/');
        *(slash != NULL ? slash : name) = '\0';
        add(journal, OPERATION_SYNC_FOLDER, NO_FILE)->name = name;
    }
    pthread_mutex_unlock(&now.mutex);
}

void disk_lie(enum disk_lie lie)
{
    pthread_mutex_lock(&now.mutex);
    now.lie = lie;
    pthread_mutex_unlock(&now.mutex);
}

// ---- The journal

struct journal *journal_start(const char *folder, const struct image *image)
{
    struct journal *journal = check_calloc(1, sizeof *journal);
    journal->folder = check_strdup(folder);
    image_write(image, folder);
    if (image != NULL)
        journal->base = image_copy(image);
    for (size_t i = 0; image != NULL && i < image->file_count; i++)
        journal_add_file(journal, image->files[i].name);
    pthread_mutex_lock(&now.mutex);
    CHECK(now.journal == NULL);
    now.journal = journal;
    pthread_mutex_unlock(&now.mutex);
    return journal;
}

void journal_end(struct journal *journal)
{
    pthread_mutex_lock(&now.mutex);
    CHECK(now.journal == journal);
    now.journal = NULL;
    pthread_mutex_unlock(&now.mutex);
}

size_t journal_length(struct journal *journal)
{
    pthread_mutex_lock(&now.mutex);
    size_t count = journal->count;
    pthread_mutex_unlock(&now.mutex);
    return count;
}

void journal_free(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++) {
        free(journal->operations[i].bytes);
        free(journal->operations[i].name);
        free(journal->operations[i].to);
    }
    for (int file = 0; file < journal->file_count; file++)
        free(journal->names[file]);
    if (journal->base != NULL)
        image_free(journal->base);
    free(journal->operations);
    free(journal->folder);
    free(journal);
}
