// SPDX-License-Identifier: Apache-2.0
// Several servers on one database, and what may go wrong between them and it: connections that are lost or silent at
// any step, locks in a circle, servers that stand still, a database that was away.
#include "sharing.h"

#include "base/check.h"
#include "base/moment.h"
#include "postgres.h"
#include "postgres_proxy.h"
#include "store/postgres.h"

#include <inttypes.h>
#include <pthread.h>
#include <time.h>

static void expect_said(const struct desk *desk, const char *part)
{
    if (strstr(desk->error.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, desk->error.text);
}

static enum store_status write_session(struct desk *desk, uint64_t account, uint64_t session)
{
    struct actor nobody = {.nobody = true};
    struct session_row row = a_session(session);
    row.idempotency_key = NULL;
    return store_write(desk->store, account, at_s(10), &nobody,
                       &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &row}, &desk->error);
}

// Enters the account, writes the session and commits.
static enum store_status try_acquiring(struct desk *desk, uint64_t account, uint64_t session)
{
    struct entered *entered = plan_entering(desk);
    plan_visit(entered, account, 0, true);
    enum store_status status = try_entering(desk, entered);
    if (status != STORE_OK)
        return status;
    status = write_session(desk, account, session);
    if (status == STORE_OK)
        return store_commit(desk->store, &desk->error);
    store_rollback(desk->store);
    return status;
}

static size_t count_sessions(struct desk *desk, uint64_t account)
{
    struct loaded loaded = load(desk, account, 0);
    size_t count = 0;
    for (size_t i = 0; i < loaded.count; i++)
        count += loaded.facts[i].kind == FACT_SESSION_ACQUIRED;
    return count;
}

static bool has_session(struct desk *desk, uint64_t account, uint64_t session)
{
    struct loaded loaded = load(desk, account, 0);
    return loaded_row(&loaded, ROW_SESSION, session) != NULL;
}

static struct pg_link *writer_of(struct desk *desk)
{
    return &pg_store_of(desk->store)->writer;
}

// ---- What it costs

static void entering_is_one_round_trip_and_committing_another(void **state)
{
    struct fleet *fleet = *state;
    struct desk *desk = &fleet->desks[0];
    uint64_t account = make_account(desk), other = make_account(desk);
    struct entered *entered = plan_entering(desk);
    plan_visit(entered, account, 0, true);
    plan_visit(entered, other, 0, true);
    entered->entry.wanted[ID_SESSION] = 2;
    entered->questions[0] = (struct store_question){.account = account, .session = 1};
    entered->questions[1] = (struct store_question){.account = account, .key = 5, .idempotency_key = "again"};
    entered->entry.question_count = 2;
    size_t trips = writer_of(desk)->trips;
    do_enter(desk, entered);
    assert_int_equal(writer_of(desk)->trips - trips, 1);

    const struct session_row *session;
    const struct remembered *answer;
    assert_int_equal(store_recall_session(desk->store, account, 1, &desk->arena, &session, &desk->error), STORE_OK);
    assert_int_equal(
        store_recall(desk->store, account, 5, "again", at_s(1), &desk->arena, &answer, &session, &desk->error),
        STORE_OK);
    struct denial denial = a_denial(9);
    assert_int_equal(write_session(desk, account, entered->entry.numbers.next[ID_SESSION]), STORE_OK);
    assert_int_equal(write_session(desk, other, entered->entry.numbers.next[ID_SESSION] + 1), STORE_OK);
    assert_int_equal(store_put_denial(desk->store, account, &denial, &desk->error), STORE_OK);
    assert_int_equal(store_put_due(desk->store, account, at_s(99), &desk->error), STORE_OK);
    assert_int_equal(store_tell(desk->store, 7, account, &desk->error), STORE_OK);
    commit(desk);
    assert_int_equal(writer_of(desk)->trips - trips, 2);
    // One that wrote nothing ends without waiting, and so does one that is taken back.
    enter(desk, account, 0, true);
    commit(desk);
    enter(desk, account, 0, true);
    store_rollback(desk->store);
    assert_int_equal(writer_of(desk)->trips - trips, 4);
    // All of an account comes at once.
    load(desk, account, 0);
    assert_int_equal(writer_of(desk)->trips - trips, 5);
}

