// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "api/cookie.h"

#include <sodium.h>
#include <string.h>

#define SECRET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO_-"

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena);
    return sodium_init() < 0;
}

static int stop(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void a_cookie_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "usher_sign_in=12.345." SECRET, "a=b; usher_sign_in=12.345." SECRET, "usher_sign_in=12.345." SECRET "; a=b",
        "a=b;usher_sign_in=12.345." SECRET ";c", "; ;usher_sign_in=12.345." SECRET " ; a",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct sign_in_cookie cookie;
        if (!cookie_read(headers[i], &arena, &cookie))
            fail_msg("%s", headers[i]);
        assert_int_equal(cookie.account, 12);
        assert_int_equal(cookie.id, 345);
        assert_string_equal(cookie.secret, SECRET);
    }
}

static void what_has_another_form_is_none(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "", ";", "=", "usher_sign_in", "usher_sign_in=", "usher_sign_in=.", "usher_sign_in=1." SECRET,
        "usher_sign_in=1.1." SECRET "x", "usher_sign_in=1.1.x", "usher_sign_in=.1." SECRET, "usher_sign_in=1.." SECRET,
        "usher_sign_in=-1.1." SECRET, "usher_sign_in=1.+1." SECRET, "usher_sign_in=9999999999999999999.1." SECRET,
        "Usher_Sign_In=1.1." SECRET, "not_usher_sign_in=1.1." SECRET, "a=usher_sign_in=1.1." SECRET,
        "a=b usher_sign_in=1.1." SECRET,
        // The first of the name stands: one that a stranger's page has planted does not count further back.
        "usher_sign_in=x; usher_sign_in=1.1." SECRET,
    };
    struct sign_in_cookie cookie;
    assert_false(cookie_read(NULL, &arena, &cookie));
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (cookie_read(headers[i], &arena, &cookie))
            fail_msg("%s", headers[i]);
    }
}

static void what_is_set_is_read_again(void **state)
{
    (void)state;
    const struct sign_in_cookie set = {0, 7, SECRET};
    struct sign_in_cookie cookie;
    assert_string_equal(cookie_set(&arena, &set, false),
                        "usher_sign_in=0.7." SECRET "; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
    assert_string_equal(cookie_set(&arena, &set, true),
                        "usher_sign_in=0.7." SECRET "; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure");
    assert_string_equal(cookie_clear(&arena, false), "usher_sign_in=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    assert_true(cookie_read(cookie_set(&arena, &set, true), &arena, &cookie));
    assert_int_equal(cookie.id, 7);
}

static void the_token_is_made_of_the_secret(void **state)
{
    (void)state;
    const char *token = csrf_token(&arena, SECRET);
    assert_int_equal(strlen(token), 43);
    assert_string_equal(token, csrf_token(&arena, SECRET));
    assert_string_not_equal(token, csrf_token(&arena, "another"));
    assert_null(strstr(SECRET, token));
}

static bool is_taken(const char *method, const char *token, const char *host, const char *origin, const char *site)
{
    struct call_request request = {
        .method = method, .csrf_token = token, .host = host, .origin = origin, .fetch_site = site};
    return cross_site_by_cookie(&request, SECRET, &arena) == NULL;
}

static void only_this_servers_pages_may_change_something(void **state)
{
    (void)state;
    const char *token = csrf_token(&arena, SECRET), *other = csrf_token(&arena, "another");
    assert_true(is_taken("POST", token, "h:1", NULL, NULL));
    assert_true(is_taken("POST", token, "h:1", "http://h:1", "same-origin"));
    assert_true(is_taken("DELETE", token, "h:1", "https://H:1", "none"));
    assert_false(is_taken("POST", NULL, "h:1", "http://h:1", "same-origin"));
    assert_false(is_taken("PUT", "", "h:1", "http://h:1", "same-origin"));
    assert_false(is_taken("PATCH", other, "h:1", "http://h:1", "same-origin"));
    assert_true(is_taken("GET", NULL, "h:1", NULL, NULL));
    assert_true(is_taken("HEAD", NULL, "h:1", NULL, "same-origin"));
    assert_false(is_taken("GET", NULL, "h:1", NULL, "cross-site"));
    assert_false(is_taken("GET", token, "h:1", NULL, "same-site"));
    assert_false(is_taken("GET", token, "h:1", NULL, "made-up"));
    static const char *const origins[] = {"", "null", "h:1", "http://h", "http://h:2", "http://h:1.evil.example",
                                          "http://evil.example/h:1", "http://h:1/", "http://x@h:1"};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        if (is_taken("POST", token, "h:1", origins[i], NULL))
            fail_msg("%s is taken", origins[i]);
    }
    assert_false(is_taken("POST", token, NULL, "http://h:1", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cookie_is_found_wherever_it_stands, start, stop),
        cmocka_unit_test_setup_teardown(what_has_another_form_is_none, start, stop),
        cmocka_unit_test_setup_teardown(what_is_set_is_read_again, start, stop),
        cmocka_unit_test_setup_teardown(the_token_is_made_of_the_secret, start, stop),
        cmocka_unit_test_setup_teardown(only_this_servers_pages_may_change_something, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
