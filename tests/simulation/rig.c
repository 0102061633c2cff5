// SPDX-License-Identifier: Apache-2.0
#include "simulation/rig.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLATFORM_HASH = 0x50 }; // the first byte of the hash of an account's platform key, plus the account's place

static const struct route any_route = {.kind = CALL_COMMAND, .roles = ~0U, .scoped = true};

// ---- Answers

static void take_answer(void *user, struct job *job)
{
    struct rig *rig = user;
    struct request *request = (struct request *)job;
    CHECK(!request->is_answered && rig->answered_count < ANSWERED_MAX);
    request->is_answered = true;
    request->reached_nobody = store_is_memory(rig->store) && !store_memory_has_power(rig->store);
    rig->answered[rig->answered_count++] = request;
}

void rig_forget_answered(struct rig *rig)
{
    for (struct request **at = &rig->out; *at != NULL;) {
        struct request *request = *at;
        if (request->is_answered) {
            *at = request->next;
            arena_clear(&request->arena);
            request->next = rig->free;
            rig->free = request;
        } else {
            at = &request->next;
        }
    }
    rig->answered_count = 0;
}

static struct request *new_request(struct rig *rig, int serial)
{
    struct request *request = rig->free;
    if (request == NULL)
        request = check_calloc(1, sizeof *request);
    else
        rig->free = request->next;
    struct arena arena = request->arena;
    memset(&request->call, 0, sizeof request->call);
    request->arena = arena;
    request->serial = serial;
    request->is_answered = request->reached_nobody = false;
    request->job = (struct job){.call = &request->call, .serial = ++rig->job_serial};
    request->next = rig->out;
    rig->out = request;
    request->call.arena = &request->arena;
    request->call.route = &any_route;
    request->call.has_key = true;
    request->call.account_name = "self";
    return request;
}

static void queue(struct rig *rig, struct job *job)
{
    job->next = NULL;
    *rig->jobs_end = job;
    rig->jobs_end = &job->next;
}

// ---- Requests

static const char *key_text(const struct act *act, struct arena *arena)
{
    return act->key != NOBODY ? arena_printf(arena, "k%d", act->key) : NULL;
}

// Of what is asked, as the contract compares it; sessions are compared by their rows.
static void hash_request(const struct act *act, unsigned char hash[KEY_HASH_BYTES])
{
    int64_t meant[] = {act->kind, act->product, act->user, act->project, act->level, act->count, act->ttl_s};
    uint64_t number = hash_bytes(meant, sizeof meant);
    memset(hash, 0, KEY_HASH_BYTES);
    memcpy(hash, &number, sizeof number);
}

static const char *account_name(int account)
{
    static const char *const names[] = {"AC-1", "AC-2", "AC-3"};
    return names[account];
}

void rig_add(struct rig *rig, const struct model *model, const struct act *act, int64_t now)
{
    struct request *request = new_request(rig, act->serial);
    struct call *call = &request->call;
    call->kind = CALL_COMMAND;
    call->account_name = account_name(act->account);
    call->idempotency_key = key_text(act, call->arena);
    call->command = request_command(model, act, now, call->idempotency_key, call->arena);
    if (call->idempotency_key != NULL)
        hash_request(act, call->request_hash);
    if (act->platform)
        call->key_hash[0] = (unsigned char)(PLATFORM_HASH + act->account);
    queue(rig, &request->job);
}

void rig_add_ops(struct rig *rig, const struct model *model, const struct act *const *acts, int count, int64_t now)
{
    struct request *request = new_request(rig, acts[0]->serial);
    struct call *call = &request->call;
    call->kind = CALL_BATCH;
    call->account_name = account_name(acts[0]->account);
    call->ops = arena_alloc(call->arena, (size_t)count * sizeof *call->ops);
    memset(call->ops, 0, (size_t)count * sizeof *call->ops);
    call->op_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        struct batch_op *op = &call->ops[i];
        request->op_serials[i] = acts[i]->serial;
        op->idempotency_key = key_text(acts[i], call->arena);
        op->command = request_command(model, acts[i], now, op->idempotency_key, call->arena);
        if (op->idempotency_key != NULL)
            hash_request(acts[i], op->request_hash);
    }
    queue(rig, &request->job);
}

void rig_hang_up(struct rig *rig, int serial)
{
    for (struct request *request = rig->out; request != NULL; request = request->next) {
        if (request->serial != serial || request->is_answered)
            continue;
        struct job *message = check_calloc(1, sizeof *message);
        message->is_giving_up = true;
        message->serial = request->job.serial;
        queue(rig, message);
    }
}

void rig_look(struct rig *rig, uint64_t account)
{
    struct job *message = check_calloc(1, sizeof *message);
    message->is_look = true;
    message->accounts[0] = account;
    queue(rig, message);
}

static struct job *take_late(struct processor *processor)
{
    struct rig *rig = ITEM_OF(processor, struct rig, processor);
    struct job *late = rig->late;
    rig->late = NULL;
    return late;
}

static bool is_message(const struct job *job)
{
    return job->is_look || job->is_giving_up;
}

// Deciding a call tells it the time.
static void mark_undone(struct job *jobs)
{
    for (struct job *job = jobs; job != NULL; job = job->next) {
        if (!is_message(job))
            job->call->now = 0;
    }
}