// ---- Several at once

enum { TURNS = 40 };

// A server in a thread of its own: what it remembers are the sessions of two accounts, and who ended them.
struct server {
    pthread_t thread;
    struct desk *desk;
    uint64_t accounts[2];
    int64_t versions[2];
    size_t sessions[2];
    size_t refused;
    char failure[600];
};

struct counting {
    struct server *server;
};

static void count_change(void *arg, const struct store_change *change)
{
    struct server *server = ((struct counting *)arg)->server;
    for (size_t i = 0; i < 2; i++)
        server->sessions[i] +=
            change->account == server->accounts[i] && change->fact != NULL && change->fact->before == NULL;
}

static void count_loaded(void *arg, const struct fact *fact)
{
    *(size_t *)arg += fact->kind == FACT_SESSION_ACQUIRED;
}

static bool load_lost(struct server *server, const struct store_visit *visits)
{
    for (size_t i = 0; i < 2; i++) {
        if (!visits[1 + i].is_lost)
            continue;
        server->sessions[i] = 0;
        if (!store_load_account(server->desk->store, server->accounts[i], 0, count_loaded, &server->sessions[i],
                                &server->desk->error))
            return false;
    }
    return true;
}

// A turn: whoever has the account knows of all that were there before. An account begins with version 1, and each turn
// adds one, so the version tells how many there must be.
static enum store_status take_turn(struct server *server, size_t turn)
{
    struct desk *desk = server->desk;
    size_t which = turn % 2;
    struct store_visit visits[3] = {{0}};
    struct store_entry entry = {.visits = visits, .visit_count = 3, .wanted = {[ID_SESSION] = 1}};
    for (size_t i = 0; i < 2; i++)
        visits[1 + i] = (struct store_visit){
            .account = server->accounts[i], .version = server->versions[i], .is_changed = i == which || turn % 3 == 0};
    enum store_status status = store_enter(desk->store, &entry, count_change, &(struct counting){server}, &desk->error);
    if (status != STORE_OK) {
        server->versions[0] = server->versions[1] = 0;
        return status;
    }
    if (!load_lost(server, visits)) {
        store_rollback(desk->store);
        server->versions[0] = server->versions[1] = 0;
        return STORE_REFUSED;
    }
    for (size_t i = 0; i < 2; i++) {
        server->versions[i] = visits[1 + i].version;
        if (server->sessions[i] + 1 != (size_t)visits[1 + i].version)
            snprintf(server->failure, sizeof server->failure, "turn %zu: %zu sessions in version %" PRId64, turn,
                     server->sessions[i], visits[1 + i].version);
    }
    status = write_session(desk, server->accounts[which], entry.numbers.next[ID_SESSION]);
    if (status == STORE_OK)
        status = store_commit(desk->store, &desk->error);
    else
        store_rollback(desk->store);
    server->versions[which] = status == STORE_OK ? server->versions[which] + 1 : 0;
    server->sessions[which] += status == STORE_OK;
    return status;
}

static void *serve(void *arg)
{
    struct server *server = arg;
    for (size_t turn = 0; turn < TURNS && server->failure[0] == '\0'; turn++) {
        while (take_turn(server, turn) != STORE_OK && server->failure[0] == '\0') {
            if (++server->refused > 20 * TURNS)
                snprintf(server->failure, sizeof server->failure, "refused again and again: %s",
                         server->desk->error.text);
        }
    }
    return NULL;
}

