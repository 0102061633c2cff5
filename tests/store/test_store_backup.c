// SPDX-License-Identifier: Apache-2.0
// Backup while others write, and the way back.
#include "keeping.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static void backup(struct desk *desk, const char *file)
{
    unlink(file);
    if (!store_backup(desk->reader, file, &desk->error))
        fail_msg("%s", desk->error.text);
}

enum { PATH = 128 };

static void name(const struct desk *desk, const char *end, char path[PATH])
{
    snprintf(path, PATH, "%.100s-%s", desk->folder, end);
}

static void a_backup_is_one_whole_file(void **state)
{
    struct desk *desk = *state;
    char file[PATH], log[PATH + 8];
    name(desk, "copy", file);
    fill_store(desk, 100);
    begin(desk); // what is not committed is not in it
    struct session_row row = a_session(1000);
    write_fact(desk, 1, at_s(200), FACT_SESSION_ACQUIRED, NULL, &row);
    backup(desk, file);
    commit(desk);
    struct breaks breaks = {0};
    struct verified verified;
    assert_true(store_verify_file(file, note_break, &breaks, &verified, &desk->error));
    assert_int_equal(breaks.count, 0);
    assert_int_equal(verified.events, 16 + 150);
    snprintf(log, sizeof log, "%s-wal", file);
    assert_int_equal(access(log, F_OK), -1);
    struct stat status;
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    unlink(file);
}

static void a_backup_writes_over_nothing(void **state)
{
    struct desk *desk = *state;
    char file[PATH];
    name(desk, "copy", file);
    backup(desk, file);
    assert_false(store_backup(desk->reader, file, &desk->error));
    assert_non_null(strstr(desk->error.text, "File exists"));
    unlink(file);
    assert_false(store_backup(desk->reader, "/tmp/no such folder/copy", &desk->error));
    assert_non_null(strstr(desk->error.text, "No such file"));
}

// Those that were given after the backup, also of kinds of which there was none yet.
static void expect_numbers_left_out(struct desk *before, struct desk *restored)
{
    static const enum id_kind counted[] = {ID_ACCOUNT, ID_ORGANIZATION, ID_USER,    ID_PROJECT, ID_PURCHASE,
                                           ID_SEAT,    ID_SESSION,      ID_API_KEY, ID_DENIAL};
    struct numbers given, next;
    assert_true(store_load_numbers(before->store, &given, &before->error));
    assert_true(store_load_numbers(restored->store, &next, &restored->error));
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
        assert_true(next.next[counted[i]] >= given.next[counted[i]] + 990000);
}

