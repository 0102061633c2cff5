// SPDX-License-Identifier: Apache-2.0
// usherd copy --from DIR|URI --to DIR|URI: moves a store from one database to another.
#include "server/tools.h"

#include "server/lease_keys.h"
#include "server/operator_key.h"
#include "store/keeping.h"

#include <string.h>

static const char *const documents[] = {LEASE_KEYS_FILE, NULL};
static const char *const key_files[] = {OPERATOR_KEY_FILE, "archive.key", NULL};

static void tell_table(void *arg, const char *table, uint64_t from_rows, uint64_t to_rows)
{
    (void)arg;
    printf("%-14s %12llu %12llu%s\n", table, (unsigned long long)from_rows, (unsigned long long)to_rows,
           from_rows == to_rows ? "" : "  DIFFER");
    fflush(stdout);
}

// What lies in the folders of the servers, and in no database.
static void tell_keys(const char *from, const char *to)
{
    if (!store_is_uri(from) && !store_is_uri(to))
        printf("The keys (operator.key, archive.key, lease-keys.json) that were there are copied, too.\n");
    else
        printf("The keys that sign leases are copied, too. operator.key and archive.key are in no database: copy\n"
               "them, as far as they are there, from %s to %s.\n",
               store_is_uri(from) ? "a server's folder (--data)" : from,
               store_is_uri(to) ? "the folder (--data) of a server" : to);
}

static int tell_end(const char *from, const char *to, const struct copied *copied)
{
    int status = tool_tell_verified(&copied->verified);
    if (status != 0)
        return tool_fail(status, "nothing is left in %s: what is broken is told above", copied->to);
    printf("%s is copied to %s.\n", copied->from, copied->to);
    tell_keys(from, to);
    return status;
}

// Not a place: another kind of URI, or another way to name a database. It may hold a password, and is not told.
static bool is_place(const char *text)
{
    return store_is_uri(text) || (strstr(text, "://") == NULL && strstr(text, "password=") == NULL);
}

int tool_copy(const struct config *config)
{
    const char *from = NULL, *to = NULL;
    const struct tool_option options[] = {{"--from", &from}, {"--to", &to}, {0}};
    struct copied copied = {0};
    struct store_error error = {""};
    if (!tool_read(config, options))
        return TOOL_USAGE;
    if (from == NULL || to == NULL || !is_place(from) || !is_place(to))
        return tool_fail(TOOL_USAGE, "copy needs --from and --to, each a folder or postgresql://USER@HOST/DATABASE");
    const struct copy_order order = {.from = from,
                                     .to = to,
                                     .documents = documents,
                                     .files = key_files,
                                     .told = tell_table,
                                     .sink = tool_tell_break};
    if (!store_copy(&order, &copied, &error))
        return tool_fail(TOOL_FAILED, "%s", error.text);
    return tell_end(from, to, &copied);
}
