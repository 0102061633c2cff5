// SPDX-License-Identifier: Apache-2.0
//
// The two ends of a copy. Where it comes from is a database to read, kept from others while it is open; where it goes
// to takes rows, table by table, and can be read as well. Nothing of a target is a store before it is finished.
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/database.h"

struct copy_source {
    struct database *database;
    int lock; // of a folder; -1: none
};

struct copy_target;

struct copy_target_driver {
    bool (*begin)(struct copy_target *target, const struct sql_table *table, struct store_error *error);
    bool (*put)(struct copy_target *target, const struct value *values, struct store_error *error);
    bool (*end)(struct copy_target *target, struct store_error *error);
    // A small text that belongs to the store, and ends with a zero: a database keeps it as a document, a folder as a
    // file. The name must live.
    bool (*put_file)(struct copy_target *target, const char *name, const char *bytes, size_t length,
                     struct store_error *error);
    bool (*finish)(struct copy_target *target, struct store_error *error);
    void (*close)(struct copy_target *target);
};

// First member of each driver's own.
struct copy_target {
    const struct copy_target_driver *driver;
    struct database *database;     // what was written so far
    const struct sql_table *table; // that rows go into
};

enum { COPY_NAME_SIZE = 200 };

// False, with a sentence: not there, in use. `name`: how it is called, without a password.
bool copy_source_folder(struct copy_source *source, const char *folder, struct store_error *error);
bool copy_source_uri(struct copy_source *source, const char *uri, char name[COPY_NAME_SIZE], struct store_error *error);
void copy_source_close(struct copy_source *source);

// NULL, with a sentence: not new, in use, cannot be written.
struct copy_target *copy_target_folder(const char *folder, struct store_error *error);
struct copy_target *copy_target_uri(const char *uri, char name[COPY_NAME_SIZE], struct store_error *error);
// Without having been finished, it takes back all that was written.
void copy_target_close(struct copy_target *target);

#endif
