// SPDX-License-Identifier: Apache-2.0
#include "server/sharing.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/queue.h"
#include "server/parking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct actor nobody = {.nobody = true};

// ---- Following

static void follow_fact(struct batch *batch, struct tenant *tenant, const struct fact *fact)
{
    switch (fact_types[fact->kind].row) {
    case ROW_PRODUCT:
        catalog_apply(&batch->service->catalog, fact);
        return;
    case ROW_WAITER:
        // Its server may have come and gone since this one looked last.
        if (fact->kind == FACT_WAITER_JOINED)
            tenant->nodes_seen = 0;
        parking_follow(batch->service->parking, batch_look(batch, tenant), tenant, fact);
        return;
    default:
        account_apply(&tenant->account, fact);
        // What it touched was settled where it was decided.
        account_forget_touched(&tenant->account);
    }
}

static void follow(void *arg, const struct store_change *change)
{
    struct batch *batch = arg;
    struct tenant *tenant = service_tenant(batch->service, change->account);
    CHECK(tenant != NULL && tenant->version != 0);
    tenant->told_in = batch->serial;
    if (change->fact != NULL)
        follow_fact(batch, tenant, change->fact);
    else
        episodes_follow(&tenant->episodes, change->denial);
}

// ---- Loading

struct load {
    struct batch *batch;
    struct tenant *tenant;
};

static bool load(void *arg)
{
    const struct load *load = arg;
    return service_load(load->batch->service, load->tenant, load->batch->now, &load->batch->error);
}

static bool load_tenant(struct batch *batch, struct tenant *tenant)
{
    struct load arg = {batch, tenant};
    struct decision *decision = batch_look(batch, tenant);
    if (batch->service->parking == NULL)
        return load(&arg);
    bool good = parking_reload(batch->service->parking, decision, tenant, batch->serial, load, &arg);
    tenant->nodes_seen = 0;
    return good;
}

// What belongs to no account has changed, or is not known: products, the operator's key.
static bool refresh_service(struct batch *batch, const struct store_visit *visit)
{
    struct service *service = batch->service;
    bool is_kept;
    return (!visit->is_lost || service_load_products(service, &batch->error)) &&
           (service->take_keys == NULL || service->take_keys(service, &batch->error)) &&
           store_load_operator(service->store, service->operator_hash, &is_kept, &batch->error);
}

static bool take_up(struct batch *batch, const struct store_visit *visit)
{
    struct service *service = batch->service;
    struct tenant *tenant = service_tenant(service, visit->account);
    if (visit->version == 0 && visit->account != 0)
        return true; // there is no such account
    // Others may be at it: what is read of it would be of several moments.
    if (visit->is_lost && !visit->is_changed && visit->account != 0) {
        if (tenant != NULL)
            tenant->version = 0;
        return true;
    }
    if (tenant == NULL)
        tenant = service_add_tenant(service, visit->account);
    bool is_new = visit->is_lost || tenant->version != visit->version;
    if (visit->account == 0 && is_new && !refresh_service(batch, visit))
        return false;
    if (visit->is_lost) {
        tenant->version = 0;
        if (!load_tenant(batch, tenant))
            return false;
    }
    if (tenant->told_in == batch->serial)
        queue_note_followed(&tenant->account);
    tenant->version = visit->version;
    tenant->stored_due = visit->due_at;
    tenant->visited_in = batch->serial;
    tenant->visited_at = batch->now;
    if (tenant->account.last_at < visit->last_at || visit->is_lost)
        tenant->account.last_at = visit->last_at;
    return true;
}

// ---- Entering

static void note_nodes(struct service *service, const struct store_entry *entry)
{
    size_t size = entry->node_count * sizeof *entry->nodes;
    if (service->node_count == entry->node_count && (size == 0 || memcmp(service->nodes, entry->nodes, size) == 0))
        return;
    service->nodes = check_realloc(service->nodes, size + 1);
    if (size > 0)
        memcpy(service->nodes, entry->nodes, size);
    service->node_count = entry->node_count;
    service->nodes_generation++;
}

// Those whose server has died leave the line, and may come back with their age.
static void drop_dead(struct batch *batch, struct tenant *tenant)
{
    const struct service *service = batch->service;
    if (tenant->nodes_seen == service->nodes_generation || service->parking == NULL)
        return;
    tenant->nodes_seen = service->nodes_generation;
    parking_drop_dead(service->parking, tenant, service->nodes, service->node_count, batch_time(batch, tenant));
}

static bool enter(struct batch *batch, struct store_entry *entry)
{
    struct service *service = batch->service;
    if (!batch_keep(batch, store_enter(service->store, entry, follow, batch, &batch->error)))
        return false;
    batch->has_begun = true;
    batch->now = entry->now;
    clock_set(&service->clock, entry->now);
    service->numbers = entry->numbers;
    batch->numbers_before = entry->numbers;
    for (size_t i = 0; i < ID_KINDS; i++)
        batch->numbers_end.next[i] = entry->numbers.next[i] + entry->wanted[i];
    note_nodes(service, entry);
    return true;
}

