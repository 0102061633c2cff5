// SPDX-License-Identifier: Apache-2.0
// The plan of a declarative account, in the words of its answer.
#include "engine/commands/declare.h"

#include "base/buffer.h"

void plan_add(struct declaration *declaration, struct plan_step step)
{
    struct arena *arena = declaration->decision->arena;
    declaration->steps = arena_grow(arena, declaration->steps, declaration->step_count, sizeof *declaration->steps);
    declaration->steps[declaration->step_count++] = step;
}

static const char *taken(struct declaration *declaration, struct buffer *buffer)
{
    const char *text = arena_strdup(declaration->decision->arena, buffer_text(buffer));
    buffer_fini(buffer);
    return text;
}

const char *plan_text(struct declaration *declaration, const char *text)
{
    if (text == NULL)
        return "null";
    struct buffer buffer = {0};
    buffer_add_json_string(&buffer, text);
    return taken(declaration, &buffer);
}

const char *plan_number(struct declaration *declaration, int64_t number)
{
    return arena_printf(declaration->decision->arena, "%lld", (long long)number);
}

const char *plan_id(struct declaration *declaration, enum id_kind kind, uint64_t id)
{
    bool is_new = id >= declaration->before.next[kind];
    return declaration->dry_run && is_new ? NULL : decision_id(declaration->decision, kind, id);
}

// Names joined by "/", in which "/" is written "~1" and "~" is "~0" (as in RFC 6901).
static void add_name(struct buffer *path, const char *name)
{
    if (path->length > 0)
        buffer_add_char(path, '/');
    for (; *name != '\0'; name++) {
        if (*name == '/' || *name == '~')
            buffer_add_text(path, *name == '/' ? "~1" : "~0");
        else
            buffer_add_char(path, *name);
    }
}

static void add_path(struct buffer *path, const struct level *level)
{
    if (level->parent == NULL)
        return;
    add_path(path, level->parent);
    add_name(path, level->row.name);
}

const char *plan_path(struct declaration *declaration, const struct level *level, const char *more)
{
    struct buffer path = {0};
    add_path(&path, level);
    if (more != NULL)
        buffer_printf(&path, " %s", more);
    return taken(declaration, &path);
}
