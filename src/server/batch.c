// SPDX-License-Identifier: Apache-2.0
#include "server/batch.h"

#include "base/moment.h"
#include "engine/queue.h"
#include "server/sharing.h"

#include <string.h>

// What takes one step back: a decision's facts, a product's change, a tenant that was made.
struct undo {
    struct tenant *tenant;
    struct decision *decision;
    bool is_new; // the tenant itself
    struct fact product;
};

void batch_init(struct batch *batch, struct service *service)
{
    *batch = (struct batch){.service = service};
}

void batch_fini(struct batch *batch)
{
    arena_fini(&batch->arena);
}

void batch_start(struct batch *batch)
{
    arena_clear(&batch->arena);
    batch->serial = ++batch->service->batch_count;
    batch->now = clock_now(&batch->service->clock);
    batch->has_begun = false;
    batch->has_failed = false;
    batch->is_uncertain = false;
    batch->numbers_before = batch->service->numbers;
    batch->undos = NULL;
    batch->undo_count = 0;
    batch->touched = NULL;
    batch->touched_count = 0;
    batch->served = NULL;
    batch->served_count = 0;
    batch->commit_ns = 0;
    batch->visits = NULL;
    batch->visit_count = 0;
    batch->left = NULL;
    batch->left_count = 0;
    batch->made = NULL;
    batch->made_count = 0;
    batch->wants_numbers = false;
}

bool batch_keep(struct batch *batch, enum store_status status)
{
    if (status == STORE_OK)
        return true;
    batch->has_failed = true;
    batch->is_uncertain = batch->is_uncertain || status == STORE_UNCERTAIN;
    return false;
}

bool batch_begin(struct batch *batch)
{
    if (batch->has_failed)
        return false;
    if (!batch->has_begun)
        batch->has_begun = batch_keep(batch, store_begin(batch->service->store, &batch->error));
    return batch->has_begun;
}

void batch_write(struct batch *batch, struct tenant *tenant, int64_t at, const struct actor *actor,
                 const struct fact *fact)
{
    tenant->written_in = batch->serial;
    batch_keep(batch, store_write(batch->service->store, tenant->account.row.id, at, actor, fact, &batch->error));
}

static void remember_undo(struct batch *batch, struct undo undo)
{
    batch->undos = arena_grow(&batch->arena, batch->undos, batch->undo_count, sizeof *batch->undos);
    batch->undos[batch->undo_count++] = undo;
}

static void note_served(struct batch *batch, const struct decision *decision)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        batch->served = arena_grow(&batch->arena, batch->served, batch->served_count, sizeof(struct waiter *));
        batch->served[batch->served_count++] = decision->served[i];
    }
}

// A heartbeat is true when applied, and written when there is a commit anyway; unless others must know of it.
static bool is_lone_heartbeat(const struct service *service, const struct decision *decision)
{
    return decision->fact_count == 1 && decision->facts[0].kind == FACT_SESSION_HEARTBEAT && !service->is_shared;
}

static void write_facts(struct batch *batch, struct tenant *tenant, struct decision *decision)
{
    struct service *service = batch->service;
    note_served(batch, decision);
    if (is_lone_heartbeat(service, decision)) {
        service_note_quiet(service,
                           &(struct quiet_change){.account = tenant->account.row.id,
                                                  .kind = FACT_SESSION_HEARTBEAT,
                                                  .id = ((const struct session_row *)decision->facts[0].after)->id});
        return;
    }
    if (decision->fact_count == 0 && decision->served_count == 0)
        return;
    remember_undo(batch, (struct undo){.tenant = tenant, .decision = decision});
    // Who is denied or refused in line changes nothing but the line, which others have, too.
    if ((decision->fact_count == 0 && !service->is_shared) || !batch_begin(batch))
        return;
    for (size_t i = 0; i < decision->fact_count && !batch->has_failed; i++)
        batch_write(batch, tenant, decision->now, decision->facts[i].actor, &decision->facts[i]);
    if (service->is_shared)
        sharing_note_served(batch, tenant, decision);
}

static struct decision *new_decision(struct batch *batch, struct tenant *tenant)
{
    static const struct actor nobody = {.nobody = true};
    struct decision *decision = arena_alloc(&batch->arena, sizeof *decision);
    decision_init(decision, &tenant->account, &batch->service->catalog, &batch->service->numbers, &nobody, batch->now,
                  &batch->arena);
    return decision;
}

int64_t batch_time(const struct batch *batch, const struct tenant *tenant)
{
    return batch->now > tenant->account.last_at ? batch->now : tenant->account.last_at;
}

void batch_pass_time(struct batch *batch, struct tenant *tenant)
{
    if (tenant->touched_in != batch->serial) {
        tenant->touched_in = batch->serial;
        batch->touched = arena_grow(&batch->arena, batch->touched, batch->touched_count, sizeof *batch->touched);
        batch->touched[batch->touched_count++] = tenant;
    }
    int64_t due_at = account_next_due(&tenant->account);
    if (due_at == 0 || due_at > batch_time(batch, tenant))
        return;
    struct decision *decision = new_decision(batch, tenant);
    account_pass_time(decision);
    write_facts(batch, tenant, decision);
}