static void a_restored_store_is_the_one_that_was_saved(void **state)
{
    struct desk *desk = *state;
    char file[PATH], folder[PATH];
    name(desk, "copy", file);
    name(desk, "restored", folder);
    fill_store(desk, 100);
    struct loaded expected = load(desk, 1, 0);
    backup(desk, file);
    if (!store_restore(file, folder, &desk->error))
        fail_msg("%s", desk->error.text);

    struct desk restored = {0};
    memcpy(restored.folder, folder, sizeof restored.folder);
    expect_whole(&restored);
    assert_true(store_open_sqlite(folder, &restored.store, &restored.error));
    store_set_products(restored.store, find_product, NULL);
    restored.reader = store_reader_open(restored.store, &restored.error);
    struct loaded found = load(&restored, 1, 0);
    expect_numbers_left_out(desk, &restored);
    assert_int_equal(found.count, expected.count);
    for (size_t i = 0; i < found.count; i++)
        assert_true(row_same(fact_types[found.facts[i].kind].row, found.facts[i].after, expected.facts[i].after));
    // And it goes on from there.
    struct session_row row = a_session(1000);
    begin(&restored);
    write_fact(&restored, 1, at_s(200), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(&restored);
    expect_whole(&restored);
    store_reader_close(restored.reader);
    store_close(restored.store);
    arena_fini(&restored.arena);

    assert_false(store_restore(file, folder, &desk->error));
    assert_non_null(strstr(desk->error.text, "not empty"));
    remove_folder(folder);
    unlink(file);
}

static void a_broken_backup_is_not_restored(void **state)
{
    struct desk *desk = *state;
    char file[PATH], folder[PATH];
    name(desk, "copy", file);
    name(desk, "restored", folder);
    fill_store(desk, 100);
    tamper(desk, "UPDATE session SET count = count + 1 WHERE id = 2");
    backup(desk, file);
    assert_false(store_restore(file, folder, &desk->error));
    assert_non_null(strstr(desk->error.text, "not whole"));
    assert_non_null(strstr(desk->error.text, "SN-2"));
    assert_int_equal(access(folder, F_OK), -1);

    assert_int_equal(truncate(file, 20000), 0);
    assert_false(store_restore(file, folder, &desk->error));
    assert_int_equal(truncate(file, 0), 0);
    assert_false(store_restore(file, folder, &desk->error));
    unlink(file);
    assert_false(store_restore(file, folder, &desk->error));
    assert_non_null(strstr(desk->error.text, "No such file"));
    assert_int_equal(access(folder, F_OK), -1);
}

// ---- While others read and write

struct work {
    struct desk *desk;
    atomic_bool stop;
    atomic_ulong done;
    bool failed;
    struct store_error error;
};

static void *read_on(void *arg)
{
    struct work *work = arg;
    struct arena arena = {0};
    struct store_reader *reader = store_reader_open(work->desk->store, &work->error);
    while (!atomic_load(&work->stop) && !work->failed) {
        struct list_query query = {.kind = ROW_SESSION, .account = 1, .limit = 100, .user = 7};
        struct history_query history = {.account = 1, .limit = 50, .kind = "session"};
        struct list_page page;
        struct event *events;
        size_t count;
        bool more;
        arena_clear(&arena);
        work->failed = !store_list(reader, &query, &arena, &page, &work->error) ||
                       !store_list_events(reader, &history, &arena, &events, &count, &more, &work->error);
        // Three sessions are acquired in each transaction: readers see all of them or none.
        work->failed = work->failed || (page.count < 100 && page.count % 3 != 0);
        atomic_fetch_add(&work->done, 1);
    }
    store_reader_close(reader);
    arena_fini(&arena);
    return NULL;
}

static void *back_up_on(void *arg)
{
    struct work *work = arg;
    char file[PATH];
    name(work->desk, "copies", file);
    struct store_reader *reader = store_reader_open(work->desk->store, &work->error);
    while (!atomic_load(&work->stop) && !work->failed) {
        struct verified verified;
        struct breaks breaks = {0};
        unlink(file);
        work->failed = !store_backup(reader, file, &work->error) ||
                       !store_verify_file(file, note_break, &breaks, &verified, &work->error) || breaks.count > 0;
        atomic_fetch_add(&work->done, 1);
    }
    unlink(file);
    store_reader_close(reader);
    return NULL;
}

static void everything_goes_on_at_once(void **state)
{
    struct desk *desk = *state;
    struct work readers[] = {{.desk = desk}, {.desk = desk}}, copier = {.desk = desk};
    pthread_t threads[3];
    struct numbers numbers;
    for (size_t i = 0; i < ID_KINDS; i++)
        numbers.next[i] = 1000000;
    begin(desk);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &kre);
    assert_int_equal(store_put_numbers(desk->store, &numbers, &desk->error), STORE_OK);
    commit(desk);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    if (desk->folder[0] != '\0')
        assert_int_equal(pthread_create(&threads[2], NULL, back_up_on, &copier), 0);
    for (uint64_t id = 1; id <= 6000;) {
        begin(desk);
        for (int i = 0; i < 3; i++) {
            struct session_row row = a_session(id++);
            write_fact(desk, 1, at_s(1), FACT_SESSION_ACQUIRED, NULL, &row);
        }
        commit(desk);
    }
    for (size_t i = 0; i < 2; i++) {
        while (atomic_load(&readers[i].done) < 3)
            usleep(1000);
        atomic_store(&readers[i].stop, true);
        pthread_join(threads[i], NULL);
        assert_false(readers[i].failed);
    }
    if (desk->folder[0] != '\0') {
        while (atomic_load(&copier.done) < 2)
            usleep(1000);
        atomic_store(&copier.stop, true);
        pthread_join(threads[2], NULL);
        if (copier.failed)
            fail_msg("%s", copier.error.text);
        expect_whole(desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_backup_is_one_whole_file),
        ON_SQLITE(a_backup_writes_over_nothing),
        ON_SQLITE(a_restored_store_is_the_one_that_was_saved),
        ON_SQLITE(a_broken_backup_is_not_restored),
        ON_ALL(everything_goes_on_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
