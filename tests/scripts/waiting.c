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

// What it has for itself it has there, too: which pool that is depends on what was free when it was reserved.
static void copy_reservation(struct account *copy, const struct waiter *from, struct waiter *to)
{
    if (from->reserved == NULL)
        return;
    to->reserved = account_pool(copy, from->reserved->level->row.id, from->reserved->stock->product);
    CHECK(to->reserved != NULL && to->reserved->reserved_for == NULL);
    to->reserved->reserved_for = to;
    to->reserved_via = from->reserved_via;
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
            .head_since = from->head_since,
        };
        queue_join(&decision, to);
        copy_reservation(copy, from, to);
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

void waiting_serve_again(struct world *world, const struct decision *decision, const struct outcome *outcomes)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        struct waiter *waiter = decision->served[i];
        CHECK(waiter->is_in_line && !waiter->is_served);
        queue_leave(&world->account, waiter);
        waiter->is_served = true;
        waiter->outcome = outcomes[i];
    }
}
