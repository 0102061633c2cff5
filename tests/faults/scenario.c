// SPDX-License-Identifier: Apache-2.0
#include "scenario.h"

#include "base/check.h"
#include "base/moment.h"
#include "disk_calls.h"
#include "store/sqlite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARRY_PAGES = 40, RESTART_PAGES = 150, PATH_SIZE = 128 };

void scenario_failed(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void scenario_folder(char folder[64], const char *name)
{
    snprintf(folder, 64, "%s/usher-%s-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", name, (long)getpid());
}

void scenario_set_limits(struct store *store)
{
    struct sqlite_checkpointer *checkpointer = &((struct sqlite_store *)store)->checkpointer;
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->carry_pages = CARRY_PAGES;
    checkpointer->restart_pages = RESTART_PAGES;
    pthread_mutex_unlock(&checkpointer->mutex);
}

bool scenario_log_waits(struct store *store)
{
    struct sqlite_checkpointer *checkpointer = &((struct sqlite_store *)store)->checkpointer;
    pthread_mutex_lock(&checkpointer->mutex);
    bool waits = checkpointer->log_pages > checkpointer->looked_pages;
    pthread_mutex_unlock(&checkpointer->mutex);
    return waits;
}

sqlite3 *scenario_hold(const char *folder)
{
    char file[PATH_SIZE];
    sqlite3 *reader;
    snprintf(file, sizeof file, "%s/store/usher.db", folder);
    // Under a disk that fails it may not come about: then there is no reader.
    sqlite3_open_v2(file, &reader, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM account", NULL, NULL, NULL);
    return reader;
}

void scenario_let_go(sqlite3 *reader)
{
    sqlite3_close(reader);
}

bool scenario_archive(const char *folder, struct archived *ret_archived, struct store_error *error)
{
    char store[PATH_SIZE], archive[PATH_SIZE];
    snprintf(store, sizeof store, "%s/store", folder);
    snprintf(archive, sizeof archive, "%s/archive", folder);
    struct archive_order order = {.folder = store,
                                  .out_folder = archive,
                                  .before_at = INT64_MAX,
                                  .now = load_moment(),
                                  .keep_s = 400 * 86400};
    return store_archive(&order, ret_archived, error);
}

static void must(bool done, const struct store_error *error)
{
    if (!done)
        scenario_failed("on a disk without trouble: %s", error->text);
}

static struct store *open_store(struct scenario *scenario)
{
    char folder[PATH_SIZE];
    struct store *store;
    struct store_error error;
    snprintf(folder, sizeof folder, "%s/store", scenario->folder);
    must(store_open_sqlite(folder, &store, &error), &error);
    store_set_products(store, load_find_product, NULL);
    scenario_set_limits(store);
    if (scenario->unsafe)
        must(sqlite_execute(((struct sqlite_store *)store)->db, "PRAGMA synchronous = off", TASK_OPEN, &error), &error);
    await_checkpointer();
    return store;
}

static void write_next(struct scenario *scenario, struct store *store)
{
    struct store_error error;
    const struct transaction *transaction = load_next(scenario->load);
    struct span *span = &scenario->spans[scenario->count];
    scenario->transactions[scenario->count++] = transaction;
    span->begun = journal_length(scenario->journal);
    must(transaction_write(transaction, store, &error) == STORE_OK, &error);
    span->done = journal_length(scenario->journal);
    await_checkpointer();
    must(transaction_write(transaction, scenario->twin, &error) == STORE_OK, &error);
    scenario->states[scenario->count] = contents_read(scenario->twin, 0, &error);
    must(scenario->states[scenario->count] != NULL, &error);
}

static void back_up(struct scenario *scenario, struct store *store)
{
    char file[PATH_SIZE];
    struct store_error error;
    struct store_reader *reader = store_reader_open(store, &error);
    must(reader != NULL, &error);
    snprintf(file, sizeof file, "%s/copy.db", scenario->folder);
    scenario->backup.begun = journal_length(scenario->journal);
    must(store_backup(reader, file, &error), &error);
    scenario->backup.done = journal_length(scenario->journal);
    scenario->copied = scenario->count;
    store_reader_close(reader);
}

static void archive(struct scenario *scenario)
{
    struct archived archived;
    struct store_error error;
    scenario->archive.begun = journal_length(scenario->journal);
    must(scenario_archive(scenario->folder, &archived, &error), &error);
    scenario->archive.done = journal_length(scenario->journal);
    CHECK(archived.events > 0);
}

static void restore(struct scenario *scenario)
{
    char file[PATH_SIZE], folder[PATH_SIZE];
    struct store_error error;
    snprintf(file, sizeof file, "%s/copy.db", scenario->folder);
    snprintf(folder, sizeof folder, "%s/restored", scenario->folder);
    scenario->restore.begun = journal_length(scenario->journal);
    must(store_restore(file, folder, &error), &error);
    scenario->restore.done = journal_length(scenario->journal);
}

static sqlite3 *hold_or_let_go(struct scenario *scenario, sqlite3 *reader)
{
    scenario_let_go(reader);
    return reader == NULL ? scenario_hold(scenario->folder) : NULL;
}

static void live(struct scenario *scenario, size_t transactions)
{
    struct store *store = open_store(scenario);
    struct chance chance = {.seed = scenario->seed + 1};
    sqlite3 *reader = NULL;
    while (scenario->count < transactions) {
        write_next(scenario, store);
        if (chance_roll(&chance, 8) == 0)
            reader = hold_or_let_go(scenario, reader);
        if (chance_roll(&chance, 16) == 0)
            let_checkpointer_idle();
        if (chance_roll(&chance, 24) == 0) {
            store_close(store);
            store = open_store(scenario);
        }
        if (scenario->count == transactions / 2)
            back_up(scenario, store);
        if (scenario->count == transactions * 3 / 4)
            archive(scenario);
    }
    scenario_let_go(reader);
    store_close(store);
    restore(scenario);
}

void scenario_live(struct scenario *scenario, uint64_t seed, size_t transactions, bool unsafe)
{
    struct store_error error;
    *scenario = (struct scenario){.seed = seed, .unsafe = unsafe};
    CHECK(transactions <= TRANSACTIONS_MAX);
    scenario_folder(scenario->folder, "life");
    scenario->load = load_new(seed);
    scenario->twin = store_open_memory();
    store_set_products(scenario->twin, load_find_product, NULL);
    scenario->states[0] = contents_read(scenario->twin, 0, &error);
    scenario->journal = journal_start(scenario->folder, NULL);
    live(scenario, transactions);
    journal_end(scenario->journal);
}

void scenario_free(struct scenario *scenario)
{
    for (size_t i = 0; i <= scenario->count; i++)
        contents_free(scenario->states[i]);
    store_close(scenario->twin);
    load_free(scenario->load);
    journal_free(scenario->journal);
}
