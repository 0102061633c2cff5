// SPDX-License-Identifier: Apache-2.0
#include "cli/list.h"

#include "base/check.h"
#include "cli/api.h"
#include "cli/message.h"
#include "cli/resolve.h"
#include "cli/value.h"

#include <string.h>

enum { PAGE_MAX = 1000 };

enum exit_code list_path(struct cli *cli, const char *name, const char **ret_path)
{
    const char *path, *user = invocation_value(cli->call, "user"), *level = invocation_value(cli->call, "level");
    enum exit_code code = api_account_path(cli, &path, name, NULL);
    if (code == CLI_OK && user != NULL)
        code = resolve_user(cli, user, &user);
    if (code == CLI_OK && level != NULL)
        code = resolve_level(cli, level, &level);
    if (code != CLI_OK)
        return code;
    path = api_with(cli, path, "product", invocation_value(cli->call, "product"));
    *ret_path = api_with(cli, api_with(cli, path, "user", user), "level", level);
    return CLI_OK;
}

static enum exit_code get_page(struct cli *cli, const struct list_request *request, int64_t left, const char *after,
                               json_t **ret_answer)
{
    int64_t size = request->most > 0 && left < PAGE_MAX ? left : PAGE_MAX;
    const char *path = api_with(cli, request->path, "limit", arena_printf(&cli->arena, "%lld", (long long)size));
    struct api_request get = {.method = "GET", .path = api_with(cli, path, "after", after), .quiet = request->quiet};
    json_t *answer = NULL;
    enum exit_code code = api_send_owned(cli, &get, &answer);
    if (code != CLI_OK)
        return code;
    json_t *next = json_object_get(answer, "next");
    bool sound = json_is_array(json_object_get(answer, "items")) &&
                 (next == NULL || json_is_null(next) || json_is_string(next)) &&
                 // A cursor that stands still would turn for ever.
                 (!json_is_string(next) || after == NULL || strcmp(json_string_value(next), after) != 0);
    if (sound) {
        *ret_answer = answer;
        return CLI_OK;
    }
    json_decref(answer);
    if (!request->quiet)
        complain("the list at %s cannot be read: items or next are not as they should be", cli->settings.url);
    return CLI_UNAVAILABLE;
}

static void cut_to(json_t *items, int64_t most)
{
    while (json_array_size(items) > (size_t)most)
        json_array_remove(items, json_array_size(items) - 1);
}

enum exit_code list_walk(struct cli *cli, const struct list_request *request, list_page *page, void *context)
{
    const char *after = NULL;
    for (int64_t left = request->most;;) {
        json_t *answer;
        enum exit_code code = get_page(cli, request, left, after, &answer);
        if (code != CLI_OK)
            return code;
        json_t *items = json_object_get(answer, "items");
        if (request->most > 0)
            cut_to(items, left);
        left -= (int64_t)json_array_size(items);
        code = page(cli, items, context);
        const char *next = json_string_value(json_object_get(answer, "next"));
        after = next != NULL ? arena_strdup(&cli->arena, next) : NULL;
        json_decref(answer);
        if (code != CLI_OK || after == NULL || (request->most > 0 && left <= 0))
            return code;
    }
}

static enum exit_code collect(struct cli *cli, json_t *items, void *context)
{
    (void)cli;
    CHECK(json_array_extend(context, items) == 0);
    return CLI_OK;
}

enum exit_code list_get(struct cli *cli, const char *path, int64_t most, json_t **ret_items)
{
    *ret_items = cli_keep(cli, json_array());
    struct list_request request = {.path = path, .most = most};
    return list_walk(cli, &request, collect, *ret_items);
}
