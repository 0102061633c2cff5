// SPDX-License-Identifier: Apache-2.0
// What is PostgreSQL's own: who may open it, and what becomes of a transaction when the connection or the server goes.
#include "support.h"

#include "postgres.h"
#include "store/postgres.h"
#include "store/schema.h"

#include <pthread.h>

static enum store_status acquire(struct desk *desk, uint64_t id)
{
    struct actor nobody = {.nobody = true};
    struct session_row row = a_session(id);
    return store_write(desk->store, 1, at_s(1), &nobody, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &row},
                       &desk->error);
}

static enum store_status acquire_and_commit(struct desk *desk, uint64_t id)
{
    enum store_status status = store_begin(desk->store, &desk->error);
    if (status != STORE_OK)
        return status;
    status = acquire(desk, id);
    if (status == STORE_OK)
        return store_commit(desk->store, &desk->error);
    store_rollback(desk->store);
    return status;
}

static void expect_sessions(struct desk *desk, size_t count)
{
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    assert_int_equal(load(desk, 1, 0).count, count);
    assert_int_equal(history.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
}

static void expect_said(const struct desk *desk, const char *part)
{
    if (strstr(desk->error.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, desk->error.text);
}

static void make_products(struct desk *desk)
{
    begin(desk);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &kre);
    commit(desk);
}

// ---- Opening

static void expect_not_opened(struct desk *desk, const char *uri, const char *said)
{
    struct store *store = NULL;
    assert_false(store_open_postgres(uri, &store, &desk->error));
    assert_null(store);
    expect_said(desk, said);
}

static void a_newer_schema_is_refused(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    postgres_run("UPDATE meta SET value = 1000 WHERE name = 'schema_version'");
    expect_not_opened(desk, desk->uri, "newer Usher (schema 1000, this one knows up to ");
}

static void a_store_of_the_first_version_is_brought_up_to_date(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    desk->uri = postgres_empty();
    postgres_run(postgres_steps[0]);
    postgres_run("INSERT INTO meta (name, value) VALUES ('schema_version', 1)");
    postgres_run("UPDATE counter SET next = 12 WHERE kind = 'session'");
    desk_reopen(desk);
    make_products(desk);
    assert_int_equal(acquire_and_commit(desk, 12), STORE_OK);
    struct numbers numbers;
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    assert_int_equal(numbers.next[ID_SESSION], 12);
}

static void tables_of_others_are_left_alone(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    postgres_empty();
    postgres_run("CREATE TABLE session (a int); INSERT INTO session VALUES (7)");
    expect_not_opened(desk, desk->uri, "tables that are not Usher's");
    postgres_run("INSERT INTO session SELECT 1 / count(*) FROM session WHERE a = 7");
    postgres_empty();
    postgres_run("CREATE TABLE meta (key text)");
    expect_not_opened(desk, desk->uri, "tables that are not Usher's");
}

static void what_cannot_be_reached_is_told_without_the_password(void **state)
{
    struct desk *desk = *state;
    expect_not_opened(desk, "postgresql://usher:hush@/db?host=/tmp/no-such-folder", "/tmp/no-such-folder");
    assert_null(strstr(desk->error.text, "hush"));
    expect_not_opened(desk, "postgresql://usher:hush@[", "cannot be read");
    assert_null(strstr(desk->error.text, "hush"));
    expect_not_opened(desk, "host=/tmp password=hush pasword=hush", "cannot be read");
    assert_null(strstr(desk->error.text, "hush"));
    char uri[300];
    snprintf(uri, sizeof uri, "%s&dbname=nowhere", desk->uri);
    expect_not_opened(desk, uri, "nowhere");
}

static void a_database_of_another_encoding_is_refused(void **state)
{
    struct desk *desk = *state;
    char uri[300];
    postgres_run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    snprintf(uri, sizeof uri, "%s&dbname=latin", desk->uri);
    expect_not_opened(desk, uri, "encoding LATIN1");
    postgres_run("DROP DATABASE latin");
}

// Of several hosts, the first that can be written is taken.
static void one_of_several_hosts_will_do(void **state)
{
    struct desk *desk = *state;
    char uri[300];
    desk_shut(desk);
    const char *host = strstr(desk->uri, "host=") + strlen("host=");
    snprintf(uri, sizeof uri, "postgresql:///postgres?user=usher&host=/tmp/no-such-folder,%.*s",
             (int)strcspn(host, "&"), host);
    desk->uri = uri;
    desk_reopen(desk);
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
}

struct opener {
    pthread_t thread;
    const char *uri;
    struct store *store;
    struct store_error error;
    bool opened;
};

static void *open_one(void *arg)
{
    struct opener *opener = arg;
    opener->opened = store_open_postgres(opener->uri, &opener->store, &opener->error);
    return NULL;
}

static void servers_that_start_at_once_make_one_schema(void **state)
{
    struct desk *desk = *state;
    struct opener openers[4] = {0};
    desk_shut(desk);
    postgres_empty();
    for (size_t i = 0; i < 4; i++) {
        openers[i].uri = desk->uri;
        assert_int_equal(pthread_create(&openers[i].thread, NULL, open_one, &openers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(openers[i].thread, NULL);
        if (!openers[i].opened)
            fail_msg("%s", openers[i].error.text);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(store_node(openers[i].store), store_node(openers[j].store));
    }
    for (size_t i = 0; i < 4; i++)
        store_close(openers[i].store);
}

// ---- When it goes

static void cut(void)
{
    postgres_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'usherd'");
}

static void a_connection_lost_before_the_commit_refuses(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
    const struct session_row *found;
    begin(desk);
    assert_int_equal(acquire(desk, 2), STORE_OK);
    // Asking sends what was written so far.
    assert_int_equal(store_recall_session(desk->store, 1, 2, &desk->arena, &found, &desk->error), STORE_OK);
    assert_non_null(found);
    cut();
    assert_int_equal(store_recall_session(desk->store, 1, 2, &desk->arena, &found, &desk->error), STORE_REFUSED);
    assert_int_equal(store_commit(desk->store, &desk->error), STORE_REFUSED);
    assert_int_equal(acquire_and_commit(desk, 3), STORE_OK);
    // The reader's was cut, too: it says so once.
    struct event *events;
    size_t count;
    bool more;
    assert_false(store_list_events(desk->reader, &(struct history_query){.account = 1, .limit = 9}, &desk->arena,
                                   &events, &count, &more, &desk->error));
    expect_sessions(desk, 2);
}

// Does this at the end of each commit that writes events, which is then under way for all that anybody knows.
static void at_commit(const char *act)
{
    char sql[600];
    snprintf(sql, sizeof sql,
             "CREATE OR REPLACE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s RETURN NULL; END $$;"
             "SET client_min_messages = error; DROP TRIGGER IF EXISTS act ON event;"
             "CREATE CONSTRAINT TRIGGER act AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED "
             "FOR EACH ROW EXECUTE FUNCTION act()",
             act);
    postgres_run(sql);
}

static void a_connection_lost_at_the_commit_is_looked_up(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    at_commit("PERFORM pg_terminate_backend(pg_backend_pid());");
    assert_int_equal(acquire_and_commit(desk, 1), STORE_REFUSED);
    expect_said(desk, "Cannot commit to");
    postgres_run("DROP TRIGGER act ON event");
    expect_sessions(desk, 0);
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
    expect_sessions(desk, 1);
}

static void a_commit_that_the_database_refuses_is_refused(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *act, *said;
    } cases[] = {
        {"RAISE EXCEPTION 'no' USING ERRCODE = '40001';", "another transaction was in the way"},
        {"RAISE EXCEPTION 'no' USING ERRCODE = '40P01';", "another transaction was in the way"},
        {"RAISE EXCEPTION 'no' USING ERRCODE = '53100';", "the disk is full"},
        {"RAISE EXCEPTION 'no' USING ERRCODE = '25006';", "read only"},
    };
    make_products(desk);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        at_commit(cases[i].act);
        assert_int_equal(acquire_and_commit(desk, 1), STORE_REFUSED);
        expect_said(desk, cases[i].said);
    }
    // What only warns was done, and is sure when the looking up is committed without a warning.
    at_commit("RAISE WARNING 'not on the standby';");
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
    postgres_run("DROP TRIGGER act ON event");
    expect_sessions(desk, 1);
    assert_int_equal(acquire_and_commit(desk, 2), STORE_OK);
    expect_sessions(desk, 2);
}

static void a_standby_is_not_written(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    desk_shut(desk);
    postgres_run("ALTER DATABASE postgres SET default_transaction_read_only = on");
    expect_not_opened(desk, desk->uri, "read-only");
    postgres_run("SET transaction_read_only = off; ALTER DATABASE postgres RESET default_transaction_read_only");
}

static void what_was_acknowledged_outlives_a_crash(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(acquire_and_commit(desk, 2 * id), STORE_OK);
        begin(desk);
        assert_int_equal(acquire(desk, 2 * id + 1), STORE_OK);
        postgres_crash();
        // Begun before the crash: nobody heard of the commit, or the database never did.
        assert_int_not_equal(store_commit(desk->store, &desk->error), STORE_OK);
        desk_reopen(desk);
        expect_sessions(desk, id);
    }
}

