// SPDX-License-Identifier: Apache-2.0
// What the files of verbs share.
#ifndef SCRIPTS_PLAY_H
#define SCRIPTS_PLAY_H

#include "scripts/script.h"

// One line of a script, as it is played.
struct play {
    struct script *script;
    struct telling *telling;
    struct actor actor;
    struct command command;
};

// All that a line does comes through here.
const struct outcome *play_decide(struct play *play);

// ---- Passwords and sign-ins (sign_in.c)

void do_invite(struct play *play);
void do_accept(struct play *play);
void do_password(struct play *play);
void do_sign_in(struct play *play);
void do_sign_out(struct play *play);
void do_sign_ins(struct play *play);

#endif
