// SPDX-License-Identifier: Apache-2.0
#include "lists.h"

void lists_put(struct desk *desk, enum fact_kind kind, const void *row)
{
    write_fact(desk, 1, at_s(1), kind, NULL, row);
}

static void put_user(struct desk *desk, uint64_t id, uint64_t organization, const char *email, const char *name)
{
    struct user_row row = a_user(id);
    row.organization = organization;
    row.email = email;
    row.name = name;
    lists_put(desk, FACT_USER_CREATED, &row);
}

void lists_put_session(struct desk *desk, uint64_t id, const struct product *product, uint64_t user, uint64_t level)
{
    struct session_row row = a_session(id);
    row.product = product;
    row.user = user;
    row.level = level;
    row.key = user;
    row.borrowed = id % 3 == 0;
    lists_put(desk, FACT_SESSION_ACQUIRED, &row);
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
    lists_put(desk, FACT_API_KEY_CREATED, &row);
}

static void put_account(struct desk *desk)
{
    struct account_row account = an_account(1), other = an_account(2), third = an_account(30);
    struct purchase_row purchases[] = {{.id = 1, .product = &kre, .quantity = 5},
                                       {.id = 2, .product = &lum, .quantity = 6}};
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &pen);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(desk, 0, 1, FACT_PRODUCT_CREATED, NULL, &lum);
    lists_put(desk, FACT_ACCOUNT_CREATED, &account);
    write_fact(desk, 2, 1, FACT_ACCOUNT_CREATED, NULL, &other);
    write_fact(desk, 30, 1, FACT_ACCOUNT_CREATED, NULL, &third);
    lists_put(desk, FACT_PURCHASE_CREATED, &purchases[0]);
    lists_put(desk, FACT_PURCHASE_CREATED, &purchases[1]);
}

static void put_organizations(struct desk *desk)
{
    struct organization_row organizations[] = {an_organization(1001, 0), an_organization(1002, 0),
                                               an_organization(1003, 1001), an_organization(1004, 0)};
    for (size_t i = 0; i < 4; i++)
        lists_put(desk, FACT_ORGANIZATION_CREATED, &organizations[i]);
    struct organization_row moved = an_organization(1004, 1003);
    write_fact(desk, 1, 2, FACT_ORGANIZATION_MOVED, &organizations[3], &moved);
}

static void put_people(struct desk *desk)
{
    put_user(desk, 1, 1001, "Alice@Example.com", "Alice \xc3\x84rger");
    put_user(desk, 2, 1003, "bob@example.com", "Bob 100%");
    put_user(desk, 3, 1002, NULL, "CI_build");
    put_user(desk, 4, 0, "dora@example.com", "Dora");
    for (uint64_t i = 0; i < 4; i++) {
        struct project_row row = {.id = 1 + i, .name = "Film", .organization = 1001 + i, .created_at = 1};
        lists_put(desk, FACT_PROJECT_CREATED, &row);
    }
    struct membership_row memberships[] = {{1, 1}, {1, 3}, {1, 4}, {2, 1}};
    for (size_t i = 0; i < 4; i++)
        lists_put(desk, FACT_MEMBERSHIP_ADDED, &memberships[i]);
    put_key(desk, 1, 1, 0);
    put_key(desk, 2, 3, 0);
    put_key(desk, 3, 0, 1003);
    put_key(desk, 4, 0, 0);
}

static void put_claims(struct desk *desk)
{
    for (uint64_t i = 0; i < 4; i++) {
        struct seat_row row = {.id = 1 + i, .product = &pen, .user = 4 - i, .level = i > 0 ? 1000 + i : 0};
        row.assigned_at = at_s(10 * (int64_t)i);
        row.last_used_at = i == 1 ? at_s(100) : 0;
        lists_put(desk, FACT_SEAT_ASSIGNED, &row);
    }
    lists_put_session(desk, 1, &kre, 1, 1001);
    lists_put_session(desk, 2, &lum, 1, 1002);
    lists_put_session(desk, 3, &kre, 2, 0);
    lists_put_session(desk, 4, &kre, 3, 1002);
    lists_put_session(desk, 5, &kre, 4, 1004);
    lists_put_session(desk, 6, &kre, 4, 0);
    end_session(desk, 2, SESSION_RELEASED);
    end_session(desk, 4, SESSION_EXPIRED);
    end_session(desk, 6, SESSION_REVOKED);
    struct session_row foreign = a_session(7);
    foreign.user = 1;
    write_fact(desk, 2, 1, FACT_SESSION_ACQUIRED, NULL, &foreign);
}

void lists_fill(struct desk *desk)
{
    begin(desk);
    put_account(desk);
    put_organizations(desk);
    put_people(desk);
    put_claims(desk);
    commit(desk);
}

struct list_page lists_page(struct desk *desk, struct list_query query)
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

const char *lists_ids(struct desk *desk, struct list_query query)
{
    struct list_page page = lists_page(desk, query);
    const char *text = "";
    for (size_t i = 0; i < page.count; i++)
        text = arena_printf(&desk->arena, "%s%s%d", text, i > 0 ? " " : "", (int)*(const uint64_t *)page.rows[i]);
    return text;
}