// ---- What it holds

static void a_transaction_may_be_longer_than_the_pipeline(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    begin(desk);
    for (uint64_t id = 1; id <= 450; id++)
        assert_int_equal(acquire(desk, id), STORE_OK);
    commit(desk);
    expect_sessions(desk, 450);
    // One that is there already, among many: all or nothing.
    begin(desk);
    enum store_status status = STORE_OK;
    for (uint64_t id = 901; id > 450 && status == STORE_OK; id--)
        status = acquire(desk, id == 451 ? 450 : id);
    if (status == STORE_OK)
        status = store_commit(desk->store, &desk->error);
    else
        store_rollback(desk->store);
    assert_int_equal(status, STORE_REFUSED);
    expect_said(desk, "contradicts what is there");
    expect_sessions(desk, 450);
}

// Asks the writer's own connection, whose settings and statements are meant.
static PGresult *ask_writer(struct desk *desk, const char *sql)
{
    struct pg_link *link = &pg_store_of(desk->store)->writer;
    struct pg_values values = {0};
    char name[40];
    static int count;
    PGresult *result = NULL;
    snprintf(name, sizeof name, "asked_%d", count++);
    if (pg_queue_prepare(link, name, sql, 0, NULL, &desk->error) != STORE_OK ||
        pg_queue_asking(link, name, &values, &result, &desk->error) != STORE_OK ||
        pg_finish(link, PG_READ, &desk->error) != STORE_OK)
        fail_msg("%s: %s", sql, desk->error.text);
    return result;
}

