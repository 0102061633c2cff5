// SPDX-License-Identifier: Apache-2.0
//
// One line of a script as it is played, and the verbs. A verb reads its words, fills the command of the engine, and has
// it decided. To add one, write it into the file of its concept in verbs/, declare it here, and name it in verbs.c.
#ifndef SCRIPTS_PLAY_H
#define SCRIPTS_PLAY_H

#include "scripts/script.h"

struct play {
    struct script *script;
    struct telling *telling;
    struct actor actor;
    struct command command;
};

// The word behind the keyword, and notes in the command that it was given; NULL: there is no such keyword.
const char *play_option(struct play *play, const char *keyword, enum given given);
int64_t play_option_number(struct play *play, const char *keyword, enum given given, int64_t otherwise);

// Almost all that a line does comes through here: decides the command, and tells what it came to.
const struct outcome *play_decide(struct play *play);
// The same; what is made by it is called `name` from now on. NULL: has no name.
const struct outcome *play_decide_as(struct play *play, enum id_kind kind, const char *name);
// Lets time pass, or go back.
void play_pass(struct play *play, int64_t ms);
// What happened, and who was served.
void play_tell(struct play *play, const struct decision *decision);

// ---- verbs/account.c

void do_account(struct play *play);
void do_product(struct play *play);
void do_purchase(struct play *play);
void change_purchase(struct play *play);

// ---- verbs/apply.c

void do_apply(struct play *play);

// ---- verbs/credentials.c

void do_accept(struct play *play);
void do_invite(struct play *play);
void do_key(struct play *play);
void do_password(struct play *play);
void do_sign_in(struct play *play);
void do_sign_ins(struct play *play);
void do_sign_out(struct play *play);

// ---- verbs/dedications.c

void do_dedicate(struct play *play);
void do_policy(struct play *play);
void do_together(struct play *play);

// ---- verbs/people.c

void do_member(struct play *play);
void do_no_member(struct play *play);
void do_organization(struct play *play);
void do_project(struct play *play);
void do_user(struct play *play);
void change_organization(struct play *play);
void change_project(struct play *play);
void change_user(struct play *play);

// ---- verbs/pools.c

void do_pools(struct play *play);

// ---- verbs/seats.c

void do_check_in(struct play *play);
void do_remove_machine(struct play *play);
void do_seat(struct play *play);
void do_unseat(struct play *play);
void do_unseat_all(struct play *play);

// ---- verbs/sessions.c

void do_acquire(struct play *play);
void do_borrow(struct play *play);
void do_borrowing(struct play *play);
void do_end(struct play *play);
void do_explain(struct play *play);
void do_hang_up(struct play *play);
void do_heartbeat(struct play *play);
void do_line(struct play *play);
void do_return(struct play *play);

// ---- verbs/things.c

void do_change(struct play *play);
void do_delete(struct play *play);
void do_read(struct play *play);

// ---- verbs/time.c

void do_after(struct play *play);
void do_clock(struct play *play);
void do_due(struct play *play);

#endif
