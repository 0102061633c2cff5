// SPDX-License-Identifier: Apache-2.0
// Lists of present things: pages, filters, and what lies in whose scope.
#include "support.h"

// The account AC-1 in these tests:
//
//     AC-1 ─┬─ OG-1001 ── OG-1003 ── OG-1004 (older than its parent)
//           └─ OG-1002
//
// Users: US-1 in OG-1001, US-2 in OG-1003, US-3 in OG-1002, US-4 in none.
static void put(struct desk *desk, enum fact_kind kind, const void *row)
{
    write_fact(desk, 1, at_s(1), kind, NULL, row);
}

static void put_user(struct desk *desk, uint64_t id, uint64_t organization, const char *email, const char *name)
{
    struct user_row row = a_user(id);
    row.organization = organization;
    row.email = email;
    row.name = name;
    put(desk, FACT_USER_CREATED, &row);
}

static void put_session(struct desk *desk, uint64_t id, const struct product *product, uint64_t user, uint64_t level)
{
    struct session_row row = a_session(id);
    row.product = product;
    row.user = user;
    row.level = level;
    row.key = user;
    row.borrowed = id % 3 == 0;
    put(desk, FACT_SESSION_ACQUIRED, &row);
}

static void end_session(struct desk *desk, uint64_t id, enum session_state state)
{
    const struct session_row *before;
    assert_int_equal(store_recall_session(desk->store, 1, id, &desk->arena, &before, &desk->error), STORE_OK);
    struct session_row after = *before;
    after.state = state;
    after.ended_at = at_s(20);
    write_fact(desk, 1, at_s(20), FACT_SESSION_RELEASED, before, &after);
}

static void put_key(struct desk *desk, uint64_t id, uint64_t user, uint64_t organization)
{
    struct api_key_row row = {.id = id, .name = "k", .user = user, .organization = organization, .created_at = 1};
    put(desk, FACT_API_KEY_CREATED, &row);
}

static void fill(struct desk *desk)
{
    struct account_row account = an_account(1), other = an_account(2), third = an_account(30);
    begin(desk);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &pen);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &lum);
    put(desk, FACT_ACCOUNT_CREATED, &account);
    write_fact(desk, 2, 1, FACT_ACCOUNT_CREATED, NULL, &other);
    write_fact(desk, 30, 1, FACT_ACCOUNT_CREATED, NULL, &third);
    struct purchase_row purchases[] = {{.id = 1, .product = &kre, .quantity = 5},
                                       {.id = 2, .product = &lum, .quantity = 6}};
    put(desk, FACT_PURCHASE_CREATED, &purchases[0]);
    put(desk, FACT_PURCHASE_CREATED, &purchases[1]);
    struct organization_row organizations[] = {an_organization(1001, 0), an_organization(1002, 0),
                                               an_organization(1003, 1001), an_organization(1004, 0)};
    for (size_t i = 0; i < 4; i++)
        put(desk, FACT_ORGANIZATION_CREATED, &organizations[i]);
    struct organization_row moved = an_organization(1004, 1003);
    write_fact(desk, 1, 2, FACT_ORGANIZATION_MOVED, &organizations[3], &moved);
    put_user(desk, 1, 1001, "Alice@Example.com", "Alice \xc3\x84rger");
    put_user(desk, 2, 1003, "bob@example.com", "Bob 100%");
    put_user(desk, 3, 1002, NULL, "CI_build");
    put_user(desk, 4, 0, "dora@example.com", "Dora");
    for (uint64_t i = 0; i < 4; i++) {
        struct project_row row = {.id = 1 + i, .name = "Film", .organization = 1001 + i, .created_at = 1};
        put(desk, FACT_PROJECT_CREATED, &row);
    }
    struct membership_row memberships[] = {{1, 1}, {1, 3}, {1, 4}, {2, 1}};
    for (size_t i = 0; i < 4; i++)
        put(desk, FACT_MEMBERSHIP_ADDED, &memberships[i]);
    for (uint64_t i = 0; i < 4; i++) {
        struct seat_row row = {.id = 1 + i, .product = &pen, .user = 4 - i, .level = i > 0 ? 1000 + i : 0};
        row.assigned_at = at_s(10 * (int64_t)i);
        row.last_used_at = i == 1 ? at_s(100) : 0;
        put(desk, FACT_SEAT_ASSIGNED, &row);
    }
    put_session(desk, 1, &kre, 1, 1001);
    put_session(desk, 2, &lum, 1, 1002);
    put_session(desk, 3, &kre, 2, 0);
    put_session(desk, 4, &kre, 3, 1002);
    put_session(desk, 5, &kre, 4, 1004);
    put_session(desk, 6, &kre, 4, 0);
    end_session(desk, 2, SESSION_RELEASED);
    end_session(desk, 4, SESSION_EXPIRED);
    end_session(desk, 6, SESSION_REVOKED);
    put_key(desk, 1, 1, 0);
    put_key(desk, 2, 3, 0);
    put_key(desk, 3, 0, 1003);
    put_key(desk, 4, 0, 0);
    struct session_row foreign = a_session(7);
    foreign.user = 1;
    write_fact(desk, 2, 1, FACT_SESSION_ACQUIRED, NULL, &foreign);
    commit(desk);
}

