// SPDX-License-Identifier: Apache-2.0
#include "server/agenda.h"

#include "server/batch.h"
#include "server/parking.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_MAX = 200 };

void agenda_init(struct agenda *agenda, struct service *service, struct arena *arena)
{
    *agenda = (struct agenda){.service = service, .arena = arena};
    agenda_add_account(agenda, 0, false);
}

void agenda_add_account(struct agenda *agenda, uint64_t account, bool is_changed)
{
    agenda->visits = arena_grow(agenda->arena, agenda->visits, agenda->visit_count, sizeof *agenda->visits);
    agenda->visits[agenda->visit_count++] = (struct store_visit){
        .account = account,
        .is_changed = is_changed,
        .may_be_left = is_changed && agenda->may_leave && account != 0, // all are about the service itself
    };
}

static void add_question(struct agenda *agenda, struct store_question question)
{
    agenda->questions = arena_grow(agenda->arena, agenda->questions, agenda->question_count, sizeof question);
    agenda->questions[agenda->question_count++] = question;
}

// ---- Who asks

// Whose credential it is: the account, and the number that answers are kept under.
struct asking {
    uint64_t account; // 0: the operator's, or nobody's
    uint64_t key;
};

static bool is_operator(const struct service *service, const struct call *call)
{
    return sodium_memcmp(call->key_hash, service->operator_hash, KEY_HASH_BYTES) == 0;
}

bool agenda_knows_caller(const struct service *service, const struct call *call)
{
    return call->has_cookie || !call->has_key || directory_find(&service->directory, call->key_hash) != NULL ||
           is_operator(service, call);
}

static enum store_status find_asking(struct agenda *agenda, const struct call *call, struct asking *ret,
                                     struct store_error *error)
{
    const struct service *service = agenda->service;
    *ret = (struct asking){0};
    if (call->has_cookie)
        *ret = (struct asking){call->cookie.account, call->cookie.id};
    if (call->has_cookie || !call->has_key)
        return STORE_OK;
    const struct api_key *key = directory_find(&service->directory, call->key_hash);
    if (key != NULL)
        *ret = (struct asking){key->account->row.id, key->row.id};
    if (key != NULL || is_operator(service, call))
        return STORE_OK;
    return store_find_key(service->store, call->key_hash, &ret->account, error);
}

// ---- What is asked

// The session is not active in memory: what became of it is in the store.
static void add_session(struct agenda *agenda, uint64_t account, uint64_t id)
{
    const struct tenant *tenant = service_tenant(agenda->service, account);
    if (tenant == NULL || tenant->version == 0 || account_session(&tenant->account, id) == NULL)
        add_question(agenda, (struct store_question){.account = account, .session = id});
}

static void want_declared(struct agenda *agenda, const struct wanted_account *wanted)
{
    agenda->wanted[ID_USER] += wanted->user_count;
    for (size_t i = 0; i < wanted->organization_count; i++) {
        const struct wanted_organization *organization = &wanted->organizations[i];
        agenda->wanted[ID_ORGANIZATION] += organization->depth; // those above it may be missing, too
        agenda->wanted[ID_PROJECT] += organization->project_count;
        for (size_t j = 0; j < organization->project_count; j++)
            agenda->wanted[ID_USER] += organization->projects[j].member_count;
    }
}

static void want(struct agenda *agenda, const struct command *command)
{
    static const enum id_kind kinds[COMMAND_KIND_COUNT] = {
        [COMMAND_PURCHASE_CREATE] = ID_PURCHASE, [COMMAND_ORGANIZATION_CREATE] = ID_ORGANIZATION,
        [COMMAND_USER_CREATE] = ID_USER,         [COMMAND_PROJECT_CREATE] = ID_PROJECT,
        [COMMAND_SEAT_ASSIGN] = ID_SEAT,         [COMMAND_SESSION_ACQUIRE] = ID_SESSION,
        [COMMAND_LEASE_BORROW] = ID_SESSION,     [COMMAND_API_KEY_CREATE] = ID_API_KEY,
        [COMMAND_SIGN_IN] = ID_API_KEY,          [COMMAND_INVITATION_ACCEPT] = ID_API_KEY,
    };
    if (command->kind == COMMAND_ACCOUNT_APPLY)
        want_declared(agenda, &command->wanted);
    else if (kinds[command->kind] != ID_ACCOUNT)
        agenda->wanted[kinds[command->kind]]++;
    if (command->kind != COMMAND_SESSION_ACQUIRE && command->kind != COMMAND_LEASE_BORROW)
        return;
    agenda->wanted[ID_DENIAL]++;
    agenda->wanted[ID_WAITER] += command->session.wait_s > 0;
}

static void add_command(struct agenda *agenda, const struct asking *asking, uint64_t account,
                        const struct command *command, const char *idempotency_key)
{
    want(agenda, command);
    if (command_names_session(command))
        add_session(agenda, account, command->id);
    if (idempotency_key != NULL)
        add_question(agenda, (struct store_question){
                                 .account = account, .key = asking->key, .idempotency_key = idempotency_key});
}

static void add_ops(struct agenda *agenda, const struct asking *asking, uint64_t account, const struct call *call)
{
    for (size_t i = 0; i < call->op_count; i++)
        add_command(agenda, asking, account, &call->ops[i].command, call->ops[i].idempotency_key);
}

