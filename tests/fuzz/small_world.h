// SPDX-License-Identifier: Apache-2.0
//
// A small account in which there is one of each thing, for fuzz targets to decide on:
//
//     AC-1 ── OG-1001 ── OG-1002       US-1 a member of OG-1001 and of PR-1, US-2 of OG-1002, US-3 of none
//        └─── OG-1003 ── PR-1          KRE (sessions) and FOU (seats), dedicated to OG-1001 and OG-1002
//
// with sessions, seats, a lease and a key of every role.
#ifndef FUZZ_SMALL_WORLD_H
#define FUZZ_SMALL_WORLD_H

#include "scripts/world.h"

// Makes the world anew; takes a zeroed one, or one that was made before. `thorough`: each decision is proven in every
// way, which takes ten times as long; else the laws alone.
void small_world_make(struct world *world, bool thorough);
// The session that the command names, if it has ended.
const struct session_row *small_world_past(const struct world *world, const struct command *command);

#endif
