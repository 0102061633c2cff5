// SPDX-License-Identifier: Apache-2.0
//
// What a batch in a shared store is about, found out before it begins, so that one entering brings all that it needs:
// the accounts, what the store is going to be asked, and how many new ids of each kind are wanted at most.
#ifndef SERVER_AGENDA_H
#define SERVER_AGENDA_H

#include "api/call.h"
#include "server/service.h"

struct batch;

struct agenda {
    struct service *service;
    struct arena *arena;
    struct store_visit *visits; // as they are named, some twice; after agenda_settle by account, each once
    size_t visit_count;
    struct store_question *questions;
    size_t question_count;
    uint64_t wanted[ID_KINDS];
    bool may_leave; // the accounts named from here on may be left out, where another server has them
};

// Account 0 is always looked at.
void agenda_init(struct agenda *agenda, struct service *service, struct arena *arena);
void agenda_add_account(struct agenda *agenda, uint64_t account, bool is_changed);
// Looks up an API key that is not in memory, which is a question to the store of its own. Not STORE_OK: it could not.
enum store_status agenda_add_call(struct agenda *agenda, struct call *call, struct store_error *error);
// Accounts with what waits to be written: heartbeats and uses of keys, denials, who left the line.
void agenda_add_unwritten(struct agenda *agenda);
// `slack`: so many ids more than the calls can need, for those that wait in line at other servers; `spare`: and for so
// many sessions that are asked for while the batch waits to enter.
void agenda_settle(struct agenda *agenda, uint64_t slack, uint64_t spare);
// Whether the batch, which has entered with another agenda, may do what is on this one, too: it has the accounts, and
// nothing is asked. Of ids it wants none, but for sessions and their denials: those are the caller's to count.
bool agenda_is_covered(const struct agenda *agenda, const struct batch *batch);
// Whether it is known whose credential the call has, without asking the store.
bool agenda_knows_caller(const struct service *service, const struct call *call);

#endif
