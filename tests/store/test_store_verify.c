// SPDX-License-Identifier: Apache-2.0
// Whatever is changed behind the server's back is found.
#define _GNU_SOURCE // memmem
#include "keeping.h"
#include "postgres.h"

#include <sqlite3.h>

static void a_store_that_nobody_touched_is_whole(void **state)
{
    struct desk *desk = *state;
    expect_whole(desk); // empty
    fill_store(desk, 10);
    struct verified verified;
    struct breaks breaks = verify(desk, &verified);
    assert_int_equal(breaks.count, 0);
    assert_int_equal(verified.accounts, 3); // with the service itself
    assert_int_equal(verified.events, 16 + 15);
    assert_int_equal(verified.rows, 16 + 10);
    desk_reopen(desk);
    expect_whole(desk);
}

// Takes away the triggers that keep the history, as somebody with the file at hand could.
static const char open_doors[] = "DROP TRIGGER event_stays; DROP TRIGGER event_is_kept;";

static void the_history_cannot_be_changed_through_sql(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 2);
    char file[160];
    sqlite3 *db;
    snprintf(file, sizeof file, "%s/usher.db", desk->folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE event SET data = '{}'", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event WHERE seq > 3", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    expect_whole(desk);
}

static void each_column_of_an_event_is_covered(void **state)
{
    struct desk *desk = *state;
    static const char *const changes[] = {
        "at = at + 1",
        "kind = 'session.released'",
        "subject = 'SN-4'",
        "actor_role = 'operator'",
        "actor_role = NULL",
        "actor_key = 6",
        "actor_key = NULL",
        "actor_user = 5",
        "actor_organization = 1",
        "data = replace(data, 'ws-17', 'ws-18')",
        "data = data || ' '",
        "organization = 1002",
        "organization = NULL",
        "user = 8",
        "hash = randomblob(32)",
        "hash = zeroblob(31)",
        "seq = seq + 1000",
        "account_id = 2",
        "account_id = 3",
        "actor_role = 'king'",
    };
    fill_store(desk, 10);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char sql[512];
        // Event 20 of AC-1; put back afterwards.
        snprintf(sql, sizeof sql,
                 "BEGIN; %s CREATE TABLE kept AS SELECT rowid AS place, * FROM event WHERE account_id = 1 AND seq = 20;"
                 "UPDATE event SET %s WHERE account_id = 1 AND seq = 20; COMMIT",
                 open_doors, changes[i]);
        tamper(desk, sql);
        struct verified verified;
        struct breaks breaks = verify(desk, &verified);
        if (breaks.count == 0 || breaks.account != 1 || breaks.seq != 20)
            fail_msg("%s: %d breaks, AC-%d, event %d: %s", changes[i], (int)breaks.count, (int)breaks.account,
                     (int)breaks.seq, breaks.what);
        tamper(desk, "BEGIN; DELETE FROM event WHERE rowid = (SELECT place FROM kept);"
                     "INSERT INTO event (rowid, account_id, seq, at, kind, subject, actor_role, actor_key, actor_user,"
                     "actor_organization, data, organization, user, hash) SELECT * FROM kept; DROP TABLE kept;"
                     "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT 1; END;"
                     "CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT 1; END; COMMIT");
        expect_whole(desk);
    }
}

static void an_event_taken_out_is_missed(void **state)
{
    struct desk *desk = *state;
    struct verified verified;
    fill_store(desk, 10);
    tamper(desk, open_doors);
    tamper(desk, "DELETE FROM event WHERE account_id = 1 AND seq = 7");
    struct breaks breaks = verify(desk, &verified);
    assert_true(breaks.count >= 1);
    assert_int_equal(breaks.seq, 7);
    assert_non_null(strstr(breaks.what, "missing"));
}

static void a_history_cut_at_its_end_is_seen_by_what_is_there(void **state)
{
    struct desk *desk = *state;
    struct verified verified;
    fill_store(desk, 10);
    tamper(desk, open_doors);
    tamper(desk, "DELETE FROM event WHERE account_id = 1 AND subject = 'SN-10'");
    struct breaks breaks = verify(desk, &verified);
    assert_int_equal(breaks.count, 1);
    assert_string_equal(breaks.what, "SN-10 has no history");
}