struct decision *batch_look(struct batch *batch, struct tenant *tenant)
{
    return new_decision(batch, tenant);
}

bool command_names_session(const struct command *command)
{
    return command->kind == COMMAND_SESSION_HEARTBEAT || command->kind == COMMAND_SESSION_END ||
           command->kind == COMMAND_LEASE_RETURN || command->kind == COMMAND_LEASE_READ ||
           (command->kind == COMMAND_ROW_READ && command->row_read == ROW_SESSION);
}

const struct session_row *batch_find_past(struct batch *batch, struct tenant *tenant, const struct command *command,
                                          struct arena *arena)
{
    const struct session_row *past = NULL;
    if (!command_names_session(command) || batch->has_failed || account_session(&tenant->account, command->id) != NULL)
        return NULL;
    batch_keep(batch, store_recall_session(batch->service->store, tenant->account.row.id, command->id, arena, &past,
                                           &batch->error));
    return past;
}

static bool find_recent(struct batch *batch, struct tenant *tenant, struct decision *decision)
{
    const struct session_row **recent;
    bool good = batch_keep(
        batch, store_recall_sessions_since(batch->service->store, tenant->account.row.id,
                                           batch->now - moment_seconds(REPLAY_WINDOW_S), decision->arena, &recent,
                                           &decision->recent_count, &batch->error));
    decision->recent = good ? recent : NULL;
    return good;
}

void batch_decide(struct batch *batch, struct tenant *tenant, const struct command *command,
                  const struct actor *actor, struct memory memory, struct arena *arena, struct outcome *ret_outcome)
{
    struct decision *decision = arena_alloc(arena, sizeof *decision);
    decision_init(decision, &tenant->account, &batch->service->catalog, &batch->service->numbers, actor, batch->now,
                  arena);
    decision->past = memory.past;
    decision->remembered = memory.remembered;
    if (batch->has_failed || (command->dry_run && !find_recent(batch, tenant, decision)))
        return;
    account_decide(decision, command);
    *ret_outcome = decision->outcome;
    write_facts(batch, tenant, decision);
}

struct tenant *batch_create_account(struct batch *batch, const struct command *command, const struct actor *actor,
                                    struct arena *arena, struct outcome *ret_outcome)
{
    if (batch->has_failed)
        return NULL;
    struct tenant *tenant = service_add_tenant(batch->service, batch->service->numbers.next[ID_ACCOUNT]++);
    remember_undo(batch, (struct undo){.tenant = tenant, .is_new = true});
    tenant->visited_in = batch->serial;
    tenant->visited_at = batch->now;
    batch->made = arena_grow(&batch->arena, batch->made, batch->made_count, sizeof(struct tenant *));
    batch->made[batch->made_count++] = tenant;
    batch_decide(batch, tenant, command, actor, (struct memory){0}, arena, ret_outcome);
    return tenant;
}

void batch_change_product(struct batch *batch, const struct product *before, const struct product *after,
                          const struct actor *actor, struct arena *arena)
{
    struct fact fact = {
        .kind = before == NULL ? FACT_PRODUCT_CREATED : FACT_PRODUCT_UPDATED,
        .before = before != NULL ? row_copy(ROW_PRODUCT, before, arena) : NULL,
        .after = row_copy(ROW_PRODUCT, after, arena),
    };
    catalog_apply(&batch->service->catalog, &fact);
    remember_undo(batch, (struct undo){.product = fact});
    if (batch_begin(batch))
        batch_write(batch, service_tenant(batch->service, 0), batch->now, actor, &fact);
}

void batch_put_operator(struct batch *batch, const unsigned char hash[KEY_HASH_BYTES])
{
    service_tenant(batch->service, 0)->written_in = batch->serial;
    batch_keep(batch, store_put_operator(batch->service->store, hash, &batch->error));
}

// ---- What is written a little later

static const void *changed_row(const struct account *account, const struct quiet_change *change)
{
    switch (change->kind) {
    case FACT_SESSION_HEARTBEAT:
        return account_session(account, change->id);
    case FACT_SIGN_IN_USED:
        return account_sign_in(account, change->id);
    default:
        return account_key(account, change->id);
    }
}

// The row as it was before its use, in the arena.
static const void *before_use(const struct quiet_change *change, const void *row, struct arena *arena)
{
    if (change->kind == FACT_SESSION_HEARTBEAT)
        return row;
    void *before = row_copy(fact_types[change->kind].row, row, arena);
    if (change->kind == FACT_SIGN_IN_USED)
        ((struct sign_in_row *)before)->last_used_at = change->used_before;
    else
        ((struct api_key_row *)before)->last_used_at = change->used_before;
    return before;
}

