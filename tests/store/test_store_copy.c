// SPDX-License-Identifier: Apache-2.0
// Moving house: everything arrives as it was, or nothing does.
#include "keeping.h"

#include "disk.h"
#include "postgres.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 256, SESSIONS = 60 };

// ---- A house with something in each room

static void close_store(struct desk *desk)
{
    store_reader_close(desk->reader);
    store_close(desk->store);
    desk->reader = NULL;
    desk->store = NULL;
}

// What fill_store leaves out: answers, who signed in, the operator, what may be borrowed, texts of all kinds.
static void furnish(struct desk *desk)
{
    static const unsigned char hash[KEY_HASH_BYTES] = {1, 0, 255, 92};
    struct sign_in_row sign_in = {.id = 9, .user = 7, .created_at = 9, .last_used_at = 9};
    struct borrowing_row borrowing = {.product = &kre, .max_borrow_days = 30, .share_percent = 50};
    struct project_row project = {.id = 5, .name = "Ä\t\\N \"x\"\n\\.", .organization = 1001, .created_at = 1};
    struct remembered answer = {.request_hash = {7}, .status = 201, .body = "{\"a\":\"\\u00e4\"}", .until_at = at_s(9)};
    begin(desk);
    write_fact(desk, 1, at_s(600), FACT_SIGN_IN_CREATED, NULL, &sign_in);
    write_fact(desk, 1, at_s(600), FACT_BORROWING_SET, NULL, &borrowing);
    write_fact(desk, 1, at_s(600), FACT_PROJECT_CREATED, NULL, &project);
    assert_int_equal(store_remember(desk->store, 1, 5, "key-1", &answer, &desk->error), STORE_OK);
    assert_int_equal(store_remember(desk->store, 1, 0, "key-1", &answer, &desk->error), STORE_OK);
    assert_int_equal(store_put_operator(desk->store, hash, &desk->error), STORE_OK);
    commit(desk);
    tamper(desk, "UPDATE denial SET tried = '[{\"level\":\"OG-1001\"}]', machine = 'ws-1' WHERE id = 1");
}

static const char lease_keys[] = "{\"keys\": [\"\u00e4\"]}\n";

static void write_lease_keys(const char *folder)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/lease-keys.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(lease_keys, file);
    fclose(file);
}

static void expect_lease_keys(const char *folder)
{
    char path[PATH + 20], text[100] = "";
    struct stat status;
    snprintf(path, sizeof path, "%s/lease-keys.json", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(lease_keys));
    fclose(file);
    assert_string_equal(text, lease_keys);
    assert_int_equal(status.st_mode & 0777, 0600);
}

// With a part of the history in an archive, and so a checkpoint.
static void fill_house(struct desk *desk)
{
    char archive[PATH];
    snprintf(archive, sizeof archive, "%s-archive", desk->folder);
    fill_store(desk, SESSIONS);
    furnish(desk);
    close_store(desk);
    struct archive_order order = {
        .folder = desk->folder, .out_folder = archive, .before_at = at_s(20), .now = at_s(1000), .keep_s = 86400};
    struct archived archived;
    if (!store_archive(&order, &archived, &desk->error))
        fail_msg("%s", desk->error.text);
    assert_true(archived.events > 20);
    remove_folder(archive);
    write_lease_keys(desk->folder);
}

// ---- Copying

struct told {
    bool may_differ; // the rows of a table
    size_t tables;
    uint64_t rows;
    struct breaks breaks;
};

static void note_table(void *arg, const char *table, uint64_t from_rows, uint64_t to_rows)
{
    struct told *told = arg;
    if (from_rows != to_rows && !told->may_differ)
        fail_msg("%s: %d rows became %d", table, (int)from_rows, (int)to_rows);
    told->tables++;
    told->rows += to_rows;
}

static void note_copy_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    note_break(&((struct told *)arg)->breaks, account, seq, what);
}