// One of a user, one of the operator's.
static void add_sign_ins(struct desk *desk)
{
    struct sign_in_row sign_in = {.id = 9, .user = 7, .created_at = 9, .last_used_at = 9};
    struct sign_in_row of_operator = {.id = 10, .created_at = 9, .last_used_at = 9};
    begin(desk);
    write_fact(desk, 1, at_s(30), FACT_SIGN_IN_CREATED, NULL, &sign_in);
    write_fact(desk, 0, at_s(30), FACT_SIGN_IN_CREATED, NULL, &of_operator);
    commit(desk);
}

// Changes of the present, in the SQL of either database, and what is said of each.
static const struct {
    const char *sql, *what;
} changes[] = {
    {"DELETE FROM session WHERE id = 4", "SN-4 is missing"},
    {"UPDATE session SET count = 4 WHERE id = 4", "SN-4 is {"},
    {"UPDATE session SET state = 'active', ended_at = NULL WHERE id = 5", "SN-5 is {"},
    {"UPDATE session SET state = 'on' WHERE id = 5", "SN-5 cannot be read"},
    {"INSERT INTO session SELECT account_id, 99, product, \"user\", level, via, count, state, reason, project, "
     "organization, machine, ttl_s, origin, started_at, expires_at, ended_at, cooldown_until, borrowed, key, "
     "idempotency_key FROM session WHERE id = 4",
     "SN-99 has no history"},
    {"UPDATE dedication SET dedicated = 21", "OG-1001/KRE is {"},
    {"UPDATE purchase SET quantity = 6", "PU-1 is {"},
    {"UPDATE app_user SET role = 'account_admin'", "US-7 is {"},
    {"UPDATE account SET plan = 'premium' WHERE id = 2", "AC-2 is {"},
    {"UPDATE organization SET parent = NULL WHERE id = 1002", "OG-1002 is {"},
    {"UPDATE project SET name = 'Movie'", "PR-4 is {"},
    {"DELETE FROM membership", "PR-4/US-7 is missing"},
    {"UPDATE seat SET level = 0", "ST-3 is {"},
    {"UPDATE seat_machine SET activated_at = 8", "ST-3/a/b"},
    {"DELETE FROM seat_machine", "ST-3/a/b"},
    {"UPDATE cooldown SET until_at = 91", "US-7/KRE is {"},
    {"DELETE FROM shortfall", "KRE is missing"},
    {"UPDATE api_key SET revoked_at = 5", "AK-5 is {"},
    {"UPDATE app_user SET password_set_at = 5", "US-7 is {"},
    {"UPDATE sign_in SET \"user\" = 8 WHERE id = 9", "SI-9 is {"},
    {"DELETE FROM sign_in WHERE id = 9", "SI-9 is missing"},
    {"UPDATE sign_in SET \"user\" = 7 WHERE id = 10", "SI-10 is {"},
    {"INSERT INTO sign_in SELECT account_id, 11, \"user\", created_at, last_used_at, hash FROM sign_in WHERE id = 9",
     "SI-11 has no history"},
    {"UPDATE counter SET next = 10 WHERE kind = 'api_key'", "the next id of a sign_in is to be 10"},
    {"DELETE FROM counter WHERE kind = 'project'", "the next id of a project is to be 0, but 4 was given"},
    {"UPDATE product SET name = 'x' WHERE code = 'PEN'", "PEN is {"},
    {"UPDATE counter SET next = 3 WHERE kind = 'session'", "the next id of a session is to be 3"},
};

static void prepare_present(struct desk *desk)
{
    fill_store(desk, 10);
    add_sign_ins(desk);
    desk_shut(desk);
}

static void expect_change(size_t i, const struct breaks *breaks)
{
    if (breaks->count != 1 || strncmp(breaks->what, changes[i].what, strlen(changes[i].what)) != 0)
        fail_msg("%s: %d breaks: %s", changes[i].sql, (int)breaks->count, breaks->what);
}

static void present_rows_are_compared_with_the_history(void **state)
{
    struct desk *desk = *state;
    char copy[600];
    prepare_present(desk);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        snprintf(copy, sizeof copy, "cp %s/usher.db %s/copy.db", desk->folder, desk->folder);
        assert_int_equal(system(copy), 0);
        tamper(desk, changes[i].sql);
        struct verified verified;
        struct breaks breaks = verify(desk, &verified);
        expect_change(i, &breaks);
        snprintf(copy, sizeof copy, "rm -f %s/usher.db-*; mv %s/copy.db %s/usher.db", desk->folder, desk->folder,
                 desk->folder);
        assert_int_equal(system(copy), 0);
    }
}

