// SPDX-License-Identifier: Apache-2.0
// The verbs of seats and their machines.
#include "scripts/play.h"

void do_seat(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_SEAT_ASSIGN;
    play->command.seat.product = word_next(script, "a product");
    const char *user = word_option(script, "for"), *level = word_option(script, "at"),
               *name = word_option(script, "as");
    if (user == NULL || level == NULL)
        script_error(script, "seat PRODUCT for USER at LEVEL");
    play->command.seat.user = script_user(script, user);
    play->command.seat.level = script_level(script, level);
    play_decide_as(play, ID_SEAT, name);
}

void do_unseat(struct play *play)
{
    play->command.kind = COMMAND_SEAT_RELEASE;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    play->command.end.reason = word_option(play->script, "reason");
    play->command.end.cooldown_s = word_option_number(play->script, "cooldown", 0);
    play_decide(play);
}

void do_check_in(struct play *play)
{
    play->command.kind = COMMAND_SEAT_CHECK_IN;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    play->command.machine = word_option(play->script, "on");
    play_decide(play);
}

void do_remove_machine(struct play *play)
{
    play->command.kind = COMMAND_SEAT_MACHINE_REMOVE;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    play->command.machine = word_next(play->script, "a machine");
    play_decide(play);
}

void do_unseat_all(struct play *play)
{
    struct script *script = play->script;
    uint64_t *seats = NULL;
    size_t count = 0;
    play->command.kind = COMMAND_SEATS_RELEASE;
    play->command.release.reason = word_option(script, "reason");
    while (word_is_left(script)) {
        seats = arena_grow(&script->arena, seats, count, sizeof *seats);
        seats[count++] = script_claim(script, ID_SEAT, word_next(script, "a seat"));
    }
    play->command.release.seats = seats;
    play->command.release.count = count;
    play_decide(play);
}
