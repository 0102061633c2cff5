// SPDX-License-Identifier: Apache-2.0
#include "base/moment.h"

#include "unit.h"

#include <string.h>

static const int64_t first_moment = -62167219200000; // 0000-01-01T00:00:00.000Z
static const int64_t last_moment = 253402300799999;  // 9999-12-31T23:59:59.999Z

// Moments that another program computed: date -u -d TEXT +%s
static const struct {
    int64_t at;
    const char *text;
} known[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {1795502056123, "2026-11-24T06:34:16.123Z"},
    {951782400000, "2000-02-29T00:00:00.000Z"},
    {951868800000, "2000-03-01T00:00:00.000Z"},
    {-2203977600000, "1900-02-28T00:00:00.000Z"},
    {-2203891200000, "1900-03-01T00:00:00.000Z"},
    {1709251199999, "2024-02-29T23:59:59.999Z"},
    {1735689599001, "2024-12-31T23:59:59.001Z"},
    {-62167219200000, "0000-01-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
};

static void known_moments_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[MOMENT_TEXT_SIZE];
        moment_format(known[i].at, text);
        assert_string_equal(text, known[i].text);
        int64_t at = 1;
        assert_true(moment_parse(known[i].text, &at));
        assert_int_equal(at, known[i].at);
    }
    assert_int_equal(moment_seconds(120), 120000);
}

static void what_is_written_is_read_as_the_same(void **state)
{
    (void)state;
    struct dice dice = {7};
    char last_text[MOMENT_TEXT_SIZE] = "";
    int64_t last = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t at = first_moment + (int64_t)dice_below(&dice, (uint64_t)(last_moment - first_moment + 1)), again = 0;
        char text[MOMENT_TEXT_SIZE];
        moment_format(at, text);
        assert_true(moment_parse(text, &again));
        assert_int_equal(again, at);
        // Texts sort as their moments do.
        if (i > 0 && (strcmp(text, last_text) < 0) != (at < last))
            fail_msg("%s and %s", text, last_text);
        memcpy(last_text, text, sizeof text);
        last = at;
    }
}

static void each_day_follows_the_one_before(void **state)
{
    (void)state;
    static const int days_in_month[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t at = first_moment;
    for (int year = 0; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
            for (int day = 1; day <= days_in_month[month - 1] + leap; day++, at += 86400000) {
                char text[MOMENT_TEXT_SIZE], expected[64];
                moment_format(at, text);
                snprintf(expected, sizeof expected, "%04d-%02d-%02dT00:00:00.000Z", year, month, day);
                if (strcmp(text, expected) != 0)
                    fail_msg("%s instead of %s", text, expected);
            }
        }
    }
    assert_int_equal(at, last_moment + 1);
}

static void every_form_of_rfc_3339_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at;
    } forms[] = {
        {"2026-11-24T06:34:16Z", 1795502056000},
        {"2026-11-24t06:34:16z", 1795502056000},
        {"2026-11-24 06:34:16Z", 1795502056000},
        {"2026-11-24T06:34:16.1Z", 1795502056100},
        {"2026-11-24T06:34:16.12Z", 1795502056120},
        {"2026-11-24T06:34:16.1239Z", 1795502056123},
        {"2026-11-24T06:34:16.123456789Z", 1795502056123},
        {"2026-11-24T06:34:16+00:00", 1795502056000},
        {"2026-11-24T06:34:16-00:00", 1795502056000},
        {"2026-11-24T08:04:16+01:30", 1795502056000},
        {"2026-11-23T23:34:16-07:00", 1795502056000},
        {"2026-11-25T06:33:16+23:59", 1795502056000},
        {"2016-12-31T23:59:60Z", 1483228800000}, // a leap second is the second after it
        {"9999-12-31T22:59:59.999-01:00", 253402300799999},
        {"0000-01-01T01:00:00+01:00", -62167219200000},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        int64_t at = 0;
        if (!moment_parse(forms[i].text, &at) || at != forms[i].at)
            fail_msg("%s gave %lld", forms[i].text, (long long)at);
    }
}

