// SPDX-License-Identifier: Apache-2.0
// What is remembered for an Idempotency-Key, and sessions that are asked for by id or by time.
#include "support.h"

#include "base/moment.h"
#include "engine/limits.h"

static const struct remembered *answer;
static const struct session_row *session;

static void recall(struct desk *desk, uint64_t account, uint64_t key, const char *idempotency_key, int64_t now)
{
    if (store_recall(desk->store, account, key, idempotency_key, now, &desk->arena, &answer, &session, &desk->error) !=
        STORE_OK)
        fail_msg("%s", desk->error.text);
}

static void an_answer_is_remembered_until_its_time_is_up(void **state)
{
    struct desk *desk = *state;
    struct remembered made = {
        .request_hash = {9, 8}, .status = 201, .body = "{\"id\":\"OG-1001\"}", .until_at = at_s(5)};
    begin(desk);
    assert_int_equal(store_remember(desk->store, 1, 5, "k", &made, &desk->error), STORE_OK);
    recall(desk, 1, 5, "k", at_s(0)); // in the same transaction
    assert_non_null(answer);
    commit(desk);
    desk_reopen(desk);
    recall(desk, 1, 5, "k", at_s(4));
    assert_non_null(answer);
    assert_null(session);
    assert_int_equal(answer->status, 201);
    assert_string_equal(answer->body, made.body);
    assert_memory_equal(answer->request_hash, made.request_hash, KEY_HASH_BYTES);
    assert_int_equal(answer->until_at, at_s(5));
    // Another credential, account or key is another matter.
    recall(desk, 1, 0, "k", at_s(4));
    assert_null(answer);
    recall(desk, 2, 5, "k", at_s(4));
    assert_null(answer);
    recall(desk, 1, 5, "K", at_s(4));
    assert_null(answer);
    recall(desk, 1, 5, "k", at_s(5));
    assert_null(answer);
}

static void a_forgotten_key_can_be_used_anew(void **state)
{
    struct desk *desk = *state;
    struct remembered made = {.status = 201, .body = "1", .until_at = at_s(5)};
    begin(desk);
    assert_int_equal(store_remember(desk->store, 1, 0, "k", &made, &desk->error), STORE_OK);
    assert_int_equal(store_remember(desk->store, 1, 0, "l", &made, &desk->error), STORE_OK);
    made.until_at = at_s(50);
    assert_int_equal(store_remember(desk->store, 1, 0, "m", &made, &desk->error), STORE_OK);
    commit(desk);
    // Before it is forgotten, and after.
    made.body = "2";
    made.until_at = at_s(30);
    begin(desk);
    assert_int_equal(store_remember(desk->store, 1, 0, "k", &made, &desk->error), STORE_OK);
    assert_int_equal(store_forget(desk->store, at_s(40), 1, &desk->error), STORE_OK);
    assert_int_equal(store_forget(desk->store, at_s(40), 10, &desk->error), STORE_OK);
    commit(desk);
    recall(desk, 1, 0, "k", at_s(0));
    assert_null(answer);
    recall(desk, 1, 0, "m", at_s(0));
    assert_non_null(answer);
    begin(desk);
    assert_int_equal(store_remember(desk->store, 1, 0, "k", &made, &desk->error), STORE_OK);
    commit(desk);
    recall(desk, 1, 0, "k", at_s(0));
    assert_string_equal(answer->body, "2");
}

static struct session_row ended(struct session_row row, int64_t at)
{
    row.state = SESSION_RELEASED;
    row.ended_at = at;
    row.expires_at = at;
    return row;
}

