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
    CARRY_PAGES = 8000,    // new pages in the log that make a checkpoint worth while: 32 MiB
    RESTART_PAGES = 32768, // a long log: 128 MiB
    LEFT_PAGES = 500,      // what the writer carries over itself
    PASSES_MAX = 8,
    SHORTEN_PAGES = 256, // a log that is worth shortening when idle
    IDLE_MS = 1000,
};

static int committed(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    struct sqlite_checkpointer *checkpointer = arg;
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->log_pages = pages;
    checkpointer->file_pages = pages > checkpointer->file_pages ? pages : checkpointer->file_pages;
    checkpointer->commits++;
    if (pages >= checkpointer->looked_pages + checkpointer->carry_pages || pages < checkpointer->looked_pages)
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

// A checkpoint that does not reach the end of the log leaves its pages to be synced by the one that does. That one is
// the writer's: so they are synced here.
static bool sync_database(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
           file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK;
}

// Carries over what is committed; true when that worked, with the pages that came meanwhile.
static bool carry_once(struct sqlite_checkpointer *checkpointer, int *ret_left)
{
    int logged = 0, carried = 0;
    pthread_mutex_unlock(&checkpointer->mutex);
    bool done = sqlite3_wal_checkpoint_v2(checkpointer->db, "main", SQLITE_CHECKPOINT_PASSIVE, &logged, &carried) ==
                SQLITE_OK;
    bool synced = !done || sync_database(checkpointer->db);
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->keep_log = checkpointer->keep_log || !synced;
    *ret_left = checkpointer->log_pages - carried;
    return done && synced;
}

static void carry(struct sqlite_checkpointer *checkpointer)
{
    // Whether it works or not, the next try comes with the next pages: a long reader or a full disk lasts a while.
    checkpointer->looked_pages = checkpointer->log_pages;
    int left;
    bool carried = carry_once(checkpointer, &left);
    if (checkpointer->log_pages < checkpointer->restart_pages && !checkpointer->urged)
        return;
    checkpointer->urged = false;
    // Each pass is shorter than the one before, and so is what comes meanwhile: little is left to the writer.
    for (int pass = 0; carried && left > LEFT_PAGES && pass < PASSES_MAX; pass++)
        carried = carry_once(checkpointer, &left);
    checkpointer->restart_wanted = carried && left <= LEFT_PAGES;
}

static void shorten(struct sqlite_checkpointer *checkpointer)
{
    pthread_mutex_unlock(&checkpointer->mutex);
    int code = sqlite3_wal_checkpoint_v2(checkpointer->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    pthread_mutex_lock(&checkpointer->mutex);
    if (code == SQLITE_OK) {
        checkpointer->log_pages = 0;
        checkpointer->file_pages = 0;
        checkpointer->looked_pages = 0;
    }
}

static bool is_due(const struct sqlite_checkpointer *checkpointer)
{
    int pages = checkpointer->looked_pages + checkpointer->carry_pages;
    return !checkpointer->keep_log && (checkpointer->urged || checkpointer->log_pages >= pages);
}

static void *run(void *arg)
{
    struct sqlite_checkpointer *checkpointer = arg;
    pthread_mutex_lock(&checkpointer->mutex);
    while (!checkpointer->stop) {
        if (checkpointer->log_pages < checkpointer->looked_pages)
            checkpointer->looked_pages = 0; // the log started anew
        if (is_due(checkpointer)) {
            carry(checkpointer);
            continue;
        }
        uint64_t commits = checkpointer->commits;
        bool idle = wait_idle(checkpointer) && checkpointer->commits == commits;
        if (idle && !checkpointer->stop && !checkpointer->keep_log && checkpointer->file_pages >= SHORTEN_PAGES)
            shorten(checkpointer);
    }
    pthread_mutex_unlock(&checkpointer->mutex);
    return NULL;
}

static bool start_thread(struct sqlite_checkpointer *checkpointer)
{
    checkpointer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (checkpointer->wake < 0)
        return false;
    pthread_mutex_init(&checkpointer->mutex, NULL);
    checkpointer->running = pthread_create(&checkpointer->thread, NULL, run, checkpointer) == 0;
    if (!checkpointer->running) {
        pthread_mutex_destroy(&checkpointer->mutex);
        close(checkpointer->wake);
    }
    return checkpointer->running;
}

bool sqlite_checkpointer_start(struct sqlite_checkpointer *checkpointer, const char *file, sqlite3 *writer,
                               struct store_error *error)
{
    checkpointer->carry_pages = CARRY_PAGES;
    checkpointer->restart_pages = RESTART_PAGES;
    checkpointer->db = sqlite_connect(file, ACCESS_WRITE, error);
    if (checkpointer->db == NULL)
        return false;
    sqlite_take_turns(checkpointer->db, false);
    // A connection that has read nothing yet does not know of the log, and would find nothing to do.
    int64_t version;
    if (!sqlite_schema_version(checkpointer->db, &version, error))
        return false;
    if (!start_thread(checkpointer)) {
        store_error_set(error, "Cannot start the thread that makes checkpoints.");
        return false;
    }
    sqlite3_wal_hook(writer, committed, checkpointer);
    return true;
}

void sqlite_checkpointer_stop(struct sqlite_checkpointer *checkpointer, sqlite3 *writer)
{
    if (checkpointer->running) {
        pthread_mutex_lock(&checkpointer->mutex);
        checkpointer->stop = true;
        eventfd_write(checkpointer->wake, 1);
        pthread_mutex_unlock(&checkpointer->mutex);
        pthread_join(checkpointer->thread, NULL);
        pthread_mutex_destroy(&checkpointer->mutex);
        close(checkpointer->wake);
    }
    if (checkpointer->keep_log) {
        sqlite3_db_config(writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_db_config(checkpointer->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    sqlite3_close(checkpointer->db);
    *checkpointer = (struct sqlite_checkpointer){0};
}

bool sqlite_may_write(struct sqlite_checkpointer *checkpointer, const char *file, struct store_error *error)
{
    pthread_mutex_lock(&checkpointer->mutex);
    bool keeps = checkpointer->keep_log;
    pthread_mutex_unlock(&checkpointer->mutex);
    if (keeps)
        store_error_set(error,
                        "The disk failed to keep what was written to %s. Look at the system's log and at the disk, "
                        "then restart the server, which writes it again: until then nothing is changed.",
                        file);
    return !keeps;
}

void sqlite_urge_checkpoint(struct sqlite_checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->urged = true;
    eventfd_write(checkpointer->wake, 1);
    pthread_mutex_unlock(&checkpointer->mutex);
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
