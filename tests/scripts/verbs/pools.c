// SPDX-License-Identifier: Apache-2.0
// The verb that asks for pools, whole or by pages.
#include "scripts/play.h"

#include <string.h>

// "A,E": the level at which a page ended, from below the topmost one down; "account": the topmost itself.
static void read_behind(struct play *play, const char *word)
{
    struct arena *arena = &play->script->arena;
    uint64_t *path = NULL;
    size_t depth = 0;
    while (word != NULL && *word != '\0' && strcmp(word, "account") != 0) {
        size_t length = strcspn(word, ",");
        path = arena_grow(arena, path, depth, sizeof *path);
        path[depth++] = script_level(play->script, arena_printf(arena, "%.*s", (int)length, word));
        word += length + (word[length] == ',');
    }
    play->command.pools.after_path = path;
    play->command.pools.after_depth = depth;
}

void do_pools(struct play *play)
{
    struct script *script = play->script;
    const char *level = word_option(script, "of");
    play->command.kind = COMMAND_POOLS_READ;
    play->command.pools.limit = (size_t)word_option_number(script, "limit", 1000);
    play->command.pools.has_level = level != NULL;
    play->command.pools.level = script_level(script, level);
    play->command.pools.subtree = script_level(script, word_option(script, "within"));
    play->command.pools.after_product = word_option(script, "after");
    read_behind(play, word_option(script, "behind"));
    play->command.pools.only_dedicated = word_flag(script, "dedicated");
    play->command.pools.product = word_is_left(script) ? word_next(script, "a product") : NULL;
    play_decide(play);
}
