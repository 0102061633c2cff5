// SPDX-License-Identifier: Apache-2.0
// What the model remembers of an Idempotency-Key, which is called by a serial. NULL or NOBODY: nothing.
#ifndef SIMULATION_KEYS_H
#define SIMULATION_KEYS_H

#include "simulation/model.h"

const struct model_claim *claim_by_key(const struct model *model, int key);
const struct model_ended *ended_by_key(const struct model *model, int key);
const struct model_answer *answer_by_key(const struct model *model, int key);
int waiter_by_key(const struct model *model, int key);
bool knows_key(const struct model *model, int key);
// Whether the session at this place is still remembered when the round is over, in which others may end.
bool ended_is_recent(const struct model *model, int place);

#endif