static struct list_page list(struct desk *desk, struct list_query query)
{
    struct list_page page;
    if (query.account == 0)
        query.account = 1;
    if (query.limit == 0)
        query.limit = 100;
    if (!store_list(desk->reader, &query, &desk->arena, &page, &desk->error))
        fail_msg("%s", desk->error.text);
    return page;
}

// The ids of a page, as in "1 2 3".
static const char *ids(struct desk *desk, struct list_query query)
{
    struct list_page page = list(desk, query);
    const char *text = "";
    for (size_t i = 0; i < page.count; i++)
        text = arena_printf(&desk->arena, "%s%s%d", text, i > 0 ? " " : "", (int)*(const uint64_t *)page.rows[i]);
    return text;
}

static void each_kind_is_listed_by_id(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_ACCOUNT}), "1 2 30");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_PURCHASE}), "1 2");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_ORGANIZATION}), "1001 1002 1003 1004");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_USER}), "1 2 3 4");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_PROJECT}), "1 2 3 4");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SEAT}), "1 2 3 4");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION}), "1 2 3 4 5 6");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_API_KEY}), "1 2 3 4");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .account = 2}), "7");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .account = 3}), "");
}

static void rows_of_a_list_are_whole(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct session_row expected = a_session(1);
    expected.user = expected.key = 1;
    struct list_page page = list(desk, (struct list_query){.kind = ROW_SESSION, .limit = 1});
    assert_true(row_same(ROW_SESSION, page.rows[0], &expected));
    const struct user_row *user = list(desk, (struct list_query){.kind = ROW_USER}).rows[2];
    assert_null(user->email);
}

