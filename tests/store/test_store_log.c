// SPDX-License-Identifier: Apache-2.0
// The write-ahead log does not grow without end, whoever writes or reads.
#include "keeping.h"

#include "store/sqlite.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, RESTART_PAGES = 600 };

static void set_limits(struct desk *desk)
{
    struct sqlite_checkpointer *checkpointer = &((struct sqlite_store *)desk->store)->checkpointer;
    pthread_mutex_lock(&checkpointer->mutex);
    checkpointer->carry_pages = 100;
    checkpointer->restart_pages = RESTART_PAGES;
    pthread_mutex_unlock(&checkpointer->mutex);
}

static long log_size(struct desk *desk)
{
    char path[160];
    struct stat status;
    snprintf(path, sizeof path, "%s/usher.db-wal", desk->folder);
    assert_int_equal(stat(path, &status), 0);
    return (long)status.st_size;
}

static void write_sessions(struct desk *desk, uint64_t first, uint64_t count)
{
    for (uint64_t id = first; id < first + count; id++) {
        struct session_row row = a_session(id);
        begin(desk);
        write_fact(desk, 1, at_s(1), FACT_SESSION_ACQUIRED, NULL, &row);
        commit(desk);
    }
}

static void the_log_starts_anew_under_steady_load(void **state)
{
    struct desk *desk = *state;
    set_limits(desk);
    long largest = 0;
    for (uint64_t turn = 0; turn < 40; turn++) {
        write_sessions(desk, 1 + 100 * turn, 100); // some 10 pages each
        largest = log_size(desk) > largest ? log_size(desk) : largest;
    }
    assert_true(largest > RESTART_PAGES * PAGE / 2);
    if (largest > 20 * RESTART_PAGES * PAGE)
        fail_msg("the log grew to %ld bytes", largest);
}

static void an_idle_log_is_shortened(void **state)
{
    struct desk *desk = *state;
    set_limits(desk);
    write_sessions(desk, 1, 100);
    assert_true(log_size(desk) > 0);
    for (int tries = 0; log_size(desk) > 0 && tries < 600; tries++)
        usleep(100000);
    assert_int_equal(log_size(desk), 0);
    write_sessions(desk, 1000, 10);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 110);
}

static void a_reader_that_stays_costs_room_only(void **state)
{
    struct desk *desk = *state;
    set_limits(desk);
    write_sessions(desk, 1, 10);
    char path[160];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM session", NULL, NULL, NULL), SQLITE_OK);
    write_sessions(desk, 100, 500);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    write_sessions(desk, 1000, 500);
    assert_int_equal(load(desk, 1, 0).count, 1010);
    assert_true(log_size(desk) < 20 * RESTART_PAGES * PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(the_log_starts_anew_under_steady_load),
        ON_SQLITE(an_idle_log_is_shortened),
        ON_SQLITE(a_reader_that_stays_costs_room_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
