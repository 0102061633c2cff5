// SPDX-License-Identifier: Apache-2.0
// Who may do what: every role against every address and what it names, in one table. The account stands in gate.h.
#include "gate.h"

#include <string.h>

#define NEW_PASSWORD "{\"current\":\"x\",\"password\":\"correct horse battery\"}"

// y: yes; F: 403; N: 404; f: yes if the account's setting is on, else 403.
static const struct {
    const char *line, *body, *answers; // one for each of `actors`
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
    {"POST /v1/accounts/AC-1/users", "{\"name\":\"x\",\"organization\":\"OG-1002\",\"role\":\"org_admin\"}",
     "yyyyFFFF"},
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
    {"POST /v1/accounts/AC-1/leases", "{\"product\":\"KRE\",\"user\":\"US-1\",\"machine\":\"m\",\"days\":1}",
     "yyFFyFFy"},
    {"POST /v1/accounts/AC-1/leases", "{\"product\":\"KRE\",\"user\":\"US-5\",\"machine\":\"m\",\"days\":1}",
     "yyFyFFFF"},
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
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"org_admin\",\"organization\":\"OG-1002\"}",
     "yyyyFFFF"},
    {"POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"org_admin\",\"organization\":\"OG-1003\"}",
     "yyFFFFFF"},
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

static void check_table(bool settings)
{
    struct gate gate;
    gate_init(&gate, settings, settings);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char answers[ACTORS + 1] = {0}, expected[ACTORS + 1] = {0};
        for (size_t j = 0; j < ACTORS; j++) {
            answers[j] = gate_judge(gate_ask(&gate, table[i].line, table[i].body, &actors[j]), &gate.account);
            expected[j] = table[i].answers[j] == 'f' ? (settings ? 'y' : 'F') : table[i].answers[j];
        }
        if (strcmp(answers, expected) != 0)
            fail_msg("%s %s: %s, not %s", table[i].line, table[i].body != NULL ? table[i].body : "", answers, expected);
        arena_clear(&gate.probe.arena);
    }
    gate_fini(&gate);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_against_every_address),
        cmocka_unit_test(with_delegation_and_self_service),
        cmocka_unit_test(every_route_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
