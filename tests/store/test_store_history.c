// SPDX-License-Identifier: Apache-2.0
// What the history says, how it is chained, and how it is searched.
#include "support.h"

#include "store/history.h"

static void write_as(struct desk *desk, int64_t at, const struct actor *actor, const struct fact *fact)
{
    if (store_write(desk->store, 1, at, actor, fact, &desk->error) != STORE_OK)
        fail_msg("%s", desk->error.text);
}

static const struct actor alice = {.role = ROLE_ORG_ADMIN, .key = 5, .user = 1, .organization = 1001};
static const struct actor operator= {.role = ROLE_OPERATOR};
static const struct actor nobody = {.nobody = true};

// The history of AC-1: an account, two organizations, users 1 (in OG-1001) and 2 (in OG-1002), a project and its
// member, a dedication that changes, a session that ends.
static void fill(struct desk *desk)
{
    struct account_row account = an_account(1);
    struct organization_row studio = an_organization(1001, 0), lab = an_organization(1002, 0);
    struct user_row user_1 = a_user(1), user_2 = a_user(2);
    user_2.organization = 1002;
    struct project_row film = {.id = 4, .name = "Film", .organization = 1002, .created_at = 1};
    struct membership_row member = {.project = 4, .user = 1};
    struct dedication_row given = {
        .organization = 1001, .product = &kre, .dedicated = 20, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    struct dedication_row draining = given;
    draining.draining_to = 0;
    struct session_row session = a_session(12), ended = session;
    session.user = ended.user = 2;
    ended.state = SESSION_REVOKED;
    ended.reason = "lunch";
    ended.ended_at = at_s(30);
    begin(desk);
    write_as(desk, at_s(1), &operator, &(struct fact){.kind = FACT_ACCOUNT_CREATED, .after = &account});
    write_as(desk, at_s(1), &operator, &(struct fact){.kind = FACT_ORGANIZATION_CREATED, .after = &studio});
    write_as(desk, at_s(2), &operator, &(struct fact){.kind = FACT_ORGANIZATION_CREATED, .after = &lab});
    write_as(desk, at_s(2), &operator, &(struct fact){.kind = FACT_USER_CREATED, .after = &user_1});
    write_as(desk, at_s(5), &operator, &(struct fact){.kind = FACT_USER_CREATED, .after = &user_2});
    write_as(desk, at_s(5), &operator, &(struct fact){.kind = FACT_PROJECT_CREATED, .after = &film});
    write_as(desk, at_s(5), &operator, &(struct fact){.kind = FACT_MEMBERSHIP_ADDED, .after = &member});
    write_as(desk, at_s(9), &operator, &(struct fact){.kind = FACT_DEDICATION_CHANGED, .after = &given});
    write_as(desk, at_s(9), &alice,
             &(struct fact){.kind = FACT_DEDICATION_CHANGED, .before = &given, .after = &draining});
    write_as(desk, at_s(10), &alice, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &session});
    write_as(
        desk, at_s(30), &alice,
        &(struct fact){.kind = FACT_SESSION_REVOKED, .before = &session, .after = &ended, .reason = "lunch \"now\""});
    write_as(desk, at_s(31), &nobody, &(struct fact){.kind = FACT_DEDICATION_DRAINED, .before = &draining});
    commit(desk);
}

static void an_event_tells_who_did_what(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    desk_reopen(desk);
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    assert_int_equal(history.count, 12);

    const struct event *event = &history.events[8];
    assert_int_equal(event->seq, 9);
    assert_int_equal(event->at, at_s(9));
    assert_string_equal(event->kind, "dedication.changed");
    assert_string_equal(event->subject, "OG-1001/KRE");
    assert_int_equal(event->actor.role, ROLE_ORG_ADMIN);
    assert_int_equal(event->actor.key, 5);
    assert_int_equal(event->actor.user, 1);
    assert_int_equal(event->actor.organization, 1001);
    assert_false(event->actor.nobody);
    assert_string_equal(
        event->data,
        "{\"before\":{\"organization\":\"OG-1001\",\"product\":\"KRE\",\"dedicated\":20},"
        "\"after\":{\"organization\":\"OG-1001\",\"product\":\"KRE\",\"dedicated\":20,\"draining_to\":0}}");

    event = &history.events[9];
    assert_string_equal(event->subject, "SN-12");
    // Neither the key's id nor the idempotency key is shown outside the store.
    assert_string_equal(event->data,
                        "{\"before\":null,\"after\":{\"id\":\"SN-12\",\"product\":\"KRE\",\"user\":\"US-2\","
                        "\"level\":\"OG-1001\",\"via\":\"own\",\"count\":3,\"state\":\"active\",\"project\":\"PR-4\","
                        "\"organization\":\"OG-1001\",\"machine\":\"ws-17\",\"ttl_s\":120,\"origin\":\"platform\","
                        "\"started_at\":\"2025-11-24T16:00:10.000Z\",\"expires_at\":\"2025-11-24T16:02:10.000Z\","
                        "\"borrowed\":false}}");
    assert_non_null(strstr(history.events[10].data, ",\"reason\":\"lunch \\\"now\\\"\"}"));
    assert_true(history.events[11].actor.nobody);
    assert_non_null(strstr(history.events[11].data, "\"after\":null}"));
    assert_string_equal(history.events[6].subject, "PR-4/US-1");
    assert_string_equal(history.events[0].subject, "AC-1");
    assert_false(history.events[0].actor.nobody);
    assert_int_equal(history.events[0].actor.key, 0);
}