static void pages_join(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct list_query query = {.kind = ROW_SESSION, .limit = 2};
    const char *expected[] = {"1 2", "3 4", "5 6"};
    for (size_t i = 0; i < 3; i++) {
        struct list_page page = list(desk, query);
        assert_string_equal(ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = *(const uint64_t *)page.rows[page.count - 1];
    }
    assert_string_equal(ids(desk, query), "");
    query = (struct list_query){.kind = ROW_ACCOUNT, .limit = 1, .after = 2};
    assert_string_equal(ids(desk, query), "30");
    assert_false(list(desk, query).more);
}

static void pages_join_from_the_end_back(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct list_query query = {.kind = ROW_SESSION, .limit = 2, .newest_first = true};
    const char *expected[] = {"6 5", "4 3", "2 1"};
    for (size_t i = 0; i < 3; i++) {
        struct list_page page = list(desk, query);
        assert_string_equal(ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = *(const uint64_t *)page.rows[page.count - 1];
    }
    assert_string_equal(ids(desk, query), "");
    query = (struct list_query){.kind = ROW_SESSION, .newest_first = true, .state_given = true, .after = 5};
    assert_string_equal(ids(desk, query), "3 1");
    query = (struct list_query){.kind = ROW_SESSION, .newest_first = true, .level_given = true, .product = "KRE"};
    assert_string_equal(ids(desk, query), "6 3");
}

static void organizations_come_with_their_places(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct organization_row renamed = an_organization(1003, 1001), before = renamed;
    renamed.name = "Light/~";
    begin(desk);
    write_fact(desk, 1, at_s(3), FACT_ORGANIZATION_UPDATED, &before, &renamed);
    commit(desk);
    struct list_page page = list(desk, (struct list_query){.kind = ROW_ORGANIZATION});
    static const size_t depths[] = {1, 1, 2, 3}, children[] = {1, 0, 1, 0};
    for (size_t i = 0; i < 4; i++) {
        const struct organization_row *row = page.rows[i];
        assert_int_equal(page.places[i].depth, depths[i]);
        assert_int_equal(page.places[i].children, children[i]);
        assert_string_equal(page.places[i].names[depths[i] - 1], row->name);
        assert_string_equal(page.places[i].names[0], ((const struct organization_row *)page.rows[i == 1])->name);
    }
    assert_string_equal(page.places[3].names[1], "Light/~");
    page = list(desk, (struct list_query){.kind = ROW_ORGANIZATION, .scope_organization = 1004});
    assert_int_equal(page.places[0].depth, 3);
    assert_null(list(desk, (struct list_query){.kind = ROW_USER}).places);
}

static void products_are_listed_by_code(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct list_page page = list(desk, (struct list_query){.kind = ROW_PRODUCT, .limit = 2});
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_true(row_same(ROW_PRODUCT, page.rows[0], &kre));
    assert_true(row_same(ROW_PRODUCT, page.rows[1], &lum));
    page = list(desk, (struct list_query){.kind = ROW_PRODUCT, .limit = 2, .after_code = "LUM"});
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    assert_true(row_same(ROW_PRODUCT, page.rows[0], &pen));
}

static void filters_narrow(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    static const uint64_t some[] = {77, 1001, 1004};
    const struct {
        const char *expected;
        struct list_query query;
    } cases[] = {
        {"2", {.kind = ROW_PURCHASE, .product = "LUM"}},
        {"", {.kind = ROW_PURCHASE, .product = "lum"}},
        {"1001 1002", {.kind = ROW_ORGANIZATION, .parent_given = true}},
        {"1004", {.kind = ROW_ORGANIZATION, .parent_given = true, .parent = 1003}},
        {"2", {.kind = ROW_USER, .organization = 1003}},
        {"1", {.kind = ROW_USER, .email = "alice@example.com"}},
        {"1", {.kind = ROW_USER, .email = "ALICE@example.com"}},
        {"", {.kind = ROW_USER, .email = "alice@example"}},
        {"1 2 4", {.kind = ROW_USER, .q = "example.com"}},
        {"1", {.kind = ROW_USER, .q = "alice \xc3\x84"}},
        {"1", {.kind = ROW_USER, .q = "ALICE"}},
        {"2", {.kind = ROW_USER, .q = "100%"}},
        {"3", {.kind = ROW_USER, .q = "ci_b"}}, // no pattern
        {"2", {.kind = ROW_USER, .q = "%"}},
        {"1", {.kind = ROW_USER, .q = "\xc3\xa4rGER"}}, // in any script
        {"1 2 3", {.kind = ROW_USER, .q = "b", .q_id = 1}},
        {"4", {.kind = ROW_USER, .q = "US-4", .q_id = 4}},
        {"", {.kind = ROW_USER, .q = "US-5", .q_id = 5}},
        {"1001 1004", {.kind = ROW_ORGANIZATION, .ids_given = true, .ids = some, .id_count = 3}},
        {"", {.kind = ROW_ORGANIZATION, .ids_given = true, .ids = some, .id_count = 0}},
        {"1004", {.kind = ROW_ORGANIZATION, .ids_given = true, .ids = some, .id_count = 3, .after = 1001}},
        {"1004", {.kind = ROW_ORGANIZATION, .ids_given = true, .ids = some, .id_count = 3, .scope_organization = 1003}},
        {"", {.kind = ROW_ORGANIZATION, .account = 2, .ids_given = true, .ids = some, .id_count = 3}},
        {"1 3", {.kind = ROW_USER, .ids_given = true, .ids = (const uint64_t[]){1, 3}, .id_count = 2}},
        {"3", {.kind = ROW_PROJECT, .ids_given = true, .ids = (const uint64_t[]){3}, .id_count = 1}},
        {"1001 1002 1003 1004", {.kind = ROW_ORGANIZATION, .q = "stUDIO"}},
        {"1003", {.kind = ROW_ORGANIZATION, .q = "OG-1003", .q_id = 1003}},
        {"1 2 3 4", {.kind = ROW_PROJECT, .q = "iL"}},
        {"2", {.kind = ROW_PROJECT, .q = "PR-2", .q_id = 2}},
        {"", {.kind = ROW_PROJECT, .q = "ilm."}},
        {"4", {.kind = ROW_PROJECT, .organization = 1004}},
        {"4", {.kind = ROW_SEAT, .user = 1}},
        {"1", {.kind = ROW_SEAT, .level_given = true}},
        {"3", {.kind = ROW_SEAT, .level_given = true, .level = 1002}},
        {"1 2 3 4", {.kind = ROW_SEAT, .product = "PEN"}},
        // Given at 0, 10, 20 and 30 s; the second was used at 100 s.
        {"1 3 4", {.kind = ROW_SEAT, .idle_s = 50, .now = at_s(80)}},
        {"1 3", {.kind = ROW_SEAT, .idle_s = 51, .now = at_s(80)}},
        {"1 2 3 4", {.kind = ROW_SEAT, .idle_s = 1, .now = at_s(101)}},
        {"3", {.kind = ROW_SEAT, .idle_s = 50, .now = at_s(80), .level_given = true, .level = 1002}},
        {"", {.kind = ROW_SEAT, .idle_s = 81, .now = at_s(80)}},
        {"1 3 5", {.kind = ROW_SESSION, .state_given = true, .state = SESSION_ACTIVE}},
        {"2", {.kind = ROW_SESSION, .state_given = true, .state = SESSION_RELEASED}},
        {"4", {.kind = ROW_SESSION, .state_given = true, .state = SESSION_EXPIRED}},
        {"6", {.kind = ROW_SESSION, .state_given = true, .state = SESSION_REVOKED}},
        {"2", {.kind = ROW_SESSION, .product = "LUM"}},
        {"1 2", {.kind = ROW_SESSION, .user = 1}},
        {"1", {.kind = ROW_SESSION, .user = 1, .state_given = true, .state = SESSION_ACTIVE}},
        {"3 6", {.kind = ROW_SESSION, .level_given = true}},
        {"2 4", {.kind = ROW_SESSION, .level_given = true, .level = 1002}},
        {"4", {.kind = ROW_SESSION, .level_given = true, .level = 1002, .product = "KRE", .user = 3}},
        {"", {.kind = ROW_SESSION, .user = ID_UNKNOWN}},
        {"3 6", {.kind = ROW_SESSION, .borrowed = true}},
        {"3", {.kind = ROW_SESSION, .borrowed = true, .state_given = true, .state = SESSION_ACTIVE}},
        {"", {.kind = ROW_SESSION, .borrowed = true, .user = 1}},
        {"2", {.kind = ROW_API_KEY, .user = 3}},
        {"3", {.kind = ROW_API_KEY, .organization = 1003}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = ids(desk, cases[i].query);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i, cases[i].expected, found);
    }
}

static void seats_come_with_their_machines(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    const struct seat_machine_row machines[] = {
        {.seat = 2, .machine = "b", .activated_at = at_s(2), .last_used_at = at_s(3)},
        {.seat = 2, .machine = "c", .activated_at = at_s(1), .last_used_at = at_s(1)},
        {.seat = 2, .machine = "a", .activated_at = at_s(2), .last_used_at = at_s(2)},
        {.seat = 3, .machine = "b", .activated_at = at_s(2), .last_used_at = at_s(2)}};
    begin(desk);
    for (size_t i = 0; i < 4; i++)
        put(desk, FACT_SEAT_MACHINE_ACTIVATED, &machines[i]);
    commit(desk);
    struct seat_machine_row used = machines[0];
    used.last_used_at = at_s(60);
    begin(desk);
    write_fact(desk, 1, at_s(60), FACT_SEAT_MACHINE_USED, &machines[0], &used);
    write_fact(desk, 1, at_s(60), FACT_SEAT_MACHINE_REMOVED, &machines[3], NULL);
    commit(desk);
    desk_reopen(desk);
    struct list_page page = list(desk, (struct list_query){.kind = ROW_SEAT});
    assert_int_equal(page.count, 4);
    assert_int_equal(page.machines[0].count, 0);
    assert_int_equal(page.machines[2].count, 0);
    assert_int_equal(page.machines[1].count, 3);
    assert_true(row_same(ROW_SEAT_MACHINE, &page.machines[1].rows[0], &machines[1]));
    assert_true(row_same(ROW_SEAT_MACHINE, &page.machines[1].rows[1], &machines[2]));
    assert_true(row_same(ROW_SEAT_MACHINE, &page.machines[1].rows[2], &used));
    struct loaded loaded = load(desk, 1, 0);
    size_t count = 0;
    for (size_t i = 0; i < loaded.count; i++)
        count += loaded.facts[i].kind == FACT_SEAT_MACHINE_ACTIVATED;
    assert_int_equal(count, 3);
    struct history history =
        events_of(desk, &(struct history_query){.account = 1, .kind = "seat", .subject = "ST-2/b"});
    assert_int_equal(history.count, 1); // its use is quiet
}

static void borrowings_are_listed_by_code(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    const struct borrowing_row first = {&lum, 7, 20}, second = {&kre, 30, 50}, after = {&kre, 31, 100},
                               other = {&pen, 1, 1};
    begin(desk);
    put(desk, FACT_BORROWING_SET, &first);
    put(desk, FACT_BORROWING_SET, &second);
    write_fact(desk, 2, at_s(1), FACT_BORROWING_SET, NULL, &other);
    write_fact(desk, 1, at_s(2), FACT_BORROWING_SET, &second, &after);
    commit(desk);
    desk_reopen(desk);
    struct list_page page = list(desk, (struct list_query){.kind = ROW_BORROWING, .limit = 1});
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    assert_true(row_same(ROW_BORROWING, page.rows[0], &after));
    page = list(desk, (struct list_query){.kind = ROW_BORROWING, .limit = 1, .after_code = "KRE"});
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    assert_true(row_same(ROW_BORROWING, page.rows[0], &first));
    begin(desk);
    write_fact(desk, 1, at_s(3), FACT_BORROWING_REMOVED, &first, NULL);
    commit(desk);
    struct loaded loaded = load(desk, 1, 0);
    size_t count = 0;
    for (size_t i = 0; i < loaded.count; i++)
        count += loaded.facts[i].kind == FACT_BORROWING_SET;
    assert_int_equal(count, 1);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1, .subject = "KRE"}).count, 2);
}

