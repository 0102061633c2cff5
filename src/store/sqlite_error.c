// SPDX-License-Identifier: Apache-2.0
// What SQLite's result codes mean for the store: the one table that says what to tell the operator, and whether a
// commit that failed with the code has surely not happened.
#include "store/sqlite.h"

static const struct meaning {
    int code;       // primary
    bool uncertain; // in a commit
    const char *cause;
    const char *advice;
} meanings[] = {
    // The last page of a commit makes it one. When the disk is full that page was not written.
    {SQLITE_FULL, false, "the disk is full", "Free some space: the server then goes on by itself."},
    {SQLITE_READONLY, false, "it cannot be written", "Make the disk and the folder writable for this user."},
    {SQLITE_BUSY, false, "another process holds it", "Wait until that process, such as an archive, is through."},
    {SQLITE_LOCKED, false, "another connection holds it", "Try again."},
    {SQLITE_CANTOPEN, true, "a file cannot be opened", "Look at the permissions, and at the limit of open files."},
    {SQLITE_PERM, false, "access is denied", "Give this user access to the folder."},
    {SQLITE_AUTH, false, "access is denied", "Give this user access to the folder."},
    // All pages may be on disk although syncing them failed.
    {SQLITE_IOERR, true, "the disk failed", "Look at the system's log and at the disk."},
    {SQLITE_NOMEM, true, "memory is out", "Give the server more memory."},
    {SQLITE_CORRUPT, true, "it is damaged", "Stop the server, keep a copy of the folder, and restore a backup."},
    {SQLITE_NOTADB, false, "it is not a store of Usher's", "Name another folder."},
    {SQLITE_CONSTRAINT, false, "what is written contradicts what is there", "This is a mistake in the server."},
};

static const struct meaning unexpected = {SQLITE_ERROR, true, "something unexpected happened",
                                          "Look at the server's log."};

static const char *const tasks[] = {
    [TASK_OPEN] = "open",
    [TASK_READ] = "read",
    [TASK_WRITE] = "write to",
    [TASK_COMMIT] = "commit to",
};

static const struct meaning *meaning_of(int code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].code == (code & 0xff))
            return &meanings[i];
    }
    return &unexpected;
}

static void describe(const struct meaning *meaning, const char *file, enum sqlite_task task, const char *detail,
                     struct store_error *error)
{
    store_error_set(error, "Cannot %s %s: %s (%s). %s", tasks[task], file, meaning->cause, detail, meaning->advice);
}

enum store_status sqlite_failed(sqlite3 *db, enum sqlite_task task, struct store_error *error)
{
    const struct meaning *meaning = meaning_of(sqlite3_extended_errcode(db));
    describe(meaning, sqlite3_db_filename(db, "main"), task, sqlite3_errmsg(db), error);
    return task == TASK_COMMIT && meaning->uncertain ? STORE_UNCERTAIN : STORE_REFUSED;
}

void sqlite_describe(int code, const char *file, enum sqlite_task task, struct store_error *error)
{
    describe(meaning_of(code), file, task, sqlite3_errstr(code), error);
}
