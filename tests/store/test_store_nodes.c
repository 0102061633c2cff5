// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: numbers, history and time are the store's, and servers come and go.
#include "sharing.h"

#include "base/moment.h"
#include "store/history.h"
#include "store/memory.h"

#include <time.h>

// ---- Servers

static void each_server_has_a_number_of_its_own(void **state)
{
    struct fleet *fleet = *state;
    for (size_t i = 0; i < FLEET; i++) {
        assert_true(store_is_shared(fleet->desks[i].store));
        assert_true(store_node(fleet->desks[i].store) > (i > 0 ? store_node(fleet->desks[i - 1].store) : 0));
    }
    struct entered *entered = enter(&fleet->desks[1], 0, 0, false);
    assert_int_equal(entered->entry.node_count, FLEET);
    for (size_t i = 0; i < FLEET; i++)
        assert_int_equal(entered->entry.nodes[i], store_node(fleet->desks[i].store));
    store_rollback(fleet->desks[1].store);
}

static void the_dead_are_not_among_those_alive(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    fleet_kill(fleet, 1);
    struct entered *entered = enter(a, 0, 0, false);
    store_rollback(a->store);
    assert_int_equal(entered->entry.node_count, FLEET - 1);
    assert_int_equal(entered->entry.nodes[0], store_node(a->store));
    assert_int_equal(entered->entry.nodes[1], store_node(fleet->desks[2].store));
    // Nor is one that was closed in peace.
    store_reader_close(fleet->desks[2].reader);
    store_close(fleet->desks[2].store);
    fleet->desks[2].reader = NULL;
    fleet->desks[2].store = NULL;
    entered = enter(a, 0, 0, false);
    store_rollback(a->store);
    assert_int_equal(entered->entry.node_count, 1);
    assert_int_equal(entered->entry.nodes[0], store_node(a->store));
}

static void the_time_is_the_stores(void **state)
{
    struct fleet *fleet = *state;
    int64_t before = moment_seconds(time(NULL)), last = 0;
    for (size_t i = 0; i < 2 * FLEET; i++) {
        struct desk *desk = &fleet->desks[i % FLEET];
        struct entered *entered = enter(desk, 0, 0, false);
        store_rollback(desk->store);
        assert_in_range(entered->entry.now, before - 1000, before + 60000);
        assert_true(entered->entry.now >= last);
        last = entered->entry.now;
    }
}

static void nobody_alive_for_long_gives_every_session_its_full_time(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a), empty = make_account(a);
    acquire(a, account, 12);
    struct session_row borrowed = a_session(13), long_yet = a_session(14);
    borrowed.borrowed = true;
    borrowed.idempotency_key = long_yet.idempotency_key = NULL;
    long_yet.expires_at = moment_seconds(time(NULL) + 900000);
    enter(a, account, 0, true);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &borrowed);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &long_yet);
    commit(a);
    int64_t known = version_of(b, account), known_empty = version_of(b, empty);
    fleet_kill(fleet, 0);
    fleet_kill(fleet, 2);
    assert_int_equal(version_of(b, account), known); // one is left
    fleet_die_out(fleet);
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    plan_visit(entered, empty, known_empty, true);
    do_enter(b, entered);
    assert_true(visit_of(entered, account)->is_lost);
    assert_int_equal(visit_of(entered, account)->version, known + 1);
    assert_false(visit_of(entered, empty)->is_lost);
    struct loaded loaded = load(b, account, 0);
    const struct session_row *renewed = loaded_row(&loaded, ROW_SESSION, 12);
    // From the moment of the renewal on, which a database tells a little before that of the entering.
    int64_t full = entered->entry.now + moment_seconds(renewed->ttl_s);
    assert_in_range(renewed->expires_at, full - 2000, full);
    assert_int_equal(((const struct session_row *)loaded_row(&loaded, ROW_SESSION, 13))->expires_at,
                     borrowed.expires_at);
    assert_int_equal(((const struct session_row *)loaded_row(&loaded, ROW_SESSION, 14))->expires_at,
                     long_yet.expires_at);
    commit(b);
    // Once: from then on somebody is alive.
    assert_int_equal(version_of(b, account), known + 1);
    assert_int_equal(version_of(a, account), known + 1);
    assert_int_equal(events_of(b, &(struct history_query){.account = account}).count, 4);
}

// ---- Numbers and history

static void numbers_are_given_once_in_the_order_of_entering(void **state)
{
    struct fleet *fleet = *state;
    uint64_t sessions = 0, organizations = 0;
    for (size_t i = 0; i < 12; i++) {
        struct desk *desk = &fleet->desks[i % FLEET];
        struct entered *entered = plan_entering(desk);
        entered->entry.wanted[ID_SESSION] = i % 5;
        entered->entry.wanted[ID_ORGANIZATION] = i % 2;
        do_enter(desk, entered);
        const struct numbers *numbers = &entered->entry.numbers;
        if (i % 5 != 0)
            assert_true(numbers->next[ID_SESSION] > sessions);
        if (i % 2 != 0)
            assert_true(numbers->next[ID_ORGANIZATION] > organizations);
        if (i % 5 != 0)
            sessions = numbers->next[ID_SESSION] + i % 5 - 1;
        if (i % 2 != 0)
            organizations = numbers->next[ID_ORGANIZATION];
        // They are gone also when nothing comes of it, so that nobody ever sees one twice.
        if (i % 4 == 3)
            store_rollback(desk->store);
        else
            commit(desk);
    }
    assert_int_equal(sessions, 21); // as many as were wanted: none is left out
    assert_int_equal(organizations, 1006);
    struct numbers numbers;
    assert_true(store_load_numbers(fleet->desks[0].store, &numbers, &fleet->desks[0].error));
    assert_int_equal(numbers.next[ID_SESSION], 22);
    assert_int_equal(numbers.next[ID_ORGANIZATION], 1007);
}

