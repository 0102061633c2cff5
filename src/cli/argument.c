// SPDX-License-Identifier: Apache-2.0
#include "cli/argument.h"

#include "base/moment.h"
#include "cli/message.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A hundred years: beyond any lease, and far from the edge of what can be written.
static const int64_t span_max_s = 100LL * 365 * 86400;

static bool read_number(const char *text, const char **ret_end, int64_t *ret)
{
    // strtoll takes blanks and signs, too.
    if (!isdigit((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *ret_end = end;
    *ret = number;
    return errno == 0;
}

enum exit_code argument_number(const char *what, const char *text, int64_t least, int64_t most, int64_t *ret)
{
    const char *end;
    int64_t number;
    if (!read_number(text, &end, &number) || *end != '\0' || number < least || number > most) {
        if (most == INT64_MAX)
            complain("%s is a whole number from %lld up, not \"%s\"", what, (long long)least, text);
        else
            complain("%s is a whole number from %lld to %lld, not \"%s\"", what, (long long)least, (long long)most,
                     text);
        return CLI_WRONG_USE;
    }
    *ret = number;
    return CLI_OK;
}

// "2h": a number and its unit.
static bool read_units(const char *text, int64_t *ret_s)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 86400};
    const char *end, *unit;
    int64_t number;
    if (!read_number(text, &end, &number) || number > span_max_s)
        return false;
    if (*end == '\0' || end[1] != '\0' || (unit = strchr(units, *end)) == NULL)
        return false;
    *ret_s = number * seconds[unit - units];
    return *ret_s <= span_max_s;
}

static bool read_span(const char *text, int64_t *ret_s)
{
    int64_t span_s;
    if ((text[0] != '+' && text[0] != '-') || !read_units(text + 1, &span_s))
        return false;
    *ret_s = text[0] == '-' ? -span_s : span_s;
    return true;
}

enum exit_code argument_span(const char *what, const char *text, int64_t least_s, int64_t most_s, int64_t *ret_s)
{
    const char *end;
    int64_t span_s;
    bool is_span = read_units(text, &span_s) || (read_number(text, &end, &span_s) && *end == '\0');
    if (is_span && span_s >= least_s && span_s <= most_s) {
        *ret_s = span_s;
        return CLI_OK;
    }
    complain("%s is a time from %lld to %lld s, not \"%s\"", what, (long long)least_s, (long long)most_s, text);
    advise("Write 90, 90s, 10m, 2h or 30d.");
    return CLI_WRONG_USE;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

enum exit_code argument_time(struct arena *arena, const char *what, const char *text, const char **ret)
{
    int64_t at, span_s = 0;
    if (strcmp(text, "now") == 0 || read_span(text, &span_s)) {
        at = now() + moment_seconds(span_s);
    } else if (!moment_parse(text, &at) && !moment_parse(arena_printf(arena, "%sT00:00:00Z", text), &at)) {
        complain("%s is no time: \"%s\"", what, text);
        advise("Write 2026-11-24T06:34:00Z, 2026-11-24 (its start in UTC), now, or a span from now: +30d, -2h.");
        return CLI_WRONG_USE;
    }
    char *written = arena_alloc(arena, MOMENT_TEXT_SIZE);
    moment_format(at, written);
    *ret = written;
    return CLI_OK;
}
