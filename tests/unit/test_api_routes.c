// SPDX-License-Identifier: Apache-2.0
// Addresses: which route they are, what stands in them, and what is answered where there is none.
#include "api/routes.h"

#include "api_probe.h"

#include <string.h>

static const struct {
    const char *method, *path, *template;
    const char *parameters; // joined by blanks
} found[] = {
    {"GET", "/v1/accounts", "/v1/accounts", ""},
    {"GET", "/v1/accounts/AC-1", "/v1/accounts/{account}", "AC-1"},
    {"HEAD", "/v1/accounts/self", "/v1/accounts/{account}", "self"},
    {"POST", "/v1/accounts/AC-1:apply", "/v1/accounts/{account}:apply", "AC-1"},
    {"POST", "/v1/accounts/self/sessions:batch", "/v1/accounts/{account}/sessions:batch", "self"},
    {"POST", "/v1/accounts/self/sessions/SN-1/heartbeat", "/v1/accounts/{account}/sessions/{session}/heartbeat",
     "self SN-1"},
    {"PUT", "/v1/accounts/AC-1/dedications/OG-1001/K.R_E-1",
     "/v1/accounts/{account}/dedications/{organization}/{product}", "AC-1 OG-1001 K.R_E-1"},
    {"DELETE", "/v1/accounts/x/projects/y/members/z", "/v1/accounts/{account}/projects/{project}/members/{user}",
     "x y z"},
    {"DELETE", "/v1/accounts/x/seats/y/machines/a%2Fb%3Ac",
     "/v1/accounts/{account}/seats/{seat}/machines/{machine}", "x y a%2Fb%3Ac"},
    {"GET", "/v1/products/heartbeat", "/v1/products/{code}", "heartbeat"},
    {"GET", "/healthz", "/healthz", ""},
};

static void addresses_have_routes(void **state)
{
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        struct route_match match;
        route_find(found[i].method, found[i].path, &match);
        assert_non_null(match.route);
        assert_string_equal(match.route->path, found[i].template);
        char *parameters = arena_strdup(&arena, "");
        for (size_t j = 0; j < match.count; j++)
            parameters = arena_printf(&arena, "%s%s%.*s", parameters, j > 0 ? " " : "",
                                      (int)match.parameters[j].length, match.parameters[j].text);
        assert_string_equal(parameters, found[i].parameters);
    }
    arena_fini(&arena);
    (void)state;
}

static void there_is_nothing_elsewhere(void **state)
{
    static const char *const nowhere[] = {
        "/", "", "/v1", "/v1/", "/v1/accounts/", "/v1/accounts//users", "/v1/accounts/AC-1/", "/v1/accounts/AC-1:fly",
        "/v1/accounts/AC-1/users/US-1/x", "/v1/accounts/:apply", "/v1/accounts/AC-1/sessions:", "/V1/accounts",
        "/v1/accounts/AC-1/sessions/SN-1:batch", "/v1/products/A:B", "/healthz/",
    };
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        struct route_match match;
        route_find("GET", nowhere[i], &match);
        assert_null(match.route);
        assert_int_equal(match.methods, 0);
    }
    (void)state;
}

static void an_address_tells_the_methods_that_it_takes(void **state)
{
    struct probe probe;
    probe_init(&probe);
    static const struct {
        const char *line, *allow;
    } wrong[] = {
        {"PUT /v1/accounts", "GET, HEAD, POST"},
        {"GET /v1/accounts/AC-1:apply", "POST"},
        {"POST /v1/accounts/AC-1/users/US-1", "GET, HEAD, PATCH, DELETE"},
        {"OPTIONS /v1/accounts/AC-1/usage-policy", "GET, HEAD, PUT, DELETE"},
        {"get /healthz", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct call *call = probe_read(&probe, wrong[i].line, NULL);
        struct call_answer answer;
        assert_null(call->route);
        call_write(call, &answer);
        assert_int_equal(answer.status, 405);
        assert_string_equal(answer.allow, wrong[i].allow);
        assert_string_equal(answer.problem, "method-not-allowed");
        free(answer.body);
    }
    int status;
    assert_non_null(probe_write(&probe, probe_read(&probe, "GET /nowhere", NULL), &status));
    assert_int_equal(status, 404);
    probe_fini(&probe);
    (void)state;
}

static void no_two_routes_are_the_same(void **state)
{
    for (const struct route *a = routes; a->method != NULL; a++) {
        assert_non_null(a->read);
        assert_true(a->scoped == (strncmp(a->path, "/v1/accounts/{account}", 22) == 0));
        for (const struct route *b = a + 1; b->method != NULL; b++)
            assert_false(strcmp(a->method, b->method) == 0 && strcmp(a->path, b->path) == 0);
    }
    (void)state;
}

static void only_batch_and_apply_take_large_bodies(void **state)
{
    assert_int_equal(call_body_max("POST", "/v1/accounts/self/sessions:batch"), 10 << 20);
    assert_int_equal(call_body_max("POST", "/v1/accounts/self:apply"), 10 << 20);
    assert_int_equal(call_body_max("POST", "/v1/accounts/self/dedications:apply"), 10 << 20);
    assert_int_equal(call_body_max("POST", "/v1/accounts/self/sessions"), 1 << 20);
    assert_int_equal(call_body_max("GET", "/nowhere"), 1 << 20);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_routes),
        cmocka_unit_test(there_is_nothing_elsewhere),
        cmocka_unit_test(an_address_tells_the_methods_that_it_takes),
        cmocka_unit_test(no_two_routes_are_the_same),
        cmocka_unit_test(only_batch_and_apply_take_large_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
