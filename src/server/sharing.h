// SPDX-License-Identifier: Apache-2.0
//
// A batch in a store that several servers share. What is in memory is true only while the store is entered: so a batch
// enters it first of all, with everything that it is about, follows what other servers have done since, and only then
// decides. What has no place in the facts is written, too: who waits in line, and when time changes an account.
//
//     agenda ──► enter ──► follow, or load ──► decide as ever ──► dues, who left the line ──► commit
#ifndef SERVER_SHARING_H
#define SERVER_SHARING_H

#include "server/agenda.h"
#include "server/batch.h"

// Enters the store and brings memory up to date. False: the batch has failed.
bool sharing_enter(struct batch *batch, struct agenda *agenda);
// The same for a batch that is about the service itself and makes new things, such as the examples.
bool sharing_enter_alone(struct batch *batch, uint64_t wanted);
// Writes what another server must know of the line: one has joined, the decision has served some.
void sharing_note_joined(struct batch *batch, struct waiter *waiter);
void sharing_note_served(struct batch *batch, struct tenant *tenant, const struct decision *decision);
// Before the commit: who left the line, and when time changes the accounts next.
void sharing_write(struct batch *batch);
// After it, good or not.
void sharing_end(struct batch *batch, bool is_good);

#endif