static bool copy(struct desk *desk, const char *from, const char *to, struct told *told)
{
    static const char *const documents[] = {"lease-keys.json", NULL}, *const files[] = {"archive.key", NULL};
    *told = (struct told){.may_differ = told->may_differ};
    struct copy_order order = {.from = from,
                               .to = to,
                               .documents = documents,
                               .files = files,
                               .told = note_table,
                               .sink = note_copy_break,
                               .arg = told};
    struct copied copied = {0};
    bool done = store_copy(&order, &copied, &desk->error);
    if (done)
        assert_int_equal(copied.verified.breaks, told->breaks.count);
    return done;
}

static void copy_well(struct desk *desk, const char *from, const char *to)
{
    struct told told = {0};
    if (!copy(desk, from, to, &told) || told.breaks.count > 0)
        fail_msg("%s to %s: %s%s", from, to, desk->error.text, told.breaks.what);
    assert_int_equal(told.tables, 22);
    assert_true(told.rows > SESSIONS);
}

// The sentence with which it is refused must hold these words.
static void refuse(struct desk *desk, const char *from, const char *to, const char *words)
{
    struct told told = {0};
    if (copy(desk, from, to, &told))
        fail_msg("%s to %s was not refused", from, to);
    if (strstr(desk->error.text, words) == NULL)
        fail_msg("%s to %s: %s", from, to, desk->error.text);
}

static void beside(const struct desk *desk, const char *name, char path[PATH])
{
    snprintf(path, PATH, "%s-%s", desk->folder, name);
}

// ---- Comparing two databases of SQLite's, cell by cell, in the order in which rows lie

static bool same_cell(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
    int length = sqlite3_column_bytes(a, column);
    return sqlite3_column_type(a, column) == sqlite3_column_type(b, column) &&
           length == sqlite3_column_bytes(b, column) &&
           (length == 0 || memcmp(sqlite3_column_blob(a, column), sqlite3_column_blob(b, column), (size_t)length) == 0);
}

static sqlite3_stmt *select_all(sqlite3 *db, const char *table)
{
    char sql[200];
    sqlite3_stmt *statement;
    snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    return statement;
}

static void compare_table(sqlite3 *one, sqlite3 *other, const char *table)
{
    sqlite3_stmt *a = select_all(one, table), *b = select_all(other, table);
    for (int row = 1;; row++) {
        int code = sqlite3_step(a);
        if (code != sqlite3_step(b))
            fail_msg("%s has not as many rows: %d", table, row);
        if (code != SQLITE_ROW)
            break;
        for (int i = 0; i < sqlite3_column_count(a); i++) {
            if (!same_cell(a, b, i))
                fail_msg("%s, row %d: %s differs", table, row, sqlite3_column_name(a, i));
        }
    }
    sqlite3_finalize(a);
    sqlite3_finalize(b);
}

static sqlite3 *open_file(const char *folder)
{
    char file[PATH + 16];
    sqlite3 *db;
    snprintf(file, sizeof file, "%s/usher.db", folder);
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

// Tables, indexes and triggers, too.
static void expect_same(const char *one_folder, const char *other_folder)
{
    sqlite3 *one = open_file(one_folder), *other = open_file(other_folder);
    sqlite3_stmt *tables;
    const char *sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    assert_int_equal(sqlite3_prepare_v2(one, sql, -1, &tables, NULL), SQLITE_OK);
    int count = 0;
    for (; sqlite3_step(tables) == SQLITE_ROW; count++)
        compare_table(one, other, (const char *)sqlite3_column_text(tables, 0));
    assert_int_equal(count, 23);
    sqlite3_finalize(tables);
    compare_table(one, other, "(SELECT type, name, tbl_name, sql FROM sqlite_schema)");
    sqlite3_close(one);
    sqlite3_close(other);
}

static void expect_whole_at(struct desk *desk, const char *place)
{
    struct breaks breaks = {0};
    struct verified verified;
    bool read = store_is_uri(place) ? store_verify_uri(place, note_break, &breaks, &verified, &desk->error)
                                    : store_verify(place, note_break, &breaks, &verified, &desk->error);
    if (!read || breaks.count > 0)
        fail_msg("%s: %s%s", place, desk->error.text, breaks.what);
    assert_true(verified.events > SESSIONS);
}

// Neither a store nor a part of one.
static void expect_no_store(const char *folder)
{
    char file[PATH + 16];
    snprintf(file, sizeof file, "%s/usher.db", folder);
    assert_int_equal(access(file, F_OK), -1);
}

// ---- Tests

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
    close_store(desk);
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

// Starts a copy in another process, and kills it after so long; whether it was through.
static bool copy_and_kill(struct desk *desk, const char *from, const char *to, unsigned delay_us)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct told told = {0};
        _exit(copy(desk, from, to, &told) ? 0 : 1);
    }
    usleep(delay_us);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
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

