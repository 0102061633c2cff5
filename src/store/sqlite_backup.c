// SPDX-License-Identifier: Apache-2.0
// A consistent copy while others read and write: the copying connection holds one commit fast from the first page to
// the last.
#include "store/sqlite_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool copy_pages(sqlite3 *from, sqlite3 *to, struct store_error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup != NULL) {
        sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
    }
    if (sqlite3_errcode(to) == SQLITE_OK)
        return true;
    sqlite_failed(to, TASK_WRITE, error);
    return false;
}

// The copy is one file, whole in itself: it leaves the mode in which a log lies beside it. There is no journal on the
// way: one whose deletion a power cut undoes would take the copy back when it is opened.
static bool write_copy(sqlite3 *from, const char *file, struct store_error *error)
{
    sqlite3 *to = sqlite_connect(file, ACCESS_WRITE, error);
    bool written = to != NULL &&
                   sqlite_execute(to, "PRAGMA synchronous = off; PRAGMA journal_mode = off", TASK_WRITE, error) &&
                   copy_pages(from, to, error) && sqlite_execute(to, "PRAGMA journal_mode = off", TASK_WRITE, error);
    sqlite3_close(to);
    return written;
}

static bool failed(const char *what, const char *file, struct store_error *error)
{
    store_error_set(error, "Cannot %s %s: %s.", what, file, strerror(errno));
    return false;
}

bool sqlite_copy(sqlite3 *from, const char *file, int *ret_file, struct store_error *error)
{
    int made = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0)
        return failed("make", file, error);
    if (write_copy(from, file, error) && (fsync(made) == 0 || failed("sync", file, error))) {
        *ret_file = made;
        return true;
    }
    close(made);
    unlink(file);
    return false;
}

bool sqlite_backup(struct store_reader *base, const char *file, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    int made;
    if (!sqlite_copy(reader->db, file, &made, error))
        return false;
    close(made);
    return true;
}
