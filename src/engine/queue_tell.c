// SPDX-License-Identifier: Apache-2.0
//
// Where one who waits stands, and how long it may take: who stands before it is served first, each with what is free
// and with the leases that end next, if none is renewed. Those who may use the same pools share one outlook, which is
// walked once for all of them.
#include "engine/queue_parts.h"

#include "engine/decide.h"
#include "engine/pool.h"

#include <string.h>

// ---- Leases in the order of their ends

// One place of a heap that is looked into: the account's pools by their first lease, or the leases of one pool.
struct stop {
    struct heap_node node;
    const struct heap *of;
    size_t place;
};

// Who may use the same pools.
struct crowd {
    enum { CROWD_EVERYWHERE, CROWD_NAMED, CROWD_OWN, CROWD_MEMBER } kind;
    uint64_t id; // of the level, or of the one user
    bool fallback;
};

struct outlook {
    struct crowd crowd;
    const struct trial_request *trial; // of one of them
    int64_t ahead;                     // units of those who came by
    int64_t units;                     // that are free, or are so at ends_at
    int64_t ends_at;
    struct heap stops;
};

// One walk along the line of a product.
struct census {
    struct decision *decision;
    const struct stock *stock;
    int64_t position; // of the last who came by
    struct table outlooks;
    struct census *next;
};

static void stop_at(struct census *census, struct outlook *outlook, const struct heap *heap, size_t place)
{
    if (place > heap->count)
        return;
    struct stop *stop = arena_alloc(census->decision->arena, sizeof *stop);
    *stop = (struct stop){.of = heap, .place = place};
    heap_add(&outlook->stops, &stop->node, heap->nodes[place - 1]->key, heap->nodes[place - 1]->tie);
}

// The next lease that ends at one of the pools; NULL: there is none.
static const struct session *next_lease(struct census *census, struct outlook *outlook)
{
    const struct heap *pools = &census->decision->account->leases;
    for (struct heap_node *first; (first = heap_first(&outlook->stops)) != NULL;) {
        const struct stop *stop = ITEM_OF(first, struct stop, node);
        heap_remove(&outlook->stops, first);
        stop_at(census, outlook, stop->of, 2 * stop->place);
        stop_at(census, outlook, stop->of, 2 * stop->place + 1);
        if (stop->of != pools)
            return ITEM_OF(stop->of->nodes[stop->place - 1], struct session, lease);
        const struct pool *pool = ITEM_OF(pools->nodes[stop->place - 1], struct pool, first_ends);
        if (pool->stock == census->stock && trial_is_open(outlook->trial, pool->level))
            stop_at(census, outlook, &pool->sessions, 1);
    }
    return NULL;
}

// ---- Outlooks

static struct crowd crowd_of(const struct trial_request *trial)
{
    struct crowd crowd = {CROWD_OWN, trial->user->row.organization, trial->fallback};
    if (trial->named != NULL) {
        crowd.kind = CROWD_NAMED;
        crowd.id = trial->named->row.id;
    } else if (trial->policy == POLICY_UNRESTRICTED) {
        crowd.kind = CROWD_EVERYWHERE;
        crowd.id = 0;
    } else if (trial->policy == POLICY_MEMBER_BASED && trial->user->memberships.first != NULL) {
        crowd.kind = CROWD_MEMBER;
        crowd.id = trial->user->row.id;
    }
    return crowd;
}

static bool same_crowd(const void *item, const void *key)
{
    const struct crowd *a = &((const struct outlook *)item)->crowd, *b = key;
    return a->kind == b->kind && a->id == b->id && a->fallback == b->fallback;
}

static int64_t free_units(const struct stock *stock, const struct trial_request *trial)
{
    int64_t units = trial->fallback ? pool_available(stock->root) : 0;
    const struct tree_node *node = tree_first(&stock->ranked);
    for (; node != NULL && node->rank > 0; node = tree_after(&stock->ranked, node)) {
        if (trial_is_open(trial, ITEM_OF(node, struct pool, by_available)->level))
            units += node->rank;
    }
    return units;
}

static struct outlook *outlook_of(struct census *census, const struct trial_request *trial)
{
    struct crowd crowd = crowd_of(trial);
    uint64_t hash = hash_numbers(crowd.id, (uint64_t)crowd.kind << 1 | crowd.fallback);
    struct outlook *outlook = table_find(&census->outlooks, hash, same_crowd, &crowd);
    if (outlook != NULL)
        return outlook;
    outlook = arena_alloc(census->decision->arena, sizeof *outlook);
    *outlook = (struct outlook){
        .crowd = crowd,
        .trial = trial,
        .units = free_units(census->stock, trial),
        .ends_at = census->decision->now,
    };
    stop_at(census, outlook, &census->decision->account->leases, 1);
    table_add(&census->outlooks, hash, outlook);
    return outlook;
}

