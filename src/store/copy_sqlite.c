// SPDX-License-Identifier: Apache-2.0
//
// A folder as one end of a copy. What is written goes into usher.db.part, which gets its name when it is whole and on
// the disk; until then there is no journal and nothing is synced.
#include "store/copy.h"

#include "base/check.h"
#include "store/database_sqlite.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART "usher.db.part"

// ---- From

bool copy_source_folder(struct copy_source *source, const char *folder, struct store_error *error)
{
    char *file = files_path(folder, "usher.db");
    *source = (struct copy_source){.lock = -1};
    if (access(file, F_OK) != 0)
        store_error_set(error, "Cannot read %s: %s.", file, strerror(errno));
    else if (files_lock(folder, "lock", &source->lock, error))
        source->database = database_open_file(file, DATABASE_READ, error);
    free(file);
    return source->database != NULL;
}

// ---- To

enum { FILES_MAX = 8 };

struct sqlite_target {
    struct copy_target target;
    char *folder, *part;
    int lock, file; // -1: not open
    sqlite3 *db;    // the database's, which closes it
    sqlite3_stmt *insert;
    const char *files[FILES_MAX]; // that were put
    size_t file_count;
};

static struct sqlite_target *own(struct copy_target *target)
{
    return (struct sqlite_target *)target;
}

static bool begin(struct copy_target *base, const struct sql_table *table, struct store_error *error)
{
    struct sqlite_target *target = own(base);
    struct buffer sql = {0};
    base->table = table;
    buffer_printf(&sql, "INSERT INTO %s (", table->name);
    sql_table_add_columns(&sql, table, 0, table->column_count, "");
    buffer_add_text(&sql, ") VALUES (");
    for (size_t i = 0; i < table->column_count; i++)
        buffer_printf(&sql, "%s?%zu", i > 0 ? ", " : "", i + 1);
    buffer_add_char(&sql, ')');
    target->insert = sqlite_prepare(target->db, buffer_text(&sql), error);
    buffer_fini(&sql);
    return target->insert != NULL;
}

static bool put(struct copy_target *base, const struct value *values, struct store_error *error)
{
    struct sqlite_target *target = own(base);
    for (size_t i = 0; i < base->table->column_count; i++)
        sqlite_bind_value(target->insert, (int)i + 1, &values[i]);
    bool done = sqlite3_step(target->insert) == SQLITE_DONE;
    if (!done)
        sqlite_failed(target->db, TASK_WRITE, error);
    sqlite3_reset(target->insert);
    return done;
}

static bool end(struct copy_target *base, struct store_error *error)
{
    (void)error;
    sqlite3_finalize(own(base)->insert);
    own(base)->insert = NULL;
    return true;
}

static bool put_file(struct copy_target *base, const char *name, const char *bytes, size_t length,
                     struct store_error *error)
{
    struct sqlite_target *target = own(base);
    CHECK(target->file_count < FILES_MAX);
    target->files[target->file_count++] = name;
    return files_write(target->folder, name, bytes, length, error);
}

static void close_database(struct sqlite_target *target)
{
    sqlite3_finalize(target->insert);
    target->insert = NULL;
    database_close(target->target.database);
    target->target.database = NULL;
}

static void remove_file(const struct sqlite_target *target, const char *name)
{
    char *path = files_path(target->folder, name);
    unlink(path);
    free(path);
}

static bool finish(struct copy_target *base, struct store_error *error)
{
    struct sqlite_target *target = own(base);
    if (!sqlite_execute(target->db, "COMMIT", TASK_COMMIT, error))
        return false;
    close_database(target);
    bool placed = files_place(target->folder, PART, target->file, "usher.db", error);
    // It may have its name, and the folder could not be synced: that is taken back, too.
    if (!placed && access(target->part, F_OK) != 0)
        remove_file(target, "usher.db");
    if (placed) {
        close(target->file);
        target->file = -1;
    }
    return placed;
}

// Leaves the folder as empty as it was.
static void take_back(struct sqlite_target *target)
{
    static const char *const names[] = {PART, PART "-journal", PART "-wal", PART "-shm", "lock"};
    close(target->file);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove_file(target, names[i]);
    for (size_t i = 0; i < target->file_count; i++) {
        char part[64]; // see files_write
        snprintf(part, sizeof part, "%s.part", target->files[i]);
        remove_file(target, part);
        remove_file(target, target->files[i]);
    }
}

static void close_target(struct copy_target *base)
{
    struct sqlite_target *target = own(base);
    close_database(target);
    if (target->file >= 0)
        take_back(target);
    if (target->lock >= 0)
        close(target->lock);
    free(target->folder);
    free(target->part);
    free(target);
}

static const struct copy_target_driver sqlite_target_driver = {
    .begin = begin,
    .put = put,
    .end = end,
    .put_file = put_file,
    .finish = finish,
    .close = close_target,
};

static bool make_part(struct sqlite_target *target, struct store_error *error)
{
    target->file = open(target->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (target->file < 0)
        store_error_set(error, "Cannot make %s: %s.", target->part, strerror(errno));
    return target->file >= 0;
}

static bool make_database(struct sqlite_target *target, struct store_error *error)
{
    target->db = sqlite_connect(target->part, ACCESS_WRITE, error);
    if (target->db == NULL)
        return false;
    target->target.database = database_of_sqlite(target->db);
    return sqlite_migrate(target->db, error) &&
           sqlite_execute(target->db, "PRAGMA journal_mode = off; PRAGMA synchronous = off; BEGIN EXCLUSIVE",
                          TASK_WRITE, error);
}

struct copy_target *copy_target_folder(const char *folder, struct store_error *error)
{
    struct sqlite_target *target = check_calloc(1, sizeof *target);
    target->target.driver = &sqlite_target_driver;
    target->folder = check_strdup(folder);
    target->part = files_path(folder, PART);
    target->lock = target->file = -1;
    if (files_make_folder(folder, error) && files_are_none(folder, error) &&
        files_lock(folder, "lock", &target->lock, error) && make_part(target, error) && make_database(target, error))
        return &target->target;
    close_target(&target->target);
    return NULL;
}
