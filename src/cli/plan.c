// SPDX-License-Identifier: Apache-2.0
#include "cli/plan.h"

#include "base/buffer.h"
#include "cli/grid.h"
#include "cli/value.h"

#include <string.h>

struct action {
    const char *name;
    const char *sign;
    enum ink ink;
};

static const struct action actions[] = {
    {"create", "+", INK_GREEN},
    {"update", "~", INK_YELLOW},
    {"delete", "-", INK_RED},
    {"", "?", INK_PLAIN},
};

static const struct action *action_of(const json_t *change)
{
    const struct action *action = actions;
    while (action->name[0] != '\0' && strcmp(action->name, value_text(change, "action")) != 0)
        action++;
    return action;
}

// "name: Film, organization: Studio" of an object; the members that are the same on the other side are left out.
static void add_value(struct cli *cli, struct buffer *text, const json_t *value, const json_t *other)
{
    if (!json_is_object(value)) {
        buffer_add_text(text, value_words(&cli->arena, value));
        return;
    }
    const char *name, *comma = "";
    json_t *member;
    json_object_foreach((json_t *)value, name, member)
    {
        const json_t *there = json_object_get(other, name);
        if (there != NULL && json_equal(there, member))
            continue;
        buffer_printf(text, "%s%s: %s", comma, name, value_words(&cli->arena, member));
        comma = ", ";
    }
}

static void add_difference(struct cli *cli, struct buffer *text, const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
    bool has_from = value_is_set(change, "from"), has_to = value_is_set(change, "to");
    if (has_from)
        add_value(cli, text, from, to);
    if (has_from && has_to)
        buffer_add_text(text, " -> ");
    if (has_to)
        add_value(cli, text, to, from);
}

void plan_print(struct cli *cli, const json_t *changes)
{
    struct grid grid;
    grid_init(&grid, stdout, cli->colored);
    static const char *const titles[] = {"", "KIND", "SUBJECT", "CHANGE"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        grid_column(&grid, titles[i], false);
    json_t *change;
    size_t i;
    json_array_foreach(changes, i, change)
    {
        const struct action *action = action_of(change);
        struct buffer text = {0};
        add_difference(cli, &text, change);
        grid_add(&grid, action->ink, action->sign);
        grid_add(&grid, action->ink, value_text(change, "kind"));
        grid_add(&grid, action->ink, value_text(change, "subject"));
        grid_add(&grid, action->ink, buffer_text(&text));
        buffer_fini(&text);
    }
    grid_print(&grid);
    grid_fini(&grid);
}

const char *plan_summary(struct cli *cli, const json_t *changes)
{
    size_t counts[sizeof actions / sizeof actions[0]] = {0}, i;
    json_t *change;
    json_array_foreach(changes, i, change) counts[action_of(change) - actions]++;
    struct buffer text = {0};
    for (size_t a = 0; a < sizeof actions / sizeof actions[0]; a++) {
        if (counts[a] > 0)
            buffer_printf(&text, "%s%zu to %s", text.length > 0 ? ", " : "", counts[a],
                          actions[a].name[0] != '\0' ? actions[a].name : "change");
    }
    const char *summary = arena_strdup(&cli->arena, buffer_text(&text));
    buffer_fini(&text);
    return summary;
}
