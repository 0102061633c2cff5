// SPDX-License-Identifier: Apache-2.0
// The verbs that go for things of any kind: change, delete, read.
#include "scripts/play.h"

#include <string.h>

static const struct thing {
    const char *name;
    enum row_kind row;
    enum command_kind delete_kind;
    void (*change)(struct play *play);
} things[] = {
    {"purchase", ROW_PURCHASE, COMMAND_PURCHASE_DELETE, change_purchase},
    {"organization", ROW_ORGANIZATION, COMMAND_ORGANIZATION_DELETE, change_organization},
    {"user", ROW_USER, COMMAND_USER_DELETE, change_user},
    {"project", ROW_PROJECT, COMMAND_PROJECT_DELETE, change_project},
    {"key", ROW_API_KEY, COMMAND_API_KEY_REVOKE, NULL},
    {"seat", ROW_SEAT, COMMAND_SEAT_RELEASE, NULL},
    {"session", ROW_SESSION, COMMAND_SESSION_END, NULL},
};

static const struct thing *next_thing(struct script *script)
{
    const char *what = word_next(script, "what kind of thing");
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        if (strcmp(things[i].name, what) == 0)
            return &things[i];
    }
    script_error(script, "what is a %s?", what);
}

void do_change(struct play *play)
{
    const struct thing *thing = next_thing(play->script);
    if (thing->change == NULL)
        script_error(play->script, "a %s cannot be changed", thing->name);
    thing->change(play);
}

static uint64_t thing_id(const struct script *script, const struct thing *thing, const char *name)
{
    switch (thing->row) {
    case ROW_ORGANIZATION:
        return script_level(script, name);
    case ROW_USER:
        return script_user(script, name);
    case ROW_PROJECT:
        return script_project(script, name);
    default:
        return script_labelled(script, row_types[thing->row].fields[0].of, name);
    }
}

static const struct thing *read_thing(struct play *play)
{
    const struct thing *thing = next_thing(play->script);
    play->command.id = thing_id(play->script, thing, word_next(play->script, "which one"));
    return thing;
}

void do_delete(struct play *play)
{
    play->command.kind = read_thing(play)->delete_kind;
    play_decide(play);
}

void do_read(struct play *play)
{
    struct script *script = play->script;
    if (script->words.count == 2 && word_flag(script, "account")) {
        play->command.kind = COMMAND_ACCOUNT_READ;
    } else {
        play->command.kind = COMMAND_ROW_READ;
        play->command.row_read = read_thing(play)->row;
    }
    play_decide(play);
}
