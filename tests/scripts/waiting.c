// SPDX-License-Identifier: Apache-2.0
#include "scripts/waiting.h"

#include "base/check.h"

char *waiting_text(const struct account *account, bool whole)
{
    struct buffer text = {0};
    for (const struct list_node *node = account->queue.line.first; node != NULL; node = node->after) {
        const struct waiter *waiter = ITEM_OF(node, struct waiter, of_line);
        buffer_printf(&text, "waits %lld %llu until %lld, %lld of %s", (long long)waiter->since_at,
                      (unsigned long long)waiter->order, (long long)waiter->deadline_at,
                      (long long)waiter->request.count, waiter->request.product);
        if (whole)
            buffer_printf(&text, " allowed %d kept %lld head %lld reserves %llu", waiter->is_allowed,
                          (long long)waiter->kept_until, (long long)waiter->head_since,
                          waiter->reserved != NULL ? (unsigned long long)waiter->reserved->level->row.id : 1);
        buffer_add_text(&text, "\n");
    }
    return buffer_take(&text);
}

// Which pool is reserved depends on what was free at that time: it is told, not found. It may be another object now.
static void stand_as(struct account *account, struct waiter *waiter, const struct waiter *copy, uint64_t level)
{
    waiter->head_since = copy->head_since;
    if (copy->reserved == NULL)
        return;
    waiter->reserved = account_pool(account, level, waiter->stock->product);
    waiter->reserved_via = copy->reserved_via;
    CHECK(waiter->reserved != NULL && waiter->reserved->reserved_for == NULL);
    waiter->reserved->reserved_for = waiter;
}

void waiting_copy(struct world *world, struct account *copy)
{
    static const struct actor nobody = {.nobody = true};
    struct decision decision;
    decision_init(&decision, copy, &world->catalog, &world->numbers, &nobody, world->now, &world->arena);
    for (const struct list_node *node = world->account.queue.line.first; node != NULL; node = node->after) {
        const struct waiter *from = ITEM_OF(node, struct waiter, of_line);
        struct waiter *to = arena_alloc(&world->arena, sizeof *to);
        *to = (struct waiter){
            .request = from->request,
            .actor = from->actor,
            .since_at = from->since_at,
            .deadline_at = from->deadline_at,
            .order = from->order,
        };
        queue_join(&decision, to);
        stand_as(copy, to, from, from->reserved != NULL ? from->reserved->level->row.id : 0);
    }
}

char *waiting_served(const struct decision *decision)
{
    struct buffer text = {0};
    for (size_t i = 0; i < decision->served_count; i++) {
        const struct waiter *waiter = decision->served[i];
        buffer_printf(&text, "served %llu: %s %lld %lld\n", (unsigned long long)waiter->order,
                      result_types[waiter->outcome.result].name, (long long)waiter->outcome.position,
                      (long long)waiter->outcome.estimate_s);
    }
    return buffer_take(&text);
}

struct waiting_state {
    struct waiter **served;
    struct outcome *outcomes;
    size_t served_count;
    struct waiter **standing; // those in line, and copies of them
    struct waiter *copies;
    uint64_t *levels; // that they have reserved
    size_t standing_count;
};

struct waiting_state *waiting_state(struct world *world, const struct decision *decision)
{
    struct arena *arena = &world->arena;
    size_t count = world->account.queue.count;
    struct waiting_state *state = arena_alloc(arena, sizeof *state);
    *state = (struct waiting_state){
        .served = arena_copy(arena, decision->served, decision->served_count * sizeof(struct waiter *)),
        .outcomes = arena_alloc(arena, decision->served_count * sizeof *state->outcomes),
        .served_count = decision->served_count,
        .standing = arena_alloc(arena, count * sizeof(struct waiter *)),
        .copies = arena_alloc(arena, count * sizeof *state->copies),
        .levels = arena_alloc(arena, count * sizeof *state->levels),
    };
    for (size_t i = 0; i < state->served_count; i++)
        state->outcomes[i] = state->served[i]->outcome;
    for (const struct list_node *node = world->account.queue.line.first; node != NULL; node = node->after) {
        struct waiter *waiter = ITEM_OF(node, struct waiter, of_line);
        size_t i = state->standing_count++;
        state->standing[i] = waiter;
        state->copies[i] = *waiter;
        state->levels[i] = waiter->reserved != NULL ? waiter->reserved->level->row.id : 0;
    }
    return state;
}

void waiting_restore(struct world *world, const struct waiting_state *state)
{
    for (size_t i = 0; i < state->served_count; i++) {
        struct waiter *waiter = state->served[i];
        CHECK(waiter->is_in_line && !waiter->is_served);
        queue_leave(&world->account, waiter);
        waiter->is_served = true;
        waiter->outcome = state->outcomes[i];
    }
    for (size_t i = 0; i < state->standing_count; i++) {
        struct waiter *waiter = state->standing[i];
        if (waiter->reserved != NULL)
            waiter->reserved->reserved_for = NULL;
        waiter->reserved = NULL;
    }
    for (size_t i = 0; i < state->standing_count; i++)
        stand_as(&world->account, state->standing[i], &state->copies[i], state->levels[i]);
}