static void what_writes_no_history_may_differ(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 10);
    add_sign_ins(desk);
    tamper(desk, "UPDATE session SET expires_at = 5; UPDATE seat SET last_used_at = 5;"
                 "UPDATE api_key SET last_used_at = 5; UPDATE sign_in SET last_used_at = 5");
    expect_whole(desk);
}

static void flip(const char *file, long place)
{
    FILE *stream = fopen(file, "r+b");
    assert_non_null(stream);
    assert_int_equal(fseek(stream, place, SEEK_SET), 0);
    int byte = fgetc(stream);
    assert_int_equal(fseek(stream, place, SEEK_SET), 0);
    fputc(byte ^ 1, stream);
    fclose(stream);
}

static long find(const char *file, const char *text)
{
    FILE *stream = fopen(file, "rb");
    assert_non_null(stream);
    char *bytes = calloc(1, 1 << 20);
    size_t length = fread(bytes, 1, 1 << 20, stream);
    fclose(stream);
    const char *found = memmem(bytes, length, text, strlen(text));
    assert_non_null(found);
    long place = found - bytes;
    free(bytes);
    return place;
}

static void a_byte_flipped_on_the_disk_is_found(void **state)
{
    struct desk *desk = *state;
    fill_store(desk, 10);
    desk_shut(desk);
    char file[160];
    snprintf(file, sizeof file, "%s/usher.db", desk->folder);
    tamper(desk, "VACUUM"); // no bytes of the past between the rows
    // In an event's data, in its kind, in its actor, and in a page's own head.
    const long places[] = {find(file, "{\"before\":null,\"after\":{\"id\":\"SN-9\"") + 40,
                           find(file, "session.expired"), find(file, "account_admin"), 2 * 4096 + 3};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct verified verified;
        expect_whole(desk);
        flip(file, places[i]);
        if (verify(desk, &verified).count == 0)
            fail_msg("the byte at %ld was not missed", places[i]);
        flip(file, places[i]);
    }
    expect_whole(desk);
}

static void what_is_no_store_is_not_verified(void **state)
{
    struct desk *desk = *state;
    struct verified verified;
    struct breaks breaks = {0};
    assert_false(store_verify("/tmp/no such folder", note_break, &breaks, &verified, &desk->error));
    assert_non_null(strstr(desk->error.text, "/tmp/no such folder/usher.db"));
    char file[160];
    snprintf(file, sizeof file, "%s/text", desk->folder);
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    for (int i = 0; i < 1000; i++)
        fputs("no database", stream);
    fclose(stream);
    assert_false(store_verify_file(file, note_break, &breaks, &verified, &desk->error));
    assert_non_null(strstr(desk->error.text, "not a store"));
}

#if HAVE_POSTGRES

static void note_nothing(void *arg, const char *table, uint64_t from_rows, uint64_t to_rows)
{
    (void)arg, (void)table, (void)from_rows, (void)to_rows;
}

// The desk's store in PostgreSQL, in a database that is empty before.
static const char *move(struct desk *desk)
{
    struct breaks breaks = {0};
    struct copied copied;
    const char *uri = postgres_empty();
    const struct copy_order order = {
        .from = desk->folder, .to = uri, .told = note_nothing, .sink = note_break, .arg = &breaks};
    if (!store_copy(&order, &copied, &desk->error) || breaks.count > 0)
        fail_msg("%s%s", desk->error.text, breaks.what);
    return uri;
}

static struct breaks verify_there(struct desk *desk, const char *uri, struct verified *ret_verified)
{
    struct breaks breaks = {0};
    if (!store_verify_uri(uri, note_break, &breaks, ret_verified, &desk->error))
        fail_msg("%s", desk->error.text);
    assert_int_equal(ret_verified->breaks, breaks.count);
    return breaks;
}

static void present_rows_are_compared_in_postgres(void **state)
{
    struct desk *desk = *state;
    prepare_present(desk);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct verified verified;
        const char *uri = move(desk);
        postgres_run(changes[i].sql);
        struct breaks breaks = verify_there(desk, uri, &verified);
        expect_change(i, &breaks);
    }
}

