// SPDX-License-Identifier: Apache-2.0
// Lists of present things: their rows, their order, and pages.
#include "lists.h"

static void each_kind_is_listed_by_id(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_ACCOUNT}), "1 2 30");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_PURCHASE}), "1 2");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_ORGANIZATION}), "1001 1002 1003 1004");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_USER}), "1 2 3 4");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_PROJECT}), "1 2 3 4");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SEAT}), "1 2 3 4");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION}), "1 2 3 4 5 6");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_API_KEY}), "1 2 3 4");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .account = 2}), "7");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .account = 3}), "");
}

static void rows_of_a_list_are_whole(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    struct session_row expected = a_session(1);
    expected.user = expected.key = 1;
    struct list_page page = lists_page(desk, (struct list_query){.kind = ROW_SESSION, .limit = 1});
    assert_true(row_same(ROW_SESSION, page.rows[0], &expected));
    const struct user_row *user = lists_page(desk, (struct list_query){.kind = ROW_USER}).rows[2];
    assert_null(user->email);
}

static void pages_join(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    struct list_query query = {.kind = ROW_SESSION, .limit = 2};
    const char *expected[] = {"1 2", "3 4", "5 6"};
    for (size_t i = 0; i < 3; i++) {
        struct list_page page = lists_page(desk, query);
        assert_string_equal(lists_ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = *(const uint64_t *)page.rows[page.count - 1];
    }
    assert_string_equal(lists_ids(desk, query), "");
    query = (struct list_query){.kind = ROW_ACCOUNT, .limit = 1, .after = 2};
    assert_string_equal(lists_ids(desk, query), "30");
    assert_false(lists_page(desk, query).more);
}

static void pages_join_from_the_end_back(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    struct list_query query = {.kind = ROW_SESSION, .limit = 2, .newest_first = true};
    const char *expected[] = {"6 5", "4 3", "2 1"};
    for (size_t i = 0; i < 3; i++) {
        struct list_page page = lists_page(desk, query);
        assert_string_equal(lists_ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = *(const uint64_t *)page.rows[page.count - 1];
    }
    assert_string_equal(lists_ids(desk, query), "");
    query = (struct list_query){.kind = ROW_SESSION, .newest_first = true, .state_given = true, .after = 5};
    assert_string_equal(lists_ids(desk, query), "3 1");
    query = (struct list_query){.kind = ROW_SESSION, .newest_first = true, .level_given = true, .product = "KRE"};
    assert_string_equal(lists_ids(desk, query), "6 3");
}

static void organizations_come_with_their_places(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    struct organization_row renamed = an_organization(1003, 1001), before = renamed;
    renamed.name = "Light/~";
    begin(desk);
    write_fact(desk, 1, at_s(3), FACT_ORGANIZATION_UPDATED, &before, &renamed);
    commit(desk);
    struct list_page page = lists_page(desk, (struct list_query){.kind = ROW_ORGANIZATION});
    static const size_t depths[] = {1, 1, 2, 3}, children[] = {1, 0, 1, 0};
    for (size_t i = 0; i < 4; i++) {
        const struct organization_row *row = page.rows[i];
        assert_int_equal(page.places[i].depth, depths[i]);
        assert_int_equal(page.places[i].children, children[i]);
        assert_string_equal(page.places[i].names[depths[i] - 1], row->name);
        assert_string_equal(page.places[i].names[0], ((const struct organization_row *)page.rows[i == 1])->name);
    }
    assert_string_equal(page.places[3].names[1], "Light/~");
    page = lists_page(desk, (struct list_query){.kind = ROW_ORGANIZATION, .scope_organization = 1004});
    assert_int_equal(page.places[0].depth, 3);
    assert_null(lists_page(desk, (struct list_query){.kind = ROW_USER}).places);
}

static void products_are_listed_by_code(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    struct list_page page = lists_page(desk, (struct list_query){.kind = ROW_PRODUCT, .limit = 2});
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_true(row_same(ROW_PRODUCT, page.rows[0], &kre));
    assert_true(row_same(ROW_PRODUCT, page.rows[1], &lum));
    page = lists_page(desk, (struct list_query){.kind = ROW_PRODUCT, .limit = 2, .after_code = "LUM"});
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    assert_true(row_same(ROW_PRODUCT, page.rows[0], &pen));
}

static void seats_come_with_their_machines(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    const struct seat_machine_row machines[] = {
        {.seat = 2, .machine = "b", .activated_at = at_s(2), .last_used_at = at_s(3)},
        {.seat = 2, .machine = "c", .activated_at = at_s(1), .last_used_at = at_s(1)},
        {.seat = 2, .machine = "a", .activated_at = at_s(2), .last_used_at = at_s(2)},
        {.seat = 3, .machine = "b", .activated_at = at_s(2), .last_used_at = at_s(2)}};
    begin(desk);
    for (size_t i = 0; i < 4; i++)
        lists_put(desk, FACT_SEAT_MACHINE_ACTIVATED, &machines[i]);
    commit(desk);
    struct seat_machine_row used = machines[0];
    used.last_used_at = at_s(60);
    begin(desk);
    write_fact(desk, 1, at_s(60), FACT_SEAT_MACHINE_USED, &machines[0], &used);
    write_fact(desk, 1, at_s(60), FACT_SEAT_MACHINE_REMOVED, &machines[3], NULL);
    commit(desk);
    desk_reopen(desk);
    struct list_page page = lists_page(desk, (struct list_query){.kind = ROW_SEAT});
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
    lists_fill(desk);
    const struct borrowing_row first = {&lum, 7, 20}, second = {&kre, 30, 50}, after = {&kre, 31, 100},
                               other = {&pen, 1, 1};
    begin(desk);
    lists_put(desk, FACT_BORROWING_SET, &first);
    lists_put(desk, FACT_BORROWING_SET, &second);
    write_fact(desk, 2, at_s(1), FACT_BORROWING_SET, NULL, &other);
    write_fact(desk, 1, at_s(2), FACT_BORROWING_SET, &second, &after);
    commit(desk);
    desk_reopen(desk);
    struct list_page page = lists_page(desk, (struct list_query){.kind = ROW_BORROWING, .limit = 1});
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    assert_true(row_same(ROW_BORROWING, page.rows[0], &after));
    page = lists_page(desk, (struct list_query){.kind = ROW_BORROWING, .limit = 1, .after_code = "KRE"});
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
        lists_put_session(desk, given[i], &kre, i % 2 == 0 ? 1 : 2, 0);
    commit(desk);
    struct list_query query = {.kind = ROW_SESSION, .user = 1, .limit = 2};
    static const char *const expected[] = {"1 4095", "4097 100000", "50000000", ""};
    for (size_t i = 0; i < 4; i++) {
        struct list_page page = lists_page(desk, query);
        assert_string_equal(lists_ids(desk, query), expected[i]);
        assert_int_equal(page.more, i < 2);
        query.after = page.count > 0 ? *(const uint64_t *)page.rows[page.count - 1] : query.after;
    }
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .scope_user = 2, .limit = 4}),
                        "2 4096 8191 100001");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 1, .scope_user = 2}), "");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 2, .after = 4096, .limit = 2}),
                        "8191 100001");
    assert_string_equal(lists_ids(desk, (struct list_query){.kind = ROW_SESSION, .user = 3}), "");
    query = (struct list_query){.kind = ROW_SESSION, .user = 1, .limit = 2, .newest_first = true};
    static const char *const from_the_end[] = {"50000000 100000", "4097 4095", "1", ""};
    for (size_t i = 0; i < 4; i++) {
        struct list_page page = lists_page(desk, query);
        assert_string_equal(lists_ids(desk, query), from_the_end[i]);
        assert_int_equal(page.more, i < 2);
        query.after = page.count > 0 ? *(const uint64_t *)page.rows[page.count - 1] : query.after;
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
    lists_fill(desk);
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
    lists_fill(desk);
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
    lists_fill(desk);
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
        ON_ALL(seats_come_with_their_machines),
        ON_ALL(borrowings_are_listed_by_code),
        ON_ALL(sessions_of_a_user_come_in_order_however_far_apart),
        ON_ALL(members_of_a_project_are_listed),
        ON_ALL(parents_are_loaded_before_their_children),
        ON_ALL(products_and_accounts_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
