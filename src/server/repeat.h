// SPDX-License-Identifier: Apache-2.0
//
// Requests that come again with their Idempotency-Key (spec: idempotency). The first answer is kept in the same
// transaction as what it tells of. Where the answer is a session, the session's own row remembers it, and the engine
// judges the repetition; any other answer is kept as it was sent.
#ifndef SERVER_REPEAT_H
#define SERVER_REPEAT_H

#include "server/batch.h"

struct repeat {
    uint64_t account;
    uint64_t key;     // whose: a key's text belongs to the credential that sent it
    const char *text; // NULL: the request has no Idempotency-Key
    const unsigned char *hash;
    const struct session_row *session; // found: for batch_decide
};

// Looks whether the request came before. True: the call is answered, with what was kept or with a refusal.
// `command`: NULL where the call is not a command on an account.
bool repeat_find(struct batch *batch, struct repeat *repeat, struct call *call, const struct command *command);
bool repeat_find_op(struct batch *batch, struct repeat *repeat, const struct call *call, struct batch_op *op);
// Keeps the answer, if it is to be kept.
void repeat_keep(struct batch *batch, const struct repeat *repeat, const struct call *call,
                 const struct command *command);
void repeat_keep_op(struct batch *batch, const struct repeat *repeat, const struct call *call,
                    const struct batch_op *op);

#endif