// Products, and what is remembered of making accounts, are the service's own.
static bool changes_service(const struct call *call)
{
    return call->kind == CALL_PRODUCT_CREATE || call->kind == CALL_PRODUCT_UPDATE ||
           call->kind == CALL_ACCOUNT_CREATE || (call->kind == CALL_SIGN_IN && call->sign_in_account == 0) ||
           (call->has_cookie && call->cookie.account == 0);
}

// What is in memory is told as it is now.
static void add_remembered(struct agenda *agenda)
{
    size_t cursor = 0;
    for (struct tenant *tenant; agenda->visit_count < REMEMBERED_MAX &&
                                (tenant = table_next(&agenda->service->tenants, &cursor)) != NULL;) {
        if (tenant->version != 0)
            agenda_add_account(agenda, tenant->account.row.id, false);
    }
}

enum store_status agenda_add_call(struct agenda *agenda, struct call *call, struct store_error *error)
{
    struct asking asking;
    enum store_status status = find_asking(agenda, call, &asking, error);
    if (status != STORE_OK)
        return status;
    uint64_t account = asking.account;
    if (call->kind == CALL_METRICS)
        add_remembered(agenda);
    if (account != 0)
        agenda_add_account(agenda, account, true);
    if (call->kind == CALL_SIGN_IN || call->kind == CALL_INVITATION_ACCEPT)
        account = call->sign_in_account;
    else if (call->account_name != NULL && strcmp(call->account_name, "self") != 0)
        account = id_parse(ID_ACCOUNT, call->account_name, 0);
    if (changes_service(call))
        agenda_add_account(agenda, 0, true);
    if (account != 0 && account != ID_UNKNOWN)
        agenda_add_account(agenda, account, true);
    agenda->wanted[ID_ACCOUNT] += call->kind == CALL_ACCOUNT_CREATE;
    if (result_is_refusal(call->form.result))
        return STORE_OK;
    if (call->kind == CALL_BATCH)
        add_ops(agenda, &asking, account, call);
    if (call->kind == CALL_ACCOUNT_CREATE || call->kind == CALL_PRODUCT_CREATE)
        account = 0;
    add_command(agenda, &asking, account, &call->command, call->idempotency_key);
    return STORE_OK;
}

void agenda_add_unwritten(struct agenda *agenda)
{
    const struct service *service = agenda->service;
    const struct parking *parking = service->parking;
    for (size_t i = 0; i < service->quiet_count; i++)
        agenda_add_account(agenda, service->quiet[i].account, true);
    for (struct list_node *node = service->unsaved.first; node != NULL; node = node->after)
        agenda_add_account(agenda, ITEM_OF(node, struct tenant, of_unsaved)->account.row.id, true);
    for (size_t i = 0; parking != NULL && i < parking->leaving_count; i++)
        agenda_add_account(agenda, parking->leavings[i].tenant->account.row.id, true);
}

// ---- In the store's words

static int compare(const void *a, const void *b)
{
    const struct store_visit *left = a, *right = b;
    return left->account < right->account ? -1 : left->account > right->account;
}

// Who must have the account to change it decides.
static void merge_visit(struct store_visit *into, const struct store_visit *visit)
{
    bool must_be_had = (into->is_changed && !into->may_be_left) || (visit->is_changed && !visit->may_be_left);
    into->is_changed |= visit->is_changed;
    into->may_be_left = into->is_changed && !must_be_had;
}

static void merge(struct agenda *agenda)
{
    size_t count = 0;
    qsort(agenda->visits, agenda->visit_count, sizeof *agenda->visits, compare);
    for (size_t i = 0; i < agenda->visit_count; i++) {
        if (count > 0 && agenda->visits[count - 1].account == agenda->visits[i].account)
            merge_visit(&agenda->visits[count - 1], &agenda->visits[i]);
        else
            agenda->visits[count++] = agenda->visits[i];
    }
    agenda->visit_count = count;
}

void agenda_settle(struct agenda *agenda, uint64_t slack, uint64_t spare)
{
    uint64_t waiting = 0, here = 0;
    merge(agenda);
    for (size_t i = 0; i < agenda->visit_count; i++) {
        const struct tenant *tenant = service_tenant(agenda->service, agenda->visits[i].account);
        agenda->visits[i].version = tenant != NULL ? tenant->version : 0;
        waiting += tenant != NULL ? tenant->account.queue.count : 0;
        here += tenant != NULL ? tenant->waiting_here : 0;
    }
    // Everybody who waits may be granted, and those here may be denied when their time is up.
    if (waiting > 0 || slack > 0)
        agenda->wanted[ID_SESSION] += waiting + slack;
    agenda->wanted[ID_SESSION] += spare;
    agenda->wanted[ID_DENIAL] += here + spare;
}

static bool is_visited(const struct batch *batch, const struct store_visit *wanted)
{
    const struct store_visit *visit =
        bsearch(wanted, batch->visits, batch->visit_count, sizeof *batch->visits, compare);
    return visit != NULL && (visit->is_changed || !wanted->is_changed);
}

bool agenda_is_covered(const struct agenda *agenda, const struct batch *batch)
{
    bool is_covered = agenda->question_count == 0;
    for (size_t i = 0; i < agenda->visit_count && is_covered; i++)
        is_covered = is_visited(batch, &agenda->visits[i]);
    for (size_t i = 0; i < ID_KINDS && is_covered; i++)
        is_covered = agenda->wanted[i] == 0 || i == ID_SESSION || i == ID_DENIAL;
    return is_covered;
}