static void write_quiet(struct batch *batch, const struct quiet_change *change)
{
    static const struct actor nobody = {.nobody = true};
    struct tenant *tenant = service_tenant(batch->service, change->account);
    if (tenant == NULL)
        return;
    const void *row = changed_row(&tenant->account, change);
    if (row == NULL)
        return; // ended since, and written as such
    struct fact fact = {
        .kind = change->kind, .before = before_use(change, row, &batch->arena), .after = row};
    batch_write(batch, tenant, batch->now, &nobody, &fact);
}

static void write_denials(struct batch *batch, struct tenant *tenant)
{
    for (struct list_node *node = tenant->episodes.unsaved.first; node != NULL && !batch->has_failed;
         node = node->after) {
        const struct episode *episode = ITEM_OF(node, struct episode, of_unsaved);
        tenant->written_in = batch->serial;
        batch_keep(batch,
                   store_put_denial(batch->service->store, tenant->account.row.id, &episode->denial, &batch->error));
    }
}

void batch_write_quiet(struct batch *batch)
{
    struct service *service = batch->service;
    if ((service->quiet_count == 0 && service->unsaved.first == NULL) || !batch_begin(batch))
        return;
    for (size_t i = 0; i < service->quiet_count && !batch->has_failed; i++)
        write_quiet(batch, &service->quiet[i]);
    for (struct list_node *node = service->unsaved.first; node != NULL && !batch->has_failed; node = node->after)
        write_denials(batch, ITEM_OF(node, struct tenant, of_unsaved));
}

static void forget_quiet(struct service *service)
{
    service->quiet_count = 0;
    while (service->unsaved.first != NULL) {
        struct tenant *tenant = ITEM_OF(service->unsaved.first, struct tenant, of_unsaved);
        while (episodes_unsaved(&tenant->episodes) != NULL)
            episodes_saved(&tenant->episodes, episodes_unsaved(&tenant->episodes));
        list_remove(&service->unsaved, &tenant->of_unsaved);
        tenant->has_unsaved = false;
    }
}

// ---- The end

// Who joined the line since was denied what may be there again.
static void take_back_decision(struct undo *undo)
{
    decision_take_back(undo->decision);
    queue_note_rights(&undo->tenant->account);
}

static void take_back(struct batch *batch)
{
    struct service *service = batch->service;
    while (batch->undo_count > 0) {
        struct undo *undo = &batch->undos[--batch->undo_count];
        if (undo->is_new)
            service_remove_tenant(service, undo->tenant);
        else if (undo->decision != NULL)
            take_back_decision(undo);
        else
            catalog_unapply(&service->catalog, &undo->product);
    }
    // Ids of denials that were told stay taken, and all that may be in the store.
    uint64_t denial = service->numbers.next[ID_DENIAL];
    if (!batch->is_uncertain)
        service->numbers = batch->numbers_before;
    service->numbers.next[ID_DENIAL] = denial;
}

// After a failure: tenants made in the batch are gone, so those that are left are found afresh. Where nobody knows
// whether the commit happened, what is in the store is true, whatever it is.
static void look_after_touched(struct batch *batch)
{
    struct service *service = batch->service;
    size_t cursor = 0;
    for (struct tenant *tenant; (tenant = table_next(&service->tenants, &cursor)) != NULL;) {
        if (tenant->touched_in != batch->serial)
            continue;
        if (batch->is_uncertain)
            service_reload(service, tenant);
        else
            service_reschedule(service, tenant);
    }
    if (batch->is_uncertain)
        service_find_missing(service);
}

static void reschedule(struct batch *batch)
{
    for (size_t i = 0; i < batch->touched_count; i++)
        service_reschedule(batch->service, batch->touched[i]);
}

static bool commit(struct batch *batch)
{
    struct service *service = batch->service;
    bool new_ids = memcmp(&service->numbers, &service->stored_numbers, sizeof service->numbers) != 0;
    if (new_ids && !batch_keep(batch, store_put_numbers(service->store, &service->numbers, &batch->error)))
        return false;
    int64_t before_ns = clock_mono_ns();
    bool good = batch_keep(batch, store_commit(service->store, &batch->error));
    batch->commit_ns = clock_mono_ns() - before_ns;
    if (good)
        service->stored_numbers = service->numbers;
    return good;
}

static void write_rest_and_commit(struct batch *batch)
{
    batch_write_quiet(batch);
    if (!batch->has_failed && batch->service->is_shared)
        sharing_write(batch);
    if (!batch->has_failed && commit(batch))
        forget_quiet(batch->service);
}

bool batch_end(struct batch *batch)
{
    if (batch->has_begun && !batch->has_failed)
        write_rest_and_commit(batch);
    if (batch->has_failed) {
        if (batch->has_begun)
            store_rollback(batch->service->store);
        take_back(batch);
    }
    if (batch->service->is_shared)
        sharing_end(batch, !batch->has_failed);
    else if (batch->has_failed)
        look_after_touched(batch);
    else
        reschedule(batch);
    return !batch->has_failed;
}
