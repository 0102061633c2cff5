// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints carry committed pages from the write-ahead log into the database. Done by the writer that would hold
// up a batch of answers for tens of milliseconds; so a thread does it beside the writer, in passive mode, which waits
// for nobody.
//
// Under steady load a passive checkpoint never quite reaches the log's end, and only then can the log start anew. So
// once the log is long, the writer itself carries over the little that came since, between two transactions. When
// nothing was written for a while, the thread shortens the file.
#include "store/sqlite.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    CARRY_PAGES = 1000,    // new pages in the log that make a checkpoint worth while
    RESTART_PAGES = 16384, // 64 MiB of log
    SHORTEN_PAGES = 256,   // a log that is worth shortening when idle
    IDLE_MS = 1000,
};

static int committed(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct sqlite_checkpointer *checkpointer = arg;
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->log_pages = pages;
    checkpointer->commits++;
    if (pages >= checkpointer->looked_pages + CARRY_PAGES || pages < checkpointer->looked_pages)
        eventfd_write(checkpointer->wake, 1);
    pthread_mutex_unlock(&checkpointer->mutex);
    return SQLITE_OK;
}

// Waits until there is something to do; true when there was not. The mutex is held, but for the wait.
static bool wait_idle(struct sqlite_checkpointer *checkpointer)
{
    struct pollfd wake = {.fd = checkpointer->wake, .events = POLLIN};
    pthread_mutex_unlock(&checkpointer->mutex);
    bool idle = poll(&wake, 1, IDLE_MS) == 0;
    eventfd_t count;
    if (!idle)
        eventfd_read(checkpointer->wake, &count);
    pthread_mutex_lock(&checkpointer->mutex);
    return idle;
}

static void carry(struct sqlite_checkpointer *checkpointer)
{
    int pages = checkpointer->log_pages, logged = 0, carried = 0;
    pthread_mutex_unlock(&checkpointer->mutex);
    int code = sqlite3_wal_checkpoint_v2(checkpointer->db, "main", SQLITE_CHECKPOINT_PASSIVE, &logged, &carried);
    pthread_mutex_lock(&checkpointer->mutex);
    // Whether it worked or not, the next try comes with the next pages: a long reader or a full disk lasts a while.
    checkpointer->looked_pages = pages;
    if (code == SQLITE_OK && logged >= RESTART_PAGES)
        checkpointer->restart_wanted = true;
}

static void shorten(struct sqlite_checkpointer *checkpointer)
{
    pthread_mutex_unlock(&checkpointer->mutex);
    int code = sqlite3_wal_checkpoint_v2(checkpointer->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    pthread_mutex_lock(&checkpointer->mutex);
    if (code == SQLITE_OK) {
        checkpointer->log_pages = 0;
        checkpointer->looked_pages = 0;
    }
}

static void *run(void *arg)
{
    struct sqlite_checkpointer *checkpointer = arg;
    pthread_mutex_lock(&checkpointer->mutex);
    while (!checkpointer->stop) {
        if (checkpointer->log_pages < checkpointer->looked_pages)
            checkpointer->looked_pages = 0; // the log started anew
        if (checkpointer->log_pages >= checkpointer->looked_pages + CARRY_PAGES) {
            carry(checkpointer);
            continue;
        }
        uint64_t commits = checkpointer->commits;
        bool idle = wait_idle(checkpointer) && checkpointer->commits == commits;
        if (idle && !checkpointer->stop && checkpointer->log_pages >= SHORTEN_PAGES)
            shorten(checkpointer);
    }
    pthread_mutex_unlock(&checkpointer->mutex);
    return NULL;
}

bool sqlite_checkpointer_start(struct sqlite_checkpointer *checkpointer, const char *file, sqlite3 *writer,
                               struct store_error *error)
{
    checkpointer->db = sqlite_connect(file, ACCESS_WRITE, error);
    if (checkpointer->db == NULL)
        return false;
    sqlite_take_turns(checkpointer->db, false);
    checkpointer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&checkpointer->mutex, NULL);
    checkpointer->running =
        checkpointer->wake >= 0 && pthread_create(&checkpointer->thread, NULL, run, checkpointer) == 0;
    if (!checkpointer->running) {
        store_error_set(error, "Cannot start the thread that makes checkpoints.");
        return false;
    }
    sqlite3_wal_hook(writer, committed, checkpointer);
    return true;
}

void sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer)
{
    if (checkpointer->db == NULL)
        return; // never started
    if (checkpointer->running) {
        pthread_mutex_lock(&checkpointer->mutex);
        checkpointer->stop = true;
        eventfd_write(checkpointer->wake, 1);
        pthread_mutex_unlock(&checkpointer->mutex);
        pthread_join(checkpointer->thread, NULL);
    }
    pthread_mutex_destroy(&checkpointer->mutex);
    if (checkpointer->wake >= 0)
        close(checkpointer->wake);
    sqlite3_close(checkpointer->db);
    *checkpointer = (struct sqlite_checkpointer){0};
}

void sqlite_restart_log(struct sqlite_checkpointer *checkpointer, sqlite3 *writer)
{
    pthread_mutex_lock(&checkpointer->mutex);
    bool wanted = checkpointer->restart_wanted;
    checkpointer->restart_wanted = false;
    pthread_mutex_unlock(&checkpointer->mutex);
    if (!wanted)
        return;
    // Readers are not waited for: if one still needs the log, the next time will do.
    sqlite_take_turns(writer, false);
    sqlite3_wal_checkpoint_v2(writer, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite_take_turns(writer, true);
}