// In seconds, until its turn has come; NUMBER_NONE: the leases that there are do not suffice.
static int64_t estimate(struct census *census, struct outlook *outlook, const struct waiter *waiter)
{
    const struct session *lease = NULL;
    while (outlook->units < outlook->ahead && (lease = next_lease(census, outlook)) != NULL) {
        outlook->units += lease->row.count;
        outlook->ends_at = lease->row.expires_at;
    }
    if (outlook->units < outlook->ahead)
        return NUMBER_NONE;
    int64_t at = outlook->ends_at > waiter->kept_until ? outlook->ends_at : waiter->kept_until;
    return (at - census->decision->now + 999) / 1000;
}

// ---- The walk

static struct census *census_of(struct decision *decision, struct census **all, const struct stock *stock)
{
    struct census *census = *all;
    while (census != NULL && census->stock != stock)
        census = census->next;
    if (census != NULL)
        return census;
    census = arena_alloc(decision->arena, sizeof *census);
    *census = (struct census){.decision = decision, .stock = stock, .next = *all};
    return *all = census;
}

static void fini_all(struct census *all)
{
    for (struct census *census = all; census != NULL; census = census->next) {
        size_t cursor = 0;
        for (struct outlook *outlook; (outlook = table_next(&census->outlooks, &cursor)) != NULL;)
            heap_fini(&outlook->stops);
        table_fini(&census->outlooks);
    }
}

static void tell(struct census *census, struct outlook *outlook, struct waiter *waiter)
{
    const struct session_request *request = &waiter->request;
    *waiter->standing = (struct standing){
        .order = waiter->order,
        .product = waiter->stock->product,
        .user = request->user != 0 ? request->user : waiter->actor.user,
        .project = request->project,
        .organization = request->organization,
        .machine = arena_strdup(census->decision->arena, request->machine),
        .count = request->count,
        .since_at = waiter->since_at,
        .deadline_at = waiter->deadline_at,
        .position = census->position,
        .estimate_s = outlook != NULL ? estimate(census, outlook, waiter) : NUMBER_NONE,
    };
    waiter->standing = NULL;
}

// Tells of those with a standing to fill.
static void walk_line(struct decision *decision, size_t wanted)
{
    struct census *all = NULL;
    struct waiter *at = line_waiter(decision->account->queue.line.first);
    for (; at != NULL && wanted > 0; at = line_waiter(at->of_line.after)) {
        struct census *census = census_of(decision, &all, at->stock);
        struct outlook *outlook = waiter_know(decision, at) ? outlook_of(census, &at->ask.trial) : NULL;
        census->position++;
        if (outlook != NULL)
            outlook->ahead += at->request.count;
        if (at->standing != NULL) {
            tell(census, outlook, at);
            wanted--;
        }
    }
    fini_all(all);
}

const struct standing *queue_standings(struct decision *decision, struct waiter *const *waiters, size_t count)
{
    struct standing *standings = arena_alloc(decision->arena, count * sizeof *standings);
    for (size_t i = 0; i < count; i++)
        waiters[i]->standing = &standings[i];
    walk_line(decision, count);
    return standings;
}

// ---- Reading the line

static bool is_seen(const struct decision *decision, const struct command *command, const struct waiter *waiter)
{
    uint64_t id = waiter->request.user != 0 ? waiter->request.user : waiter->actor.user;
    const char *product = command->waiters.product;
    if (product != NULL && strcmp(waiter->stock->product->code, product) != 0)
        return false;
    if (command->waiters.user != 0 && command->waiters.user != id)
        return false;
    if (command->waiters.scope_organization == 0 && command->waiters.scope_user == 0)
        return true;
    if (command->waiters.scope_user == id)
        return true;
    const struct user *user = account_user(decision->account, id);
    const struct level *top = command->waiters.scope_organization != 0
                                  ? account_level(decision->account, command->waiters.scope_organization)
                                  : NULL;
    return user != NULL && top != NULL && level_is_within(user->level, top);
}

static bool is_after(const struct command *command, const struct waiter *waiter)
{
    if (waiter->since_at != command->waiters.after_since_at)
        return waiter->since_at > command->waiters.after_since_at;
    return waiter->order > command->waiters.after_order;
}

void decide_waiters_read(struct decision *decision, const struct command *command)
{
    struct outcome *outcome = &decision->outcome;
    struct waiter **found = NULL;
    size_t count = 0;
    struct waiter *at = line_waiter(decision->account->queue.line.first);
    for (; at != NULL && !outcome->more; at = line_waiter(at->of_line.after)) {
        if (!is_after(command, at) || !is_seen(decision, command, at))
            continue;
        outcome->more = count == command->waiters.limit;
        if (outcome->more)
            break;
        found = arena_grow(decision->arena, found, count, sizeof(struct waiter *));
        found[count++] = at;
    }
    outcome->answer = ANSWER_WAITERS;
    outcome->standings = queue_standings(decision, found, count);
    outcome->standing_count = count;
}
