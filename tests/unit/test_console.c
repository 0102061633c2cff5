// SPDX-License-Identifier: Apache-2.0
#include "unit.h"

#include "server/accept.h"
#include "server/console.h"

#include <string.h>

#define HTML "text/html; charset=utf-8"

static const struct console_file files[] = {
    {"/assets/app-1a2b3c4d.js", "text/javascript", "app", {{"br", 2}, {"gzip", 4}, {"identity", 8}}},
    {"/favicon.svg", "image/svg+xml", "icon", {{0}, {0}, {"identity", 8}}},
    {"/index.html", HTML, "page", {{0}, {"gzip", 4}, {"identity", 8}}},
    {0},
};
static const struct console_file *const app = &files[0], *const icon = &files[1], *const page = &files[2];

static void a_list_gives_weights(void **state)
{
    (void)state;
    static const struct {
        const char *list, *name;
        int weight;
    } cases[] = {
        {"gzip", "gzip", 1000},
        {"GZip", "gzip", 1000},
        {"br, gzip;q=0.8, *;q=0", "gzip", 800},
        {"br, gzip;q=0.8, *;q=0", "*", 0},
        {"br, gzip;q=0.8, *;q=0", "deflate", WEIGHT_UNNAMED},
        {",, ,gzip ; q=0.05 ,", "gzip", 50},
        {"gzip;Q=0.123", "gzip", 123},
        {"gzip;q=1.000", "gzip", 1000},
        {"gzip;level=9;q=0.5", "gzip", 500},
        {"gzip;q=0.5;level=9", "gzip", 500},
        {"gzip;level=9, br", "gzip", 1000},
        {"gzip;q=0.5, gzip", "gzip", 500},
        {"gzipped, xgzip", "gzip", WEIGHT_UNNAMED},
        {"", "gzip", WEIGHT_UNNAMED},
        {"gzip;q=", "gzip", 0},
        {"gzip;q=2", "gzip", 0},
        {"gzip;q=1.001", "gzip", 0},
        {"gzip;q=0.1234", "gzip", 0},
        {"gzip;q=.5", "gzip", 0},
        {"gzip;q=-1", "gzip", 0},
        {"gzip;q=0.5x", "gzip", 0},
        {"gzip;", "gzip", 1000},
        {";;;,;q=1,gzip", "gzip", 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int weight = accept_weight(cases[i].list, cases[i].name);
        if (weight != cases[i].weight)
            fail_msg("\"%s\" gives %s %d in place of %d", cases[i].list, cases[i].name, weight, cases[i].weight);
    }
}

static void html_is_for_those_who_take_it(void **state)
{
    (void)state;
    assert_true(accept_html(NULL));
    assert_true(accept_html("*/*"));
    assert_true(accept_html("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    assert_true(accept_html("text/*;q=0.1"));
    assert_false(accept_html("application/json"));
    assert_false(accept_html("text/html;q=0, */*"));
    assert_false(accept_html(""));
}

static void assert_found(const char *path, const struct console_file *file)
{
    const struct console_file *found = console_find(files, path, "text/html");
    if (found != file)
        fail_msg("%s is answered with %s", path, found != NULL ? found->path : "nothing");
}

static void a_page_is_any_path_that_is_no_file(void **state)
{
    (void)state;
    static const char *const pages[] = {"/", "/index.html", "/sign-in", "/accounts/AC-1/licenses", "/accounts/AC-1/",
                                        "/v1x", "/v2/accounts", "/assetsx", "/favicon", "/Zoë", "/a%3Ab"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        assert_found(pages[i], page);
    assert_found("/assets/app-1a2b3c4d.js", app);
    assert_found("/favicon.svg", icon);
}

static void nothing_is_at_other_paths(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/assets/other.js", "/assets/app-1a2b3c4d.js/", "/assets/x", "/assets/", "/assets", "/robots.txt",
        "/INDEX.HTML", "/v1", "/v1/", "/v1/accounts/AC-1/nothing", "/.well-known/security", "/.git/config",
        "//", "//evil/", "/a//b", "/./a", "/../a", "/..", "/a/../b", "/..%2Fetc%2Fpasswd", "/a%2Fb", "/a\\b", "/a\tb",
        "/a\x7f",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_found(paths[i], NULL);
    assert_null(console_find(files, "/sign-in", "application/json"));
    assert_ptr_equal(console_find(files, "/favicon.svg", "application/json"), icon);
}

static void the_client_chooses_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *accept_encoding;
        enum console_coding of_app, of_page, of_icon;
    } cases[] = {
        {NULL, CODING_IDENTITY, CODING_IDENTITY, CODING_IDENTITY},
        {"", CODING_IDENTITY, CODING_IDENTITY, CODING_IDENTITY},
        {"gzip, deflate, br, zstd", CODING_BROTLI, CODING_GZIP, CODING_IDENTITY},
        {"gzip", CODING_GZIP, CODING_GZIP, CODING_IDENTITY},
        {"x-gzip", CODING_GZIP, CODING_GZIP, CODING_IDENTITY},
        {"br", CODING_BROTLI, CODING_IDENTITY, CODING_IDENTITY},
        {"br;q=0.5, gzip", CODING_GZIP, CODING_GZIP, CODING_IDENTITY},
        {"br;q=0, gzip;q=0.001", CODING_GZIP, CODING_GZIP, CODING_IDENTITY},
        {"gzip;q=0.5, identity", CODING_IDENTITY, CODING_IDENTITY, CODING_IDENTITY},
        {"*", CODING_BROTLI, CODING_GZIP, CODING_IDENTITY},
        {"*;q=0.1, br;q=0", CODING_GZIP, CODING_GZIP, CODING_IDENTITY},
        {"*;q=0", CODING_IDENTITY, CODING_IDENTITY, CODING_IDENTITY},
        {"deflate, zstd", CODING_IDENTITY, CODING_IDENTITY, CODING_IDENTITY},
        {"identity;q=0, br", CODING_BROTLI, CODING_IDENTITY, CODING_IDENTITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *header = cases[i].accept_encoding;
        bool as_wanted = console_choose(app, header) == cases[i].of_app &&
                         console_choose(page, header) == cases[i].of_page &&
                         console_choose(icon, header) == cases[i].of_icon;
        if (!as_wanted)
            fail_msg("Accept-Encoding: %s is answered in another form", header != NULL ? header : "(none)");
    }
}

static const char *header_of(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    return NULL;
}

static struct http_answer answer_of(const struct console_file *file, struct http_request *request)
{
    struct http_answer answer;
    console_answer(file, request, &answer);
    assert_non_null(header_of(&answer, "Content-Security-Policy"));
    return answer;
}

static void an_answer_tells_its_form(void **state)
{
    (void)state;
    struct http_request request = {.accept_encoding = "br"};
    struct http_answer answer = answer_of(app, &request);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.length, 2);
    assert_string_equal(answer.lasting, "br");
    assert_string_equal(answer.content_type, "text/javascript");
    assert_string_equal(answer.cache_control, "public, max-age=31536000, immutable");
    assert_string_equal(header_of(&answer, "ETag"), "\"app-br\"");
    assert_string_equal(header_of(&answer, "Content-Encoding"), "br");
    assert_string_equal(header_of(&answer, "Vary"), "Accept-Encoding");

    answer = answer_of(page, &request);
    assert_string_equal(answer.lasting, "identity");
    assert_string_equal(answer.cache_control, "no-cache");
    assert_string_equal(header_of(&answer, "ETag"), "\"page\"");
    assert_string_equal(header_of(&answer, "Vary"), "Accept-Encoding");
    assert_null(header_of(&answer, "Content-Encoding"));
    answer = answer_of(icon, &request);
    assert_null(header_of(&answer, "Vary"));
    arena_fini(&request.arena);
}

static void what_the_client_has_is_not_sent_again(void **state)
{
    (void)state;
    static const struct {
        const char *if_none_match;
        unsigned status;
    } cases[] = {
        {"\"page-gz\"", 304},         {"W/\"page-gz\"", 304},       {"*", 304},
        {"\"x\", \"page-gz\"", 304},  {"\"x\",\"page-gz\",", 304},  {"\"page\"", 200},
        {"\"page-br\"", 200},         {"page-gz", 200},             {"", 200},
        {"\"x\"page-gz\"", 200},      {"\"page-gz\"x", 200},        {"\"page-gz", 200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = {.accept_encoding = "gzip", .if_none_match = cases[i].if_none_match};
        struct http_answer answer = answer_of(page, &request);
        if (answer.status != cases[i].status)
            fail_msg("If-None-Match: %s is answered with %u", cases[i].if_none_match, answer.status);
        assert_true((answer.lasting == NULL) == (answer.status == 304));
        assert_string_equal(header_of(&answer, "ETag"), "\"page-gz\"");
        arena_fini(&request.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_gives_weights),
        cmocka_unit_test(html_is_for_those_who_take_it),
        cmocka_unit_test(a_page_is_any_path_that_is_no_file),
        cmocka_unit_test(nothing_is_at_other_paths),
        cmocka_unit_test(the_client_chooses_the_form),
        cmocka_unit_test(an_answer_tells_its_form),
        cmocka_unit_test(what_the_client_has_is_not_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
