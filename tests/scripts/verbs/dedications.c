// SPDX-License-Identifier: Apache-2.0
// The verbs of dedications and the usage policy.
#include "scripts/play.h"

#include <string.h>

static struct dedication_change read_dedication(struct script *script)
{
    struct dedication_change change = {0};
    change.organization = script_level(script, word_next(script, "an organization"));
    change.product = word_next(script, "a product");
    change.count = word_next_number(script, "how many");
    change.reclaim = word_flag(script, "drain")  ? RECLAIM_DRAIN
                     : word_flag(script, "move") ? RECLAIM_MOVE
                                                 : RECLAIM_REFUSE;
    const char *when = word_option(script, "when");
    change.when_available = when != NULL && strcmp(when, "available") == 0;
    return change;
}

void do_dedicate(struct play *play)
{
    struct dedication_change change = read_dedication(play->script);
    play->command.kind = COMMAND_DEDICATIONS_APPLY;
    play->command.dedications.changes = &change;
    play->command.dedications.count = 1;
    play->command.dedications.one = true;
    play_decide(play);
}

void do_together(struct play *play)
{
    struct script *script = play->script;
    const struct line *line = script->line;
    struct dedication_change *changes = arena_alloc(&script->arena, line->body_count * sizeof *changes);
    for (size_t i = 0; i < line->body_count; i++) {
        words_must_be_used(script);
        words_begin(script, &line->body[i]);
        changes[i] = read_dedication(script);
    }
    play->command.kind = COMMAND_DEDICATIONS_APPLY;
    play->command.dedications.changes = changes;
    play->command.dedications.count = line->body_count;
    play_decide(play);
}

void do_policy(struct play *play)
{
    struct script *script = play->script;
    if (!word_is_left(script)) {
        play->command.kind = COMMAND_USAGE_POLICY_READ;
        play_decide(play);
        return;
    }
    play->command.kind = COMMAND_USAGE_POLICY_SET;
    play->command.usage_policy.policy =
        (enum usage_policy)word_of(script, policy_words, word_next(script, "a usage policy"));
    const char *fallback = word_option(script, "fallback");
    play->command.usage_policy.fallback = fallback == NULL || word_is_on(script, fallback);
    play_decide(play);
}