static void what_is_no_moment_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "now",
        "2026",
        "2026-11-24",
        "20261124T063416Z",
        "-2026-11-24T06:34:16Z",
        "+2026-11-24T06:34:16Z",
        "12026-11-24T06:34:16Z",
        "226-11-24T06:34:16Z",
        // month and day
        "2026-00-24T06:34:16Z",
        "2026-13-24T06:34:16Z",
        "2026-11-00T06:34:16Z",
        "2026-11-31T06:34:16Z",
        "2026-12-32T06:34:16Z",
        "2026-02-29T06:34:16Z",
        "1900-02-29T06:34:16Z",
        "2024-02-30T06:34:16Z",
        "2026-1-24T06:34:16Z",
        "2026-11-4T06:34:16Z",
        "2026/11/24T06:34:16Z",
        "2026-11/24T06:34:16Z",
        // time of day
        "2026-11-24X06:34:16Z",
        "2026-11-2406:34:16Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T06:60:16Z",
        "2026-11-24T06:34:61Z",
        "2026-11-24T6:34:16Z",
        "2026-11-24T06.34:16Z",
        "2026-11-24T06:34.16Z",
        "2026-11-24T06:34Z",
        "2026-11-24T06:34:1Z",
        // fraction
        "2026-11-24T06:34:16.Z",
        "2026-11-24T06:34:16,5Z",
        "2026-11-24T06:34:16.1234567890Z",
        "2026-11-24T06:34:16.-5Z",
        // offset
        "2026-11-24T06:34:16",
        "2026-11-24T06:34:16.123",
        "2026-11-24T06:34:16ZZ",
        "2026-11-24T06:34:16Z ",
        " 2026-11-24T06:34:16Z",
        "2026-11-24T06:34:16+24:00",
        "2026-11-24T06:34:16+01:60",
        "2026-11-24T06:34:16+0100",
        "2026-11-24T06:34:16+01",
        "2026-11-24T06:34:16+1:00",
        "2026-11-24T06:34:16 01:00",
        "2026-11-24T06:34:16*01:00",
        // over the edge of the years that have four digits
        "0000-01-01T00:59:59.999+01:00",
        "9999-12-31T23:00:00-01:00",
        "9999-12-31T23:59:60Z",
        // digits of other scripts
        "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-11-24T06:34:16Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t at = 42;
        if (moment_parse(bad[i], &at))
            fail_msg("'%s' was read as %lld", bad[i], (long long)at);
        assert_int_equal(at, 42);
    }
}

// Cut short or with one character changed, a good text is refused or read, but never read past.
static void every_near_miss_is_survived(void **state)
{
    (void)state;
    static const char good[] = "2026-11-24T06:34:16.123456789+01:30";
    for (size_t length = 0; length < sizeof good - 1; length++) {
        char *cut = strndup(good, length);
        int64_t at;
        assert_false(moment_parse(cut, &at));
        free(cut);
        for (int byte = 1; byte < 256; byte++) {
            char *changed = strdup(good);
            changed[length] = (char)byte;
            moment_parse(changed, &at);
            free(changed);
        }
    }
}

static void format_year(void *context)
{
    char text[MOMENT_TEXT_SIZE];
    moment_format(*(int64_t *)context, text);
}

static void years_of_five_digits_are_never_written(void **state)
{
    (void)state;
    int64_t too_early = first_moment - 1, too_late = last_moment + 1;
    assert_true(stops(format_year, &too_early));
    assert_true(stops(format_year, &too_late));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_are_written_and_read),     cmocka_unit_test(what_is_written_is_read_as_the_same),
        cmocka_unit_test(each_day_follows_the_one_before),        cmocka_unit_test(every_form_of_rfc_3339_is_read),
        cmocka_unit_test(what_is_no_moment_is_refused),           cmocka_unit_test(every_near_miss_is_survived),
        cmocka_unit_test(years_of_five_digits_are_never_written),
    };
    return cmocka_run_group_tests_name("base/moment", tests, NULL, NULL);
}
