// SPDX-License-Identifier: Apache-2.0
// What the files of the naive model share.
#ifndef SIMULATION_MODEL_PARTS_H
#define SIMULATION_MODEL_PARTS_H

#include "simulation/model.h"

struct verdict verdict_of(enum result result);
struct verdict verdict_made(uint64_t id);
void drop_claim(struct model *model, int at, int64_t ended_at);
// The newest claim of the product, on this level or (NOBODY) on any that is not borrowed; NOBODY: there is none.
int newest_claim(const struct model *model, int level, int product);
// Drains, raises, and the end of the newest claims, until nothing follows any more.
void let_follow(struct model *model);

// ---- model_sessions.c

struct candidate {
    int level;
    enum session_via rule;
};

struct order {
    struct candidate at[MODEL_LEVELS + 1];
    int count;
};

struct order order_of_trial(const struct model *model, const struct counts *counts,
                            const struct model_request *request);
// Whether the level is open to the request at all, granting or not.
bool is_open(const struct model *model, const struct model_request *request, int level);
enum result check_request(const struct model *model, const struct model_request *request);
struct verdict try_to_grant(struct model *model, const struct model_request *request, bool only_explain);
struct model_request request_of(const struct act *act);

struct verdict model_acquire(struct model *model, const struct act *act);
struct verdict model_heartbeat(struct model *model, const struct act *act);
struct verdict model_end(struct model *model, const struct act *act);
struct verdict model_return(struct model *model, const struct act *act);
struct verdict model_seat(struct model *model, const struct act *act);
struct verdict model_check_in(struct model *model, const struct act *act);

// ---- model_dedications.c

struct verdict model_dedicate(struct model *model, const struct act *act);
struct verdict model_policy(struct model *model, const struct act *act);

// ---- model_structure.c

struct verdict model_plan(struct model *model, const struct act *act);
struct verdict model_shortfall(struct model *model, const struct act *act);
struct verdict model_borrowing(struct model *model, const struct act *act);
struct verdict model_buy(struct model *model, const struct act *act);
struct verdict model_change_purchase(struct model *model, const struct act *act);
struct verdict model_create_level(struct model *model, const struct act *act);
struct verdict model_move_level(struct model *model, const struct act *act);
struct verdict model_delete_level(struct model *model, const struct act *act);

// ---- model_people.c

int lost_seats(struct model *model, bool release);
struct verdict model_create_user(struct model *model, const struct act *act);
struct verdict model_move_user(struct model *model, const struct act *act);
struct verdict model_delete_user(struct model *model, const struct act *act);
struct verdict model_create_project(struct model *model, const struct act *act);
struct verdict model_move_project(struct model *model, const struct act *act);
struct verdict model_delete_project(struct model *model, const struct act *act);
struct verdict model_member(struct model *model, const struct act *act);

#endif