static void expect_chain(struct desk *desk, uint64_t account, size_t count)
{
    struct history history = events_of(desk, &(struct history_query){.account = account, .limit = 1000});
    assert_int_equal(history.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
}

static void servers_take_turns(void **state)
{
    struct fleet *fleet = *state;
    uint64_t first = make_account(&fleet->desks[0]), second = make_account(&fleet->desks[0]);
    struct server servers[FLEET] = {0};
    for (size_t i = 0; i < FLEET; i++) {
        servers[i] = (struct server){.desk = &fleet->desks[i], .accounts = {first, second}};
        assert_int_equal(pthread_create(&servers[i].thread, NULL, serve, &servers[i]), 0);
    }
    for (size_t i = 0; i < FLEET; i++)
        pthread_join(servers[i].thread, NULL);
    for (size_t i = 0; i < FLEET; i++) {
        if (servers[i].failure[0] != '\0')
            fail_msg("server %zu: %s", i, servers[i].failure);
    }
    assert_int_equal(count_sessions(&fleet->desks[0], first), FLEET * TURNS / 2);
    expect_chain(&fleet->desks[0], first, 1 + FLEET * TURNS / 2);
    expect_chain(&fleet->desks[0], second, 1 + FLEET * TURNS / 2);
}

// Two that hold what the other wants next.
struct crossing {
    pthread_t thread;
    struct desk *desk;
    uint64_t account;
    enum store_status status;
};

static void *write_other(void *arg)
{
    struct crossing *crossing = arg;
    crossing->status = write_session(crossing->desk, crossing->account, 100 + crossing->account);
    return NULL;
}

static void locks_in_a_circle_refuse_one(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t first = make_account(a), second = make_account(a);
    begin(a);
    begin(b);
    assert_int_equal(write_session(a, first, 1), STORE_OK);
    assert_int_equal(write_session(b, second, 2), STORE_OK);
    struct crossing crossings[] = {{.desk = a, .account = second}, {.desk = b, .account = first}};
    size_t good = 0;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&crossings[i].thread, NULL, write_other, &crossings[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(crossings[i].thread, NULL);
    for (size_t i = 0; i < 2; i++) {
        if (crossings[i].status == STORE_OK)
            assert_int_equal(store_commit(crossings[i].desk->store, &crossings[i].desk->error), STORE_OK);
        else
            store_rollback(crossings[i].desk->store);
        good += crossings[i].status == STORE_OK;
    }
    assert_int_equal(good, 1);
    assert_int_equal(count_sessions(a, first), 1);
    assert_int_equal(count_sessions(a, second), 1);
}

// Whose process is stopped in the middle of a transaction holds up the others for a while only.
static void who_stands_still_loses_what_it_holds(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    assert_int_equal(pg_queue_sql(writer_of(a), "SET idle_in_transaction_session_timeout = 100", &a->error), STORE_OK);
    enter(a, account, 0, true);
    assert_int_equal(write_session(a, account, 1), STORE_OK);
    assert_int_equal(try_acquiring(b, account, 2), STORE_OK);
    assert_int_equal(store_commit(a->store, &a->error), STORE_REFUSED);
    assert_int_equal(try_acquiring(a, account, 3), STORE_OK);
    assert_int_equal(count_sessions(b, account), 2);
    assert_false(has_session(b, account, 1));
}

// ---- Commits in doubt

struct doubt {
    struct fleet *fleet;
    struct proxy *proxy;
    struct desk near; // by way of the proxy
    uint64_t account;
};

static struct doubt open_doubt(void **state)
{
    struct fleet *fleet = *state;
    struct doubt doubt = {.fleet = fleet, .account = make_account(&fleet->desks[1])};
    doubt.proxy = proxy_open(fleet->desks[0].uri);
    if (!store_open_postgres(proxy_uri(doubt.proxy), &doubt.near.store, &doubt.near.error))
        fail_msg("%s", doubt.near.error.text);
    store_set_products(doubt.near.store, find_product, NULL);
    return doubt;
}

static void close_doubt(struct doubt *doubt)
{
    store_close(doubt->near.store);
    proxy_close(doubt->proxy);
    arena_fini(&doubt->near.arena);
}

// What is told of a commit is so, whoever looks.
static void expect_truth(struct doubt *doubt, enum store_status status, uint64_t session)
{
    assert_int_not_equal(status, STORE_UNCERTAIN);
    assert_int_equal(has_session(&doubt->fleet->desks[1], doubt->account, session), status == STORE_OK);
    // It goes on.
    assert_int_equal(try_acquiring(&doubt->near, doubt->account, session + 1000), STORE_OK);
    assert_int_equal(try_acquiring(&doubt->fleet->desks[1], doubt->account, session + 2000), STORE_OK);
}

static void a_commit_without_an_answer_is_looked_up(void **state)
{
    struct doubt doubt = open_doubt(state);
    proxy_set(doubt.proxy, PROXY_CUTS_BEFORE);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_REFUSED);
    expect_said(&doubt.near, "Cannot commit to");
    expect_truth(&doubt, status, 1);

    proxy_set(doubt.proxy, PROXY_CUTS_AFTER);
    status = try_acquiring(&doubt.near, doubt.account, 2);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 2);

    for (uint64_t session = 10; session < 20; session++) {
        proxy_set(doubt.proxy, PROXY_CUTS_BEHIND);
        expect_truth(&doubt, try_acquiring(&doubt.near, doubt.account, session), session);
    }
    close_doubt(&doubt);
}

