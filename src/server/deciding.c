// SPDX-License-Identifier: Apache-2.0
// One call: who asks, whether they may, and what is decided.
#include "server/processor_parts.h"

#include "api/access.h"
#include "server/identify.h"
#include "server/repeat.h"

#include <string.h>

void call_refuse(struct call *call, enum result result, const char *pointer, const char *detail)
{
    call->outcome = (struct outcome){.result = result,
                                     .detail = detail,
                                     .pointer = pointer,
                                     .requested = NUMBER_NONE,
                                     .available = NUMBER_NONE};
}

void call_refuse_unwritten(struct call *call)
{
    call_refuse(call, RESULT_UNAVAILABLE, NULL,
                "The server could not write that down, so it did not happen. Try again in a moment, with the same "
                "Idempotency-Key.");
    call->retry_after_s = RETRY_AFTER_S;
}

void call_refuse_gone(struct call *call)
{
    call_refuse(call, RESULT_UNAVAILABLE, NULL, "The client hung up.");
}

// Whether the call is parked: it waits in line, and its job is answered another time.
static bool decide_command(struct processor *processor, struct tenant *tenant, struct job *job)
{
    struct batch *batch = &processor->batch;
    struct call *call = job->call;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, &call->command))
        return false;
    // It is as if it had not come; what is kept of it since it waited, if it did, is kept on.
    if (atomic_load(&job->is_gone)) {
        call_refuse_gone(call);
        return false;
    }
    struct memory memory = {call->past, repeat.session};
    batch_decide(batch, tenant, &call->command, &call->actor, memory, call->arena, &call->outcome);
    if (line_wait(processor, tenant, job))
        return true;
    note_acquire(processor, tenant, &call->command, &call->actor, &call->outcome);
    access_hide(&call->actor, &tenant->account, call->arena, &call->outcome);
    repeat_keep(batch, &repeat, call, &call->command);
    return false;
}

static void decide_op(struct processor *processor, struct tenant *tenant, struct call *call, struct batch_op *op)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = op->idempotency_key, .hash = op->request_hash};
    op->past = batch_find_past(batch, tenant, &op->command, call->arena);
    if (!access_op(call, op, &tenant->account) || repeat_find_op(batch, &repeat, call, op))
        return;
    struct memory memory = {op->past, repeat.session};
    batch_decide(batch, tenant, &op->command, &call->actor, memory, call->arena, &op->outcome);
    note_acquire(processor, tenant, &op->command, &call->actor, &op->outcome);
    access_hide(&call->actor, &tenant->account, call->arena, &op->outcome);
    repeat_keep_op(batch, &repeat, call, op);
}