#if HAVE_POSTGRES

static void there_and_back_it_is_the_same(void **state)
{
    struct desk *desk = *state;
    char back[PATH];
    const char *uri = postgres_empty();
    beside(desk, "back", back);
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    expect_whole_at(desk, uri);
    copy_well(desk, uri, back);
    expect_same(desk->folder, back);
    expect_lease_keys(back);
    remove_folder(back);
}

static void one_database_is_copied_to_another(void **state)
{
    struct desk *desk = *state;
    char back[PATH], other[PATH];
    const char *uri = postgres_empty();
    beside(desk, "back", back);
    postgres_run("SET client_min_messages = error; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other");
    snprintf(other, sizeof other, "%s&options=-csearch_path%%3Dother", uri);
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    copy_well(desk, uri, other);
    copy_well(desk, other, back);
    expect_same(desk->folder, back);
    expect_lease_keys(back);
    remove_folder(back);
    postgres_run("SET client_min_messages = error; DROP SCHEMA other CASCADE");
}

static void a_database_that_is_in_use_or_not_new_is_refused(void **state)
{
    struct desk *desk = *state;
    char to[PATH];
    const char *uri = postgres_empty();
    beside(desk, "copy", to);
    refuse(desk, uri, to, "older Usher, or is empty");
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    refuse(desk, desk->folder, uri, "is not empty");
    refuse(desk, uri, uri, "are the same");
    postgres_run("INSERT INTO node (id, name, started_at, alive_at) VALUES (1, 'a', 1, moment_now() - 9000)");
    refuse(desk, uri, to, "of its servers, 1 were alive");
    expect_no_store(to);
    postgres_run("UPDATE node SET is_closed = true");
    copy_well(desk, uri, to);
    remove_folder(to);
    postgres_run("UPDATE node SET is_closed = false, alive_at = alive_at - 3000");
    copy_well(desk, uri, to);
    remove_folder(to);
    refuse(desk, desk->folder, "postgresql://usher:secret@/nowhere?host=/tmp/no-such-folder", "PostgreSQL store");
    assert_null(strstr(desk->error.text, "secret"));
    refuse(desk, desk->folder, "postgresql://usher:secret@[", "cannot be read");
    assert_null(strstr(desk->error.text, "secret"));
}

// What a server needs to begin at once: where each chain ends, which numbers come next, and where time must be looked at.
static void servers_find_what_they_share(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    fill_house(desk);
    copy_well(desk, desk->folder, uri);
    postgres_run("DO $$ BEGIN "
                 "ASSERT (SELECT count(*) FROM account_state) = 3; "
                 "ASSERT (SELECT count(*) FROM account_state AS s JOIN event AS e ON e.account_id = s.account_id "
                 "AND e.seq = s.event_seq AND e.hash = s.event_hash) = 1; "
                 "ASSERT (SELECT count(*) FROM account_state AS s JOIN checkpoint AS c ON c.account_id = s.account_id "
                 "AND c.seq = s.event_seq AND c.hash = s.event_hash) = 2; "
                 "ASSERT (SELECT count(*) FROM event AS e JOIN account_state AS s USING (account_id) "
                 "WHERE e.seq > s.event_seq OR e.at > s.last_at) = 0; "
                 "ASSERT (SELECT due_at = 3 FROM account_state WHERE account_id = 1); " // the purchase begins
                 "ASSERT (SELECT due_at IS NULL FROM account_state WHERE account_id = 2); "
                 "ASSERT (SELECT count(*) FROM counter WHERE next > 1000000) = 9; "
                 "ASSERT (SELECT next FROM counter WHERE kind = 'waiter') = 1; "
                 "END $$");
}

