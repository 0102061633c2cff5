// SPDX-License-Identifier: Apache-2.0
#include "store/keeping.h"

#include "store/files.h"
#include "store/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Keeps the first break for the error.
static void keep_first(void *arg, uint64_t account, int64_t seq, const char *what)
{
    struct store_error *first = arg;
    if (first->text[0] == '\0')
        store_error_set(first, "AC-%" PRIu64 ", event %" PRId64 ": %s", account, seq, what);
}

static bool check_backup(const char *file, struct store_error *error)
{
    struct verified verified;
    struct store_error first = {0};
    if (access(file, R_OK) != 0) {
        store_error_set(error, "Cannot read %s: %s.", file, strerror(errno));
        return false;
    }
    if (!store_verify_file(file, keep_first, &first, &verified, error))
        return false;
    if (verified.breaks > 0)
        store_error_set(error, "%s is not whole (%" PRIu64 " breaks, the first: %.200s). Take another backup.", file,
                        verified.breaks, first.text);
    return verified.breaks == 0;
}

static bool leave_out(sqlite3_stmt *statement, const char *kind, struct store_error *error)
{
    bool has_row;
    sqlite_bind_text(statement, 1, kind);
    sqlite3_bind_int64(statement, 2, NUMBERS_LEFT_OUT);
    bool done = sqlite_step(statement, &has_row, error);
    sqlite3_reset(statement);
    return done;
}

static bool leave_all_out(sqlite3 *db, struct store_error *error)
{
    sqlite3_stmt *statement = sqlite_prepare(db,
                                             "INSERT INTO counter (kind, next) VALUES (?1, 1 + ?2) "
                                             "ON CONFLICT (kind) DO UPDATE SET next = next + ?2",
                                             error);
    bool done = statement != NULL;
    for (size_t i = 0; done && i < ID_KINDS; i++)
        done = number_names[i] == NULL || leave_out(statement, number_names[i], error);
    sqlite3_finalize(statement);
    return done;
}

// Numbers that were given after the backup must not be given again: a program from then could keep alive or end a
// session that is another's now. Without a journal, as the file is not anybody's yet.
static bool leave_out_numbers(const char *part, struct store_error *error)
{
    sqlite3 *db = sqlite_connect(part, ACCESS_WRITE, error);
    bool done = db != NULL &&
                sqlite_execute(db, "PRAGMA synchronous = off; PRAGMA journal_mode = off", TASK_WRITE, error) &&
                leave_all_out(db, error);
    sqlite3_close(db);
    return done;
}

static bool copy(const char *file, const char *folder, struct store_error *error)
{
    char *part = files_path(folder, "usher.db.part");
    sqlite3 *from = sqlite_connect(file, ACCESS_READ, error);
    int made = -1;
    bool copied = from != NULL && sqlite_copy(from, part, &made, error) && leave_out_numbers(part, error) &&
                  files_place(folder, "usher.db.part", made, "usher.db", error);
    sqlite3_close(from);
    if (made >= 0)
        close(made);
    free(part);
    return copied;
}

bool store_restore(const char *file, const char *folder, struct store_error *error)
{
    return check_backup(file, error) && files_make_folder(folder, error) && files_are_none(folder, error) &&
           copy(file, folder, error);
}
