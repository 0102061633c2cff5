// SPDX-License-Identifier: Apache-2.0
//
// What stands behind struct usher_session. Its members are guarded by the mutex of its usher.
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "client/client.h"

#include <jansson.h>

struct job;

struct usher_session {
    struct usher *usher;
    struct job *job; // keeps it alive; NULL once the handle is given up
    struct usher_session_info info;
    int64_t end_at; // of the lease, on the boot clock
    bool reacquire;
    bool is_gone;    // the server has nothing to release, or would not let us
    bool is_telling; // on_change is being called for it
    usher_change_fn *on_change;
    void *context;
};

// Reads a session from an answer, all but remaining_s; false when it is none that is active.
bool session_read(const json_t *json, struct usher_session_info *ret_info, int64_t *ret_heartbeat_s);
void session_remaining(const struct usher_session *session, struct usher_session_info *info);

#endif