static void each_column_of_an_event_is_covered_in_postgres(void **state)
{
    struct desk *desk = *state;
    static const char *const sets[] = {
        "at = at + 1",
        "kind = 'session.released'",
        "subject = 'SN-4'",
        "actor_role = 'operator'",
        "actor_role = NULL",
        "actor_role = 'king'",
        "actor_key = NULL",
        "actor_user = 5",
        "actor_organization = 1",
        "data = data || ' '",
        "organization = NULL",
        "\"user\" = 8",
        "hash = decode(repeat('00', 32), 'hex')",
        "hash = decode(repeat('00', 31), 'hex')",
        "account_id = 3",
    };
    prepare_present(desk);
    const char *uri = move(desk);
    postgres_run("ALTER TABLE event DISABLE TRIGGER USER; "
                 "CREATE TABLE kept AS SELECT * FROM event WHERE account_id = 1 AND seq = 20");
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char sql[512];
        struct verified verified;
        snprintf(sql, sizeof sql, "UPDATE event SET %s WHERE account_id = 1 AND seq = 20", sets[i]);
        postgres_run(sql);
        struct breaks breaks = verify_there(desk, uri, &verified);
        if (breaks.count == 0 || breaks.account != 1 || breaks.seq != 20)
            fail_msg("%s: %d breaks, AC-%d, event %d: %s", sets[i], (int)breaks.count, (int)breaks.account,
                     (int)breaks.seq, breaks.what);
        postgres_run("DELETE FROM event WHERE (account_id = 1 AND seq = 20) OR account_id = 3; "
                     "INSERT INTO event SELECT * FROM kept");
        breaks = verify_there(desk, uri, &verified);
        assert_int_equal(breaks.count, 0);
    }
    postgres_run("DELETE FROM event WHERE account_id = 1 AND seq = 7");
    struct verified verified;
    struct breaks breaks = verify_there(desk, uri, &verified);
    assert_int_equal(breaks.seq, 7);
    assert_non_null(strstr(breaks.what, "missing"));
}

static void what_servers_share_is_compared_with_the_history(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *sql, *what;
    } shared[] = {
        {"UPDATE account_state SET event_seq = 28 WHERE account_id = 1",
         "the database is damaged: servers would go on behind event 28 of AC-1, whose history ends with 29"},
        {"UPDATE account_state SET event_hash = decode(repeat('00', 32), 'hex') WHERE account_id = 0",
         "the database is damaged: servers would go on behind event 3 of AC-0, whose history ends with 3"},
        {"DELETE FROM account_state WHERE account_id = 2",
         "the database is damaged: servers would go on behind event 0 of AC-2, whose history ends with 1"},
    };
    prepare_present(desk);
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
        struct verified verified;
        const char *uri = move(desk);
        postgres_run(shared[i].sql);
        struct breaks breaks = verify_there(desk, uri, &verified);
        assert_int_equal(breaks.count, 1);
        if (strncmp(breaks.what, shared[i].what, strlen(shared[i].what)) != 0)
            fail_msg("%s", breaks.what);
    }
}

// More rows than are asked for at once, and than come at once.
static void a_long_history_is_read_to_its_end_in_postgres(void **state)
{
    struct desk *desk = *state;
    struct verified verified;
    fill_store(desk, 2500);
    desk_shut(desk);
    const char *uri = move(desk);
    struct breaks breaks = verify_there(desk, uri, &verified);
    assert_int_equal(breaks.count, 0);
    assert_int_equal(verified.accounts, 3);
    assert_int_equal(verified.events, 16 + 3750);
    assert_int_equal(verified.rows, 16 + 2500);
    postgres_run("UPDATE session SET count = 4 WHERE id IN (1, 1250, 2500)");
    breaks = verify_there(desk, uri, &verified);
    assert_int_equal(breaks.count, 3);
    postgres_run("DROP TABLE membership");
    assert_false(store_verify_uri(uri, note_break, &breaks, &verified, &desk->error));
    assert_non_null(strstr(desk->error.text, "membership"));
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_store_that_nobody_touched_is_whole),
        ON_SQLITE(the_history_cannot_be_changed_through_sql),
        ON_SQLITE(each_column_of_an_event_is_covered),
        ON_SQLITE(an_event_taken_out_is_missed),
        ON_SQLITE(a_history_cut_at_its_end_is_seen_by_what_is_there),
        ON_SQLITE(present_rows_are_compared_with_the_history),
        ON_SQLITE(what_writes_no_history_may_differ),
        ON_SQLITE(a_byte_flipped_on_the_disk_is_found),
        ON_SQLITE(what_is_no_store_is_not_verified),
#if HAVE_POSTGRES
        ON_SQLITE(present_rows_are_compared_in_postgres),
        ON_SQLITE(each_column_of_an_event_is_covered_in_postgres),
        ON_SQLITE(what_servers_share_is_compared_with_the_history),
        ON_SQLITE(a_long_history_is_read_to_its_end_in_postgres),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