// SQLite looks for them block by block.
static void sessions_of_a_user_come_in_order_however_far_apart(void **state)
{
    struct desk *desk = *state;
    static const uint64_t given[] = {1, 2, 4095, 4096, 4097, 8191, 100000, 100001, 50000000, 50000001};
    begin(desk);
    for (size_t i = 0; i < 10; i++)
        put_session(desk, given[i], &kre, i % 2 == 0 ? 1 : 2, 0);
    commit(desk);
    struct list_query query = {.kind = ROW_SESSION, .user = 1, .limit = 2};
    static const char *const expected[] = {"1 4095", "4097 100000", "50000000", ""};
    for (size_t i = 0; i < 4; i++) {
        struct list_page page = list(desk, query);
        assert_string_equal(ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = page.count > 0 ? *(const uint64_t *)page.rows[page.count - 1] : query.after;
    }
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .scope_user = 2, .limit = 4}),
                        "2 4096 8191 100001");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 1, .scope_user = 2}), "");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 2, .after = 4096, .limit = 2}),
                        "8191 100001");
    assert_string_equal(ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 3}), "");
    query = (struct list_query){.kind = ROW_SESSION, .user = 1, .limit = 2, .newest_first = true};
    static const char *const from_the_end[] = {"50000000 100000", "4097 4095", "1", ""};
    for (size_t i = 0; i < 4; i++) {
        struct list_page page = list(desk, query);
        assert_string_equal(ids(desk, query), from_the_end[i]);
        assert_int_equal(page.more, i < 2);
        query.after = page.count > 0 ? *(const uint64_t *)page.rows[page.count - 1] : query.after;
    }
}

