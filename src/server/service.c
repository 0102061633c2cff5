// SPDX-License-Identifier: Apache-2.0
#include "server/service.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/queue.h"
#include "server/parking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// IDLE_MS is as long as drivers keep what they tell of changes; who was not there for longer loads the account anyway.
enum { RELOAD_MS = 1000, IDLE_MS = 600000, FORGOTTEN_MAX = 16, LOOKED_AT_MAX = 1000 };

static bool same_account(const void *item, const void *key)
{
    return ((const struct tenant *)item)->account.row.id == *(const uint64_t *)key;
}

struct tenant *service_tenant(const struct service *service, uint64_t account)
{
    return table_find(&service->tenants, hash_number(account), same_account, &account);
}

struct tenant *service_add_tenant(struct service *service, uint64_t account)
{
    struct tenant *tenant = check_calloc(1, sizeof *tenant);
    account_init(&tenant->account, account, &service->directory);
    table_add(&service->tenants, hash_number(account), tenant);
    return tenant;
}

static void free_tenant(struct tenant *tenant)
{
    account_fini(&tenant->account);
    episodes_fini(&tenant->episodes);
    free(tenant);
}

void service_remove_tenant(struct service *service, struct tenant *tenant)
{
    table_remove(&service->tenants, hash_number(tenant->account.row.id), tenant);
    service->lost_count -= tenant->is_lost;
    if (heap_holds(&tenant->due))
        heap_remove(&service->dues, &tenant->due);
    if (tenant->has_unsaved)
        list_remove(&service->unsaved, &tenant->of_unsaved);
    if (service->parking != NULL)
        parking_forget_away(service->parking, tenant);
    free_tenant(tenant);
}

// In a shared store a watch tells when time changes an account. But who waits here is looked after from here, and now
// and then, whatever is told.
static int64_t next_due(const struct service *service, const struct tenant *tenant)
{
    int64_t later_at = clock_now(&service->clock) + RELOAD_MS;
    if (service->is_shared && tenant->waiting_here == 0)
        return 0;
    // One that could not be read is tried again in a while: someone may wait in it.
    if (tenant->is_lost || (service->is_shared && tenant->version == 0))
        return later_at;
    int64_t due_at = account_next_due(&tenant->account);
    return service->is_shared && (due_at == 0 || due_at > later_at) ? later_at : due_at;
}

void service_reschedule(struct service *service, struct tenant *tenant)
{
    int64_t due_at = next_due(service, tenant);
    bool is_in = heap_holds(&tenant->due);
    if (due_at == 0 && is_in)
        heap_remove(&service->dues, &tenant->due);
    else if (due_at != 0 && is_in)
        heap_move(&service->dues, &tenant->due, due_at);
    else if (due_at != 0)
        heap_add(&service->dues, &tenant->due, due_at, tenant->account.row.id);
}

void service_note_quiet(struct service *service, const struct quiet_change *change)
{
    if (service->quiet_count == service->quiet_size) {
        service->quiet_size = service->quiet_size > 0 ? 2 * service->quiet_size : 64;
        service->quiet = check_realloc(service->quiet, service->quiet_size * sizeof *service->quiet);
    }
    service->quiet[service->quiet_count++] = *change;
}

void service_note_unsaved(struct service *service, struct tenant *tenant)
{
    if (tenant->has_unsaved || episodes_unsaved(&tenant->episodes) == NULL)
        return;
    tenant->has_unsaved = true;
    list_add(&service->unsaved, &tenant->of_unsaved);
}

// Those that wait for something that is to be written, or in line, stay.
static bool is_idle(const struct tenant *tenant, int64_t now)
{
    return tenant->account.row.id != 0 && tenant->visited_at + IDLE_MS < now && !tenant->has_unsaved &&
           tenant->account.queue.count == 0;
}

void service_forget_idle(struct service *service, int64_t now)
{
    struct tenant *idle[FORGOTTEN_MAX];
    size_t count = 0;
    for (size_t i = 0; i < LOOKED_AT_MAX && count < FORGOTTEN_MAX; i++) {
        struct tenant *tenant = table_next(&service->tenants, &service->idle_cursor);
        if (tenant == NULL) {
            service->idle_cursor = 0;
            break;
        }
        if (is_idle(tenant, now))
            idle[count++] = tenant;
    }
    // What waits to be written of a key's use would name it.
    for (size_t i = 0; i < count && service->quiet_count == 0; i++)
        service_remove_tenant(service, idle[i]);
}

// ---- Loading

static void take_product(void *arg, const struct fact *fact)
{
    catalog_apply(arg, fact);
}

struct loading {
    struct service *service;
    struct tenant *tenant;
    int64_t now;
};

static void take_fact(void *arg, const struct fact *fact)
{
    struct loading *loading = arg;
    if (fact->kind == FACT_WAITER_JOINED) {
        if (loading->service->parking != NULL)
            parking_take_up(loading->service->parking, loading->tenant, fact->after);
        return;
    }
    // In a shared store leases go on while any server runs; when none did, the store has seen to them.
    if (fact->kind != FACT_SESSION_ACQUIRED || loading->service->is_shared) {
        account_apply(&loading->tenant->account, fact);
        return;
    }
    struct session_row row = *(const struct session_row *)fact->after;
    int64_t full_at = loading->now + moment_seconds(row.ttl_s);
    // A borrowed one runs on wherever its machine is, and ends when it was given to.
    if (row.expires_at < full_at && !row.borrowed) {
        row.expires_at = full_at;
        service_note_quiet(loading->service, &(struct quiet_change){.account = loading->tenant->account.row.id,
                                                                    .kind = FACT_SESSION_HEARTBEAT,
                                                                    .id = row.id});
    }
    account_apply(&loading->tenant->account, &(struct fact){.kind = fact->kind, .after = &row});
}

