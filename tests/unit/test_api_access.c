// SPDX-License-Identifier: Apache-2.0
//
// Who may do what: every role against every address and what it names, in one table. The account:
//
//     AC-1 ── OG-1001 ── OG-1002          US-1 member of OG-1001, and of the project PR-2
//        │                                US-2 member of OG-1002, US-3 member of OG-1003
//        └─── OG-1003                     US-4 account_admin, US-5 org_admin, both of OG-1001; US-6 of none
#include "api/access.h"

#include "api_probe.h"

#include <string.h>

static struct product kre = {.code = "KRE", .name = "Krea", .model = MODEL_SESSION, .created_at = 1};
static struct product fou = {.code = "FOU", .name = "Fou", .model = MODEL_SEAT, .created_at = 1};

static void add(struct account *account, enum fact_kind kind, const void *row)
{
    account_apply(account, &(struct fact){.kind = kind, .after = row});
}

static void add_tree(struct account *account)
{
    static const struct organization_row organizations[] = {
        {.id = 1001, .name = "Studio"}, {.id = 1002, .name = "Lighting", .parent = 1001}, {.id = 1003, .name = "Other"}};
    static const struct user_row users[] = {
        {.id = 1, .email = "1@x", .name = "1", .organization = 1001},
        {.id = 2, .email = "2@x", .name = "2", .organization = 1002},
        {.id = 3, .email = "3@x", .name = "3", .organization = 1003},
        {.id = 4, .email = "4@x", .name = "4", .organization = 1001, .role = ROLE_ACCOUNT_ADMIN},
        {.id = 5, .email = "5@x", .name = "5", .organization = 1001, .role = ROLE_ORG_ADMIN},
        {.id = 6, .email = "6@x", .name = "6"},
    };
    for (size_t i = 0; i < sizeof organizations / sizeof *organizations; i++)
        add(account, FACT_ORGANIZATION_CREATED, &organizations[i]);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        add(account, FACT_USER_CREATED, &users[i]);
    add(account, FACT_PROJECT_CREATED, &(struct project_row){.id = 1, .name = "Film", .organization = 1002});
    add(account, FACT_PROJECT_CREATED, &(struct project_row){.id = 2, .name = "Game", .organization = 1003});
    add(account, FACT_MEMBERSHIP_ADDED, &(struct membership_row){2, 1});
}

static struct session_row lease(uint64_t id, uint64_t user, uint64_t level)
{
    return (struct session_row){.id = id, .product = &kre, .user = user, .level = level, .count = 1, .machine = "m",
                                .ttl_s = 60, .started_at = 1000, .expires_at = 61000, .borrowed = true};
}

static struct session_row session(uint64_t id, uint64_t user, uint64_t level, uint64_t key)
{
    return (struct session_row){.id = id, .product = &kre, .user = user, .level = level, .count = 1, .ttl_s = 60,
                                .started_at = 1000, .expires_at = 61000, .key = key};
}

static void add_claims(struct account *account)
{
    const struct purchase_row purchases[] = {{.id = 1, .product = &kre, .quantity = 100, .in_force = true},
                                             {.id = 2, .product = &fou, .quantity = 100, .in_force = true}};
    const struct seat_row seats[] = {{.id = 1, .product = &fou, .user = 1}, {.id = 2, .product = &fou, .user = 2, .level = 1002},
                                     {.id = 3, .product = &fou, .user = 3, .level = 1003}};
    const struct session_row sessions[] = {session(1, 1, 1003, 1), session(2, 2, 0, 0), session(3, 3, 1003, 50),
                                           session(4, 3, 1001, 0), lease(5, 1, 1002), lease(6, 3, 1003)};
    for (size_t i = 0; i < 2; i++)
        add(account, FACT_PURCHASE_CREATED, &purchases[i]);
    for (size_t i = 0; i < 3; i++)
        add(account, FACT_SEAT_ASSIGNED, &seats[i]);
    for (size_t i = 0; i < 6; i++)
        add(account, FACT_SESSION_ACQUIRED, &sessions[i]);
}

