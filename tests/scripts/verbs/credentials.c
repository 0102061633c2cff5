// SPDX-License-Identifier: Apache-2.0
// The verbs of API keys, passwords, invitations and sign-ins. A password is never judged here: it is a hash to the
// engine.
#include "scripts/play.h"

#include <string.h>

void do_key(struct play *play)
{
    struct script *script = play->script;
    struct api_key_row *row = &play->command.api_key;
    play->command.kind = COMMAND_API_KEY_CREATE;
    row->name = word_next(script, "a name");
    const char *role = word_option(script, "role");
    row->role = role != NULL ? (enum role)word_of(script, role_words, role) : ROLE_MEMBER;
    row->user = script_user(script, word_option(script, "user"));
    row->organization = script_level(script, word_option(script, "organization"));
    int64_t span;
    if (word_option_span(script, "until", &span))
        row->expires_at = script->world.now + span;
    row->hash[0] = (unsigned char)script->world.numbers.next[ID_API_KEY];
    play_decide_as(play, ID_API_KEY, row->name);
}

// `as NAME`: what the sign-in is called.
static void decide_sign_in(struct play *play, const char *name)
{
    struct script *script = play->script;
    play->command.sign_in.hash[0] = (unsigned char)script->world.numbers.next[ID_API_KEY];
    const struct outcome *outcome = play_decide(play);
    if (name != NULL && !result_is_refusal(outcome->result))
        script_label(script, ID_SIGN_IN, *(const uint64_t *)outcome->row, name);
}

static const char *token(struct script *script)
{
    const char *given = word_option(script, "token");
    return given != NULL ? given : "token";
}

void do_invite(struct play *play)
{
    play->command.kind = COMMAND_INVITE;
    play->command.id = script_user(play->script, word_next(play->script, "a user"));
    play->command.sign_in.invitation = token(play->script);
    play_decide(play);
}

void do_accept(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_INVITATION_ACCEPT;
    play->command.id = script_user(script, word_next(script, "a user"));
    play->command.sign_in.invitation = token(script);
    play->command.sign_in.password = "$argon2id$";
    decide_sign_in(play, word_option(script, "as"));
}

// `at NAME`: in this sign-in, which goes on.
void do_password(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PASSWORD_SET;
    play->command.id = script_user(script, word_next(script, "a user"));
    play->command.sign_in.password = "$argon2id$";
    const char *at = word_option(script, "at");
    if (at != NULL)
        play->actor = (struct actor){.role = ROLE_MEMBER,
                                     .key = script_labelled(script, ID_SIGN_IN, at),
                                     .is_signed_in = true,
                                     .user = play->command.id};
    play_decide(play);
}

void do_sign_in(struct play *play)
{
    struct script *script = play->script;
    const char *who = word_next(script, "a user, or the operator");
    play->command.kind = COMMAND_SIGN_IN;
    play->command.id = strcmp(who, "operator") == 0 ? 0 : script_user(script, who);
    decide_sign_in(play, word_option(script, "as"));
}

// `sign-out NAME`, or `sign-out everywhere USER`.
void do_sign_out(struct play *play)
{
    struct script *script = play->script;
    bool everywhere = word_flag(script, "everywhere");
    if (everywhere)
        script->next++;
    const char *word = word_next(script, "a sign-in, or a user");
    play->command.kind = everywhere ? COMMAND_SIGN_INS_END : COMMAND_SIGN_IN_END;
    play->command.id = everywhere ? script_user(script, word) : script_labelled(script, ID_SIGN_IN, word);
    play_decide(play);
}

// How many, and when each ends by itself.
void do_sign_ins(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_SIGN_INS_READ;
    play->command.id = script_user(script, word_next(script, "a user"));
    play->command.sign_ins.limit = (size_t)word_option_number(script, "limit", SIGN_INS_MAX);
    play->command.sign_ins.after = script_labelled(script, ID_SIGN_IN, word_option(script, "after"));
    play_decide(play);
}
