// SPDX-License-Identifier: Apache-2.0
// What the files of the naive model share.
#ifndef SIMULATION_MODEL_PARTS_H
#define SIMULATION_MODEL_PARTS_H

#include "simulation/model.h"

struct verdict verdict_of(enum result result);
int64_t use_of_subtree(const struct model *model, int top, int product);
int64_t balance_of(const struct model *model, int level, int product);
void drop_claim(struct model *model, int at);
int newest_claim(const struct model *model, int level, int product);
// Drains, raises, and the end of the newest claims, until nothing follows any more.
void let_follow(struct model *model);

#endif
