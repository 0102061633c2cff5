// SPDX-License-Identifier: Apache-2.0
#include "base/header.h"

#include "unit.h"

#include <string.h>

static void a_header_is_known_by_its_whole_name_in_any_case(void **state)
{
    (void)state;
    assert_true(header_is("Location: /x\r\n", 14, "location"));
    assert_true(header_is("LOCATION:", 9, "location"));
    assert_false(header_is("Locations: /x\r\n", 15, "location"));
    assert_false(header_is("X-Location: /x\r\n", 16, "location"));
    // No further than the line goes.
    assert_false(header_is("Location: /x", 8, "location"));
    assert_false(header_is("", 0, "location"));
}

static const char *value(const char *line, size_t size)
{
    static char text[32];
    memset(text, 'x', sizeof text);
    header_value(line, strlen(line), text, size);
    return text;
}

static void a_value_is_cut_out(void **state)
{
    (void)state;
    assert_string_equal(value("Retry-After:12", 32), "12");
    assert_string_equal(value("Retry-After: \t 12 \r\n", 32), "12");
    assert_string_equal(value("Location: http://a:80/b c\r\n", 32), "http://a:80/b c");
    assert_string_equal(value("Retry-After:", 32), "");
    assert_string_equal(value("Retry-After:   \r\n", 32), "");
    assert_string_equal(value("Location: 1234567", 5), "1234");
    assert_string_equal(value("Location: 1234567", 1), "");
}

static const char *media_type(const char *line)
{
    static char text[20];
    header_media_type(line, strlen(line), text, sizeof text);
    return text;
}

static void a_media_type_comes_without_its_parameters(void **state)
{
    (void)state;
    assert_string_equal(media_type("Content-Type: application/JSON; charset=utf-8\r\n"), "application/json");
    assert_string_equal(media_type("content-type:text/html\t;x"), "text/html");
    assert_string_equal(media_type("content-type: application/problem+json"), "application/problem");
    assert_string_equal(media_type("content-type:"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_known_by_its_whole_name_in_any_case),
        cmocka_unit_test(a_value_is_cut_out),
        cmocka_unit_test(a_media_type_comes_without_its_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
