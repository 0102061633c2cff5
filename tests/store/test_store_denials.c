// SPDX-License-Identifier: Apache-2.0
// Episodes of denials: kept, brought up to date, loaded while open, searched.
#include "support.h"

static const struct explanation explanation = {
    .product = &kre,
    .user = 7,
    .count = 2,
    .policy = POLICY_STRICT,
    .tried = {{.level = 1001,
               .rule = VIA_OWN,
               .dedicated = 20,
               .pool = 20,
               .assigned = 19,
               .available = 1,
               .reason = REASON_EXHAUSTED,
               .retry_after_s = 95},
              {.level = 0,
               .rule = VIA_FALLBACK,
               .dedicated = 9,
               .reason = REASON_FALLBACK_OFF,
               .retry_after_s = NUMBER_NONE,
               .figures_hidden = true}},
    .tried_count = 2,
    .tried_total = 31,
};

static struct denial explained(uint64_t id)
{
    struct denial denial = a_denial(id);
    denial.first_at = denial.last_at = at_s(10);
    denial.explanation = &explanation;
    return denial;
}

static void put(struct desk *desk, const struct denial *denial)
{
    must(desk, store_put_denial(desk->store, 1, denial, &desk->error));
}

struct found {
    struct denial_record *denials;
    size_t count;
    bool more;
};

static struct found find(struct desk *desk, struct history_query query)
{
    struct found found;
    query.account = 1;
    if (query.limit == 0)
        query.limit = 100;
    if (!store_list_denials(desk->reader, &query, &desk->arena, &found.denials, &found.count, &found.more,
                            &desk->error))
        fail_msg("%s", desk->error.text);
    return found;
}

static void expect_same(const struct denial *found, const struct denial *expected)
{
    assert_int_equal(found->id, expected->id);
    assert_int_equal(found->user, expected->user);
    assert_string_equal(found->product->code, expected->product->code);
    if (expected->machine != NULL)
        assert_string_equal(found->machine, expected->machine);
    else
        assert_null(found->machine);
    assert_int_equal(found->error, expected->error);
    assert_int_equal(found->reason, expected->reason);
    assert_int_equal(found->project, expected->project);
    assert_int_equal(found->organization, expected->organization);
    assert_int_equal(found->units, expected->units);
    assert_int_equal(found->count, expected->count);
    assert_int_equal(found->first_at, expected->first_at);
    assert_int_equal(found->last_at, expected->last_at);
    assert_int_equal(found->closed_at, expected->closed_at);
}

static void an_episode_is_kept_with_what_was_tried(void **state)
{
    struct desk *desk = *state;
    struct denial denial = explained(3);
    struct denial bare = {.id = 4,
                          .user = 7,
                          .product = &lum,
                          .error = RESULT_NOT_ELIGIBLE,
                          .units = 1,
                          .count = 1,
                          .first_at = at_s(11),
                          .last_at = at_s(11)};
    begin(desk);
    put(desk, &denial);
    put(desk, &bare);
    commit(desk);
    desk_reopen(desk);
    struct found found = find(desk, (struct history_query){0});
    assert_int_equal(found.count, 2);
    expect_same(&found.denials[0].denial, &denial);
    expect_same(&found.denials[1].denial, &bare);
    assert_null(found.denials[1].tried);
    assert_string_equal(
        found.denials[0].tried,
        "{\"policy\":\"strict\",\"fallback\":false,\"tried\":["
        "{\"level\":\"OG-1001\",\"rule\":\"own\",\"dedicated\":20,\"pool\":20,\"assigned\":19,"
        "\"available\":1,\"reason\":\"exhausted\",\"retry_after_s\":95},"
        "{\"level\":\"AC-1\",\"rule\":\"fallback\",\"reason\":\"fallback_off\",\"retry_after_s\":null}],"
        "\"tried_total\":31}");
}

static void retries_bring_the_episode_up_to_date(void **state)
{
    struct desk *desk = *state;
    struct denial denial = explained(3);
    begin(desk);
    put(desk, &denial);
    commit(desk);
    denial.explanation = NULL;
    denial.count = 47;
    denial.last_at = at_s(12);
    begin(desk);
    put(desk, &denial);
    denial.count = 48;
    denial.closed_at = at_s(13);
    put(desk, &denial);
    commit(desk);
    struct found found = find(desk, (struct history_query){0});
    assert_int_equal(found.count, 1);
    expect_same(&found.denials[0].denial, &denial);
    assert_non_null(strstr(found.denials[0].tried, "\"tried_total\":31")); // of the first time
    begin(desk);
    denial.count = 1000;
    put(desk, &denial);
    store_rollback(desk->store);
    assert_int_equal(find(desk, (struct history_query){0}).denials[0].denial.count, 48);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 0);
}

