// SPDX-License-Identifier: Apache-2.0
// Several servers on one database: what an entering costs, who waits for whom, and what is kept for the others.
#include "postgres_nodes.h"

#include <inttypes.h>
#include <pthread.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FLEET(entering_is_one_round_trip_and_committing_another),
        ON_FLEET(servers_take_turns),
        ON_FLEET(locks_in_a_circle_refuse_one),
        ON_FLEET(who_stands_still_loses_what_it_holds),
        ON_FLEET(what_is_old_is_forgotten_in_portions),
        ON_FLEET(a_damaged_feed_is_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
