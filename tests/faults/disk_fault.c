// SPDX-License-Identifier: Apache-2.0
// Which call fails.
#include "disk_parts.h"

#include <pthread.h>

const char *const disk_fault_names[DISK_FAULTS] = {
    [DISK_FULL] = "full",
    [DISK_WRITE_FAILS] = "write fails",
    [DISK_SHORT_WRITE] = "short write",
    [DISK_SYNC_FAILS] = "sync fails",
    [DISK_TRUNCATE_FAILS] = "truncate fails",
    [DISK_OPEN_FAILS] = "open fails",
    [DISK_NAME_FAILS] = "names fail",
    [DISK_READ_ONLY] = "read-only",
};

#define BIT(call) (1u << (call))

static const unsigned hit_by[DISK_FAULTS] = {
    [DISK_FULL] = BIT(CALL_WRITE),
    [DISK_WRITE_FAILS] = BIT(CALL_WRITE),
    [DISK_SHORT_WRITE] = BIT(CALL_WRITE),
    [DISK_SYNC_FAILS] = BIT(CALL_SYNC),
    [DISK_TRUNCATE_FAILS] = BIT(CALL_TRUNCATE),
    [DISK_OPEN_FAILS] = BIT(CALL_OPEN),
    [DISK_NAME_FAILS] = BIT(CALL_NAME),
    [DISK_READ_ONLY] = BIT(CALL_WRITE) | BIT(CALL_TRUNCATE) | BIT(CALL_NAME),
};

static struct {
    pthread_mutex_t mutex;
    uint64_t calls[DISK_FAULTS];
    enum disk_fault fault;
    uint64_t from, to;    // of its calls; 0: none
    int64_t limit, space; // 0, -1: none
    bool failed;
} trouble = {.mutex = PTHREAD_MUTEX_INITIALIZER, .space = -1};

bool disk_fails(enum disk_call call, enum disk_fault *ret_fault)
{
    pthread_mutex_lock(&trouble.mutex);
    for (int fault = 0; fault < DISK_FAULTS; fault++)
        trouble.calls[fault] += (hit_by[fault] & BIT(call)) != 0;
    uint64_t calls = trouble.calls[trouble.fault];
    bool due = (hit_by[trouble.fault] & BIT(call)) != 0 && trouble.from != 0 && calls >= trouble.from &&
               calls < trouble.to;
    trouble.failed = trouble.failed || due;
    *ret_fault = trouble.fault;
    pthread_mutex_unlock(&trouble.mutex);
    return due;
}

size_t disk_room(int64_t size, int64_t offset, size_t count)
{
    pthread_mutex_lock(&trouble.mutex);
    int64_t end = offset + (int64_t)count, room = (int64_t)count;
    if (trouble.limit != 0 && end > trouble.limit)
        room = 0;
    int64_t growth = end > size ? end - size : 0;
    if (trouble.space >= 0 && growth > trouble.space) {
        room = growth - trouble.space < room ? room - (growth - trouble.space) : 0;
        growth = trouble.space;
    }
    if (trouble.space >= 0)
        trouble.space -= growth;
    trouble.failed = trouble.failed || room < (int64_t)count;
    pthread_mutex_unlock(&trouble.mutex);
    return (size_t)room;
}

uint64_t disk_calls(enum disk_fault fault)
{
    pthread_mutex_lock(&trouble.mutex);
    uint64_t calls = trouble.calls[fault];
    pthread_mutex_unlock(&trouble.mutex);
    return calls;
}

void disk_fail(enum disk_fault fault, uint64_t nth, uint64_t for_count)
{
    pthread_mutex_lock(&trouble.mutex);
    trouble.fault = fault;
    trouble.failed = false;
    trouble.from = trouble.calls[fault] + nth;
    trouble.to = for_count > UINT64_MAX - trouble.from ? UINT64_MAX : trouble.from + for_count;
    pthread_mutex_unlock(&trouble.mutex);
}

void disk_limit(int64_t bytes)
{
    pthread_mutex_lock(&trouble.mutex);
    trouble.limit = bytes;
    trouble.failed = false;
    pthread_mutex_unlock(&trouble.mutex);
}

void disk_space(int64_t bytes)
{
    pthread_mutex_lock(&trouble.mutex);
    trouble.space = bytes;
    trouble.failed = false;
    pthread_mutex_unlock(&trouble.mutex);
}

bool disk_has_failed(void)
{
    pthread_mutex_lock(&trouble.mutex);
    bool failed = trouble.failed;
    pthread_mutex_unlock(&trouble.mutex);
    return failed;
}

void disk_mend(void)
{
    pthread_mutex_lock(&trouble.mutex);
    trouble.limit = 0;
    trouble.space = -1;
    trouble.from = trouble.to = 0;
    pthread_mutex_unlock(&trouble.mutex);
}