// A list of a user's sessions takes two statements at once. A reader keeps so many, and gives up others for new ones.
static void each_of_many_different_lists_has_its_own_rows(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    for (unsigned shape = 0; shape < 1 << 7; shape++) {
        struct list_query query = {.kind = ROW_SESSION, .user = 1};
        query.product = shape & 1 ? "KRE" : NULL;
        query.level_given = shape & 2;
        query.level = 1001;
        query.state_given = shape & 4;
        query.state = SESSION_ACTIVE;
        query.scope_organization = shape & 8 ? 1001 : 0;
        query.scope_user = shape & 16 ? 1 : 0;
        query.scope_key = shape & 32 ? 1 : 0;
        query.borrowed = shape & 64;
        // SN-1 is of KRE, at OG-1001 and active; SN-2 is none of these. No scope leaves either out.
        assert_string_equal(ids(desk, query), shape & 64 ? "" : shape & (1 | 2 | 4) ? "1" : "1 2");
    }
}

static void scopes_narrow(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    const struct {
        const char *expected;
        struct list_query query;
    } cases[] = {
        {"1001 1003 1004", {.kind = ROW_ORGANIZATION, .scope_organization = 1001}},
        {"1003 1004", {.kind = ROW_ORGANIZATION, .scope_organization = 1003}},
        {"1003", {.kind = ROW_ORGANIZATION, .scope_user = 2}},
        {"", {.kind = ROW_ORGANIZATION, .scope_user = 4}},
        {"1 2", {.kind = ROW_USER, .scope_organization = 1001}},
        {"3", {.kind = ROW_USER, .scope_user = 3}},
        {"2 4", {.kind = ROW_USER, .scope_organization = 1003, .scope_user = 4}}, // in one or the other
        {"1 3 4", {.kind = ROW_PROJECT, .scope_organization = 1001}},
        {"1 2", {.kind = ROW_PROJECT, .scope_user = 1}},
        {"2 4", {.kind = ROW_SEAT, .scope_organization = 1001, .scope_user = 1}},
        // Below OG-1001 by level (1, 5) or by user (1, 2, 3).
        {"1 2 3 5", {.kind = ROW_SESSION, .scope_organization = 1001}},
        {"2 4", {.kind = ROW_SESSION, .scope_organization = 1002}},
        {"3 5", {.kind = ROW_SESSION, .scope_organization = 1003}},
        {"5 6", {.kind = ROW_SESSION, .scope_user = 4}},
        {"4", {.kind = ROW_SESSION, .scope_key = 3}},
        {"4 5 6", {.kind = ROW_SESSION, .scope_key = 3, .scope_user = 4}},
        {"5", {.kind = ROW_SESSION, .scope_user = 4, .state_given = true, .state = SESSION_ACTIVE}},
        {"1 3", {.kind = ROW_API_KEY, .scope_organization = 1001}},
        {"2", {.kind = ROW_API_KEY, .scope_user = 3}},
        {"", {.kind = ROW_PURCHASE, .scope_user = 3}},
        {"", {.kind = ROW_SEAT, .scope_key = 3}},
        {"", {.kind = ROW_SESSION, .scope_organization = 77}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = ids(desk, cases[i].query);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i, cases[i].expected, found);
    }
}