static void add_id(void *arg, const struct denial *denial)
{
    char text[24];
    snprintf(text, sizeof text, "%d ", (int)denial->id);
    strcat(arg, text);
    if (denial->id == 3) {
        struct denial expected = explained(3);
        expect_same(denial, &expected);
    }
}

static void open_episodes_are_loaded(void **state)
{
    struct desk *desk = *state;
    struct denial denials[] = {explained(3), explained(4), explained(5), explained(6)};
    denials[1].last_at = at_s(9); // long silent
    denials[2].closed_at = at_s(11);
    begin(desk);
    for (size_t i = 0; i < 4; i++)
        put(desk, &denials[i]);
    struct denial foreign = explained(7);
    assert_int_equal(store_put_denial(desk->store, 2, &foreign, &desk->error), STORE_OK);
    commit(desk);
    desk_reopen(desk);
    char loaded[64] = "";
    assert_true(store_load_denials(desk->store, 1, at_s(10), add_id, loaded, &desk->error));
    assert_string_equal(loaded, "3 6 ");
}

static const char *ids(struct desk *desk, struct history_query query)
{
    query.from_at = query.from_at != 0 ? at_s(query.from_at) : 0;
    query.to_at = query.to_at != 0 ? at_s(query.to_at) : 0;
    struct found found = find(desk, query);
    const char *text = "";
    for (size_t i = 0; i < found.count; i++)
        text = arena_printf(&desk->arena, "%s%s%d", text, i > 0 ? " " : "", (int)found.denials[i].denial.id);
    return text;
}

static void denials_are_searched(void **state)
{
    struct desk *desk = *state;
    struct organization_row studio = an_organization(1001, 0), room = an_organization(1003, 1001);
    struct user_row user = a_user(8);
    user.organization = 1003;
    struct denial denials[] = {explained(3), explained(4), explained(5), explained(6)};
    denials[1].product = &lum;
    denials[1].organization = 1003;
    denials[2].user = 8;
    denials[2].organization = 0;
    denials[2].error = RESULT_NOT_A_MEMBER;
    denials[2].reason = REASON_NONE;
    denials[3].reason = REASON_COOLDOWN;
    denials[3].organization = 0;
    denials[3].last_at = at_s(20);
    begin(desk);
    write_fact(desk, 1, at_s(1), FACT_ORGANIZATION_CREATED, NULL, &studio);
    write_fact(desk, 1, at_s(1), FACT_ORGANIZATION_CREATED, NULL, &room);
    write_fact(desk, 1, at_s(1), FACT_USER_CREATED, NULL, &user);
    for (size_t i = 0; i < 4; i++)
        put(desk, &denials[i]);
    commit(desk);
    const struct {
        const char *expected;
        struct history_query query;
    } cases[] = {
        {"3 4", {.limit = 2}},
        {"5 6", {.limit = 2, .after = 4}},
        {"6 5", {.limit = 2, .newest_first = true}},
        {"4 3", {.limit = 2, .newest_first = true, .after = 5}},
        {"", {.newest_first = true, .after = 3}},
        {"6 4 3", {.newest_first = true, .kind = "no-license-available"}},
        {"5 4 3", {.newest_first = true, .scope_organization = 1001}},
        {"4", {.product = "LUM"}},
        {"5", {.user = 8}},
        {"5", {.kind = "not-a-member"}},
        {"3 4 6", {.kind = "no-license-available"}},
        {"6", {.kind = "cooldown"}},
        {"", {.kind = "none"}},
        {"5", {.subject = "DN-5"}},
        {"", {.subject = "DN-05"}},
        {"6", {.from_at = 11}},
        {"3 4 5 6", {.from_at = 10, .to_at = 11}},
        {"", {.to_at = 10}},
        {"3 4 5", {.scope_organization = 1001}},
        {"4 5", {.scope_organization = 1003}},
        {"3 4 6", {.scope_user = 7}},
        {"4 5", {.scope_organization = 1003, .scope_user = 8}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = ids(desk, cases[i].query);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i, cases[i].expected, found);
    }
    assert_true(find(desk, (struct history_query){.limit = 3}).more);
    assert_false(find(desk, (struct history_query){.limit = 4}).more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(an_episode_is_kept_with_what_was_tried),
        ON_ALL(retries_bring_the_episode_up_to_date),
        ON_ALL(open_episodes_are_loaded),
        ON_ALL(denials_are_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