// The database is still at it when the connection is lost: its end is waited for.
static void a_commit_that_is_under_way_is_waited_for(void **state)
{
    struct doubt doubt = open_doubt(state);
    postgres_run("CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$;"
                 "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON session DEFERRABLE INITIALLY DEFERRED "
                 "FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION dawdle()");
    proxy_set(doubt.proxy, PROXY_CUTS_BEHIND);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 1);
    close_doubt(&doubt);
}

// The connection is there, and nothing comes: it is given up, and the other side does so, too.
static void a_silent_database_is_given_up(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct pg_link *link = writer_of(&doubt.near);
    link->patience_ms = 200;
    proxy_set(doubt.proxy, PROXY_EATS_ANSWER);
    enum store_status status = try_acquiring(&doubt.near, doubt.account, 1);
    assert_int_equal(status, STORE_OK);
    expect_truth(&doubt, status, 1);

    // As the commit did not arrive, the transaction stands open there until the database ends it.
    link->patience_ms = 200;
    assert_int_equal(pg_queue_sql(link, "SET idle_in_transaction_session_timeout = 600", &doubt.near.error), STORE_OK);
    proxy_set(doubt.proxy, PROXY_EATS);
    status = try_acquiring(&doubt.near, doubt.account, 2);
    assert_int_equal(status, STORE_REFUSED);
    expect_said(&doubt.near, "said nothing for too long");
    expect_truth(&doubt, status, 2);
    close_doubt(&doubt);
}

// Nobody can be asked: memory is to be dropped.
static void what_cannot_be_looked_up_stays_in_doubt(void **state)
{
    struct doubt doubt = open_doubt(state);
    enter(&doubt.near, doubt.account, 0, true);
    assert_int_equal(write_session(&doubt.near, doubt.account, 1), STORE_OK);
    proxy_shut(doubt.proxy, 1);
    assert_int_equal(store_commit(doubt.near.store, &doubt.near.error), STORE_UNCERTAIN);
    expect_said(&doubt.near, "Cannot commit to");
    assert_int_equal(try_acquiring(&doubt.near, doubt.account, 2), STORE_REFUSED);
    proxy_shut(doubt.proxy, 0);
    assert_int_equal(try_acquiring(&doubt.near, doubt.account, 2), STORE_OK);
    assert_int_equal(count_sessions(&doubt.fleet->desks[1], doubt.account), 1);
    close_doubt(&doubt);
}

