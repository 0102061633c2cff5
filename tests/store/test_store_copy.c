// SPDX-License-Identifier: Apache-2.0
// Moving house, from folder to folder: everything arrives as it was, or nothing does.
#include "house.h"

#include "disk.h"

#include <sys/stat.h>
#include <unistd.h>

static void a_folder_is_copied_as_it_is(void **state)
{
    struct desk *desk = *state;
    char to[PATH], key[PATH + 16];
    struct stat status;
    beside(desk, "copy", to);
    fill_house(desk);
    copy_well(desk, desk->folder, to);
    expect_same(desk->folder, to);
    expect_whole_at(desk, to);
    expect_lease_keys(to);
    snprintf(key, sizeof key, "%s/archive.key", to);
    assert_int_equal(stat(key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    snprintf(key, sizeof key, "%s/usher.db", to);
    assert_int_equal(stat(key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    remove_folder(to);
}

static void the_copy_goes_on_where_the_store_was(void **state)
{
    struct desk *desk = *state;
    char to[PATH], from[sizeof desk->folder];
    beside(desk, "copy", to);
    fill_house(desk);
    copy_well(desk, desk->folder, to);
    memcpy(from, desk->folder, sizeof from);
    snprintf(desk->folder, sizeof desk->folder, "%.100s", to);
    assert_true(store_open_sqlite(to, &desk->store, &desk->error));
    store_set_products(desk->store, find_product, NULL);
    desk->reader = store_reader_open(desk->store, &desk->error);
    struct session_row row = a_session(5000);
    begin(desk);
    write_fact(desk, 1, at_s(700), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(desk);
    expect_whole(desk);
    remove_folder(from);
}

static void what_is_in_use_or_not_new_is_refused(void **state)
{
    struct desk *desk = *state;
    char to[PATH], command[PATH + 40];
    beside(desk, "copy", to);
    fill_store(desk, SESSIONS);
    refuse(desk, desk->folder, to, "in use by another process");
    desk_shut(desk);
    refuse(desk, "/tmp/no such folder", to, "/tmp/no such folder/usher.db");
    refuse(desk, desk->folder, desk->folder, "are the same");
    assert_int_equal(mkdir(to, 0700), 0);
    snprintf(command, sizeof command, "touch %s/something", to);
    assert_int_equal(system(command), 0);
    refuse(desk, desk->folder, to, "is not empty");
    refuse(desk, to, desk->folder, "Cannot read");
    expect_no_store(to);
    remove_folder(to);
}

// Nor is a copy made that is as broken as the store.
static void a_broken_history_is_not_copied(void **state)
{
    struct desk *desk = *state;
    char to[PATH];
    struct told told = {0};
    beside(desk, "copy", to);
    fill_house(desk);
    tamper(desk, "DROP TRIGGER event_stays; UPDATE event SET data = data || ' ' WHERE account_id = 1 AND seq = 60");
    assert_true(copy(desk, desk->folder, to, &told));
    assert_int_equal(told.breaks.count, 1);
    assert_int_equal(told.breaks.seq, 60);
    expect_no_store(to);
    remove_folder(to);
}

// Wherever the disk fails, there is a whole store or none.
static void a_disk_that_fails_leaves_no_store(void **state)
{
    struct desk *desk = *state;
    static const enum disk_fault faults[] = {DISK_FULL,       DISK_WRITE_FAILS, DISK_SHORT_WRITE,
                                             DISK_SYNC_FAILS, DISK_NAME_FAILS,  DISK_OPEN_FAILS};
    char to[PATH];
    int failed = 0;
    beside(desk, "copy", to);
    fill_house(desk);
    disk_install();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        bool is_often = faults[i] <= DISK_SHORT_WRITE;
        for (uint64_t nth = 1, step = 1;; nth += is_often ? step++ : 1) {
            struct told told = {0};
            disk_fail(faults[i], nth, 1);
            bool done = copy(desk, desk->folder, to, &told);
            bool met = disk_has_failed();
            disk_mend();
            if (!done) {
                expect_no_store(to);
                copy_well(desk, desk->folder, to); // the folder is as new
            }
            expect_same(desk->folder, to);
            failed += !done;
            remove_folder(to);
            if (!met)
                break;
            if (!done)
                assert_true(strlen(desk->error.text) > 20);
        }
    }
    disk_remove();
    assert_true(failed > 20);
}

static void one_that_is_killed_leaves_no_store(void **state)
{
    struct desk *desk = *state;
    char to[PATH], file[PATH + 16];
    int killed = 0;
    beside(desk, "copy", to);
    snprintf(file, sizeof file, "%s/usher.db", to);
    fill_house(desk);
    for (unsigned delay_us = 500; delay_us < 500000; delay_us += delay_us / 3) {
        bool done = copy_and_kill(desk, desk->folder, to, delay_us);
        if (done || access(file, F_OK) == 0)
            expect_same(desk->folder, to);
        else
            refuse(desk, to, "/tmp/never", "Cannot read");
        killed += !done;
        remove_folder(to);
        if (done)
            break;
    }
    assert_true(killed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_folder_is_copied_as_it_is),
        ON_SQLITE(the_copy_goes_on_where_the_store_was),
        ON_SQLITE(what_is_in_use_or_not_new_is_refused),
        ON_SQLITE(a_broken_history_is_not_copied),
        ON_SQLITE(a_disk_that_fails_leaves_no_store),
        ON_SQLITE(one_that_is_killed_leaves_no_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