static void each_event_is_chained_to_the_one_before(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    // Whom each event concerns is part of its hash: organization, user.
    static const uint64_t concerned[][2] = {{0, 0},    {1001, 0}, {1002, 0}, {1001, 1}, {1002, 2}, {1002, 0},
                                            {1002, 1}, {1001, 0}, {1001, 0}, {1001, 2}, {1001, 2}, {1001, 0}};
    unsigned char hash[KEY_HASH_BYTES] = {0};
    struct buffer scratch = {0};
    for (size_t i = 0; i < history.count; i++) {
        struct history_entry entry = {
            .account = 1, .event = history.events[i], .organization = concerned[i][0], .user = concerned[i][1]};
        history_hash(hash, &entry, &scratch);
        assert_memory_equal(entry.event.hash, history.events[i].hash, KEY_HASH_BYTES);
        memcpy(hash, entry.event.hash, KEY_HASH_BYTES);
    }
    buffer_fini(&scratch);
}

static void quiet_facts_write_no_history(void **state)
{
    struct desk *desk = *state;
    struct session_row session = a_session(12), beat = session;
    beat.expires_at += 40000;
    struct seat_row seat = {.id = 1, .product = &pen, .user = 7}, used = seat;
    used.last_used_at = at_s(3);
    struct api_key_row key = {.id = 1, .name = "k", .created_at = 1}, key_used = key;
    key_used.last_used_at = at_s(3);
    struct sign_in_row sign_in = {.id = 2, .user = 7, .created_at = 1, .last_used_at = 1}, sign_in_used = sign_in;
    sign_in_used.last_used_at = at_s(3);
    begin(desk);
    write_fact(desk, 1, at_s(1), FACT_SIGN_IN_CREATED, NULL, &sign_in);
    write_fact(desk, 1, at_s(1), FACT_SESSION_ACQUIRED, NULL, &session);
    write_fact(desk, 1, at_s(1), FACT_SEAT_ASSIGNED, NULL, &seat);
    write_fact(desk, 1, at_s(1), FACT_API_KEY_CREATED, NULL, &key);
    write_fact(desk, 1, at_s(3), FACT_SESSION_HEARTBEAT, &session, &beat);
    write_fact(desk, 1, at_s(3), FACT_SEAT_USED, &seat, &used);
    write_fact(desk, 1, at_s(3), FACT_API_KEY_USED, &key, &key_used);
    write_fact(desk, 1, at_s(3), FACT_SIGN_IN_USED, &sign_in, &sign_in_used);
    commit(desk);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 4);
    struct loaded loaded = load(desk, 1, 0);
    assert_true(row_same(ROW_SESSION, loaded_row(&loaded, ROW_SESSION, 12), &beat));
    assert_true(row_same(ROW_SEAT, loaded_row(&loaded, ROW_SEAT, 1), &used));
    assert_true(row_same(ROW_API_KEY, loaded_row(&loaded, ROW_API_KEY, 1), &key_used));
    assert_true(row_same(ROW_SIGN_IN, loaded_row(&loaded, ROW_SIGN_IN, 2), &sign_in_used));
}