static void cut(const struct desk *desk)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 5000)",
             PQbackendPID(pg_store_of(desk->store)->writer.conn));
    postgres_run(sql);
}

static void a_new_account_in_doubt_is_looked_up_like_any(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct actor nobody = {.nobody = true};
    for (int i = 0; i < 2; i++) {
        struct entered *entered = plan_entering(&doubt.near);
        entered->entry.wanted[ID_ACCOUNT] = 1;
        do_enter(&doubt.near, entered);
        struct account_row row = an_account(entered->entry.numbers.next[ID_ACCOUNT]);
        struct fact made = {.kind = FACT_ACCOUNT_CREATED, .after = &row};
        assert_int_equal(store_write(doubt.near.store, row.id, at_s(0), &nobody, &made, &doubt.near.error), STORE_OK);
        proxy_set(doubt.proxy, i == 0 ? PROXY_CUTS_BEFORE : PROXY_CUTS_AFTER);
        assert_int_equal(store_commit(doubt.near.store, &doubt.near.error), i == 0 ? STORE_REFUSED : STORE_OK);
        assert_int_equal(version_of(&doubt.fleet->desks[1], row.id), i);
    }
    close_doubt(&doubt);
}

// ---- Connections that end at any step

enum step { BEFORE_ENTERING, ENTERED, WRITTEN, ASKED, STEPS };

static enum store_status acquire_with_a_cut(struct desk *desk, uint64_t account, uint64_t session, enum step step)
{
    const struct session_row *found;
    struct entered *entered = plan_entering(desk);
    plan_visit(entered, account, 0, true);
    if (step == BEFORE_ENTERING)
        cut(desk);
    enum store_status status = try_entering(desk, entered);
    if (status != STORE_OK)
        return status;
    if (step == ENTERED)
        cut(desk);
    status = write_session(desk, account, session);
    if (step == WRITTEN)
        cut(desk);
    if (status == STORE_OK && step == ASKED) {
        assert_int_equal(store_recall_session(desk->store, account, session, &desk->arena, &found, &desk->error),
                         STORE_OK);
        cut(desk);
    }
    return store_commit(desk->store, &desk->error);
}

static void a_connection_that_ends_at_any_step_refuses(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    for (uint64_t step = 0; step < STEPS; step++) {
        assert_int_equal(acquire_with_a_cut(a, account, 10 + step, (enum step)step), STORE_REFUSED);
        assert_false(has_session(b, account, 10 + step));
        assert_int_equal(try_acquiring(a, account, 20 + step), STORE_OK);
        assert_true(has_session(b, account, 20 + step));
    }
    expect_chain(b, account, 1 + STEPS);
}

// ---- A database that was away

// A crash may lose the last of what need not be flushed: what servers remember is void, though nothing is missing.
static void a_crash_makes_void_what_servers_remember(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = acquire(a, account, 1) + 1;
    assert_false(visit_of(enter(b, account, known, true), account)->is_lost);
    commit(b);
    postgres_crash();
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    if (try_entering(b, entered) != STORE_OK) { // notices
        plan_visit(entered = plan_entering(b), account, known, true);
        do_enter(b, entered);
    }
    assert_true(visit_of(entered, account)->is_lost);
    assert_true(visit_of(entered, account)->version > known + 1000);
    commit(b);
    known = visit_of(entered, account)->version;
    // Once: the next one to come back finds that it was done.
    enum store_status status = STORE_REFUSED;
    for (int i = 0; i < 2 && status != STORE_OK; i++)
        status = try_acquiring(a, account, 2 + (uint64_t)i);
    assert_int_equal(status, STORE_OK);
    entered = enter(b, account, known, true);
    assert_int_equal(entered->told_count, 1);
    assert_int_equal(visit_of(entered, account)->version, known + 1);
    commit(b);
}

