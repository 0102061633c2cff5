// SPDX-License-Identifier: Apache-2.0
//
// The eye on those who give a password or the operator's key: slows guessing (guessing.h), counts and logs what came of
// it. On HTTP threads.
#ifndef SERVER_SIGN_IN_WATCH_H
#define SERVER_SIGN_IN_WATCH_H

#include "api/call.h"
#include "server/guessing.h"
#include "server/log.h"
#include "server/metrics.h"

struct sign_in_watch {
    struct guessing guessing;
    struct metric *count; // by result
    const struct log *log;
};

void sign_in_watch_init(struct sign_in_watch *watch, struct metric *count, const struct log *log);
// Before the call is submitted. False: it must wait, and is refused so. Calls without a password are let through.
bool sign_in_watch_begin(struct sign_in_watch *watch, struct call *call, const char *client, struct attempt *attempt);
// When its outcome is there.
void sign_in_watch_end(struct sign_in_watch *watch, const struct call *call, const char *client,
                       struct attempt *attempt);

#endif
