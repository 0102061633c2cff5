// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: what one of them has answered, any of them finds, whether it asked when it entered or
// asks later.
#include "sharing.h"

static const struct remembered *answer;
static const struct session_row *session;

static void recall(struct desk *desk, uint64_t account, const char *key)
{
    must(desk, store_recall(desk->store, account, 5, key, at_s(20), &desk->arena, &answer, &session, &desk->error));
}

static void recall_id(struct desk *desk, uint64_t account, uint64_t id)
{
    must(desk, store_recall_session(desk->store, account, id, &desk->arena, &session, &desk->error));
}

// One that answered, one that granted, and a session that has ended.
static void fill_answers(struct desk *desk, uint64_t account)
{
    struct remembered made = {.request_hash = {4, 2}, .status = 409, .body = "{\"no\":1}", .until_at = at_s(90)};
    struct session_row granted = a_session(12), ended = a_session(13);
    granted.idempotency_key = "granted";
    ended.idempotency_key = "ended";
    ended.state = SESSION_RELEASED;
    ended.ended_at = at_s(15);
    struct session_row active = ended;
    active.state = SESSION_ACTIVE;
    active.ended_at = 0;
    enter(desk, account, 0, true);
    must(desk, store_remember(desk->store, account, 5, "answered", &made, &desk->error));
    write_fact(desk, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &granted);
    write_fact(desk, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &active);
    write_fact(desk, account, at_s(15), FACT_SESSION_RELEASED, &active, &ended);
    commit(desk);
}

static void expect_answers(struct desk *desk, uint64_t account)
{
    recall(desk, account, "answered");
    assert_non_null(answer);
    assert_null(session);
    assert_int_equal(answer->status, 409);
    assert_string_equal(answer->body, "{\"no\":1}");
    assert_int_equal(answer->request_hash[1], 2);
    assert_int_equal(answer->until_at, at_s(90));
    recall(desk, account, "granted");
    assert_null(answer);
    assert_int_equal(session->id, 12);
    assert_ptr_equal(session->product, &kre);
    recall(desk, account, "ended");
    assert_int_equal(session->state, SESSION_RELEASED);
    recall(desk, account, "never");
    assert_null(answer);
    assert_null(session);
    recall_id(desk, account, 13);
    assert_int_equal(session->ended_at, at_s(15));
    recall_id(desk, account, 99);
    assert_null(session);
}

static void questions_have_the_same_answers_as_without_asking(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a), other = make_account(a);
    fill_answers(a, account);
    const struct store_question asked[][2] = {
        {{.account = account, .key = 5, .idempotency_key = "answered"}, {.account = account, .session = 13}},
        {{.account = account, .key = 5, .idempotency_key = "granted"},
         {.account = account, .key = 5, .idempotency_key = "ended"}},
        {{.account = account, .key = 5, .idempotency_key = "never"}, {.account = account, .session = 99}},
        {{.account = other, .key = 5, .idempotency_key = "answered"}, {.account = other, .session = 13}},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct entered *entered = plan_entering(b);
        entered->entry.question_count = 2;
        memcpy(entered->questions, asked[i], sizeof asked[i]);
        plan_visit(entered, account, 0, true);
        do_enter(b, entered);
        expect_answers(b, account);
        recall(b, other, "answered"); // another account is another matter
        assert_null(answer);
        recall_id(b, other, 13);
        assert_null(session);
        store_rollback(b->store);
    }
    enter(b, account, 0, true);
    expect_answers(b, account);
    store_rollback(b->store);
}

static void questions_see_what_the_transaction_has_written(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    struct entered *entered = plan_entering(b);
    entered->entry.question_count = 3;
    entered->questions[0] = (struct store_question){.account = account, .key = 5, .idempotency_key = "k"};
    entered->questions[1] = (struct store_question){.account = account, .key = 5, .idempotency_key = "again-1"};
    entered->questions[2] = (struct store_question){.account = account, .session = 12};
    plan_visit(entered, account, 0, true);
    do_enter(b, entered);
    struct remembered made = {.status = 201, .body = "{}", .until_at = at_s(90)};
    struct session_row granted = a_session(12), moved = granted;
    moved.level = 1002;
    recall(b, account, "k");
    assert_null(answer);
    recall_id(b, account, 12);
    assert_null(session);
    must(b, store_remember(b->store, account, 5, "k", &made, &b->error));
    write_fact(b, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &granted);
    recall(b, account, "k");
    assert_non_null(answer);
    recall(b, account, "again-1");
    assert_int_equal(session->level, 1001);
    write_fact(b, account, at_s(10), FACT_SESSION_MOVED, &granted, &moved);
    recall(b, account, "again-1");
    assert_int_equal(session->level, 1002);
    recall_id(b, account, 12);
    assert_int_equal(session->level, 1002);
    const struct session_row **since;
    size_t count;
    must(b, store_recall_sessions_since(b->store, account, at_s(0), &b->arena, &since, &count, &b->error));
    assert_int_equal(count, 1);
    assert_int_equal(since[0]->level, 1002);
    store_rollback(b->store);
    recall(a, account, "k");
    assert_null(answer);
}

static void an_account_is_found_by_any_of_its_keys(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t first = make_account(a), second = make_account(a), found;
    struct api_key_row key = {.id = 5, .name = "farm", .role = ROLE_PLATFORM, .created_at = at_s(1), .hash = {1}};
    struct api_key_row other = {.id = 6, .name = "farm", .role = ROLE_AUDITOR, .created_at = at_s(1), .hash = {2}};
    enter(a, first, 0, true);
    write_fact(a, first, at_s(1), FACT_API_KEY_CREATED, NULL, &key);
    commit(a);
    enter(a, second, 0, true);
    write_fact(a, second, at_s(1), FACT_API_KEY_CREATED, NULL, &other);
    commit(a);
    must(b, store_find_key(b->store, key.hash, &found, &b->error));
    assert_int_equal(found, first);
    must(b, store_find_key(b->store, other.hash, &found, &b->error));
    assert_int_equal(found, second);
    must(b, store_find_key(b->store, (const unsigned char[KEY_HASH_BYTES]){3}, &found, &b->error));
    assert_int_equal(found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHARED(questions_have_the_same_answers_as_without_asking),
        ON_SHARED(questions_see_what_the_transaction_has_written),
        ON_SHARED(an_account_is_found_by_any_of_its_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