// The entering has failed: where something was told already, memory is of no version any more.
static bool forget_told(struct batch *batch, const struct store_entry *entry)
{
    for (size_t i = 0; i < entry->visit_count; i++) {
        struct tenant *tenant = service_tenant(batch->service, entry->visits[i].account);
        if (tenant != NULL && tenant->told_in == batch->serial && tenant->visited_in != batch->serial)
            tenant->version = 0;
    }
    return batch_keep(batch, STORE_REFUSED);
}

// Those that were left are none of this batch's.
static void keep_visits(struct batch *batch, struct store_entry *entry)
{
    size_t count = 0;
    batch->left = arena_alloc(&batch->arena, entry->visit_count * sizeof *batch->left);
    for (size_t i = 0; i < entry->visit_count; i++) {
        if (entry->visits[i].is_left)
            batch->left[batch->left_count++] = entry->visits[i].account;
        else
            entry->visits[count++] = entry->visits[i];
    }
    entry->visit_count = count;
    batch->visits = entry->visits;
    batch->visit_count = count;
}

bool sharing_enter(struct batch *batch, struct agenda *agenda)
{
    struct store_entry entry = {
        .visits = agenda->visits,
        .visit_count = agenda->visit_count,
        .questions = agenda->questions,
        .question_count = agenda->question_count,
    };
    memcpy(entry.wanted, agenda->wanted, sizeof entry.wanted);
    if (!enter(batch, &entry))
        return forget_told(batch, &entry);
    keep_visits(batch, &entry);
    for (size_t i = 0; i < entry.visit_count; i++) {
        if (!take_up(batch, &entry.visits[i]))
            return forget_told(batch, &entry);
    }
    for (size_t i = 0; i < entry.visit_count; i++) {
        struct tenant *tenant = service_tenant(batch->service, entry.visits[i].account);
        if (tenant != NULL && entry.visits[i].is_changed)
            drop_dead(batch, tenant);
    }
    return true;
}

bool sharing_enter_alone(struct batch *batch, uint64_t wanted)
{
    struct agenda agenda;
    agenda_init(&agenda, batch->service, &batch->arena);
    agenda_add_account(&agenda, 0, true);
    for (size_t i = 0; i < ID_KINDS; i++)
        agenda.wanted[i] = wanted;
    agenda_settle(&agenda, 0, 0);
    return sharing_enter(batch, &agenda);
}

// ---- Writing

static void write_waiter(struct batch *batch, struct tenant *tenant, enum fact_kind kind,
                         const struct waiter_row *before, const struct waiter_row *after)
{
    batch_write(batch, tenant, batch->now, &nobody, &(struct fact){.kind = kind, .before = before, .after = after});
}

void sharing_note_joined(struct batch *batch, struct waiter *waiter)
{
    struct parked *parked = (struct parked *)waiter;
    struct waiter_row row = parking_row(batch->service->parking, parked);
    parked->joined_in = batch->serial;
    parking_note_written(parked);
    write_waiter(batch, parked->tenant, FACT_WAITER_JOINED, NULL, &row);
}

void sharing_note_served(struct batch *batch, struct tenant *tenant, const struct decision *decision)
{
    struct service *service = batch->service;
    for (size_t i = 0; i < decision->served_count && !batch->has_failed; i++) {
        struct parked *parked = (struct parked *)decision->served[i];
        const struct outcome *outcome = &parked->waiter.outcome;
        struct waiter_row row = parking_row(service->parking, parked);
        if (outcome->result == RESULT_CREATED)
            row.session = ((const struct session_row *)outcome->row)->id;
        write_waiter(batch, tenant, FACT_WAITER_SERVED, &row, NULL);
        if (parked->job == NULL && !batch->has_failed)
            batch_keep(batch, store_tell(service->store, row.node, tenant->account.row.id, &batch->error));
    }
}

static void write_leaving(struct batch *batch, struct leaving *leaving)
{
    struct waiter_row before = leaving->row;
    before.kept_until = 0;
    if (!parking_goes_away(leaving, batch->serial)) {
        write_waiter(batch, leaving->tenant, FACT_WAITER_LEFT, &before, NULL);
        return;
    }
    leaving->row.kept_until = batch_time(batch, leaving->tenant) + moment_seconds(AGE_KEPT_S);
    write_waiter(batch, leaving->tenant, FACT_WAITER_MOVED, &before, &leaving->row);
}

static void write_leavings(struct batch *batch)
{
    const struct parking *parking = batch->service->parking;
    for (size_t i = 0; parking != NULL && i < parking->leaving_count && !batch->has_failed; i++) {
        struct leaving *leaving = &parking->leavings[i];
        if (leaving->tenant->visited_in != batch->serial)
            continue;
        write_leaving(batch, leaving);
        if (leaving->row.node != parking->node && !batch->has_failed)
            batch_keep(batch, store_tell(batch->service->store, leaving->row.node, leaving->tenant->account.row.id,
                                         &batch->error));
    }
}