static void the_chain_of_the_history_goes_on_over_servers(void **state)
{
    struct fleet *fleet = *state;
    uint64_t account = make_account(&fleet->desks[0]), other = make_account(&fleet->desks[1]);
    for (size_t i = 0; i < 6; i++) {
        struct desk *desk = &fleet->desks[(i * 2) % FLEET];
        acquire(desk, account, 20 + i);
        acquire(desk, other, 40 + i);
        enter(desk, account, 0, true);
        struct session_row row = a_session(60);
        write_fact(desk, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
        store_rollback(desk->store);
    }
    struct history history = events_of(&fleet->desks[2], &(struct history_query){.account = account});
    assert_int_equal(history.count, 7);
    unsigned char hash[KEY_HASH_BYTES] = {0};
    struct buffer scratch = {0};
    for (size_t i = 0; i < history.count; i++) {
        assert_int_equal(history.events[i].seq, i + 1);
        struct history_entry entry = {
            .account = account, .event = history.events[i], .organization = i > 0 ? 1001 : 0, .user = i > 0 ? 7 : 0};
        history_hash(hash, &entry, &scratch);
        assert_memory_equal(entry.event.hash, history.events[i].hash, KEY_HASH_BYTES);
        memcpy(hash, entry.event.hash, KEY_HASH_BYTES);
    }
    buffer_fini(&scratch);
    assert_string_equal(history.events[6].subject, "SN-25");
}

// ---- Who excludes whom

static void who_only_looks_keeps_nobody_out(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1], *c = &fleet->desks[2];
    uint64_t account = make_account(a);
    int64_t known = version_of(a, account);
    enter(a, account, known, false);
    enter(b, account, known, false);
    assert_int_equal(acquire(c, account, 12), known);
    assert_int_equal(version_of(c, account), known + 1);
    commit(a);
    store_rollback(b->store);
    assert_int_equal(enter(a, account, known, false)->told_count, 1);
    commit(a);
}

static void who_changes_an_account_has_it_for_itself(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(a, account);
    enter(a, account, known, true);
    struct session_row row = a_session(12);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    assert_int_equal(try_entering(b, entered), STORE_REFUSED);
    assert_true(strlen(b->error.text) > 0);
    commit(a);
    // It was only busy.
    assert_int_equal(enter(b, account, known, true)->told_count, 1);
    commit(b);
}

#if HAVE_POSTGRES // the memory twin has one turn for all
static void other_accounts_are_changed_meanwhile(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t first = make_account(a), second = make_account(a);
    int64_t known = version_of(a, first);
    struct session_row row = a_session(12);
    enter(a, first, known, true);
    write_fact(a, first, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    for (uint64_t id = 20; id < 25; id++)
        acquire(b, second, id);
    make_account(b);
    assert_int_equal(version_of(b, first), known); // what is not committed is not there
    commit(a);
    assert_int_equal(version_of(b, first), known + 1);
}
#endif

static void a_commit_in_doubt_is_told_when_it_was_kept(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(a, account);
    const enum commit_fault faults[] = {COMMIT_REFUSED, COMMIT_LOST, COMMIT_KEPT};
    for (size_t i = 0; i < 3; i++) {
        struct session_row row = a_session(12);
        enter(a, account, known, true);
        write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
        must(a, store_put_due(a->store, account, 1, &a->error));
        store_memory_fail_commit(a->store, 1, faults[i]);
        assert_int_equal(store_commit(a->store, &a->error), i == 0 ? STORE_REFUSED : STORE_UNCERTAIN);
        struct entered *entered = enter(b, account, known, true);
        commit(b);
        assert_int_equal(entered->told_count, faults[i] == COMMIT_KEPT);
        assert_int_equal(visit_of(entered, account)->version, known + (faults[i] == COMMIT_KEPT));
        assert_int_equal(visit_of(entered, account)->due_at, faults[i] == COMMIT_KEPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHARED(each_server_has_a_number_of_its_own),
        ON_SHARED(the_dead_are_not_among_those_alive),
        ON_SHARED(the_time_is_the_stores),
        ON_SHARED(numbers_are_given_once_in_the_order_of_entering),
        ON_SHARED(the_chain_of_the_history_goes_on_over_servers),
        ON_SHARED(who_only_looks_keeps_nobody_out),
        ON_SHARED(who_changes_an_account_has_it_for_itself) ON_SHARED_POSTGRES(other_accounts_are_changed_meanwhile),
        ON_SHARED_MEMORY(a_commit_in_doubt_is_told_when_it_was_kept),
        ON_SHARED(nobody_alive_for_long_gives_every_session_its_full_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
