// SPDX-License-Identifier: Apache-2.0
// Lists that are narrowed: by filters, and to what lies in whose scope.
#include "lists.h"

struct listing {
    const char *expected;
    struct list_query query;
};

static void expect(struct desk *desk, size_t number, const struct listing *listing)
{
    const char *found = lists_ids(desk, listing->query);
    if (strcmp(found, listing->expected) != 0)
        fail_msg("case %zu: expected \"%s\", found \"%s\"", number, listing->expected, found);
}

static void filters_narrow(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    static const uint64_t some[] = {77, 1001, 1004};
    const struct listing cases[] = {
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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(desk, i, &cases[i]);
}

static void scopes_narrow(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
    const struct listing cases[] = {
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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(desk, i, &cases[i]);
}

// A list of a user's sessions takes two statements at once. A reader keeps so many, and gives up others for new ones.
static void each_of_many_different_lists_has_its_own_rows(void **state)
{
    struct desk *desk = *state;
    lists_fill(desk);
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
        assert_string_equal(lists_ids(desk, query), shape & 64 ? "" : shape & (1 | 2 | 4) ? "1" : "1 2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(filters_narrow),
        ON_ALL(scopes_narrow),
        ON_ALL(each_of_many_different_lists_has_its_own_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
