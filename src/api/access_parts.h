// SPDX-License-Identifier: Apache-2.0
// What the files of access share.
#ifndef API_ACCESS_PARTS_H
#define API_ACCESS_PARTS_H

#include "api/access.h"
#include "engine/decision.h"

struct asker {
    const struct actor *actor;
    const struct account *account;
    const struct session_row *past; // the session that the command names, when it is not active
    bool changes_all, reads_all;    // everything that its role's routes let it reach
    const struct level *top;        // what an org_admin administers; NULL: nothing
    const struct user *user;        // whose key it is; NULL: nobody's
};

struct asker asker_of(const struct actor *actor, const struct account *account, const struct session_row *past);
// Whether an org_admin's organization is the level or above it. A NULL level is nobody's.
bool asker_administers(const struct asker *asker, const struct level *level);
bool asker_administers_id(const struct asker *asker, uint64_t level);
bool asker_administers_user(const struct asker *asker, uint64_t id);
// NULL: there is none.
const struct session_row *asker_session(const struct asker *asker, uint64_t id);

// Whether the command reads one thing, or the figures.
bool command_is_read(enum command_kind kind);
// False: outside the asker's scope. Narrows the figures to it.
bool access_read(const struct asker *asker, struct command *command);
// Why the asker may not make this change; NULL: it may.
const char *access_change(const struct asker *asker, const struct command *command);

#endif
