// SPDX-License-Identifier: Apache-2.0
//
// What a batch in a shared store is about, found out before it begins, so that one entering brings all that it needs:
// the accounts, what the store is going to be asked, and how many new ids of each kind are wanted at most.
#ifndef SERVER_AGENDA_H
#define SERVER_AGENDA_H

#include "api/call.h"
#include "server/service.h"

struct agenda {
    struct service *service;
    struct arena *arena;
    struct store_visit *visits; // as they are named, some twice; after agenda_settle by account, each once
    size_t visit_count;
    struct store_question *questions;
    size_t question_count;
    uint64_t wanted[ID_KINDS];
};

// Account 0 is always looked at.
void agenda_init(struct agenda *agenda, struct service *service, struct arena *arena);
void agenda_add_account(struct agenda *agenda, uint64_t account, bool is_changed);
// Looks up an API key that is not in memory, which is a question to the store of its own. Not STORE_OK: it could not.
enum store_status agenda_add_call(struct agenda *agenda, struct call *call, struct store_error *error);
// Accounts with what waits to be written: heartbeats and uses of keys, denials, who left the line.
void agenda_add_unwritten(struct agenda *agenda);
// `slack`: so many ids more than the calls can need, for those that wait in line at other servers.
void agenda_settle(struct agenda *agenda, uint64_t slack);

#endif