// Small ones, which are read whole.
static bool may_be_scanned(const char *line)
{
    static const char *const tables[] = {" on node", " on counter", " on product", " on operator"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strstr(line, tables[i]) != NULL)
            return true;
    }
    return false;
}

static void no_statement_of_the_writer_scans(void **state)
{
    struct desk *desk = *state;
    PGresult *all =
        ask_writer(desk, "SELECT 'EXPLAIN EXECUTE ' || quote_ident(name) || "
                         "coalesce('(' || nullif(array_to_string(array_fill('NULL'::text, "
                         "ARRAY[cardinality(parameter_types)]), ','), '') || ')', ''), statement "
                         "FROM pg_prepared_statements WHERE statement ~ '^(SELECT|WITH|INSERT|DELETE|UPDATE)'");
    assert_in_range(PQntuples(all), 40, 200);
    for (int i = 0; i < PQntuples(all); i++) {
        PGresult *plan = ask_writer(desk, PQgetvalue(all, i, 0));
        for (int j = 0; j < PQntuples(plan); j++) {
            const char *line = PQgetvalue(plan, j, 0);
            if (strstr(line, "Seq Scan") != NULL && !may_be_scanned(line))
                fail_msg("%s: %s", PQgetvalue(all, i, 1), line);
        }
        PQclear(plan);
    }
    PQclear(all);
}

// By which index the writer would find the sessions that end.
static void expect_found_by(struct desk *desk, const char *index)
{
    char sql[100];
    snprintf(sql, sizeof sql, "EXPLAIN EXECUTE narrow_%d(NULL,NULL,NULL,NULL,NULL,NULL,NULL,0)", NARROW_SESSION_ENDS);
    PGresult *plan = ask_writer(desk, sql);
    bool is_found = false;
    for (int i = 0; i < PQntuples(plan) && !is_found; i++)
        is_found = strstr(PQgetvalue(plan, i, 0), index) != NULL;
    PQclear(plan);
    assert_true(is_found);
}