static const char *members(struct desk *desk, uint64_t project, uint64_t after, size_t limit, bool *ret_more)
{
    struct list_page page;
    if (!store_list_members(desk->reader, 1, project, after, limit, &desk->arena, &page, &desk->error))
        fail_msg("%s", desk->error.text);
    const char *text = "";
    for (size_t i = 0; i < page.count; i++) {
        const struct user_row *user = page.rows[i];
        text = arena_printf(&desk->arena, "%s%s%d %s", text, i > 0 ? ", " : "", (int)user->id, user->name);
    }
    *ret_more = page.more;
    return text;
}

static void members_of_a_project_are_listed(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    bool more;
    assert_string_equal(members(desk, 1, 0, 2, &more), "1 Alice \xc3\x84rger, 3 CI_build");
    assert_true(more);
    assert_string_equal(members(desk, 1, 3, 2, &more), "4 Dora");
    assert_false(more);
    assert_string_equal(members(desk, 3, 0, 2, &more), "");
    assert_false(more);
}

static void parents_are_loaded_before_their_children(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    struct organization_row old = an_organization(1001, 0), below = an_organization(1001, 1002);
    begin(desk);
    write_fact(desk, 1, at_s(3), FACT_ORGANIZATION_MOVED, &old, &below);
    commit(desk);
    desk_reopen(desk);
    struct loaded loaded = load(desk, 1, 0);
    static const uint64_t expected[] = {1002, 1001, 1003, 1004};
    size_t next = 0;
    for (size_t i = 0; i < loaded.count; i++) {
        if (loaded.facts[i].kind == FACT_ORGANIZATION_CREATED)
            assert_int_equal(((const struct organization_row *)loaded.facts[i].after)->id, expected[next++]);
    }
    assert_int_equal(next, 4);
}

