// SPDX-License-Identifier: Apache-2.0
// Opening: what stops the start, and in which words.
#include "keeping.h"

#include "store/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_refused(const char *folder, const char *words)
{
    struct store *store = NULL;
    struct store_error error = {0};
    assert_false(store_open_sqlite(folder, &store, &error));
    assert_null(store);
    if (strstr(error.text, words) == NULL || strstr(error.text, folder) == NULL)
        fail_msg("expected \"%s\", got: %s", words, error.text);
}

static void write_file(const struct desk *desk, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", desk->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_folder_is_for_one_server(void **state)
{
    struct desk *desk = *state;
    char process[32];
    snprintf(process, sizeof process, "in use by another process, %d", (int)getpid());
    expect_refused(desk->folder, process);
    desk_reopen(desk); // free again after closing
}

static void a_server_that_died_does_not_keep_the_folder(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        _exit(store_open_sqlite(desk->folder, &store, &desk->error) ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
    struct store *store;
    assert_true(store_open_sqlite(desk->folder, &store, &desk->error));
    store_close(store);
}

static void a_new_folder_is_made_for_its_owner_only(void **state)
{
    struct desk *desk = *state;
    char folder[160], path[200];
    snprintf(folder, sizeof folder, "%s-new", desk->folder);
    struct store *store;
    mode_t mask = umask(0);
    assert_true(store_open_sqlite(folder, &store, &desk->error));
    umask(mask);
    static const struct {
        const char *name;
        mode_t mode;
    } files[] = {{".", 0700}, {"lock", 0600}, {"usher.db", 0600}, {"usher.db-wal", 0600}, {"usher.db-shm", 0600}};
    for (size_t i = 0; i < 5; i++) {
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, files[i].mode);
    }
    store_close(store);
    remove_folder(folder);
}

static void closing_leaves_one_file(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 10);
    desk_shut(desk);
    char path[160];
    snprintf(path, sizeof path, "%s/usher.db-wal", desk->folder);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_folder_below_nothing_is_not_made(void **state)
{
    (void)state;
    expect_refused("/tmp/no such folder/data", "No such file or directory");
}

static void a_file_is_no_folder(void **state)
{
    struct desk *desk = *state;
    char path[160];
    write_file(desk, "text", "x");
    snprintf(path, sizeof path, "%s/text", desk->folder);
    expect_refused(path, "is not a folder");
}

static void a_newer_store_is_left_alone(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 2);
    desk_shut(desk);
    tamper(desk, "UPDATE meta SET value = 99 WHERE name = 'schema_version'");
    expect_refused(desk->folder, "newer Usher (schema 99");
    struct breaks breaks = {0};
    struct verified verified;
    assert_false(store_verify(desk->folder, note_break, &breaks, &verified, &desk->error));
    assert_non_null(strstr(desk->error.text, "newer Usher"));
    tamper(desk, "UPDATE meta SET value = 3 WHERE name = 'schema_version'");
    struct store *store;
    assert_true(store_open_sqlite(desk->folder, &store, &desk->error));
    store_close(store);
}

static void a_foreign_database_is_left_alone(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    char path[160];
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    unlink(path);
    tamper(desk, "CREATE TABLE album (title TEXT)");
    expect_refused(desk->folder, "not a store of Usher's");
}

static void what_is_no_database_is_left_alone(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_file(desk, "usher.db", text);
    expect_refused(desk->folder, "not a store of Usher's");
}

static void a_damaged_store_is_not_opened(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 100);
    desk_shut(desk);
    char path[160], zeros[4096] = {0};
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    int file = open(path, O_RDWR);
    // The page that tells the tables: the head of the file stays.
    assert_int_equal(pwrite(file, zeros, sizeof zeros - 100, 100), sizeof zeros - 100);
    close(file);
    expect_refused(desk->folder, "damaged");
}

