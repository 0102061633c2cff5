// SPDX-License-Identifier: Apache-2.0
#include "house.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

void expect_lease_keys(const char *folder)
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

void fill_house(struct desk *desk)
{
    char archive[PATH];
    snprintf(archive, sizeof archive, "%s-archive", desk->folder);
    fill_store(desk, SESSIONS);
    furnish(desk);
    desk_shut(desk);
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

bool copy(struct desk *desk, const char *from, const char *to, struct told *told)
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

void copy_well(struct desk *desk, const char *from, const char *to)
{
    struct told told = {0};
    if (!copy(desk, from, to, &told) || told.breaks.count > 0)
        fail_msg("%s to %s: %s%s", from, to, desk->error.text, told.breaks.what);
    assert_int_equal(told.tables, 22);
    assert_true(told.rows > SESSIONS);
}

void refuse(struct desk *desk, const char *from, const char *to, const char *words)
{
    struct told told = {0};
    if (copy(desk, from, to, &told))
        fail_msg("%s to %s was not refused", from, to);
    if (strstr(desk->error.text, words) == NULL)
        fail_msg("%s to %s: %s", from, to, desk->error.text);
}

void beside(const struct desk *desk, const char *name, char path[PATH])
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

void expect_same(const char *one_folder, const char *other_folder)
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

void expect_whole_at(struct desk *desk, const char *place)
{
    struct breaks breaks = {0};
    struct verified verified;
    bool read = store_is_uri(place) ? store_verify_uri(place, note_break, &breaks, &verified, &desk->error)
                                    : store_verify(place, note_break, &breaks, &verified, &desk->error);
    if (!read || breaks.count > 0)
        fail_msg("%s: %s%s", place, desk->error.text, breaks.what);
    assert_true(verified.events > SESSIONS);
}

void expect_no_store(const char *folder)
{
    char file[PATH + 16];
    snprintf(file, sizeof file, "%s/usher.db", folder);
    assert_int_equal(access(file, F_OK), -1);
}

bool copy_and_kill(struct desk *desk, const char *from, const char *to, unsigned delay_us)
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