static void add_code(void *arg, const struct fact *fact)
{
    strcat(arg, ((const struct product *)fact->after)->code);
}

static void products_and_accounts_are_loaded(void **state)
{
    struct desk *desk = *state;
    fill(desk);
    desk_reopen(desk);
    char codes[16] = "";
    assert_true(store_load_products(desk->store, add_code, codes, &desk->error));
    assert_string_equal(codes, "KRELUMPEN");
    uint64_t *accounts;
    size_t count;
    assert_true(store_load_account_ids(desk->store, &desk->arena, &accounts, &count, &desk->error));
    assert_int_equal(count, 3);
    assert_int_equal(accounts[2], 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(each_kind_is_listed_by_id),
        ON_ALL(rows_of_a_list_are_whole),
        ON_ALL(pages_join),
        ON_ALL(pages_join_from_the_end_back),
        ON_ALL(organizations_come_with_their_places),
        ON_ALL(products_are_listed_by_code),
        ON_ALL(filters_narrow),
        ON_ALL(seats_come_with_their_machines),
        ON_ALL(borrowings_are_listed_by_code),
        ON_ALL(sessions_of_a_user_come_in_order_however_far_apart),
        ON_ALL(each_of_many_different_lists_has_its_own_rows),
        ON_ALL(scopes_narrow),
        ON_ALL(members_of_a_project_are_listed),
        ON_ALL(parents_are_loaded_before_their_children),
        ON_ALL(products_and_accounts_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
