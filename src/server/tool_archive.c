// SPDX-License-Identifier: Apache-2.0
// usherd archive --before DATE [--keep DAYS] [--out DIR]: old history into signed files, also while a server runs.
#include "server/tools.h"

#include "base/moment.h"
#include "store/keeping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_DAYS = 400, KEEP_DAYS_MAX = 36500, DAY_S = 86400 };

// A day, "2026-01-01", or a moment of RFC 3339.
static bool read_date(const char *text, int64_t *ret_at)
{
    char moment[64];
    snprintf(moment, sizeof moment, "%sT00:00:00Z", text);
    return moment_parse(text, ret_at) || (strlen(text) == 10 && moment_parse(moment, ret_at));
}

static bool read_days(const char *text, int64_t *ret_days)
{
    char *end;
    *ret_days = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' && *ret_days >= 1 && *ret_days <= KEEP_DAYS_MAX;
}

int tool_archive(const struct config *config)
{
    const char *before = NULL, *keep = NULL, *out = NULL;
    const struct tool_option options[] = {{"--before", &before}, {"--keep", &keep}, {"--out", &out}, {0}};
    int64_t days = KEEP_DAYS;
    char in_data[4096];
    snprintf(in_data, sizeof in_data, "%s/archive", config->data);
    struct archive_order order = {
        .folder = config->data, .uri = config->store, .out_folder = in_data, .now = tool_now()};
    if (!tool_read(config, options))
        return TOOL_USAGE;
    if (before == NULL || !read_date(before, &order.before_at))
        return tool_fail(TOOL_USAGE, "archive needs --before DATE, such as 2026-01-01: what is older goes");
    if (keep != NULL && !read_days(keep, &days))
        return tool_fail(TOOL_USAGE, "--keep takes a number of days from 1 to %d", KEEP_DAYS_MAX);
    order.keep_s = days * DAY_S;
    if (out != NULL)
        order.out_folder = out;
    struct archived archived = {0};
    struct store_error error = {""};
    if (!store_archive(&order, &archived, &error))
        return tool_fail(TOOL_FAILED, "%s", error.text);
    printf("%llu events in %llu segments in %s; %llu ended sessions and %llu denials older than %lld days deleted\n",
           (unsigned long long)archived.events, (unsigned long long)archived.segments, order.out_folder,
           (unsigned long long)archived.sessions, (unsigned long long)archived.denials, (long long)days);
    return 0;
}
