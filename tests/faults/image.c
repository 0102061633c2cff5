// SPDX-License-Identifier: Apache-2.0
//
// What lies on the platter after a power cut. Each file, and all names together, meet one of these fates:
//
//     lost     nothing that was not synced is there
//     kept     all of it is
//     until    what was done before some moment is, the rest is lost: a file system that keeps the order
//     any      each change for itself; of a write each sector for itself is there, lost, or full of noise
#include "journal.h"

#include "base/check.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512 };

enum fate { FATE_LOST, FATE_KEPT, FATE_UNTIL, FATE_ANY, FATES };

struct cut {
    const struct journal *journal;
    struct chance *chance;
    size_t operations, until;
    bool *synced;                     // by operation
    enum fate fates[JOURNAL_FILES];   // of contents
    enum fate fate_of_names;
    struct image_file contents[JOURNAL_FILES]; // without names
    char *names[JOURNAL_FILES];
    struct image *image;
};

uint64_t chance_roll(struct chance *chance, uint64_t below)
{
    return hash_numbers(chance->seed, chance->rolls++) % below;
}

// ---- What was synced

static bool is_parent(const char *folder, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t length = slash != NULL ? (size_t)(slash - name) : 0;
    return strlen(folder) == length && strncmp(folder, name, length) == 0;
}

static bool is_about_names(const struct operation *operation)
{
    return operation->kind >= OPERATION_MAKE;
}

static void note_folder(const char **folders, size_t *count, size_t size, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(folders[i], name) == 0)
            return;
    }
    CHECK(*count < size);
    folders[(*count)++] = name;
}

// From the end: what comes before a sync of its file, or of its folder, is there.
static void find_synced(struct cut *cut)
{
    enum { FOLDERS = 16 };
    bool files[JOURNAL_FILES] = {0};
    const char *folders[FOLDERS];
    size_t folder_count = 0;
    cut->synced = check_calloc(cut->operations + 1, sizeof *cut->synced);
    for (size_t i = cut->operations; i-- > 0;) {
        const struct operation *operation = &cut->journal->operations[i];
        if (operation->kind == OPERATION_SYNC)
            files[operation->file] = true;
        else if (operation->kind == OPERATION_FAILED_SYNC)
            files[operation->file] = false;
        else if (operation->kind == OPERATION_SYNC_FOLDER)
            note_folder(folders, &folder_count, FOLDERS, operation->name);
        else if (!is_about_names(operation))
            cut->synced[i] = files[operation->file];
        for (size_t k = 0; is_about_names(operation) && k < folder_count; k++)
            cut->synced[i] = cut->synced[i] || is_parent(folders[k], operation->name);
    }
}

// ---- Contents

static void reserve(struct image_file *content, size_t length)
{
    if (length <= content->length)
        return;
    if (length > content->size) {
        content->size = length > 2 * content->size ? length : 2 * content->size;
        content->bytes = check_realloc(content->bytes, content->size);
    }
    memset(content->bytes + content->length, 0, length - content->length);
    content->length = length;
}

static void write_sector(struct cut *cut, unsigned char *to, const unsigned char *from, size_t length)
{
    enum { KEPT_OF_8 = 4, NOISE_OF_8 = 1 };
    uint64_t roll = chance_roll(cut->chance, 8);
    if (roll < KEPT_OF_8) {
        memcpy(to, from, length);
    } else if (roll < KEPT_OF_8 + NOISE_OF_8) {
        for (size_t i = 0; i < length; i++)
            to[i] = (unsigned char)chance_roll(cut->chance, 256);
    }
}

static void write_torn(struct cut *cut, struct image_file *content, const struct operation *write)
{
    for (size_t done = 0, length; done < write->length; done += length) {
        length = SECTOR - (write->offset + done) % SECTOR;
        length = length < write->length - done ? length : write->length - done;
        write_sector(cut, content->bytes + write->offset + done, write->bytes + done, length);
    }
}

static void apply_content(struct cut *cut, size_t at, enum fate fate)
{
    const struct operation *operation = &cut->journal->operations[at];
    struct image_file *content = &cut->contents[operation->file];
    if (operation->kind == OPERATION_TRUNCATE) {
        if (fate == FATE_ANY && chance_roll(cut->chance, 2) == 0)
            return;
        reserve(content, operation->offset);
        content->length = operation->offset;
        return;
    }
    // A file may have grown although what was written at its new end is not there.
    reserve(content, operation->offset + operation->length);
    if (fate == FATE_ANY)
        write_torn(cut, content, operation);
    else
        memcpy(content->bytes + operation->offset, operation->bytes, operation->length);
}

// ---- Names

static void add_folder(struct image *image, const char *name)
{
    image->folders = check_realloc(image->folders, (image->folder_count + 1) * sizeof *image->folders);
    image->folders[image->folder_count++] = check_strdup(name);
}

static void give_name(struct cut *cut, int file, const char *name)
{
    for (int other = 0; name != NULL && other < cut->journal->file_count; other++) {
        if (cut->names[other] != NULL && strcmp(cut->names[other], name) == 0) {
            free(cut->names[other]);
            cut->names[other] = NULL;
        }
    }
    free(cut->names[file]);
    cut->names[file] = name != NULL ? check_strdup(name) : NULL;
}