// A dump that was read in under servers that run has the mark of the tables that it was made from.
static void a_restored_database_makes_void_what_servers_remember(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    uint64_t account = make_account(a);
    int64_t known = acquire(a, account, 1) + 1;
    assert_int_equal(known, 2);
    cut(a);
    assert_int_equal(try_acquiring(a, account, 2), STORE_REFUSED); // notices
    assert_false(visit_of(enter(a, account, known, true), account)->is_lost);
    store_rollback(a->store);
    postgres_run("UPDATE unbroken SET account_state = account_state + 1");
    cut(a);
    assert_int_equal(try_acquiring(a, account, 2), STORE_REFUSED);
    assert_true(visit_of(enter(a, account, known, true), account)->is_lost);
    store_rollback(a->store);
    assert_true(version_of(a, account) > known + 1000);
    assert_int_equal(version_of(&fleet->desks[1], account), version_of(a, account));
}

// A commit that waits for a standby in vain has not ended: nobody is told that it is there, or that it is not.
static void a_commit_that_no_standby_confirms_stays_in_doubt(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    enter(a, account, 0, true);
    assert_int_equal(write_session(a, account, 1), STORE_OK);
    writer_of(a)->patience_ms = 200;
    postgres_run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    postgres_run("SELECT pg_reload_conf()");
    postgres_run("SELECT pg_sleep(0.3)");
    enum store_status status = store_commit(a->store, &a->error);
    postgres_run("ALTER SYSTEM RESET synchronous_standby_names");
    postgres_run("SELECT pg_reload_conf()");
    assert_int_equal(status, STORE_UNCERTAIN);
    expect_said(a, "said nothing for too long");
    assert_int_equal(try_acquiring(a, account, 2), STORE_OK);
    assert_int_equal(count_sessions(b, account), 2);
}

static struct store_watch *open_watch(struct desk *desk)
{
    struct store_watch *watch = store_watch_open(desk->store, &desk->error);
    if (watch == NULL)
        fail_msg("%s", desk->error.text);
    return watch;
}

struct heard {
    const uint64_t *accounts;
    size_t count;
};

// What the watch tells next; it must work.
static struct heard hear(struct desk *desk, struct store_watch *watch, int timeout_ms)
{
    struct heard heard;
    if (!store_watch_next(watch, timeout_ms, &heard.accounts, &heard.count, &desk->error))
        fail_msg("%s", desk->error.text);
    return heard;
}

// The first that marks itself after a silence may be a watch: the silence must not be forgotten by that.
static void a_watch_that_comes_back_renews_what_nobody_could(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    acquire(a, account, 12);
    int64_t known = version_of(b, account);
    struct store_watch *watch = open_watch(a);
    struct heard heard;
    hear(a, watch, 1);
    assert_int_equal(version_of(b, account), known);
    postgres_run("UPDATE node SET alive_at = alive_at - 60000");
    postgres_run("SELECT 1 / count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                 "WHERE query LIKE '%FROM waiter%' AND pid <> pg_backend_pid()");
    while (!store_watch_next(watch, 1000, &heard.accounts, &heard.count, &a->error)) {
    }
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    do_enter(b, entered);
    assert_true(visit_of(entered, account)->is_lost);
    assert_int_equal(visit_of(entered, account)->version, known + 1);
    struct loaded loaded = load(b, account, 0);
    const struct session_row *renewed = loaded_row(&loaded, ROW_SESSION, 12);
    int64_t full = entered->entry.now + moment_seconds(renewed->ttl_s);
    assert_in_range(renewed->expires_at, full - 5000, full);
    commit(b);
    store_watch_close(watch);
}

// ---- The watch

static bool tells_of(struct heard heard, uint64_t account)
{
    for (size_t i = 0; i < heard.count; i++) {
        if (heard.accounts[i] == account)
            return true;
    }
    return false;
}

static void tell(struct desk *desk, uint64_t node, uint64_t account)
{
    enter(desk, account, 0, true);
    must(desk, store_tell(desk->store, node, account, &desk->error));
    commit(desk);
}

static int64_t elapsed_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What is told wakes the watch up at once, not at its next look.
static void a_watch_is_woken_up(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    struct store_watch *watch = open_watch(a);
    hear(a, watch, 1);
    tell(b, store_node(a->store), account);
    int64_t start = elapsed_ms();
    struct heard heard = hear(a, watch, 30000);
    assert_in_range(elapsed_ms() - start, 0, 900);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.accounts[0], account);
    store_watch_close(watch);
}

