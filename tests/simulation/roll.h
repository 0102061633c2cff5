// SPDX-License-Identifier: Apache-2.0
// What the files of dice share. Things are picked as serials; each roll_ACT fills in an act of its kind.
#ifndef SIMULATION_ROLL_H
#define SIMULATION_ROLL_H

#include "simulation/sim.h"

int roll_level(struct sim *sim, const struct model *model, bool or_account);
const struct model_user *roll_user(struct sim *sim, const struct model *model);
int roll_project(struct sim *sim, const struct model *model, int user);
int roll_product(struct sim *sim);
int roll_session_product(struct sim *sim);
int roll_claim(struct sim *sim, const struct model *model, bool is_seat);

void roll_time(struct sim *sim, const struct model *model, struct act *act);
void roll_fault(struct sim *sim, struct act *act);

void roll_acquire(struct sim *sim, const struct model *model, struct act *act);
void roll_explain(struct sim *sim, const struct model *model, struct act *act);
void roll_borrow(struct sim *sim, const struct model *model, struct act *act);
void roll_return(struct sim *sim, const struct model *model, struct act *act);
void roll_heartbeat(struct sim *sim, const struct model *model, struct act *act);
void roll_end(struct sim *sim, const struct model *model, struct act *act);
void roll_seat(struct sim *sim, const struct model *model, struct act *act);
void roll_unseat(struct sim *sim, const struct model *model, struct act *act);
void roll_check_in(struct sim *sim, const struct model *model, struct act *act);

void roll_dedicate(struct sim *sim, const struct model *model, struct act *act);
void roll_together(struct sim *sim, const struct model *model, struct act *act);
void roll_policy(struct sim *sim, const struct model *model, struct act *act);
void roll_plan(struct sim *sim, const struct model *model, struct act *act);
void roll_shortfall(struct sim *sim, const struct model *model, struct act *act);
void roll_borrowing(struct sim *sim, const struct model *model, struct act *act);
void roll_purchase(struct sim *sim, const struct model *model, struct act *act);
void roll_first_purchase(struct sim *sim, struct act *act, int product);
void roll_first_plan(struct act *act);

void roll_create_level(struct sim *sim, const struct model *model, struct act *act);
void roll_delete_level(struct sim *sim, const struct model *model, struct act *act);
void roll_move_level(struct sim *sim, const struct model *model, struct act *act);
void roll_create_user(struct sim *sim, const struct model *model, struct act *act);
void roll_move_user(struct sim *sim, const struct model *model, struct act *act);
void roll_delete_user(struct sim *sim, const struct model *model, struct act *act);
void roll_create_project(struct sim *sim, const struct model *model, struct act *act);
void roll_change_project(struct sim *sim, const struct model *model, struct act *act);
void roll_member(struct sim *sim, const struct model *model, struct act *act);

#endif
