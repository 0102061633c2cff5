// SPDX-License-Identifier: Apache-2.0
#include "server/repeat.h"

#include "base/moment.h"
#include "engine/queue.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

// What its session's row remembers.
static bool is_acquire(const struct command *command)
{
    return command != NULL &&
           (command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_LEASE_BORROW);
}

enum found { FOUND_NOTHING, FOUND_ANSWER, FOUND_OTHER };

// Whether a request waits in line under this key, and asks for something else. The same one may come again.
static bool waits_for_other(const struct batch *batch, const struct repeat *repeat, const struct actor *actor,
                            const struct command *command)
{
    const struct tenant *tenant = service_tenant(batch->service, repeat->account);
    const struct waiter *waiter = tenant != NULL ? queue_find(&tenant->account, repeat->key, repeat->text) : NULL;
    return waiter != NULL &&
           !(is_acquire(command) && ask_is_same(actor, &waiter->request, &command->session));
}

static enum found find(struct batch *batch, struct repeat *repeat, const struct call *call,
                       const struct command *command, const struct remembered **ret_answer)
{
    const struct session_row *session;
    struct arena *arena = call->arena;
    if (!batch_keep(batch, store_recall(batch->service->store, repeat->account, repeat->key, repeat->text, batch->now,
                                        arena, ret_answer, &session, &batch->error)))
        return FOUND_NOTHING;
    if (session != NULL && is_acquire(command))
        repeat->session = session;
    else if (session != NULL)
        return FOUND_OTHER;
    if (*ret_answer == NULL)
        return session == NULL && waits_for_other(batch, repeat, &call->actor, command) ? FOUND_OTHER : FOUND_NOTHING;
    return sodium_memcmp((*ret_answer)->request_hash, repeat->hash, KEY_HASH_BYTES) == 0 ? FOUND_ANSWER : FOUND_OTHER;
}

static struct outcome reused(void)
{
    return (struct outcome){
        .result = RESULT_IDEMPOTENCY_KEY_REUSED,
        .detail = "This Idempotency-Key was used for another request. A new attempt takes a new key.",
        .requested = NUMBER_NONE,
        .available = NUMBER_NONE,
    };
}

static int status_again(int status)
{
    return status == 201 ? 200 : status;
}

bool repeat_find(struct batch *batch, struct repeat *repeat, struct call *call, const struct command *command)
{
    const struct remembered *answer = NULL;
    if (repeat->text == NULL || batch->has_failed)
        return false;
    enum found found = find(batch, repeat, call, command, &answer);
    if (found == FOUND_OTHER) {
        call->outcome = reused();
    } else if (found == FOUND_ANSWER) {
        call->again = true;
        call->again_status = status_again(answer->status);
        call->again_body = answer->body;
    }
    return found != FOUND_NOTHING;
}

bool repeat_find_op(struct batch *batch, struct repeat *repeat, const struct call *call, struct batch_op *op)
{
    const struct remembered *answer = NULL;
    if (repeat->text == NULL || batch->has_failed)
        return false;
    enum found found = find(batch, repeat, call, &op->command, &answer);
    if (found == FOUND_OTHER) {
        op->outcome = reused();
    } else if (found == FOUND_ANSWER) {
        op->again = true;
        op->again_status = status_again(answer->status);
        op->again_body = answer->body;
    }
    return found != FOUND_NOTHING;
}

static void keep(struct batch *batch, const struct repeat *repeat, int status, char *body)
{
    struct remembered answer = {
        .status = status, .body = body, .until_at = batch->now + moment_seconds(IDEMPOTENCY_KEPT_S)};
    memcpy(answer.request_hash, repeat->hash, KEY_HASH_BYTES);
    if (batch_begin(batch))
        batch_keep(batch, store_remember(batch->service->store, repeat->account, repeat->key, repeat->text, &answer,
                                         &batch->error));
    free(body);
}

void repeat_keep(struct batch *batch, const struct repeat *repeat, const struct call *call,
                 const struct command *command)
{
    if (repeat->text == NULL || batch->has_failed || is_acquire(command) || result_is_refusal(call->outcome.result))
        return;
    int status;
    char *body = call_write_body(call, &status);
    keep(batch, repeat, status, body);
}

void repeat_keep_op(struct batch *batch, const struct repeat *repeat, const struct call *call,
                    const struct batch_op *op)
{
    if (repeat->text == NULL || batch->has_failed || is_acquire(&op->command) || result_is_refusal(op->outcome.result))
        return;
    int status;
    char *body = call_write_op_body(call, op, &status);
    keep(batch, repeat, status, body);
}