bool rig_was_done(const struct job *job)
{
    return !is_message(job) && job->call->now != 0;
}

void rig_round(struct rig *rig)
{
    struct job *jobs = rig->jobs, **cut = &jobs, **again = &rig->processor.again;
    rig->jobs = NULL;
    rig->jobs_end = &rig->jobs;
    mark_undone(jobs);
    mark_undone(*again);
    for (int i = 0; i < rig->late_after && *cut != NULL; i++)
        cut = &(*cut)->next;
    if (rig->late_after > 0) {
        rig->late = *cut;
        *cut = NULL;
    }
    round_run(&rig->processor, jobs);
    // It did not get so far as to ask for them: they are the next round's.
    while (*again != NULL)
        again = &(*again)->next;
    *again = take_late(&rig->processor);
}

// ---- The process

bool rig_open(struct rig *rig, bool accept_clock)
{
    char error[512];
    if (!service_open(&rig->service, rig->store, accept_clock, error, sizeof error))
        return false;
    memset(&rig->processor, 0, sizeof rig->processor);
    round_init(&rig->processor, &(struct processor_options){.service = &rig->service,
                                                            .instruments = &rig->instruments,
                                                            .user = rig,
                                                            .answer = take_answer,
                                                            .read = take_answer});
    rig->processor.take_late = take_late;
    rig->jobs_end = &rig->jobs;
    rig->is_open = true;
    return true;
}

void rig_close(struct rig *rig, bool is_graceful)
{
    if (is_graceful) {
        line_end(&rig->processor);
        round_run_last(&rig->processor);
    }
    // Those that nobody will answer any more.
    for (struct request *request = rig->out; request != NULL; request = request->next)
        request->is_answered = true;
    rig_forget_answered(rig);
    round_fini(&rig->processor);
    service_close(&rig->service);
    rig->is_open = false;
    if (store_is_memory(rig->store))
        store_memory_restart(rig->store);
}

// ---- The beginning

static void expect_created(struct rig *rig)
{
    rig_round(rig);
    CHECK(rig->answered_count == 1 && rig->answered[0]->call.outcome.result == RESULT_CREATED);
}

static void make_product(struct rig *rig, int product)
{
    struct request *request = new_request(rig, NOBODY);
    request->call.kind = CALL_PRODUCT_CREATE;
    request->call.account_name = NULL;
    request->call.product = (struct product){.code = product_code(product),
                                             .name = "A product",
                                             .model = product == MODEL_SEAT_PRODUCT ? MODEL_SEAT : MODEL_SESSION,
                                             .machines_per_seat = NUMBER_NONE};
    queue(rig, &request->job);
    expect_created(rig);
    rig_forget_answered(rig);
}

static void make_platform_key(struct rig *rig, int account)
{
    struct request *request = new_request(rig, NOBODY);
    struct call *call = &request->call;
    call->kind = CALL_COMMAND;
    call->account_name = arena_printf(call->arena, "AC-%d", account + 1);
    call->command.kind = COMMAND_API_KEY_CREATE;
    call->command.api_key = (struct api_key_row){.name = "platform", .role = ROLE_PLATFORM};
    call->command.api_key.hash[0] = (unsigned char)(PLATFORM_HASH + account);
    queue(rig, &request->job);
    expect_created(rig);
    rig_forget_answered(rig);
}

static void make_account(struct rig *rig, int account)
{
    struct request *request = new_request(rig, NOBODY);
    request->call.kind = CALL_ACCOUNT_CREATE;
    request->call.account_name = NULL;
    request->call.command.kind = COMMAND_ACCOUNT_CREATE;
    request->call.command.account = (struct account_row){.name = "Acme", .plan = PLAN_PREMIUM};
    queue(rig, &request->job);
    expect_created(rig);
    rig->accounts[account] = request->call.account;
    rig_forget_answered(rig);
    make_platform_key(rig, account);
}

static void begin(struct rig *rig, struct store *store)
{
    *rig = (struct rig){.store = store};
    instruments_open(&rig->instruments);
    CHECK(rig_open(rig, false));
}

void rig_join(struct rig *rig, struct store *store, const uint64_t accounts[ACCOUNTS_MAX])
{
    begin(rig, store);
    memcpy(rig->accounts, accounts, sizeof rig->accounts);
}

void rig_init(struct rig *rig, struct store *store, int accounts)
{
    begin(rig, store);
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        make_product(rig, product);
    for (int account = 0; account < accounts; account++)
        make_account(rig, account);
}

static void free_all(struct rig *rig)
{
    for (struct request *request = rig->free, *next; request != NULL; request = next) {
        next = request->next;
        arena_fini(&request->arena);
        free(request);
    }
    instruments_close(&rig->instruments);
}

void rig_fini(struct rig *rig)
{
    if (rig->is_open)
        rig_close(rig, true);
    free_all(rig);
    store_close(rig->store);
}

struct store *rig_abandon(struct rig *rig)
{
    rig_close(rig, false);
    free_all(rig);
    return rig->store;
}

const struct account *rig_account(const struct rig *rig, int account)
{
    return &service_tenant(&rig->service, rig->accounts[account])->account;
}