static void a_broken_history_leaves_a_database_empty(void **state)
{
    struct desk *desk = *state;
    struct told told = {0};
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "DROP TRIGGER event_stays; UPDATE event SET at = at + 1 WHERE account_id = 1 AND seq = 60");
    assert_true(copy(desk, desk->folder, uri, &told));
    assert_int_equal(told.breaks.seq, 60);
    postgres_run("DO $$ BEGIN ASSERT (SELECT count(*) FROM account) + (SELECT count(*) FROM event) = 0; END $$");
    tamper(desk, "UPDATE event SET at = at - 1 WHERE account_id = 1 AND seq = 60");
    copy_well(desk, desk->folder, uri);
}

// Somebody's trigger changes a row or takes one away: what is read back is not what was written.
static void what_arrives_otherwise_is_found(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *body, *what;
    } triggers[] = {
        {"NEW.name := 'x'; RETURN NEW;", "the rows of project are not what was read"},
        {"IF NEW.id = 4 THEN RETURN NULL; END IF; RETURN NEW;", "the rows of project are not what was read"},
    };
    char sql[400];
    struct told told = {.may_differ = true};
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "UPDATE app_user SET name = 'a' || char(0) || 'b'");
    refuse(desk, desk->folder, uri, "cannot be held"); // the tables are there now
    tamper(desk, "UPDATE app_user SET name = 'User'");
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        snprintf(sql, sizeof sql,
                 "CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$; "
                 "CREATE OR REPLACE TRIGGER spoil BEFORE INSERT ON project FOR EACH ROW EXECUTE FUNCTION spoil()",
                 triggers[i].body);
        postgres_run(sql);
        assert_true(copy(desk, desk->folder, uri, &told));
        assert_int_equal(told.breaks.count, 1);
        assert_string_equal(told.breaks.what, triggers[i].what);
    }
    postgres_run("DROP TRIGGER spoil ON project");
    copy_well(desk, desk->folder, uri);
}

// What PostgreSQL cannot hold, a text with a zero in it, is told; and nothing of the copy is there.
static void what_cannot_be_held_is_told(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    fill_house(desk);
    tamper(desk, "UPDATE app_user SET name = 'a' || char(0) || 'b'");
    refuse(desk, desk->folder, uri, "cannot be held");
    postgres_run("DO $$ BEGIN ASSERT (SELECT count(*) FROM account) = 0; END $$");
}

static void one_that_is_killed_leaves_a_database_empty(void **state)
{
    struct desk *desk = *state;
    const char *uri = postgres_empty();
    int killed = 0;
    fill_house(desk);
    for (unsigned delay_us = 20000; delay_us < 2000000; delay_us += delay_us / 3) {
        bool done = copy_and_kill(desk, desk->folder, uri, delay_us);
        if (done) {
            expect_whole_at(desk, uri);
            break;
        }
        killed++;
    }
    assert_true(killed > 0);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_folder_is_copied_as_it_is),
        ON_SQLITE(the_copy_goes_on_where_the_store_was),
        ON_SQLITE(what_is_in_use_or_not_new_is_refused),
        ON_SQLITE(a_broken_history_is_not_copied),
        ON_SQLITE(a_disk_that_fails_leaves_no_store),
        ON_SQLITE(one_that_is_killed_leaves_no_store),
#if HAVE_POSTGRES
        ON_SQLITE(there_and_back_it_is_the_same),
        ON_SQLITE(one_database_is_copied_to_another),
        ON_SQLITE(a_database_that_is_in_use_or_not_new_is_refused),
        ON_SQLITE(servers_find_what_they_share),
        ON_SQLITE(a_broken_history_leaves_a_database_empty),
        ON_SQLITE(what_arrives_otherwise_is_found),
        ON_SQLITE(what_cannot_be_held_is_told),
        ON_SQLITE(one_that_is_killed_leaves_a_database_empty),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
