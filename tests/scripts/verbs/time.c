// SPDX-License-Identifier: Apache-2.0
// The verbs of the clock.
#include "scripts/play.h"

void do_after(struct play *play)
{
    play_pass(play, word_next_span(play->script));
}

void do_clock(struct play *play)
{
    if (!word_flag(play->script, "back"))
        script_error(play->script, "clock back SPAN");
    play->script->next++;
    play_pass(play, -word_next_span(play->script));
}

// When time alone has something to do next, told from now.
void do_due(struct play *play)
{
    words_must_be_used(play->script);
    int64_t due = account_next_due(&play->script->world.account);
    if (due == 0)
        buffer_add_text(&play->telling->head, "nothing");
    else
        buffer_printf(&play->telling->head, "%lld ms", (long long)(due - play->script->world.now));
}