static void no_event_holds_a_secret_or_its_hash(void **state)
{
    struct desk *desk = *state;
    struct user_row user = a_user(7), with = user;
    with.password = "$argon2id$v=19$secret";
    with.password_set_at = at_s(2);
    with.invitation = "5ec2e7";
    with.invited_until = at_s(9);
    struct sign_in_row sign_in = {.id = 9, .user = 7, .created_at = at_s(2), .last_used_at = at_s(2), .hash = "secret"};
    const struct actor actor = {.role = ROLE_MEMBER, .key = 9, .user = 7, .is_signed_in = true};
    begin(desk);
    write_fact(desk, 1, at_s(1), FACT_USER_CREATED, NULL, &user);
    write_fact(desk, 1, at_s(2), FACT_PASSWORD_SET, &user, &with);
    struct fact signed_in = {.kind = FACT_SIGN_IN_CREATED, .after = &sign_in};
    assert_int_equal(store_write(desk->store, 1, at_s(2), &actor, &signed_in, &desk->error), STORE_OK);
    write_fact(desk, 1, at_s(3), FACT_SIGN_IN_ENDED, &sign_in, NULL);
    write_fact(desk, 1, at_s(3), FACT_USER_DELETED, &with, NULL);
    commit(desk);
    struct history history = events_of(desk, &(struct history_query){.account = 1, .user = 7});
    assert_int_equal(history.count, 5);
    for (size_t i = 0; i < history.count; i++) {
        const char *data = history.events[i].data;
        assert_null(strstr(data, "secret"));
        assert_null(strstr(data, "5ec2e7"));
        assert_null(strstr(data, "\"password\":"));
        assert_null(strstr(data, "\"hash\":"));
    }
    assert_string_equal(history.events[2].data,
                        "{\"before\":null,\"after\":{\"id\":\"SI-9\",\"user\":\"US-7\","
                        "\"created_at\":\"2025-11-24T16:00:02.000Z\",\"last_used_at\":\"2025-11-24T16:00:02.000Z\"}}");
    assert_int_equal(history.events[2].actor.user, 7);
    assert_int_equal(history.events[2].actor.key, 0); // which sign-in it was is not told
}

static const char *seqs(struct desk *desk, struct history_query query)
{
    query.account = 1;
    struct history history = events_of(desk, &query);
    const char *text = "";
    for (size_t i = 0; i < history.count; i++)
        text = arena_printf(&desk->arena, "%s%s%d", text, i > 0 ? " " : "", (int)history.events[i].seq);
    return text;
}

static void the_history_is_searched(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    const struct {
        const char *expected;
        struct history_query query;
    } cases[] = {
        {"1 2 3", {.limit = 3}},
        {"4 5 6", {.limit = 3, .after = 3}},
        {"12", {.limit = 3, .after = 11}},
        {"10 11", {.kind = "session"}},
        {"10", {.kind = "session.acquired"}},
        {"", {.kind = "sess"}},
        {"", {.kind = "session."}},
        {"8 9 12", {.subject = "OG-1001/KRE"}},
        {"", {.subject = "OG-1001/KR"}},
        {"9", {.subject = "OG-1001/KRE", .kind = "dedication.changed", .after = 8}},
        {"4 7 9 10 11", {.user = 1}}, // concerned, or who did it
        {"5 10 11", {.user = 2}},
        {"5 6 7 8 9 10 11 12", {.from_at = 3}},
        {"5 6 7", {.from_at = 5, .to_at = 9}},
        {"1 2", {.to_at = 2}},
        {"", {.from_at = 32}},
        {"", {.to_at = 1}},
        {"1 2 3 4 5 6 7 8 9 10 11 12", {.from_at = 1, .to_at = 32}},
        {"7", {.from_at = 5, .to_at = 9, .after = 6}},
        {"8", {.from_at = 5, .after = 2, .limit = 1, .kind = "dedication"}},
        {"12 11 10", {.newest_first = true, .limit = 3}},
        {"9 8 7", {.newest_first = true, .limit = 3, .after = 10}},
        {"2 1", {.newest_first = true, .after = 3}},
        {"", {.newest_first = true, .after = 1}},
        {"7 6 5", {.newest_first = true, .from_at = 5, .to_at = 9}},
        {"6 5", {.newest_first = true, .from_at = 5, .to_at = 9, .after = 7}},
        {"7 6 5", {.newest_first = true, .from_at = 5, .to_at = 9, .after = 11}},
        {"", {.newest_first = true, .from_at = 5, .after = 4}},
        {"11 10", {.newest_first = true, .kind = "session"}},
        {"11 10 5", {.newest_first = true, .user = 2}},
        {"2 4 7 8 9 10 11 12", {.scope_organization = 1001}},
        {"3 5 6 7 10 11", {.scope_organization = 1002}},
        {"5 10 11", {.scope_user = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct history_query query = cases[i].query;
        query.from_at = query.from_at != 0 ? at_s(query.from_at) : 0;
        query.to_at = query.to_at != 0 ? at_s(query.to_at) : 0;
        const char *found = seqs(desk, query);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i, cases[i].expected, found);
    }
    assert_true(events_of(desk, &(struct history_query){.account = 1, .limit = 11}).more);
    assert_false(events_of(desk, &(struct history_query){.account = 1, .limit = 12}).more);
    assert_true(events_of(desk, &(struct history_query){.account = 1, .limit = 11, .newest_first = true}).more);
    assert_false(events_of(desk, &(struct history_query){.account = 1, .limit = 12, .newest_first = true}).more);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 2}).count, 0);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 2, .from_at = 1}).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(an_event_tells_who_did_what),  ON_ALL(each_event_is_chained_to_the_one_before),
        ON_ALL(quiet_facts_write_no_history), ON_ALL(no_event_holds_a_secret_or_its_hash),
        ON_ALL(the_history_is_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
