// SPDX-License-Identifier: Apache-2.0
// A consistent copy while others read and write: the reader's transaction holds one commit fast, and the copy is
// made from that.
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

// The copy is one file, whole in itself: it leaves the mode in which a log lies beside it.
static bool write_copy(sqlite3 *from, const char *file, struct store_error *error)
{
    sqlite3 *to = sqlite_connect(file, ACCESS_WRITE, error);
    bool written = to != NULL && copy_pages(from, to, error) &&
                   sqlite_execute(to, "PRAGMA journal_mode = delete", TASK_WRITE, error);
    sqlite3_close(to);
    return written;
}

static bool sync_file(int file, const char *name, struct store_error *error)
{
    if (fsync(file) == 0)
        return true;
    store_error_set(error, "Cannot write to %s: %s.", name, strerror(errno));
    return false;
}

bool sqlite_backup(struct store_reader *base, const char *file, struct store_error *error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)base;
    int made = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) {
        store_error_set(error, "Cannot make the file %s: %s.", file, strerror(errno));
        return false;
    }
    bool written = write_copy(reader->db, file, error) && sync_file(made, file, error);
    close(made);
    if (!written)
        unlink(file);
    return written;
}