static void decide_batch(struct processor *processor, struct tenant *tenant, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {
        .account = call->account, .key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    for (size_t i = 0; i < call->op_count && !batch->has_failed; i++)
        decide_op(processor, tenant, call, &call->ops[i]);
    call->outcome.result = RESULT_OK;
    repeat_keep(batch, &repeat, call, NULL);
}

static void create_account(struct processor *processor, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {.key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    struct tenant *tenant = batch_create_account(batch, &call->command, &call->actor, call->arena, &call->outcome);
    if (tenant != NULL)
        call->account = tenant->account.row.id;
    repeat_keep(batch, &repeat, call, NULL);
}

static void answer_product(struct call *call, enum result result, const struct product *product)
{
    call->outcome = (struct outcome){
        .result = result,
        .answer = ANSWER_ROW,
        .row_kind = ROW_PRODUCT,
        .row = row_copy(ROW_PRODUCT, product, call->arena),
    };
}

static void create_product(struct processor *processor, struct call *call)
{
    struct batch *batch = &processor->batch;
    struct repeat repeat = {.key = call->actor.key, .text = call->idempotency_key, .hash = call->request_hash};
    if (repeat_find(batch, &repeat, call, NULL))
        return;
    if (catalog_find(&processor->options.service->catalog, call->product.code) != NULL) {
        call_refuse(call, RESULT_CONFLICT, "/code", "There is a product with this code already.");
        call->outcome.with = call->product.code;
        return;
    }
    call->product.created_at = batch->now;
    batch_change_product(batch, NULL, &call->product, &call->actor, call->arena);
    answer_product(call, RESULT_CREATED, &call->product);
    repeat_keep(batch, &repeat, call, NULL);
}

static void update_product(struct processor *processor, struct call *call)
{
    const struct product *product = catalog_find(&processor->options.service->catalog, call->product.code);
    if (product == NULL) {
        call_refuse(call, RESULT_NOT_FOUND, NULL, "There is no product with this code.");
        return;
    }
    struct product after = *product;
    if (call->given & GIVEN_NAME)
        after.name = call->product.name;
    if (call->given & GIVEN_MACHINES_PER_SEAT)
        after.machines_per_seat = call->product.machines_per_seat;
    if (call->product_code != NULL && strcmp(call->product_code, product->code) != 0) {
        call_refuse(call, RESULT_CONFLICT, "/code",
                    "The code of a product stays. Make a new product for the other code.");
        return;
    }
    if (call->product_model_given && call->product.model != product->model) {
        call_refuse(call, RESULT_CONFLICT, "/model",
               "The licensing model of a product stays. Make a new product for the other model.");
        return;
    }
    if (product->model != MODEL_SEAT && after.machines_per_seat != NUMBER_NONE) {
        call_refuse(call, RESULT_INVALID_REQUEST, "/machines_per_seat",
               "Only products with the model seat have a number of machines.");
        return;
    }
    if (!row_same(ROW_PRODUCT, product, &after))
        batch_change_product(&processor->batch, product, &after, &call->actor, call->arena);
    answer_product(call, RESULT_OK, product);
}

static void read_product(struct processor *processor, struct call *call)
{
    const struct product *product = catalog_find(&processor->options.service->catalog, call->product.code);
    if (product != NULL)
        answer_product(call, RESULT_OK, product);
    else
        call_refuse(call, RESULT_NOT_FOUND, NULL, "There is no product with this code.");
}

// A user asks for a seat that is not there. Was it the user's own, the history knows why it is gone.
static bool asks_why_gone(const struct call *call)
{
    const struct command *command = &call->command;
    bool names_seat = command->kind == COMMAND_SEAT_CHECK_IN ||
                      (command->kind == COMMAND_ROW_READ && command->row_read == ROW_SEAT);
    return call->kind == CALL_COMMAND && names_seat && call->outcome.result == RESULT_NOT_FOUND &&
           call->account != 0 && call->actor.user != 0 && command->id != ID_UNKNOWN;
}

bool call_wants_reader(const struct call *call)
{
    enum call_kind kind = call->kind;
    if (result_is_refusal(call->outcome.result))
        return asks_why_gone(call);
    return kind == CALL_LIST || kind == CALL_MEMBERS || kind == CALL_EVENTS || kind == CALL_DENIALS ||
           kind == CALL_DENIAL || kind == CALL_BACKUP;
}

static bool decide(struct processor *processor, struct tenant *tenant, struct job *job)
{
    struct call *call = job->call;
    switch (call->kind) {
    case CALL_COMMAND:
        return decide_command(processor, tenant, job);
    case CALL_BATCH:
        decide_batch(processor, tenant, call);
        break;
    case CALL_ACCOUNT_CREATE:
        create_account(processor, call);
        break;
    case CALL_PRODUCT_CREATE:
        create_product(processor, call);
        break;
    case CALL_PRODUCT_UPDATE:
        update_product(processor, call);
        break;
    case CALL_PRODUCT_READ:
        read_product(processor, call);
        break;
    case CALL_SIGN_OUT:
        sign_out(processor, call);
        break;
    case CALL_METRICS:
        instruments_look(processor->options.instruments, processor->options.service);
        break;
    default:
        break; // whoami, the contract, and what the readers do
    }
    return false;
}

// The account that access is judged by; whoami has none in its path, but tells the key's.
static const struct account *scope_of(const struct processor *processor, const struct call *call,
                                      const struct tenant *tenant)
{
    if (tenant == NULL && call->kind == CALL_WHOAMI && call->account != 0)
        tenant = service_tenant(processor->options.service, call->account);
    return tenant != NULL ? &tenant->account : NULL;
}

bool call_process(struct processor *processor, struct job *job)
{
    struct batch *batch = &processor->batch;
    struct call *call = job->call;
    struct tenant *tenant;
    call->now = batch->now;
    call->outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    if (call->kind == CALL_SIGN_IN || call->kind == CALL_INVITATION_ACCEPT) {
        sign_in_process(processor, call);
        return false;
    }
    if (!identify(processor->options.service, call, batch->now, &tenant) || !access_role(call))
        return false;
    if (result_is_refusal(call->form.result)) {
        access_refuse_form(call, tenant != NULL ? &tenant->account : NULL);
        return false;
    }
    if (tenant != NULL)
        batch_pass_time(batch, tenant);
    if (tenant != NULL && call->kind == CALL_COMMAND)
        call->past = batch_find_past(batch, tenant, &call->command, call->arena);
    if (!access_scope(call, scope_of(processor, call, tenant)))
        return false;
    if (tenant != NULL && call->kind == CALL_COMMAND && !password_is_ready(call, &tenant->account))
        return false;
    if (decide(processor, tenant, job))
        return true;
    // Lists are read from the store: what was only in memory is written first.
    if (call_wants_reader(call))
        batch_write_quiet(batch);
    return false;
}