// Who is at the head of its pool, and has it for itself, all servers must know alike.
static void write_moved(struct batch *batch, struct tenant *tenant)
{
    for (struct list_node *at = tenant->account.queue.line.first; at != NULL && !batch->has_failed; at = at->after) {
        const struct parked *parked = (const struct parked *)ITEM_OF(at, struct waiter, of_line);
        struct waiter_row before, after;
        if (parking_has_moved(batch->service->parking, parked, &before, &after))
            write_waiter(batch, tenant, FACT_WAITER_MOVED, &before, &after);
    }
}

// Who came back has joined anew, or was denied.
static void write_over(struct batch *batch, struct tenant *tenant)
{
    for (struct list_node *at = tenant->away.first; at != NULL && !batch->has_failed; at = at->after) {
        const struct away *away = ITEM_OF(at, struct away, of_tenant);
        if (!parking_is_over(away, batch->serial, batch_time(batch, tenant)))
            return;
        write_waiter(batch, tenant, FACT_WAITER_LEFT, &away->row, NULL);
    }
}

static void note_moved(struct tenant *tenant)
{
    for (struct list_node *at = tenant->account.queue.line.first; at != NULL; at = at->after)
        parking_note_written((struct parked *)ITEM_OF(at, struct waiter, of_line));
}

// Who has lost the right to wait is refused by its own server, which is told.
static void tell_rights(struct batch *batch, struct tenant *tenant)
{
    const struct queue *queue = &tenant->account.queue;
    if (tenant->rights_seen == queue->rights)
        return;
    tenant->rights_seen = queue->rights;
    for (struct list_node *at = queue->line.first; at != NULL && !batch->has_failed; at = at->after) {
        const struct parked *parked = (const struct parked *)ITEM_OF(at, struct waiter, of_line);
        if (parked->job == NULL && !parked->waiter.is_allowed)
            batch_keep(batch, store_tell(batch->service->store, parked->row->node, tenant->account.row.id,
                                         &batch->error));
    }
}

// The store's moment may be too early, which costs a look, but not too late.
static void write_due(struct batch *batch, struct tenant *tenant)
{
    int64_t due_at = account_next_due(&tenant->account), stored_at = tenant->stored_due;
    bool is_right = due_at == 0 ? stored_at == 0 || stored_at > batch->now
                                : stored_at != 0 && stored_at <= due_at && stored_at > batch->now;
    if (is_right || batch->has_failed)
        return;
    if (batch_keep(batch, store_put_due(batch->service->store, tenant->account.row.id, due_at, &batch->error)))
        tenant->stored_due = due_at;
}

static bool has_enough_numbers(struct batch *batch)
{
    for (size_t i = 0; i < ID_KINDS; i++) {
        if (batch->service->numbers.next[i] <= batch->numbers_end.next[i])
            continue;
        batch->wants_numbers = true;
        snprintf(batch->error.text, sizeof batch->error.text, "more was made than there were new ids for");
        return batch_keep(batch, STORE_REFUSED);
    }
    return true;
}

void sharing_write(struct batch *batch)
{
    struct service *service = batch->service;
    if (!has_enough_numbers(batch))
        return;
    write_leavings(batch);
    for (size_t i = 0; i < batch->visit_count; i++) {
        struct tenant *tenant = service_tenant(service, batch->visits[i].account);
        if (tenant == NULL || !batch->visits[i].is_changed)
            continue;
        if (service->parking != NULL) {
            write_over(batch, tenant);
            write_moved(batch, tenant);
        }
        tell_rights(batch, tenant);
        write_due(batch, tenant);
    }
    for (size_t i = 0; i < batch->made_count; i++)
        write_due(batch, batch->made[i]);
}

// The store knows who came back and who left: the former are no more, the latter may be away from now on.
static void note_left(struct batch *batch)
{
    struct parking *parking = batch->service->parking;
    for (size_t i = 0; i < batch->visit_count; i++) {
        struct tenant *tenant = service_tenant(batch->service, batch->visits[i].account);
        if (tenant != NULL && batch->visits[i].is_changed)
            parking_forget_over(parking, tenant, batch->serial, batch_time(batch, tenant));
    }
    parking_forget_leavings(parking, batch->serial);
}

static void end_tenant(struct batch *batch, struct tenant *tenant, bool is_good)
{
    if (is_good && tenant->written_in == batch->serial) {
        tenant->version++;
        note_moved(tenant);
    } else if (!is_good && batch->is_uncertain && tenant->written_in == batch->serial)
        tenant->version = 0;
    if (!is_good)
        tenant->stored_due = 0;
    service_reschedule(batch->service, tenant);
}

void sharing_end(struct batch *batch, bool is_good)
{
    struct service *service = batch->service;
    if (service->parking != NULL && is_good)
        note_left(batch);
    else if (service->parking != NULL)
        parking_drop_joined(service->parking, batch->serial);
    for (size_t i = 0; i < batch->visit_count; i++) {
        struct tenant *tenant = service_tenant(service, batch->visits[i].account);
        if (tenant != NULL)
            end_tenant(batch, tenant, is_good);
    }
    for (size_t i = 0; is_good && i < batch->made_count; i++)
        end_tenant(batch, batch->made[i], is_good);
}