// Root may write anywhere, so the child becomes somebody else.
static void a_folder_that_cannot_be_written_is_told(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    if (getuid() != 0)
        skip();
    assert_int_equal(chmod(desk->folder, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct store_error error = {0};
        if (setuid(65534) != 0 || store_open_sqlite(desk->folder, &store, &error))
            _exit(1);
        _exit(strstr(error.text, "Cannot write in the folder") != NULL && strstr(error.text, desk->folder) != NULL ? 0
                                                                                                                   : 2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_database_that_cannot_be_written_is_told(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    if (getuid() != 0)
        skip();
    char path[160];
    assert_int_equal(chmod(desk->folder, 0777), 0);
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    assert_int_equal(chmod(path, 0444), 0);
    snprintf(path, sizeof path, "%s/lock", desk->folder);
    assert_int_equal(chmod(path, 0666), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store;
        struct store_error error = {0};
        if (setuid(65534) != 0 || store_open_sqlite(desk->folder, &store, &error))
            _exit(1);
        _exit(strstr(error.text, "Cannot write in the folder") != NULL ? 0 : 2);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect_no_scan(sqlite3 *db, const char *sql)
{
    char explain[2000];
    sqlite3_stmt *statement;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(db, explain, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);
        // What is small, or wanted whole, may be scanned.
        static const char *const allowed[] = {"SCAN counter",   "SCAN account", "SCAN product",     "SCAN tree",
                                              "SCAN (subquery", "SCAN a",       "SCAN CONSTANT ROW"};
        bool fine = strncmp(detail, "SCAN", 4) != 0;
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
            fine = fine || strncmp(detail, allowed[i], strlen(allowed[i])) == 0;
        if (!fine)
            fail_msg("%s: %s", sql, detail);
    }
    sqlite3_finalize(statement);
}

// A statement that scans grows with the store.
static void no_statement_of_the_writer_scans(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    char path[160];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = STATEMENT_PUT_EVENT; i < STATEMENT_COUNT; i++)
        expect_no_scan(db, statement_sql[i]);
    for (size_t i = 0; i < ROW_KINDS_ALONE; i++) {
        expect_no_scan(db, row_sql[i].insert);
        expect_no_scan(db, row_sql[i].update);
        expect_no_scan(db, row_sql[i].erase);
        expect_no_scan(db, row_sql[i].load);
    }
    for (size_t i = 0; i < NARROW_COUNT; i++)
        expect_no_scan(db, narrow_sql[i]);
    sqlite3_close(db);
}

// Statements over rows are written by hand; the field tables say what must stand in them.
static void columns_are_the_fields_of_the_row(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    char path[160], sql[1000];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/usher.db", desk->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t kind = 0; kind < ROW_KINDS_ALONE; kind++) {
        const struct row_type *type = &row_types[kind];
        sqlite3_stmt *statement;
        snprintf(sql, sizeof sql, "SELECT %s FROM %s", row_sql[kind].columns, row_sql[kind].table);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_column_count(statement), type->field_count);
        for (size_t i = 0; i < type->field_count; i++)
            assert_string_equal(sqlite3_column_name(statement, (int)i), type->fields[i].name);
        sqlite3_finalize(statement);
        assert_int_equal(sqlite3_prepare_v2(db, row_sql[kind].insert, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_bind_parameter_count(statement), type->field_count + 1);
        sqlite3_finalize(statement);
    }
    for (size_t i = 0; i < NARROW_COUNT; i++) {
        for (size_t j = 0; narrow_updates[i].sets[j] != NULL; j++)
            assert_non_null(strstr(narrow_sql[i], narrow_updates[i].sets[j]));
    }
    sqlite3_close(db);
}

static void a_store_of_the_first_version_is_brought_up_to_date(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 2);
    desk_shut(desk);
    tamper(desk, "DROP INDEX session_revoked; DROP INDEX seat_product; DROP INDEX seat_level;"
                 "DROP INDEX denial_product; DROP INDEX event_other");
    tamper(desk, "DROP TABLE sign_in; UPDATE meta SET value = 1 WHERE name = 'schema_version';"
                 "ALTER TABLE app_user DROP COLUMN password; ALTER TABLE app_user DROP COLUMN invitation;"
                 "ALTER TABLE app_user DROP COLUMN password_set_at; ALTER TABLE app_user DROP COLUMN invited_until");
    desk_reopen(desk);
    struct loaded loaded = load(desk, 1, 0);
    struct user_row user = a_user(7), with = user;
    assert_true(row_same(ROW_USER, loaded_row(&loaded, ROW_USER, 7), &user));
    // What was written before says the same as what is there now.
    expect_whole(desk);
    struct sign_in_row sign_in = {.id = 9, .user = 7, .created_at = 9, .last_used_at = 9};
    with.password = "$argon2id$v=19$";
    with.password_set_at = at_s(60);
    begin(desk);
    write_fact(desk, 1, at_s(60), FACT_PASSWORD_SET, &user, &with);
    write_fact(desk, 1, at_s(60), FACT_SIGN_IN_CREATED, NULL, &sign_in);
    commit(desk);
    expect_whole(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_folder_is_for_one_server),
        ON_SQLITE(a_server_that_died_does_not_keep_the_folder),
        ON_SQLITE(a_new_folder_is_made_for_its_owner_only),
        ON_SQLITE(closing_leaves_one_file),
        ON_SQLITE(a_folder_below_nothing_is_not_made),
        ON_SQLITE(a_file_is_no_folder),
        ON_SQLITE(a_newer_store_is_left_alone),
        ON_SQLITE(a_store_of_the_first_version_is_brought_up_to_date),
        ON_SQLITE(a_foreign_database_is_left_alone),
        ON_SQLITE(what_is_no_database_is_left_alone),
        ON_SQLITE(a_damaged_store_is_not_opened),
        ON_SQLITE(a_folder_that_cannot_be_written_is_told),
        ON_SQLITE(a_database_that_cannot_be_written_is_told),
        ON_SQLITE(no_statement_of_the_writer_scans),
        ON_SQLITE(columns_are_the_fields_of_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