static void apply_name(struct cut *cut, const struct operation *operation)
{
    switch (operation->kind) {
    case OPERATION_MAKE:
        give_name(cut, operation->file, operation->name);
        break;
    case OPERATION_RENAME:
        give_name(cut, operation->file, operation->to);
        break;
    case OPERATION_REMOVE:
        if (cut->names[operation->file] != NULL && strcmp(cut->names[operation->file], operation->name) == 0)
            give_name(cut, operation->file, NULL);
        break;
    case OPERATION_FOLDER:
        add_folder(cut->image, operation->name);
        break;
    default:
        break;
    }
}

// ---- The cut

static void apply(struct cut *cut, size_t at)
{
    const struct operation *operation = &cut->journal->operations[at];
    if (operation->kind == OPERATION_SYNC || operation->kind == OPERATION_FAILED_SYNC ||
        operation->kind == OPERATION_SYNC_FOLDER)
        return;
    bool name = is_about_names(operation);
    enum fate fate = cut->synced[at] ? FATE_KEPT : name ? cut->fate_of_names : cut->fates[operation->file];
    if (fate == FATE_LOST || (fate == FATE_UNTIL && at >= cut->until) ||
        (name && fate == FATE_ANY && chance_roll(cut->chance, 2) == 0))
        return;
    if (name)
        apply_name(cut, operation);
    else
        apply_content(cut, at, fate);
}

static void add_file(struct image *image, const char *name, const struct image_file *content)
{
    image->files = check_realloc(image->files, (image->file_count + 1) * sizeof *image->files);
    struct image_file *file = &image->files[image->file_count++];
    *file = (struct image_file){.name = check_strdup(name), .length = content->length};
    file->bytes = check_malloc(content->length + 1);
    if (content->length > 0)
        memcpy(file->bytes, content->bytes, content->length);
}

static bool has_folder(const struct image *image, const char *name)
{
    bool found = strchr(name, '/') == NULL;
    for (size_t i = 0; i < image->folder_count; i++)
        found = found || is_parent(image->folders[i], name);
    return found;
}

static struct image *finish(struct cut *cut)
{
    struct image *image = cut->image;
    for (int file = 0; file < cut->journal->file_count; file++) {
        // A file without its folder is nowhere.
        if (cut->names[file] != NULL && has_folder(image, cut->names[file]))
            add_file(image, cut->names[file], &cut->contents[file]);
        free(cut->names[file]);
        free(cut->contents[file].bytes);
    }
    free(cut->synced);
    free(cut);
    return image;
}

static void start_from_base(struct cut *cut)
{
    const struct image *base = cut->journal->base;
    cut->image = check_calloc(1, sizeof *cut->image);
    for (size_t i = 0; base != NULL && i < base->folder_count; i++)
        add_folder(cut->image, base->folders[i]);
    for (size_t i = 0; base != NULL && i < base->file_count; i++) {
        cut->names[i] = check_strdup(base->files[i].name);
        reserve(&cut->contents[i], base->files[i].length);
        if (base->files[i].length > 0)
            memcpy(cut->contents[i].bytes, base->files[i].bytes, base->files[i].length);
    }
}

static struct cut *cut_start(struct journal *journal, size_t operations, struct chance *chance)
{
    struct cut *cut = check_calloc(1, sizeof *cut);
    cut->journal = journal;
    cut->chance = chance;
    cut->operations = operations;
    find_synced(cut);
    start_from_base(cut);
    return cut;
}

static struct image *cut_end(struct cut *cut)
{
    for (size_t at = 0; at < cut->operations; at++)
        apply(cut, at);
    return finish(cut);
}

static struct image *cut_with(struct journal *journal, size_t operations, enum fate of_names, enum fate of_contents)
{
    struct cut *cut = cut_start(journal, operations, NULL);
    cut->fate_of_names = of_names;
    for (int file = 0; file < journal->file_count; file++)
        cut->fates[file] = of_contents;
    return cut_end(cut);
}

struct image *journal_cut_hard(struct journal *journal, size_t operations)
{
    return cut_with(journal, operations, FATE_LOST, FATE_LOST);
}

struct image *journal_cut_contents(struct journal *journal, size_t operations)
{
    return cut_with(journal, operations, FATE_KEPT, FATE_LOST);
}

struct image *journal_present(struct journal *journal)
{
    return cut_with(journal, journal_length(journal), FATE_KEPT, FATE_KEPT);
}

struct image *journal_cut(struct journal *journal, size_t operations, struct chance *chance)
{
    struct cut *cut = cut_start(journal, operations, chance);
    cut->until = (size_t)chance_roll(chance, operations + 1);
    // Half of the moments are among the last operations: there is where something is not synced.
    enum { LAST = 40 };
    if (operations > LAST && chance_roll(chance, 2) == 0)
        cut->until = operations - (size_t)chance_roll(chance, LAST);
    cut->fate_of_names = (enum fate)chance_roll(chance, FATES);
    for (int file = 0; file < journal->file_count; file++)
        cut->fates[file] = (enum fate)chance_roll(chance, FATES);
    return cut_end(cut);
}