static void take_denial(void *arg, const struct denial *denial)
{
    struct loading *loading = arg;
    episodes_load(&loading->tenant->episodes, denial);
}

// What an apply touched was settled when it was first decided.
static void settle_loaded(struct service *service, struct tenant *tenant, int64_t now)
{
    struct account *account = &tenant->account;
    account->last_at = now;
    account_forget_touched(account);
    service_reschedule(service, tenant);
}

static bool load_tenant(struct service *service, struct tenant *tenant, int64_t now, struct store_error *error)
{
    struct loading loading = {service, tenant, now};
    uint64_t account = tenant->account.row.id;
    // Cool-downs that are over, too: a later one of the same user is a change of the row that stands in the store.
    if (!store_load_account(service->store, account, 0, take_fact, &loading, error) ||
        !store_load_denials(service->store, account, now - moment_seconds(EPISODE_SILENCE_S), take_denial, &loading,
                            error))
        return false;
    settle_loaded(service, tenant, now);
    return true;
}

bool service_load_products(struct service *service, struct store_error *error)
{
    return store_load_products(service->store, take_product, &service->catalog, error);
}

bool service_load(struct service *service, struct tenant *tenant, int64_t now, struct store_error *error)
{
    uint64_t account = tenant->account.row.id;
    account_fini(&tenant->account);
    account_init(&tenant->account, account, &service->directory);
    episodes_fini(&tenant->episodes);
    if (tenant->has_unsaved)
        list_remove(&service->unsaved, &tenant->of_unsaved);
    tenant->has_unsaved = false;
    return load_tenant(service, tenant, now, error);
}

// Nothing in the store tells of who waits.
static void wait_again(struct service *service, struct tenant *tenant, struct list *waiters)
{
    static const struct actor nobody = {.nobody = true};
    struct arena arena = {0};
    struct decision decision;
    decision_init(&decision, &tenant->account, &service->catalog, &service->numbers, &nobody,
                  clock_now(&service->clock), &arena);
    queue_attach(&decision, waiters);
    arena_fini(&arena);
}

bool service_reload(struct service *service, struct tenant *tenant)
{
    uint64_t account = tenant->account.row.id;
    struct list waiters = queue_detach(&tenant->account);
    account_fini(&tenant->account);
    account_init(&tenant->account, account, &service->directory);
    episodes_fini(&tenant->episodes);
    struct store_error error;
    service->lost_count -= tenant->is_lost;
    tenant->is_lost = !load_tenant(service, tenant, clock_now(&service->clock), &error);
    service->lost_count += tenant->is_lost;
    wait_again(service, tenant, &waiters);
    service_reschedule(service, tenant);
    return !tenant->is_lost;
}

// A row may name a product that another server has made, before this one is told of it: when what changed of account 0
// is not known one by one any more.
static const struct product *find_product(void *arg, const char *code)
{
    struct service *service = arg;
    struct store_error error;
    const struct product *product = catalog_find(&service->catalog, code);
    if (product != NULL || !service->is_shared || service->is_loading)
        return product;
    service->is_loading = true;
    service_load_products(service, &error);
    service->is_loading = false;
    return catalog_find(&service->catalog, code);
}

static bool load_accounts(struct service *service, int64_t now, struct store_error *error)
{
    struct arena arena = {0};
    uint64_t *ids;
    size_t count;
    bool good = store_load_account_ids(service->store, &arena, &ids, &count, error);
    if (good && service_tenant(service, 0) == NULL)
        good = load_tenant(service, service_add_tenant(service, 0), now, error);
    for (size_t i = 0; good && i < count; i++) {
        if (service_tenant(service, ids[i]) == NULL)
            good = load_tenant(service, service_add_tenant(service, ids[i]), now, error);
    }
    arena_fini(&arena);
    return good;
}

bool service_find_missing(struct service *service)
{
    struct store_error error;
    return store_load_products(service->store, take_product, &service->catalog, &error) &&
           load_accounts(service, clock_now(&service->clock), &error);
}

// Of a shared store nothing is known before it is entered, and its own time is what counts.
static bool load_nothing(struct service *service, struct store_error *error)
{
    service->is_shared = true;
    store_set_products(service->store, find_product, service);
    service_add_tenant(service, 0);
    clock_set(&service->clock, clock_wall_ms());
    return service_load_products(service, error);
}

static bool load(struct service *service, bool accept_clock, struct store_error *error)
{
    int64_t last_at;
    if (store_is_shared(service->store))
        return load_nothing(service, error);
    if (!store_last_at(service->store, &last_at, error) ||
        !clock_start(&service->clock, last_at, accept_clock, error->text, sizeof error->text))
        return false;
    store_set_products(service->store, find_product, service);
    return store_load_products(service->store, take_product, &service->catalog, error) &&
           store_load_numbers(service->store, &service->numbers, error) &&
           load_accounts(service, clock_now(&service->clock), error);
}

bool service_open(struct service *service, struct store *store, bool accept_clock, char *error, size_t error_size)
{
    *service = (struct service){.store = store};
    struct store_error store_error = {""};
    if (!load(service, accept_clock, &store_error)) {
        snprintf(error, error_size, "%s", store_error.text);
        service_close(service);
        return false;
    }
    service->stored_numbers = service->numbers;
    return true;
}

void service_close(struct service *service)
{
    size_t cursor = 0;
    for (struct tenant *tenant; (tenant = table_next(&service->tenants, &cursor)) != NULL;)
        free_tenant(tenant);
    table_fini(&service->tenants);
    heap_fini(&service->dues);
    table_fini(&service->directory.keys);
    catalog_fini(&service->catalog);
    free(service->quiet);
    free(service->nodes);
    *service = (struct service){0};
}