// What is due is looked for each second: accounts that are not must not be read for it, however many there are.
static void a_watch_does_not_read_what_is_not_due(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    postgres_run("INSERT INTO account_state SELECT 1000000 + i, 1, 0, decode(repeat('00', 32), 'hex'), 0, "
                 "moment_now() + 3600000 FROM generate_series(1, 20000) AS i");
    postgres_run("ANALYZE account_state");
    postgres_run("SELECT pg_stat_reset_single_table_counters('account_state_due_at'::regclass)");
    struct store_watch *watch = open_watch(a);
    for (int64_t end = elapsed_ms() + 2500; elapsed_ms() < end;)
        assert_int_equal(hear(a, watch, 250).count, 0);
    store_watch_close(watch); // its counts are told at the end of its connection at the latest
    postgres_run("SELECT pg_sleep(0.5)");
    postgres_run("DO $$ DECLARE scans BIGINT; entries BIGINT; BEGIN SELECT idx_scan, idx_tup_read INTO scans, entries "
                 "FROM pg_stat_user_indexes WHERE indexrelname = 'account_state_due_at' "
                 "AND schemaname = current_schema(); "
                 "ASSERT scans > 0, 'the index is not used'; "
                 "ASSERT entries < 1000, 'it read ' || entries || ' entries'; END $$");
}

// What was told while it could not hear is made good: it tells of all where somebody waits here.
static void a_watch_comes_back_and_misses_nothing(void **state)
{
    struct doubt doubt = open_doubt(state);
    struct desk *near = &doubt.near, *b = &doubt.fleet->desks[1];
    struct waiter_row waiter = a_waiter(3, store_node(near->store));
    struct heard heard;
    enter(b, doubt.account, 0, true);
    write_fact(b, doubt.account, at_s(1), FACT_WAITER_JOINED, NULL, &waiter);
    commit(b);
    struct store_watch *watch = open_watch(near);
    hear(near, watch, 1);
    proxy_shut(doubt.proxy, 1);
    int64_t start = elapsed_ms();
    bool good = true;
    while (good && elapsed_ms() - start < 5000)
        good = store_watch_next(watch, 100, &heard.accounts, &heard.count, &near->error);
    assert_false(good);
    assert_int_equal(heard.count, 0);
    assert_null(strstr(near->error.text, "node"));
    assert_false(store_watch_next(watch, 50, &heard.accounts, &heard.count, &near->error));
    tell(b, store_node(near->store), doubt.account); // to nobody
    proxy_shut(doubt.proxy, 0);
    assert_true(tells_of(hear(near, watch, 2000), doubt.account));
    store_watch_close(watch);
    close_doubt(&doubt);
}

static void a_server_that_closes_is_known_to_be_gone_at_once(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1], *c = &fleet->desks[2];
    uint64_t account = make_account(a), node = store_node(c->store);
    struct waiter_row waiter = a_waiter(3, node);
    struct store_watch *watch = open_watch(a);
    enter(b, account, 0, true);
    write_fact(b, account, at_s(1), FACT_WAITER_JOINED, NULL, &waiter);
    commit(b);
    assert_false(tells_of(hear(a, watch, 1), account));
    store_reader_close(c->reader);
    store_close(c->store);
    c->store = NULL;
    c->reader = NULL;
    struct entered *entered = enter(b, account, 0, false);
    for (size_t i = 0; i < entered->entry.node_count; i++)
        assert_int_not_equal(entered->entry.nodes[i], node);
    store_rollback(b->store);
    assert_true(tells_of(hear(a, watch, 3000), account));
    store_watch_close(watch);
}