static void a_session_is_remembered_a_day_after_its_end(void **state)
{
    struct desk *desk = *state;
    struct session_row row = a_session(12);
    begin(desk);
    write_fact(desk, 1, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    recall(desk, 1, 5, "again-1", at_s(20));
    assert_non_null(session);
    commit(desk);
    desk_reopen(desk);
    recall(desk, 1, 5, "again-1", at_s(10 * IDEMPOTENCY_KEPT_S)); // as long as it is active
    assert_non_null(session);
    assert_true(row_same(ROW_SESSION, session, &row));

    struct session_row end = ended(row, at_s(30));
    begin(desk);
    write_fact(desk, 1, at_s(30), FACT_SESSION_RELEASED, &row, &end);
    commit(desk);
    recall(desk, 1, 5, "again-1", at_s(30 + IDEMPOTENCY_KEPT_S) - 1);
    assert_non_null(session);
    assert_true(row_same(ROW_SESSION, session, &end));
    recall(desk, 1, 5, "again-1", at_s(30 + IDEMPOTENCY_KEPT_S));
    assert_null(session);

    // Then the key may stand for another session.
    struct session_row next = a_session(13);
    begin(desk);
    write_fact(desk, 1, at_s(40), FACT_SESSION_ACQUIRED, NULL, &next);
    commit(desk);
    recall(desk, 1, 5, "again-1", at_s(31 + IDEMPOTENCY_KEPT_S));
    assert_int_equal(session->id, 13);
}

static void sessions_of_the_operators_key_are_remembered_too(void **state)
{
    struct desk *desk = *state;
    struct session_row row = a_session(12);
    row.key = 0;
    begin(desk);
    write_fact(desk, 1, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(desk);
    recall(desk, 1, 0, "again-1", at_s(20));
    assert_non_null(session);
    recall(desk, 1, 5, "again-1", at_s(20));
    assert_null(session);
}

static void a_session_is_found_by_its_id(void **state)
{
    struct desk *desk = *state;
    struct session_row row = a_session(12), beat = row;
    beat.expires_at = at_s(500);
    struct session_row end = ended(beat, at_s(30));
    begin(desk);
    write_fact(desk, 1, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
    write_fact(desk, 1, at_s(20), FACT_SESSION_HEARTBEAT, &row, &beat);
    commit(desk);
    assert_int_equal(store_recall_session(desk->store, 1, 12, &desk->arena, &session, &desk->error), STORE_OK);
    assert_true(row_same(ROW_SESSION, session, &beat));
    begin(desk);
    write_fact(desk, 1, at_s(30), FACT_SESSION_RELEASED, &beat, &end);
    commit(desk);
    desk_reopen(desk);
    assert_int_equal(store_recall_session(desk->store, 1, 12, &desk->arena, &session, &desk->error), STORE_OK);
    assert_true(row_same(ROW_SESSION, session, &end));
    assert_int_equal(store_recall_session(desk->store, 1, 13, &desk->arena, &session, &desk->error), STORE_OK);
    assert_null(session);
    assert_int_equal(store_recall_session(desk->store, 2, 12, &desk->arena, &session, &desk->error), STORE_OK);
    assert_null(session);
    assert_int_equal(load(desk, 1, 0).count, 0); // it is no longer active
    // Only the heartbeat wrote no history.
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 2);
}

static void sessions_of_a_time_come_in_the_order_of_their_start(void **state)
{
    struct desk *desk = *state;
    // id, started, ended (0: active)
    static const int64_t given[][3] = {{12, 10, 0}, {13, 5, 20}, {14, 5, 21}, {15, 1, 19}, {16, 10, 30}};
    begin(desk);
    for (size_t i = 0; i < 5; i++) {
        struct session_row row = a_session((uint64_t)given[i][0]);
        row.started_at = at_s(given[i][1]);
        write_fact(desk, 1, at_s(10), FACT_SESSION_ACQUIRED, NULL, &row);
        if (given[i][2] != 0) {
            struct session_row end = ended(row, at_s(given[i][2]));
            write_fact(desk, 1, at_s(30), FACT_SESSION_RELEASED, &row, &end);
        }
    }
    struct session_row other = a_session(17);
    write_fact(desk, 2, at_s(30), FACT_SESSION_ACQUIRED, NULL, &other);
    commit(desk);
    const struct session_row **sessions;
    size_t count;
    assert_int_equal(
        store_recall_sessions_since(desk->store, 1, at_s(20), &desk->arena, &sessions, &count, &desk->error), STORE_OK);
    static const uint64_t expected[] = {13, 14, 12, 16};
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sessions[i]->id, expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(an_answer_is_remembered_until_its_time_is_up),
        ON_ALL(a_forgotten_key_can_be_used_anew),
        ON_ALL(a_session_is_remembered_a_day_after_its_end),
        ON_ALL(sessions_of_the_operators_key_are_remembered_too),
        ON_ALL(a_session_is_found_by_its_id),
        ON_ALL(sessions_of_a_time_come_in_the_order_of_their_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
