// SPDX-License-Identifier: Apache-2.0
//
// `usher events`: the history of the account, oldest first. Each line says who did what to what, and what changed.
#include "cli/api.h"
#include "cli/grid.h"
#include "cli/history.h"
#include "cli/labels.h"
#include "cli/list.h"
#include "cli/value.h"

#include <string.h>

static const char *actor_words(struct cli *cli, const json_t *actor)
{
    const char *user = value_text(actor, "user"), *key = value_text(actor, "key");
    if (user[0] != '\0')
        return labels_user(cli, user);
    return key[0] != '\0' ? key : value_text(actor, "role");
}

static void add_member(struct cli *cli, struct buffer *text, const char *name, const json_t *before,
                       const json_t *after)
{
    buffer_printf(text, "%s%s: ", text->length > 0 ? ", " : "", name);
    if (before != NULL && after != NULL)
        buffer_printf(text, "%s -> ", value_words(&cli->arena, before));
    buffer_add_text(text, value_words(&cli->arena, after != NULL ? after : before));
}

// The members that differ; of what was made or went, all that are not null.
static void add_difference(struct cli *cli, struct buffer *text, const json_t *event)
{
    const json_t *before = json_object_get(event, "before"), *after = json_object_get(event, "after");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(json_is_object(after) ? after : before), name, value)
    {
        const json_t *was = json_object_get(before, name), *is = json_object_get(after, name);
        bool same = was != NULL && is != NULL && json_equal(was, is);
        bool empty = (was == NULL || is == NULL) && json_is_null(value);
        if (!same && !empty && strcmp(name, "id") != 0)
            add_member(cli, text, name, was, is);
    }
}

static enum exit_code print_page(struct cli *cli, json_t *items, void *context)
{
    struct grid *grid = context;
    json_t *event;
    size_t i;
    json_array_foreach(items, i, event)
    {
        struct buffer text = {0};
        add_difference(cli, &text, event);
        if (value_is_set(event, "reason"))
            buffer_printf(&text, "%s(%s)", text.length > 0 ? " " : "", value_text(event, "reason"));
        grid_add(grid, INK_DIM, value_words(&cli->arena, json_object_get(event, "seq")));
        grid_add(grid, INK_PLAIN, value_time(&cli->arena, json_object_get(event, "at")));
        grid_add(grid, INK_PLAIN, value_text(event, "kind"));
        grid_add(grid, INK_PLAIN, value_text(event, "subject"));
        grid_add(grid, INK_PLAIN, actor_words(cli, json_object_get(event, "actor")));
        grid_add(grid, INK_PLAIN, buffer_text(&text));
        buffer_fini(&text);
    }
    grid_print(grid);
    return CLI_OK;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    const char *path, *query;
    enum exit_code code = history_query(cli, &query);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "events", NULL);
    if (code != CLI_OK)
        return code;
    path = arena_printf(&cli->arena, "%s%s", path, query);
    if (cli->as_json)
        return list_print_json(cli, path);
    static const char *const titles[] = {"SEQ", "AT", "KIND", "SUBJECT", "BY", "CHANGE"};
    struct grid grid;
    grid_init(&grid, stdout, cli->colored);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        grid_column(&grid, titles[i], i == 0);
    struct list_request request = {.path = path, .most = cli->settings.limit};
    code = list_walk(cli, &request, print_page, &grid);
    if (code == CLI_OK && !grid.headed)
        fputs("no events\n", stderr);
    grid_fini(&grid);
    return code;
}

const struct command events_command = {
    .name = "events",
    .summary = "show the history: who changed what, and when",
    .details = "Oldest first, unless --newest. KIND is a whole kind like session.acquired, or what stands before its "
               "dot: session.",
    .shared = history_options,
    .run = run,
};
