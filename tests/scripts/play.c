// SPDX-License-Identifier: Apache-2.0
#include "scripts/play.h"

const char *play_option(struct play *play, const char *keyword, enum given given)
{
    const char *word = word_option(play->script, keyword);
    play->command.given |= word != NULL ? given : 0u;
    return word;
}

int64_t play_option_number(struct play *play, const char *keyword, enum given given, int64_t otherwise)
{
    int64_t number = word_option_number(play->script, keyword, NUMBER_NONE);
    play->command.given |= number != NUMBER_NONE ? given : 0u;
    return number != NUMBER_NONE ? number : otherwise;
}

// A session that was waited for is called as the one who waited.
static void label_served(struct script *script, const struct decision *decision)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        const struct waiter *waiter = decision->served[i];
        for (size_t j = 0; j < script->waiting_count && waiter->outcome.result == RESULT_CREATED; j++) {
            if (script->waiting[j].waiter == waiter)
                script_label(script, ID_SESSION, *(const uint64_t *)waiter->outcome.row, script->waiting[j].name);
        }
    }
}

void play_tell(struct play *play, const struct decision *decision)
{
    label_served(play->script, decision);
    tell_events(play->script, decision, play->telling);
    tell_served(play->script, decision, play->telling);
}

const struct outcome *play_decide(struct play *play)
{
    struct script *script = play->script;
    words_must_be_used(script);
    const struct outcome *outcome = world_decide(&script->world, &play->actor, &play->command);
    tell_outcome(script, &play->command, outcome, play->telling);
    play_tell(play, &script->world.time);
    play_tell(play, &script->world.taken);
    return outcome;
}

const struct outcome *play_decide_as(struct play *play, enum id_kind kind, const char *name)
{
    const struct outcome *outcome = play_decide(play);
    if (name != NULL && outcome->result == RESULT_CREATED)
        script_label(play->script, kind, *(const uint64_t *)outcome->row, name);
    return outcome;
}

void play_pass(struct play *play, int64_t ms)
{
    struct script *script = play->script;
    words_must_be_used(script);
    script->world.now += ms;
    world_pass_time(&script->world);
    buffer_add_text(&play->telling->head, "ok");
    play_tell(play, &script->world.time);
}