// ---- What is thrown away

static void what_is_old_is_forgotten_in_portions(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    for (uint64_t session = 1; session <= 5; session++)
        acquire(a, account, session);
    postgres_run("INSERT INTO change SELECT account_id, version + 1000 * g, node, batch, at, facts "
                 "FROM change, generate_series(1, 20) AS g");
    postgres_run("UPDATE change SET at = at - 700000; UPDATE node SET alive_at = alive_at - 700000 WHERE id = 3");
    int64_t now = enter(a, account, 0, false)->entry.now;
    store_rollback(a->store);
    begin(a);
    must(a, store_forget(a->store, now, 2, &a->error));
    commit(a);
    postgres_run("SELECT 1 / (count(*) = 26)::int FROM change"); // 50 for each of the other things
    postgres_run("SELECT 1 / (count(*) = 2)::int FROM node");
    begin(a);
    must(a, store_forget(a->store, now, 100, &a->error));
    commit(a);
    postgres_run("SELECT 1 / (count(*) = 0)::int FROM change");
    assert_true(visit_of(enter(b, account, known, true), account)->is_lost);
    commit(b);
    // The newest mark stays, whatever its age: it says how long nobody was alive.
    postgres_run("UPDATE node SET alive_at = alive_at - 700000 + id");
    begin(a);
    must(a, store_forget(a->store, now, 100, &a->error));
    commit(a);
    postgres_run("SELECT 1 / (count(*) = 1)::int FROM node WHERE id = 2");
}

// A feed that cannot be read is no feed.
static void a_damaged_feed_is_as_none(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = acquire(a, account, 1) + 1;
    acquire(a, account, 2);
    acquire(a, account, 3);
    postgres_run("UPDATE change SET facts = substr(facts, 1, 9) WHERE version = (SELECT max(version) FROM change)");
    struct entered *entered = enter(b, account, known, true);
    assert_true(visit_of(entered, account)->is_lost);
    assert_int_equal(count_sessions(b, account), 3);
    commit(b);
}

#define ON_FLEET(test)                                                                                                 \
    {                                                                                                                  \
#test, test, fleet_postgres, fleet_close, NULL                                                                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FLEET(entering_is_one_round_trip_and_committing_another),
        ON_FLEET(servers_take_turns),
        ON_FLEET(locks_in_a_circle_refuse_one),
        ON_FLEET(who_stands_still_loses_what_it_holds),
        ON_FLEET(a_commit_without_an_answer_is_looked_up),
        ON_FLEET(a_commit_that_is_under_way_is_waited_for),
        ON_FLEET(a_silent_database_is_given_up),
        ON_FLEET(what_cannot_be_looked_up_stays_in_doubt),
        ON_FLEET(a_new_account_in_doubt_is_looked_up_like_any),
        ON_FLEET(a_connection_that_ends_at_any_step_refuses),
        ON_FLEET(a_crash_makes_void_what_servers_remember),
        ON_FLEET(a_restored_database_makes_void_what_servers_remember),
        ON_FLEET(a_commit_that_no_standby_confirms_stays_in_doubt),
        ON_FLEET(a_watch_that_comes_back_renews_what_nobody_could),
        ON_FLEET(a_watch_does_not_read_what_is_not_due),
        ON_FLEET(a_watch_is_woken_up),
        ON_FLEET(a_watch_comes_back_and_misses_nothing),
        ON_FLEET(a_server_that_closes_is_known_to_be_gone_at_once),
        ON_FLEET(what_is_old_is_forgotten_in_portions),
        ON_FLEET(a_damaged_feed_is_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
