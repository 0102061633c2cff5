// SPDX-License-Identifier: Apache-2.0
//
// The layer under SQLite: a VFS over its own one for Unix, which it asks for locks and shared memory. What that one does
// to keep names is told to the journal as it is in its source (os_unix.c): the first sync of a new log or rollback
// journal syncs the folder, too, and so does a deletion that is asked to.
#include "disk_parts.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
} layer;

// A file of the layer, followed in memory by the real one.
struct layered {
    sqlite3_file base;
    sqlite3_file *real;
    int file; // in the journal
    bool name_is_new;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct layered *)file)->real;
}

static int file_of(sqlite3_file *file)
{
    return ((struct layered *)file)->file;
}

// ---- Calls that change what is there

static int write_part(sqlite3_file *file, const void *bytes, size_t count, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    int code = count > 0 ? real->pMethods->xWrite(real, bytes, (int)count, offset) : SQLITE_OK;
    if (code == SQLITE_OK && count > 0)
        journal_note_write(file_of(file), bytes, count, offset);
    return code;
}

static int layer_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    enum disk_fault fault;
    sqlite3_file *real = real_of(file);
    if (disk_fails(CALL_WRITE, &fault)) {
        if (fault == DISK_SHORT_WRITE)
            write_part(file, bytes, (size_t)count / 2, offset);
        return fault == DISK_FULL ? SQLITE_FULL : fault == DISK_READ_ONLY ? SQLITE_READONLY : SQLITE_IOERR_WRITE;
    }
    sqlite3_int64 size = 0;
    real->pMethods->xFileSize(real, &size);
    size_t room = disk_room(size, offset, (size_t)count);
    int code = write_part(file, bytes, room, offset);
    return code == SQLITE_OK && room < (size_t)count ? SQLITE_FULL : code;
}

static int layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    enum disk_fault fault;
    sqlite3_file *real = real_of(file);
    if (disk_fails(CALL_TRUNCATE, &fault))
        return fault == DISK_READ_ONLY ? SQLITE_READONLY : SQLITE_IOERR_TRUNCATE;
    int code = real->pMethods->xTruncate(real, size);
    if (code == SQLITE_OK)
        journal_note_truncate(file_of(file), size);
    return code;
}

static int layer_sync(sqlite3_file *file, int flags)
{
    enum disk_fault fault;
    struct layered *layered = (struct layered *)file;
    (void)flags;
    if (disk_fails(CALL_SYNC, &fault)) {
        journal_note_failed_sync(layered->file);
        return SQLITE_IOERR_FSYNC;
    }
    journal_note_sync(layered->file);
    if (layered->name_is_new)
        journal_note_sync_parent_of(layered->file);
    layered->name_is_new = false;
    return SQLITE_OK;
}

static int layer_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    enum disk_fault fault;
    (void)vfs;
    if (disk_fails(CALL_NAME, &fault))
        return SQLITE_IOERR_DELETE;
    int code = layer.real->xDelete(layer.real, name, 0);
    if (code == SQLITE_OK)
        journal_note_remove(name);
    if (code == SQLITE_OK && sync_folder)
        journal_note_sync_parent(name);
    return code;
}

// ---- Calls that go on as they are

static int layer_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xClose(real);
}

static int layer_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xRead(real, bytes, count, offset);
}

static int layer_size(sqlite3_file *file, sqlite3_int64 *size)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xFileSize(real, size);
}

static int layer_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xLock(real, level);
}

static int layer_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xUnlock(real, level);
}

static int layer_check_lock(sqlite3_file *file, int *result)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xCheckReservedLock(real, result);
}

static int layer_control(sqlite3_file *file, int op, void *arg)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xFileControl(real, op, arg);
}

static int layer_sector_size(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xSectorSize(real);
}

static int layer_characteristics(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xDeviceCharacteristics(real);
}

static int layer_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **map)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xShmMap(real, page, size, extend, map);
}

static int layer_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void layer_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    real->pMethods->xShmBarrier(real);
}

static int layer_shm_unmap(sqlite3_file *file, int drop)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xShmUnmap(real, drop);
}

// Version 2 has no mapped pages: every byte of the database goes through xWrite.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = layer_close,
    .xRead = layer_read,
    .xWrite = layer_write,
    .xTruncate = layer_truncate,
    .xSync = layer_sync,
    .xFileSize = layer_size,
    .xLock = layer_lock,
    .xUnlock = layer_unlock,
    .xCheckReservedLock = layer_check_lock,
    .xFileControl = layer_control,
    .xSectorSize = layer_sector_size,
    .xDeviceCharacteristics = layer_characteristics,
    .xShmMap = layer_shm_map,
    .xShmLock = layer_shm_lock,
    .xShmBarrier = layer_shm_barrier,
    .xShmUnmap = layer_shm_unmap,
};

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    enum disk_fault fault;
    struct layered *layered = (struct layered *)file;
    (void)vfs;
    file->pMethods = NULL;
    if (disk_fails(CALL_OPEN, &fault))
        return SQLITE_CANTOPEN;
    bool made = name != NULL && (flags & SQLITE_OPEN_CREATE) != 0 && access(name, F_OK) != 0;
    if (made && disk_fails(CALL_NAME, &fault))
        return SQLITE_CANTOPEN;
    layered->real = (sqlite3_file *)(layered + 1);
    int code = layer.real->xOpen(layer.real, name, layered->real, flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    file->pMethods = &methods;
    layered->file = name != NULL ? journal_note_open(name, made) : NO_FILE;
    layered->name_is_new = made && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    return SQLITE_OK;
}

// The salts of the log are the same each time.
static int layer_randomness(sqlite3_vfs *vfs, int count, char *bytes)
{
    (void)vfs;
    memset(bytes, 7, (size_t)count);
    return count;
}

// Nobody else is there for whom one would have to wait.
static int layer_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

void disk_install(void)
{
    sqlite3_initialize();
    layer.real = sqlite3_vfs_find(NULL);
    layer.vfs = *layer.real;
    layer.vfs.zName = "faulty";
    layer.vfs.szOsFile = (int)sizeof(struct layered) + layer.real->szOsFile;
    layer.vfs.xOpen = layer_open;
    layer.vfs.xDelete = layer_delete;
    layer.vfs.xSleep = layer_sleep;
    layer.vfs.xRandomness = layer_randomness;
    sqlite3_vfs_register(&layer.vfs, 1);
}

void disk_remove(void)
{
    sqlite3_vfs_unregister(&layer.vfs);
    sqlite3_vfs_register(layer.real, 1);
}
