// SPDX-License-Identifier: Apache-2.0
//
// One batch: everything that is decided between two commits. It begins a transaction at its first write, keeps what
// it did so that it can be taken back, and ends in one of two ways: all of it durable, or none of it true.
#ifndef SERVER_BATCH_H
#define SERVER_BATCH_H

#include "api/call.h"
#include "server/service.h"

struct undo;

struct batch {
    struct service *service;
    struct arena arena;
    uint64_t serial; // among all batches of the service
    int64_t now;
    bool has_begun;
    bool has_failed; // what follows is not done any more
    bool is_uncertain;
    struct store_error error;
    struct numbers numbers_before;
    struct undo *undos;
    size_t undo_count;
    struct tenant **touched;
    size_t touched_count;
    struct waiter **served; // in the order in which they were
    size_t served_count;
    int64_t commit_ns; // how long the commit took; 0: there was none

    // In a shared store (see sharing.h)
    struct store_visit *visits; // what it has entered with
    size_t visit_count;
    uint64_t *left; // accounts that it was to have, but another server has, ascending
    size_t left_count;
    struct tenant **made; // accounts that are new
    size_t made_count;
    struct numbers numbers_end; // ids from there on are not this batch's
    bool wants_numbers;         // it failed since they were too few
};

void batch_init(struct batch *batch, struct service *service);
void batch_fini(struct batch *batch);
// Starts over with a new serial and moment.
void batch_start(struct batch *batch);

// Begins the transaction unless it has begun. False: failed.
bool batch_begin(struct batch *batch);
// Writes a fact of the tenant's account: batch_decide does so with those of its decisions.
void batch_write(struct batch *batch, struct tenant *tenant, int64_t at, const struct actor *actor,
                 const struct fact *fact);
// Keeps a status of the store: false, and the batch has failed, unless it is STORE_OK.
bool batch_keep(struct batch *batch, enum store_status status);
// Lets time pass for the tenant, and those be served who can be since someone left the line.
void batch_pass_time(struct batch *batch, struct tenant *tenant);
// The account's time: never before its last fact, also where the store's clock is.
int64_t batch_time(const struct batch *batch, const struct tenant *tenant);
// A decision of nothing, by which the tenant's account is looked at until the batch ends.
struct decision *batch_look(struct batch *batch, struct tenant *tenant);
// Whether the command names a session, which may not be active any more.
bool command_names_session(const struct command *command);
// The session that the command names when it is not active any more, or NULL: none is needed, or there is none.
const struct session_row *batch_find_past(struct batch *batch, struct tenant *tenant, const struct command *command,
                                          struct arena *arena);

// What the store remembers of a command's past.
struct memory {
    const struct session_row *past;       // from batch_find_past
    const struct session_row *remembered; // by its idempotency key
};

// Decides a command on the tenant and writes its facts. The arena must live until the batch has ended. When the batch
// fails, the outcome means nothing.
void batch_decide(struct batch *batch, struct tenant *tenant, const struct command *command,
                  const struct actor *actor, struct memory memory, struct arena *arena, struct outcome *ret_outcome);
// The same for an account that is made by the command, and for the catalog of products.
struct tenant *batch_create_account(struct batch *batch, const struct command *command, const struct actor *actor,
                                    struct arena *arena, struct outcome *ret_outcome);
void batch_change_product(struct batch *batch, const struct product *before, const struct product *after,
                          const struct actor *actor, struct arena *arena);
// Keeps the hash of another operator's key.
void batch_put_operator(struct batch *batch, const unsigned char hash[KEY_HASH_BYTES]);
// Writes heartbeats, uses of keys and denials that wait.
void batch_write_quiet(struct batch *batch);
// Commits if anything was written. False: nothing of the batch is true, in the store or in memory.
bool batch_end(struct batch *batch);

#endif
