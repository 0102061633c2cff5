// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

static struct {
    pthread_mutex_t mutex;
    sqlite3_vfs layer;
    sqlite3_vfs *real;
    uint64_t operations;
    enum disk_fault fault;
    uint64_t from, to; // of operations; 0: none
    int64_t limit;     // bytes of a file; 0: none
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// A file of the layer, followed in memory by the real one.
struct layered {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct layered *)file)->real;
}

static bool fails(bool sync, enum disk_fault *ret_fault)
{
    pthread_mutex_lock(&disk.mutex);
    uint64_t operation = ++disk.operations;
    bool due = disk.from != 0 && operation >= disk.from && operation < disk.to;
    *ret_fault = disk.fault;
    pthread_mutex_unlock(&disk.mutex);
    return due && sync == (*ret_fault == DISK_SYNC_FAILS);
}

static bool is_beyond(sqlite3_int64 end)
{
    pthread_mutex_lock(&disk.mutex);
    bool beyond = disk.limit != 0 && end > disk.limit;
    pthread_mutex_unlock(&disk.mutex);
    return beyond;
}

static int layer_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    enum disk_fault fault;
    sqlite3_file *real = real_of(file);
    if (is_beyond(offset + count))
        return SQLITE_FULL;
    if (!fails(false, &fault))
        return real->pMethods->xWrite(real, bytes, count, offset);
    if (fault == DISK_SHORT_WRITE)
        real->pMethods->xWrite(real, bytes, count / 2, offset);
    return fault == DISK_FULL ? SQLITE_FULL : fault == DISK_READ_ONLY ? SQLITE_READONLY : SQLITE_IOERR_WRITE;
}

static int layer_sync(sqlite3_file *file, int flags)
{
    enum disk_fault fault;
    sqlite3_file *real = real_of(file);
    return fails(true, &fault) ? SQLITE_IOERR_FSYNC : real->pMethods->xSync(real, flags);
}

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

static int layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xTruncate(real, size);
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
    (void)vfs;
    struct layered *layered = (struct layered *)file;
    layered->real = (sqlite3_file *)(layered + 1);
    int code = disk.real->xOpen(disk.real, name, layered->real, flags, out_flags);
    file->pMethods = layered->real->pMethods != NULL ? &methods : NULL;
    return code;
}

void faulty_disk_install(void)
{
    sqlite3_initialize();
    disk.real = sqlite3_vfs_find(NULL);
    disk.layer = *disk.real;
    disk.layer.zName = "faulty";
    disk.layer.szOsFile = (int)sizeof(struct layered) + disk.real->szOsFile;
    disk.layer.xOpen = layer_open;
    sqlite3_vfs_register(&disk.layer, 1);
}

void faulty_disk_remove(void)
{
    sqlite3_vfs_unregister(&disk.layer);
    sqlite3_vfs_register(disk.real, 1);
}

uint64_t faulty_disk_operations(void)
{
    pthread_mutex_lock(&disk.mutex);
    uint64_t operations = disk.operations;
    pthread_mutex_unlock(&disk.mutex);
    return operations;
}

void faulty_disk_fail(enum disk_fault fault, uint64_t nth, uint64_t for_count)
{
    pthread_mutex_lock(&disk.mutex);
    disk.fault = fault;
    disk.from = disk.operations + nth;
    disk.to = for_count > UINT64_MAX - disk.from ? UINT64_MAX : disk.from + for_count;
    pthread_mutex_unlock(&disk.mutex);
}

void faulty_disk_limit(int64_t bytes)
{
    pthread_mutex_lock(&disk.mutex);
    disk.limit = bytes;
    pthread_mutex_unlock(&disk.mutex);
}

void faulty_disk_mend(void)
{
    pthread_mutex_lock(&disk.mutex);
    disk.limit = 0;
    disk.from = disk.to = 0;
    pthread_mutex_unlock(&disk.mutex);
}