static void plan_anew(struct desk *desk)
{
    begin(desk);
    assert_int_equal(store_forget(desk->store, at_s(2), 1, &desk->error), STORE_OK);
    commit(desk);
}

// While the table is empty, an index that goes through all sessions of the account is as good as the key.
static void a_plan_of_an_empty_table_is_not_kept(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    expect_found_by(desk, "session_");
    assert_int_equal(acquire_and_commit(desk, 7), STORE_OK);
    postgres_run("INSERT INTO session SELECT (jsonb_populate_record(s, jsonb_build_object('id', 100 + i))).* "
                 "FROM session AS s, generate_series(1, 20000) AS i");
    plan_anew(desk);
    expect_found_by(desk, "session_pkey");
}

// So it would be where each account has one session, but for the one that has thousands: what is a mean worth there?
static void rows_are_found_by_their_key_however_few_an_account_has(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    assert_int_equal(acquire_and_commit(desk, 7), STORE_OK);
    postgres_run("INSERT INTO session SELECT (jsonb_populate_record(s, jsonb_build_object("
                 "'account_id', 100 + i, 'id', 100 + i))).* FROM session AS s, generate_series(1, 20000) AS i");
    postgres_run("ANALYZE session");
    plan_anew(desk);
    expect_found_by(desk, "session_pkey");
}

static void the_history_cannot_be_changed_through_sql(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
    static const char *const changes[] = {"UPDATE event SET data = '{}'", "DELETE FROM event", "TRUNCATE event"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "DO $$ BEGIN %s; RAISE EXCEPTION 'it was changed'; "
                 "EXCEPTION WHEN integrity_constraint_violation THEN NULL; END $$",
                 changes[i]);
        postgres_run(sql);
    }
    expect_sessions(desk, 1);
}

static void the_chain_goes_on_behind_an_archive(void **state)
{
    struct desk *desk = *state;
    make_products(desk);
    assert_int_equal(acquire_and_commit(desk, 1), STORE_OK);
    assert_int_equal(acquire_and_commit(desk, 2), STORE_OK);
    postgres_run("INSERT INTO checkpoint SELECT account_id, seq, at, hash FROM event WHERE account_id = 1 AND seq = 2;"
                 "DELETE FROM event WHERE account_id = 1");
    desk_reopen(desk);
    assert_int_equal(acquire_and_commit(desk, 3), STORE_OK);
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    assert_int_equal(history.count, 1);
    assert_int_equal(history.events[0].seq, 3);
}

static void a_backup_is_postgresqls_own_matter(void **state)
{
    struct desk *desk = *state;
    assert_false(store_backup(desk->reader, "/tmp/usher-copy", &desk->error));
    expect_said(desk, "pg_dump");
}

#define ON_POSTGRES(test)                                                                                              \
    {                                                                                                                  \
#test, test, desk_postgres, desk_close, NULL                                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(a_newer_schema_is_refused),
        ON_POSTGRES(a_store_of_the_first_version_is_brought_up_to_date),
        ON_POSTGRES(tables_of_others_are_left_alone),
        ON_POSTGRES(what_cannot_be_reached_is_told_without_the_password),
        ON_POSTGRES(a_database_of_another_encoding_is_refused),
        ON_POSTGRES(one_of_several_hosts_will_do),
        ON_POSTGRES(servers_that_start_at_once_make_one_schema),
        ON_POSTGRES(a_connection_lost_before_the_commit_refuses),
        ON_POSTGRES(a_connection_lost_at_the_commit_is_looked_up),
        ON_POSTGRES(a_commit_that_the_database_refuses_is_refused),
        ON_POSTGRES(a_standby_is_not_written),
        ON_POSTGRES(what_was_acknowledged_outlives_a_crash),
        ON_POSTGRES(a_transaction_may_be_longer_than_the_pipeline),
        ON_POSTGRES(no_statement_of_the_writer_scans),
        ON_POSTGRES(a_plan_of_an_empty_table_is_not_kept),
        ON_POSTGRES(rows_are_found_by_their_key_however_few_an_account_has),
        ON_POSTGRES(the_history_cannot_be_changed_through_sql),
        ON_POSTGRES(the_chain_goes_on_behind_an_archive),
        ON_POSTGRES(a_backup_is_postgresqls_own_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
