// SPDX-License-Identifier: Apache-2.0
// The line of a world, for its proofs.
#ifndef SCRIPTS_WAITING_H
#define SCRIPTS_WAITING_H

#include "scripts/world.h"

// The line in words; the caller frees it. `whole`: with what it knows of heads and reservations.
char *waiting_text(const struct account *account, bool whole);
// The same line, in an account that was made of a snapshot. What is made lives in the world's arena.
void waiting_copy(struct world *world, struct account *copy);
// Who was served, in words that are the same in a copy; the caller frees them.
char *waiting_served(const struct decision *decision);
// What a decision made of the line, to be made of it again after it was taken back: who was served leaves, with the
// outcome that it had, and the others stand as they stood after it.
struct waiting_state;
struct waiting_state *waiting_state(struct world *world, const struct decision *decision);
void waiting_restore(struct world *world, const struct waiting_state *state);

#endif