static void add_keys(struct account *account)
{
    const struct api_key_row keys[] = {
        {.id = 1, .name = "k", .role = ROLE_MEMBER, .user = 1, .hash = {1}},
        {.id = 2, .name = "k", .role = ROLE_MEMBER, .user = 2, .hash = {2}},
        {.id = 3, .name = "k", .role = ROLE_MEMBER, .user = 3, .hash = {3}},
        {.id = 4, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1002, .hash = {4}},
        {.id = 5, .name = "k", .role = ROLE_AUDITOR, .user = 1, .hash = {5}},
        {.id = 6, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1003, .user = 2, .hash = {6}},
        {.id = 10, .name = "k", .role = ROLE_ORG_ADMIN, .organization = 1001, .hash = {10}},
        {.id = 50, .name = "k", .role = ROLE_PLATFORM, .hash = {50}},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(account, FACT_API_KEY_CREATED, &keys[i]);
}

static void add_all(struct account *account, bool delegate, bool self_service)
{
    account_init(account, 1, NULL);
    add(account, FACT_ACCOUNT_CREATED,
        &(struct account_row){.id = 1, .name = "A", .plan = PLAN_TRUE_ENTERPRISE, .fallback = true,
                              .delegate_dedication = delegate, .self_service_seats = self_service});
    add_tree(account);
    add_claims(account);
    add_keys(account);
}

// Columns of the table.
static const struct actor actors[] = {
    {.role = ROLE_OPERATOR},
    {.role = ROLE_ACCOUNT_ADMIN, .key = 90},
    {.role = ROLE_ORG_ADMIN, .key = 10, .organization = 1001},
    {.role = ROLE_ORG_ADMIN, .key = 11, .organization = 1001, .user = 5},
    {.role = ROLE_MEMBER, .key = 1, .user = 1},
    {.role = ROLE_PLATFORM, .key = 50},
    {.role = ROLE_AUDITOR, .key = 92},
    {.role = ROLE_AUDITOR, .key = 93, .user = 1},
};

enum { ACTORS = sizeof actors / sizeof *actors };

#define NEW_PASSWORD "{\"current\":\"x\",\"password\":\"correct horse battery\"}"

// y: yes; F: 403; N: 404; f: yes if the account's setting is on, else 403.
static const struct {
    const char *line, *body, *answers; // operator, account_admin, org_admin, the same with US-5, member, platform, auditor, the same with US-1
} table[] = {
    {"POST /v1/products", "{\"code\":\"K\",\"name\":\"x\",\"model\":\"seat\"}", "yFFFFFFF"},
    {"GET /v1/products", NULL, "yyyyyyyy"},
    {"GET /v1/products/KRE", NULL, "yyyyyyyy"},
    {"PATCH /v1/products/KRE", NULL, "yFFFFFFF"},
    {"POST /v1/accounts", "{\"name\":\"x\"}", "yFFFFFFF"},
    {"GET /v1/accounts", NULL, "yFFFFFFF"},
    {"GET /v1/accounts/AC-1", NULL, "yyyyyyyy"},
    {"PATCH /v1/accounts/AC-1", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1", "{\"plan\":\"free\"}", "yFFFFFFF"},
    {"POST /v1/accounts/AC-1:apply", "{}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/purchases", "{\"product\":\"KRE\",\"quantity\":1}", "yFFFFFFF"},
    {"GET /v1/accounts/AC-1/purchases", NULL, "yyFFFFyy"},
    {"GET /v1/accounts/AC-1/purchases/PU-1", NULL, "yyFFFFyy"},
    {"PATCH /v1/accounts/AC-1/purchases/PU-1", NULL, "yFFFFFFF"},
    {"DELETE /v1/accounts/AC-1/purchases/PU-1", NULL, "yFFFFFFF"},
    {"POST /v1/accounts/AC-1/organizations", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/organizations", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/organizations/OG-1001", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/organizations/OG-1002", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/organizations/OG-1003", NULL, "yyNNFFyy"},
    {"GET /v1/accounts/AC-1/organizations/OG-9999", NULL, "yyNNFFyy"},
    {"PATCH /v1/accounts/AC-1/organizations/OG-1002", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/organizations/OG-1002", NULL, "yyFFFFFF"},
    // Users
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-1002\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-1002\",\"role\":\"org_admin\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-1002\",\"role\":\"auditor\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-1003\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-9999\"}", "yyyyFFFF"},
    {"GET /v1/accounts/AC-1/users", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/users/US-1", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/users/US-2", NULL, "yyyyNFyy"},
    {"GET /v1/accounts/AC-1/users/US-3", NULL, "yyNNNFyy"},
    {"GET /v1/accounts/AC-1/users/US-6", NULL, "yyNNNFyy"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"name\":\"x\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"role\":\"org_admin\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"role\":\"account_admin\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"organization\":\"OG-1001\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"organization\":\"OG-1003\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-2", "{\"organization\":null}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-3", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-4", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-5", "{\"name\":\"x\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-5", "{\"role\":\"member\"}", "yyyFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-5", "{\"role\":\"org_admin\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-5", "{\"organization\":\"OG-1002\"}", "yyyFFFFF"},
    {"PATCH /v1/accounts/AC-1/users/US-999", "{\"name\":\"x\"}", "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-2", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-3", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-4", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-5", NULL, "yyyFFFFF"},
    // Projects
    {"POST /v1/accounts/AC-1/projects", "{\"name\":\"x\",\"organization\":\"OG-1002\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/projects", "{\"name\":\"x\",\"organization\":\"OG-1003\"}", "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/projects", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/projects/PR-1", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/projects/PR-2", NULL, "yyNNFFyy"},
    {"PATCH /v1/accounts/AC-1/projects/PR-1", "{\"organization\":\"OG-1001\"}", "yyyyFFFF"},
    {"PATCH /v1/accounts/AC-1/projects/PR-1", "{\"organization\":\"OG-1003\"}", "yyFFFFFF"},
    {"PATCH /v1/accounts/AC-1/projects/PR-2", "{\"name\":\"x\"}", "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/projects/PR-1", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/projects/PR-2", NULL, "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/projects/PR-1/members", NULL, "yyyyFFyy"},
    {"GET /v1/accounts/AC-1/projects/PR-2/members", NULL, "yyNNFFyy"},
    {"GET /v1/accounts/AC-1/projects/PR-9/members", NULL, "NNNNFFNN"},
    {"PUT /v1/accounts/AC-1/projects/PR-1/members/US-3", NULL, "yyyyFFFF"},
    {"PUT /v1/accounts/AC-1/projects/PR-2/members/US-2", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/projects/PR-1/members/US-3", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/projects/PR-2/members/US-1", NULL, "yyFFFFFF"},
    // Figures, dedications, policy
    {"GET /v1/accounts/AC-1/pools", NULL, "yyyyFFyy"},
    {"PUT /v1/accounts/AC-1/dedications/OG-1002/KRE", "{\"count\":1}", "yyffFFFF"},
    {"PUT /v1/accounts/AC-1/dedications/OG-1001/KRE", "{\"count\":1}", "yyFFFFFF"},
    {"PUT /v1/accounts/AC-1/dedications/OG-1003/KRE", "{\"count\":1}", "yyFFFFFF"},
    {"PUT /v1/accounts/AC-1/dedications/OG-9999/KRE", "{\"count\":1}", "yyffFFFF"},
    {"POST /v1/accounts/AC-1/dedications:apply",
     "{\"dedications\":[{\"organization\":\"OG-1002\",\"product\":\"KRE\",\"count\":1}]}", "yyffFFFF"},
    {"POST /v1/accounts/AC-1/dedications:apply",
     "{\"dedications\":[{\"organization\":\"OG-1002\",\"product\":\"KRE\",\"count\":1},"
     "{\"organization\":\"OG-1003\",\"product\":\"KRE\",\"count\":1}]}",
     "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/usage-policy", NULL, "yyyyyFyy"},
    {"PUT /v1/accounts/AC-1/usage-policy", "{\"policy\":\"strict\",\"fallback\":true}", "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/usage-policy", NULL, "yyFFFFFF"},
    // Seats
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-2\",\"level\":\"OG-1002\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-3\",\"level\":\"OG-1003\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-2\",\"level\":\"AC-1\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-1\",\"level\":\"OG-1001\"}", "yyyyfFFf"},
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-1\",\"level\":\"OG-1003\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"user\":\"US-1\",\"level\":\"AC-1\"}", "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/seats", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/seats/ST-1", NULL, "yyNNyFyy"},
    {"GET /v1/accounts/AC-1/seats/ST-2", NULL, "yyyyNFyy"},
    {"GET /v1/accounts/AC-1/seats/ST-3", NULL, "yyNNNFyy"},
    {"DELETE /v1/accounts/AC-1/seats/ST-1", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/seats/ST-2?reason=x", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/seats/ST-9", NULL, "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/seats/ST-1/check-in", NULL, "yyFFyFFy"},
    {"POST /v1/accounts/AC-1/seats/ST-2/check-in", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/seats/ST-1/machines/ws-17", NULL, "yyFFyFFy"},
    {"DELETE /v1/accounts/AC-1/seats/ST-2/machines/ws-17", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/seats/ST-9/machines/ws-17", NULL, "yyyyyFFy"},
    {"POST /v1/accounts/AC-1/seats:release", "{\"seats\":[\"ST-2\"]}", "yyyyFFFF"},
    // Leases
    {"POST /v1/accounts/AC-1/leases", "{\"product\":\"KRE\",\"user\":\"US-1\",\"machine\":\"m\",\"days\":1}", "yyFFyFFy"},
    {"POST /v1/accounts/AC-1/leases", "{\"product\":\"KRE\",\"user\":\"US-5\",\"machine\":\"m\",\"days\":1}", "yyFyFFFF"},
    {"POST /v1/accounts/AC-1/leases", "{\"product\":\"KRE\",\"machine\":\"m\",\"days\":1}", "yyFyyFFy"},
    {"GET /v1/accounts/AC-1/leases", NULL, "yyyyyyyy"},
    {"GET /v1/accounts/AC-1/leases/SN-5", NULL, "yyyyyNyy"},
    {"GET /v1/accounts/AC-1/leases/SN-6", NULL, "yyNNNNyy"},
    {"DELETE /v1/accounts/AC-1/leases/SN-5", NULL, "yyyyyFFy"},
    {"DELETE /v1/accounts/AC-1/leases/SN-6", NULL, "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/borrowing", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/borrowing/KRE", NULL, "yyyyyFyy"},
    {"PUT /v1/accounts/AC-1/borrowing/KRE", "{\"max_borrow_days\":1}", "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/borrowing/KRE", NULL, "yyFFFFFF"},
    {"GET /.well-known/usher-keys.json", NULL, "yyyyyyyy"},
    {"POST /v1/accounts/AC-1/seats:release", "{\"seats\":[\"ST-2\",\"ST-3\"]}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/seats:release", "{\"seats\":[\"ST-2\",\"ST-9\"]}", "yyyyFFFF"},
    // Sessions: SN-1 of US-1 at OG-1003; SN-2 of US-2 at the account; SN-3 of US-3 at OG-1003, by the platform; SN-4 of
    // US-3 at OG-1001
    {"POST /v1/accounts/AC-1/sessions", "{\"product\":\"KRE\",\"user\":\"US-1\"}", "yyFFyyFy"},
    {"POST /v1/accounts/AC-1/sessions", "{\"product\":\"KRE\",\"user\":\"US-2\"}", "yyFFFyFF"},
    {"POST /v1/accounts/AC-1/sessions", "{\"product\":\"KRE\",\"user\":\"US-5\"}", "yyFyFyFF"},
    {"POST /v1/accounts/AC-1/sessions:explain", "{\"product\":\"KRE\",\"user\":\"US-1\"}", "yyFFyFFy"},
    {"POST /v1/accounts/AC-1/sessions:explain", "{\"product\":\"KRE\",\"user\":\"US-2\"}", "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/sessions", NULL, "yyyyyyyy"},
    {"GET /v1/accounts/AC-1/waiters", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/sessions/SN-1", NULL, "yyyyyNyy"},
    {"GET /v1/accounts/AC-1/sessions/SN-2", NULL, "yyyyNNyy"},
    {"GET /v1/accounts/AC-1/sessions/SN-3", NULL, "yyNNNyyy"},
    {"GET /v1/accounts/AC-1/sessions/SN-4", NULL, "yyyyNNyy"},
    {"POST /v1/accounts/AC-1/sessions/SN-1/heartbeat", NULL, "yyFFyFFy"},
    {"POST /v1/accounts/AC-1/sessions/SN-3/heartbeat", NULL, "yyFFFyFF"},
    {"POST /v1/accounts/AC-1/sessions/SN-9/heartbeat", NULL, "yyFyyyFy"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-1", NULL, "yyFFyFFy"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-1?reason=x", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-2", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-3", NULL, "yyFFFyFF"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-3?reason=x&cooldown_s=5", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-4", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/sessions/SN-4?reason=x&cooldown_s=5", NULL, "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/sessions:batch", "{\"ops\":[]}", "yyyyyyFy"},
    // History
    {"GET /v1/accounts/AC-1/denials", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/denials/DN-1", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/events", NULL, "yyFFFFyy"},
    // API keys
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-1\"}", "yyyyyFFy"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-2\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-3\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-4\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"auditor\",\"user\":\"US-1\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"platform\"}", "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"org_admin\",\"organization\":\"OG-1002\"}", "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"org_admin\",\"organization\":\"OG-1003\"}", "yyFFFFFF"},
    {"GET /v1/accounts/AC-1/api-keys", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/api-keys/AK-1", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/api-keys/AK-3", NULL, "yyNNNFyy"},
    {"GET /v1/accounts/AC-1/api-keys/AK-4", NULL, "yyyyNFyy"},
    {"GET /v1/accounts/AC-1/api-keys/AK-50", NULL, "yyNNNFyy"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-1", NULL, "yyyyyFFy"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-2", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-3", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-4", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-5", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-6", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-10", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/api-keys/AK-50", NULL, "yyFFFFFF"},
    // Passwords, invitations, sign-ins
    {"POST /v1/accounts/AC-1/users/US-1/invitation", NULL, "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/users/US-3/invitation", NULL, "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/users/US-4/invitation", NULL, "yyFFFFFF"},
    {"POST /v1/accounts/AC-1/users/US-5/invitation", NULL, "yyyyFFFF"},
    {"PUT /v1/accounts/AC-1/users/US-1/password", NEW_PASSWORD, "FFFFyFFy"},
    {"PUT /v1/accounts/AC-1/users/US-5/password", NEW_PASSWORD, "FFFyFFFF"},
    {"PUT /v1/accounts/AC-1/users/US-9/password", NEW_PASSWORD, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/users/US-1/sign-ins", NULL, "yyyyyFyy"},
    {"GET /v1/accounts/AC-1/users/US-3/sign-ins", NULL, "yyNNNFyy"},
    {"DELETE /v1/accounts/AC-1/users/US-1/sign-ins", NULL, "yyyyyFFy"},
    {"DELETE /v1/accounts/AC-1/users/US-2/sign-ins", NULL, "yyyyFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-3/sign-ins", NULL, "yyFFFFFF"},
    {"DELETE /v1/accounts/AC-1/users/US-4/sign-ins", NULL, "yyFFFFFF"},
    {"POST /v1/sign-in", "{\"key\":\"x\"}", "yyyyyyyy"},
    {"DELETE /v1/sign-in", NULL, "yyyyyyyy"},
    {"POST /v1/invitations:accept", "{\"token\":\"x\",\"password\":\"correct horse battery\"}", "yyyyyyyy"},
    // The rest
    {"GET /v1/whoami", NULL, "yyyyyyyy"},
    {"GET /v1/openapi.json", NULL, "yyyyyyyy"},
    {"POST /v1/backup", NULL, "yFFFFFFF"},
    {"GET /metrics", NULL, "yFFFFFFF"},
    {"GET /healthz", NULL, "yyyyyyyy"},
    {"GET /readyz", NULL, "yyyyyyyy"},
};

static struct call *ask(struct probe *probe, const char *line, const char *body, const struct actor *actor)
{
    struct call *call = probe_read(probe, line, body);
    assert_reads(call);
    call->account = 1;
    call->actor = *actor;
    return call;
}

static char judge(struct call *call, const struct account *account)
{
    if (access_role(call) && access_scope(call, account))
        return 'y';
    assert_non_null(call->outcome.detail);
    return call->outcome.result == RESULT_FORBIDDEN ? 'F' : call->outcome.result == RESULT_NOT_FOUND ? 'N' : '?';
}

static void check_table(bool settings)
{
    struct account account;
    struct probe probe;
    add_all(&account, settings, settings);
    probe_init(&probe);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char answers[ACTORS + 1] = {0}, expected[ACTORS + 1] = {0};
        for (size_t j = 0; j < ACTORS; j++) {
            answers[j] = judge(ask(&probe, table[i].line, table[i].body, &actors[j]), &account);
            expected[j] = table[i].answers[j] == 'f' ? (settings ? 'y' : 'F') : table[i].answers[j];
        }
        if (strcmp(answers, expected) != 0)
            fail_msg("%s %s: %s, not %s", table[i].line, table[i].body != NULL ? table[i].body : "", answers, expected);
        arena_clear(&probe.arena);
    }
    probe_fini(&probe);
    account_fini(&account);
}

static void every_role_against_every_address(void **state)
{
    check_table(false);
    (void)state;
}

static void with_delegation_and_self_service(void **state)
{
    check_table(true);
    (void)state;
}

static void every_route_is_in_the_table(void **state)
{
    struct probe probe;
    probe_init(&probe);
    for (const struct route *route = routes; route->method != NULL; route++) {
        bool found = false;
        for (size_t i = 0; i < sizeof table / sizeof *table && !found; i++)
            found = probe_read(&probe, table[i].line, table[i].body)->route == route;
        if (!found)
            fail_msg("%s %s is not", route->method, route->path);
        arena_clear(&probe.arena);
    }
    probe_fini(&probe);
    (void)state;
}

// ---- Sessions that have ended are judged as they were

static void ended_sessions_have_the_same_readers(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    struct session_row past = session(9, 3, 1001, 50);
    past.state = SESSION_EXPIRED;
    static const struct {
        const char *line, *answers;
    } ended[] = {
        {"GET /v1/accounts/AC-1/sessions/SN-9", "yyyyNyyy"},
        {"POST /v1/accounts/AC-1/sessions/SN-9/heartbeat", "yyFFFyFF"},
        {"DELETE /v1/accounts/AC-1/sessions/SN-9", "yyyyFyFF"},
    };
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < ACTORS; j++) {
            struct call *call = ask(&probe, ended[i].line, NULL, &actors[j]);
            call->past = &past;
            assert_int_equal(judge(call, &account), ended[i].answers[j]);
        }
    }
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

static void each_op_of_a_batch_is_judged_by_itself(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    static const char body[] = "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"},"
                               "{\"op\":\"acquire\",\"product\":\"KRE\",\"user\":\"US-2\"},"
                               "{\"op\":\"heartbeat\",\"session\":\"SN-1\"},{\"op\":\"release\",\"session\":\"SN-3\"},"
                               "{\"op\":\"release\",\"session\":\"SN-4\",\"reason\":\"x\"}]}";
    static const char *const answers[] = {"yyyyy", "yyyyy", "FFFFy", "yFFFy", "yFyFF", "yyFyF", NULL, "yFyFF"};
    for (size_t j = 0; j < ACTORS; j++) {
        if (answers[j] == NULL)
            continue;
        struct call *call = ask(&probe, "POST /v1/accounts/AC-1/sessions:batch", body, &actors[j]);
        assert_int_equal(judge(call, &account), 'y');
        for (size_t i = 0; i < call->op_count; i++)
            assert_int_equal(access_op(call, &call->ops[i], &account) ? 'y' : 'F', answers[j][i]);
    }
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

// ---- Lists

static void lists_have_scopes(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    static const struct {
        const char *line;
        size_t actor;
        uint64_t organization, user, key;
    } scopes[] = {
        {"GET /v1/accounts/AC-1/sessions", 0, 0, 0, 0},     {"GET /v1/accounts/AC-1/sessions", 1, 0, 0, 0},
        {"GET /v1/accounts/AC-1/sessions", 2, 1001, 0, 0},  {"GET /v1/accounts/AC-1/sessions", 3, 1001, 5, 0},
        {"GET /v1/accounts/AC-1/sessions", 4, 0, 1, 0},     {"GET /v1/accounts/AC-1/sessions", 5, 0, 0, 50},
        {"GET /v1/accounts/AC-1/sessions", 6, 0, 0, 0},     {"GET /v1/accounts/AC-1/sessions", 7, 0, 0, 0},
        {"GET /v1/accounts/AC-1/users", 4, 0, 1, 0},        {"GET /v1/accounts/AC-1/api-keys", 3, 1001, 5, 0},
        {"GET /v1/accounts/AC-1/organizations", 3, 1001, 0, 0}, {"GET /v1/accounts/AC-1/projects", 3, 1001, 0, 0},
        {"GET /v1/accounts/AC-1/seats", 2, 1001, 0, 0},
    };
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        struct call *call = ask(&probe, scopes[i].line, NULL, &actors[scopes[i].actor]);
        assert_int_equal(judge(call, &account), 'y');
        assert_int_equal(call->list.account, 1);
        assert_int_equal(call->list.scope_organization, scopes[i].organization);
        assert_int_equal(call->list.scope_user, scopes[i].user);
        assert_int_equal(call->list.scope_key, scopes[i].key);
    }
    // A key that lacks what its scope hangs on sees nothing, not everything.
    struct call *call = ask(&probe, "GET /v1/accounts/AC-1/sessions", NULL, &(struct actor){.role = ROLE_ORG_ADMIN, .key = 7});
    assert_int_equal(judge(call, &account), 'y');
    assert_true(call->list.scope_organization == ID_UNKNOWN);
    call = ask(&probe, "GET /v1/accounts/AC-1/pools?level=OG-1003", NULL, &actors[2]);
    assert_int_equal(judge(call, &account), 'y');
    assert_int_equal(call->command.pools.subtree, 1001);
    assert_true(call->command.pools.level == ID_UNKNOWN);
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

static void denials_show_the_levels_that_one_may_see(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    struct call *call = ask(&probe, "GET /v1/accounts/AC-1/denials", NULL, &actors[2]);
    assert_int_equal(judge(call, &account), 'y');
    assert_false(call->sees_all);
    assert_int_equal(call->history.scope_organization, 1001);
    assert_int_equal(call->visible_count, 2);
    assert_int_equal(call->visible[0], 1001);
    assert_int_equal(call->visible[1], 1002);
    call = ask(&probe, "GET /v1/accounts/AC-1/denials", NULL, &actors[4]);
    assert_int_equal(judge(call, &account), 'y');
    assert_int_equal(call->history.scope_user, 1);
    assert_int_equal(call->visible_count, 2);
    assert_int_equal(call->visible[0], 1001);
    assert_int_equal(call->visible[1], 1003); // of its project
    call = ask(&probe, "GET /v1/accounts/AC-1/events", NULL, &actors[6]);
    assert_int_equal(judge(call, &account), 'y');
    assert_true(call->sees_all);
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

// ---- Levels, defaults, figures

static void another_accounts_level_is_none(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    static const char seat[] = "{\"product\":\"FOU\",\"user\":\"US-1\",\"level\":\"AC-2\"}";
    struct call *call = ask(&probe, "POST /v1/accounts/AC-1/seats", seat, &actors[0]);
    assert_int_equal(judge(call, &account), 'y'); // the engine says that it is not there
    assert_true(call->command.seat.level == ID_UNKNOWN);
    call = ask(&probe, "GET /v1/accounts/AC-1/seats?level=AC-2", NULL, &actors[0]);
    assert_int_equal(judge(call, &account), 'y');
    assert_true(call->list.level == ID_UNKNOWN);
    call = ask(&probe, "GET /v1/accounts/AC-1/seats?level=AC-1", NULL, &actors[0]);
    assert_int_equal(judge(call, &account), 'y');
    assert_true(call->list.level_given && call->list.level == 0);
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

static bool same_hash(struct probe *probe, const char *line, const char *body, const char *other, const struct actor *actor)
{
    probe->idempotency_key = "k";
    struct call *a = ask(probe, line, body, actor), *b = ask(probe, line, other, actor);
    assert_true(access_role(a) && access_role(b));
    return memcmp(a->request_hash, b->request_hash, KEY_HASH_BYTES) == 0;
}

static void the_keys_user_is_a_default(void **state)
{
    struct probe probe;
    probe_init(&probe);
    const struct actor *member = &actors[4];
    static const char batch[] = "POST /v1/accounts/AC-1/sessions:batch";
    assert_true(same_hash(&probe, "POST /v1/accounts/AC-1/seats", "{\"product\":\"F\",\"level\":\"OG-1001\"}",
                          "{\"product\":\"F\",\"level\":\"OG-1001\",\"user\":\"US-1\"}", member));
    assert_false(same_hash(&probe, "POST /v1/accounts/AC-1/seats", "{\"product\":\"F\",\"level\":\"OG-1001\"}",
                           "{\"product\":\"F\",\"level\":\"OG-1001\",\"user\":\"US-2\"}", member));
    assert_true(same_hash(&probe, "POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\"}",
                          "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-1\"}", member));
    assert_true(same_hash(&probe, "POST /v1/accounts/AC-1/sessions:explain", "{\"product\":\"KRE\",\"wait_s\":5}",
                          "{\"product\":\"KRE\",\"user\":\"US-1\",\"origin\":\"external\"}", member));
    assert_true(same_hash(&probe, batch, "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"}]}",
                          "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\",\"user\":\"US-1\",\"count\":1}]}", member));
    assert_false(same_hash(&probe, batch, "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"}]}",
                           "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\",\"count\":2}]}", member));
    assert_false(same_hash(&probe, batch, "{\"ops\":[]}", "{\"ops\":[{\"op\":\"heartbeat\",\"session\":\"SN-1\"}]}", member));
    probe.idempotency_key = NULL;
    struct call *call = ask(&probe, "POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\"}", member);
    assert_true(access_role(call));
    assert_int_equal(call->command.api_key.user, 1);
    probe_fini(&probe);
    (void)state;
}

static void a_seat_needs_a_user(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    struct call *call =
        ask(&probe, "POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"level\":\"OG-1001\"}", &actors[1]);
    assert_true(access_role(call));
    assert_false(access_scope(call, &account));
    assert_int_equal(call->outcome.result, RESULT_INVALID_REQUEST);
    assert_string_equal(call->outcome.pointer, "/user");
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

static void figures_of_others_are_hidden(void **state)
{
    struct account account;
    struct arena arena = {0};
    add_all(&account, false, false);
    const struct explanation explanation = {
        .product = &kre, .user = 1, .tried_count = 4, .tried_total = 4,
        .tried = {{.level = 0}, {.level = 1001}, {.level = 1002}, {.level = 1003}}};
    // operator, account_admin, org_admin, …: which of the four are hidden. US-1 is a member of a project of OG-1003.
    static const char *const hidden[] = {"....", "....", "....", "....", "..h.", "..h.", "....", "...."};
    for (size_t j = 0; j < ACTORS; j++) {
        struct outcome outcome = {.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &explanation};
        access_hide(&actors[j], &account, &arena, &outcome);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(outcome.explanation->tried[i].figures_hidden, hidden[j][i] == 'h');
        assert_false(explanation.tried[2].figures_hidden);
    }
    arena_fini(&arena);
    account_fini(&account);
    (void)state;
}

static void whoami_tells_the_organization(void **state)
{
    struct account account;
    struct probe probe;
    add_all(&account, false, false);
    probe_init(&probe);
    static const uint64_t organizations[ACTORS] = {0, 0, 1001, 1001, 1001, 0, 0, 1001};
    for (size_t j = 0; j < ACTORS; j++) {
        struct call *call = ask(&probe, "GET /v1/whoami", NULL, &actors[j]);
        assert_int_equal(judge(call, j == 0 ? NULL : &account), 'y');
        assert_int_equal(call->organization, organizations[j]);
    }
    probe_fini(&probe);
    account_fini(&account);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_against_every_address),
        cmocka_unit_test(with_delegation_and_self_service),
        cmocka_unit_test(every_route_is_in_the_table),
        cmocka_unit_test(ended_sessions_have_the_same_readers),
        cmocka_unit_test(each_op_of_a_batch_is_judged_by_itself),
        cmocka_unit_test(lists_have_scopes),
        cmocka_unit_test(denials_show_the_levels_that_one_may_see),
        cmocka_unit_test(another_accounts_level_is_none),
        cmocka_unit_test(the_keys_user_is_a_default),
        cmocka_unit_test(a_seat_needs_a_user),
        cmocka_unit_test(figures_of_others_are_hidden),
        cmocka_unit_test(whoami_tells_the_organization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
