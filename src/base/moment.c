// SPDX-License-Identifier: Apache-2.0
#include "base/moment.h"

#include "base/check.h"

#include <ctype.h>

enum { MS_PER_DAY = 86400000 };

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, by counting years that start in March, so
// that the leap day comes last.
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int)(m < 10 ? m + 3 : m - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

// Digits by hand: every row and every answer holds moments, and printf takes its time to find out what is asked.
static char *put_digits(char *text, int number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + count;
}

static char *put_part(char *text, int number, int count, char after)
{
    text = put_digits(text, number, count);
    *text = after;
    return text + 1;
}

void moment_format(int64_t at, char text[MOMENT_TEXT_SIZE])
{
    int64_t days = at / MS_PER_DAY - (at % MS_PER_DAY < 0);
    int ms = (int)(at - days * MS_PER_DAY);
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    CHECK(year >= 0 && year <= 9999);
    text = put_part(text, year, 4, '-');
    text = put_part(text, month, 2, '-');
    text = put_part(text, day, 2, 'T');
    text = put_part(text, ms / 3600000, 2, ':');
    text = put_part(text, ms / 60000 % 60, 2, ':');
    text = put_part(text, ms / 1000 % 60, 2, '.');
    text = put_part(text, ms % 1000, 3, 'Z');
    *text = '\0';
}

static bool read_digits(const char **text, int count, int low, int high, int *ret)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)**text))
            return false;
        value = value * 10 + *(*text)++ - '0';
    }
    *ret = value;
    return value >= low && value <= high;
}

static bool read_char(const char **text, const char *any_of)
{
    for (; *any_of != '\0'; any_of++) {
        if (**text == *any_of) {
            (*text)++;
            return true;
        }
    }
    return false;
}

static bool read_fraction(const char **text, int *ret_ms)
{
    int ms = 0, digits = 0;
    while (isdigit((unsigned char)**text)) {
        if (digits < 3)
            ms = ms * 10 + **text - '0';
        digits++;
        (*text)++;
    }
    for (int i = digits; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return digits >= 1 && digits <= 9;
}

static bool read_offset(const char **text, int *ret_minutes)
{
    *ret_minutes = 0;
    if (read_char(text, "Zz"))
        return true;
    int sign = **text == '-' ? -1 : 1, hours, minutes;
    if (!read_char(text, "+-") || !read_digits(text, 2, 0, 23, &hours) || !read_char(text, ":") ||
        !read_digits(text, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool moment_parse(const char *text, int64_t *ret_at)
{
    int year, month, day, hour, minute, second, ms = 0, offset;
    if (!read_digits(&text, 4, 0, 9999, &year) || !read_char(&text, "-") || !read_digits(&text, 2, 1, 12, &month) ||
        !read_char(&text, "-") || !read_digits(&text, 2, 1, days_in_month(year, month), &day) ||
        !read_char(&text, "Tt ") || !read_digits(&text, 2, 0, 23, &hour) || !read_char(&text, ":") ||
        !read_digits(&text, 2, 0, 59, &minute) || !read_char(&text, ":") || !read_digits(&text, 2, 0, 60, &second))
        return false;
    if (read_char(&text, ".") && !read_fraction(&text, &ms))
        return false;
    if (!read_offset(&text, &offset) || *text != '\0')
        return false;
    int64_t minutes = (days_from_date(year, month, day) * 24 + hour) * 60 + minute - offset;
    int64_t at = minutes * 60000 + second * 1000 + ms;
    // An offset may carry a moment over the edge of the years that can be written again.
    if (at < days_from_date(0, 1, 1) * MS_PER_DAY || at >= days_from_date(10000, 1, 1) * MS_PER_DAY)
        return false;
    *ret_at = at;
    return true;
}
