// SPDX-License-Identifier: Apache-2.0
// The line itself: joining, leaving, and judging one who waits.
#include "engine/queue_parts.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/pool.h"
#include "engine/sign_in.h"

#include <string.h>

static const uint64_t NEVER = UINT64_MAX;

void queue_fini(struct queue *queue)
{
    heap_fini(&queue->deadlines);
    table_fini(&queue->by_key);
    *queue = (struct queue){0};
}

bool waiter_is_before(const struct waiter *a, const struct waiter *b)
{
    return a->since_at != b->since_at ? a->since_at < b->since_at : a->order < b->order;
}

void queue_look_later(struct queue *queue, int64_t at)
{
    if (at != 0 && (queue->look_at == 0 || at < queue->look_at))
        queue->look_at = at;
}

void queue_note_rights(struct account *account)
{
    account->queue.rights++;
    account->queue.must_judge = account->queue.count > 0;
}

void queue_note_taken_back(struct account *account)
{
    account->queue.must_serve = true;
    account->queue.must_reserve = true;
}

void queue_note_followed(struct account *account)
{
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        struct stock *stock = ITEM_OF(node, struct stock, of_account);
        stock->was_over = stock->line.first != NULL && pool_balance(stock->root) < 0;
    }
}

void queue_note_pool(struct pool *pool)
{
    struct stock *stock = pool->stock;
    if (pool->is_gained || stock->line.first == NULL)
        return;
    pool->is_gained = true;
    list_add(&stock->gained, &pool->of_gained);
    stock->gained_count++;
}

// ---- Being in the line

// Newcomers are the youngest; only one that comes back with its age walks. `member` is the node's place in a waiter.
static void add_by_age(struct list *list, struct waiter *waiter, size_t member)
{
    struct list_node *node = (struct list_node *)(void *)((char *)waiter + member), *before = list->last;
    while (before != NULL && waiter_is_before(waiter, (struct waiter *)(void *)((char *)before - member)))
        before = before->before;
    list_insert_after(list, before, node);
}

static void leave_group(struct waiter *waiter)
{
    if (waiter->group == NULL)
        return;
    list_remove(&waiter->group->line, &waiter->of_group);
    if (waiter->group->line.first == NULL)
        list_remove(&waiter->stock->groups, &waiter->group->of_stock);
    waiter->group = NULL;
}

static void join_group(struct account *account, struct waiter *waiter)
{
    struct group *group = &pool_of_group(account, waiter->ask.trial.user, waiter->stock->product)->group;
    if (waiter->group == group)
        return;
    leave_group(waiter);
    if (group->line.first == NULL)
        list_add(&waiter->stock->groups, &group->of_stock);
    add_by_age(&group->line, waiter, offsetof(struct waiter, of_group));
    waiter->group = group;
}

static uint64_t key_hash(uint64_t key, const char *idempotency_key)
{
    return hash_numbers(key, hash_text(idempotency_key));
}

static void enter(struct account *account, struct waiter *waiter)
{
    struct queue *queue = &account->queue;
    struct stock *stock = waiter->stock;
    const char *text = waiter->request.idempotency_key;
    CHECK(!waiter->is_in_line && waiter->group == NULL && waiter->reserved == NULL);
    // While nobody waited, nobody looked.
    if (stock->line.first == NULL)
        stock->was_over = pool_balance(stock->root) < 0;
    add_by_age(&queue->line, waiter, offsetof(struct waiter, of_line));
    add_by_age(&stock->line, waiter, offsetof(struct waiter, of_stock));
    if (!waiter->is_elsewhere)
        heap_add(&queue->deadlines, &waiter->deadline, waiter->deadline_at, waiter->order);
    if (text != NULL)
        table_add(&queue->by_key, key_hash(waiter->actor.key, text), waiter);
    queue->count++;
    stock->large += waiter->request.count > 1;
    stock->must_reserve = true;
    waiter->is_in_line = true;
    waiter->judged = NEVER;
}

static void depart(struct account *account, struct waiter *waiter)
{
    struct queue *queue = &account->queue;
    struct stock *stock = waiter->stock;
    const char *text = waiter->request.idempotency_key;
    waiter_unreserve(waiter);
    leave_group(waiter);
    list_remove(&queue->line, &waiter->of_line);
    list_remove(&stock->line, &waiter->of_stock);
    if (heap_holds(&waiter->deadline))
        heap_remove(&queue->deadlines, &waiter->deadline);
    if (text != NULL)
        table_remove(&queue->by_key, key_hash(waiter->actor.key, text), waiter);
    queue->count--;
    stock->large -= waiter->request.count > 1;
    stock->must_reserve = true;
    waiter->is_in_line = false;
}

void queue_join(struct decision *decision, struct waiter *waiter)
{
    struct account *account = decision->account;
    const struct product *product = catalog_find(decision->catalog, waiter->request.product);
    CHECK(product != NULL);
    waiter->stock = stock_of(account, product);
    waiter->is_served = false;
    enter(account, waiter);
    if (!waiter_know(decision, waiter))
        account->queue.must_judge = true;
    // It, or who stood in its place, may be at the head of a pool from now on.
    if (waiter->request.count > 1 || waiter->of_stock.after != NULL)
        account->queue.must_serve = account->queue.must_serve || waiter->stock->large > 0;
}

void queue_leave(struct account *account, struct waiter *waiter)
{
    if (!waiter->is_in_line)
        return;
    // Whoever stood behind it may be at the head now, or have what it kept for itself.
    account->queue.must_serve = account->queue.must_serve || waiter->stock->large > 0;
    depart(account, waiter);
}

void queue_replace(struct decision *decision, struct waiter *former, struct waiter *waiter)
{
    struct pool *reserved = former->reserved;
    waiter->since_at = former->since_at;
    waiter->head_since = former->head_since;
    queue_leave(decision->account, former);
    queue_join(decision, waiter);
    if (reserved != NULL)
        waiter_reserve(waiter, reserved, former->reserved_via);
}

static bool same_key(const void *item, const void *key)
{
    const struct waiter *waiter = item, *wanted = key;
    return waiter->actor.key == wanted->actor.key &&
           strcmp(waiter->request.idempotency_key, wanted->request.idempotency_key) == 0;
}

struct waiter *queue_find(const struct account *account, uint64_t key, const char *idempotency_key)
{
    struct waiter wanted = {.actor.key = key, .request.idempotency_key = idempotency_key};
    return table_find(&account->queue.by_key, key_hash(key, idempotency_key), same_key, &wanted);
}

struct list queue_detach(struct account *account)
{
    struct list waiters = {0};
    for (struct waiter *at; (at = line_waiter(account->queue.line.first)) != NULL;) {
        depart(account, at);
        list_add(&waiters, &at->of_line);
    }
    return waiters;
}

void queue_attach(struct decision *decision, struct list *waiters)
{
    for (struct waiter *at; (at = line_waiter(waiters->first)) != NULL;) {
        list_remove(waiters, &at->of_line);
        queue_join(decision, at);
    }
    // What is there now is not what they were denied from.
    decision->account->queue.must_judge = decision->account->queue.count > 0;
}

// ---- Judging

struct turn turn_take(struct decision *decision, struct waiter *waiter)
{
    struct turn turn = {decision, waiter, decision->actor, decision->outcome};
    decision->actor = &waiter->actor;
    decision->outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    return turn;
}

void turn_end(struct turn *turn, bool is_served)
{
    struct decision *decision = turn->decision;
    struct waiter *waiter = turn->waiter;
    if (is_served) {
        stand_note(decision, waiter);
        depart(decision->account, waiter);
        waiter->is_served = true;
        waiter->outcome = decision->outcome;
        decision->served =
            arena_grow(decision->arena, decision->served, decision->served_count, sizeof *decision->served);
        decision->served[decision->served_count++] = waiter;
    }
    decision->actor = turn->actor;
    decision->outcome = turn->outcome;
}

static bool check_sign_in(struct decision *decision)
{
    const struct sign_in *sign_in = account_sign_in(decision->account, decision->actor->key);
    if (sign_in == NULL || sign_in_expires_at(&sign_in->row) <= decision->now)
        return decision_refuse(decision, RESULT_UNAUTHENTICATED, NULL, "The sign-in ended while the request waited.");
    queue_look_later(&decision->account->queue, sign_in_expires_at(&sign_in->row));
    return true;
}

// The key was good when the request came. The operator's is always, and so is its sign-in, which is of no account.
static bool check_key(struct decision *decision)
{
    if (decision->actor->key == 0 || decision->actor->role == ROLE_OPERATOR)
        return true;
    if (decision->actor->is_signed_in)
        return check_sign_in(decision);
    const struct api_key *key = account_key(decision->account, decision->actor->key);
    bool is_good = key != NULL && key->row.revoked_at == 0 &&
                   (key->row.expires_at == 0 || key->row.expires_at > decision->now);
    if (!is_good)
        return decision_refuse(decision, RESULT_UNAUTHENTICATED, NULL,
                               "The API key was revoked or has expired while the request waited.");
    queue_look_later(&decision->account->queue, key->row.expires_at);
    return true;
}

bool turn_judge(struct turn *turn)
{
    struct decision *decision = turn->decision;
    struct waiter *waiter = turn->waiter;
    struct queue *queue = &decision->account->queue;
    waiter->is_allowed = check_key(decision) && ask_read(decision, &waiter->request, &waiter->ask) &&
                         ask_judge(decision, &waiter->ask);
    waiter->judged = queue->rights;
    if (!waiter->is_allowed)
        return false;
    struct trial_request *trial = &waiter->ask.trial;
    trial->waiter = waiter;
    waiter->kept_until = account_cooldown(decision->account, trial->user->row.id, trial->product, decision->now);
    queue_look_later(queue, waiter->kept_until);
    join_group(decision->account, waiter);
    return true;
}

bool waiter_know(struct decision *decision, struct waiter *waiter)
{
    if (waiter->judged != decision->account->queue.rights) {
        struct turn turn = turn_take(decision, waiter);
        turn_judge(&turn);
        turn_end(&turn, false);
    }
    return waiter->is_allowed;
}

// ---- Taking back

void queue_take_back(struct decision *decision)
{
    for (size_t i = decision->served_count; i > 0; i--) {
        struct waiter *waiter = decision->served[i - 1];
        waiter->is_served = false;
        waiter->outcome = (struct outcome){0};
        enter(decision->account, waiter);
    }
    stand_take_back(decision);
    // Whatever was known of them may be of things that are no more.
    if (decision->served_count > 0)
        queue_note_rights(decision->account);
    decision->served_count = 0;
}

void queue_forget_pool(struct account *account, struct pool *pool)
{
    if (pool->reserved_for != NULL) {
        pool->reserved_for->reserved = NULL;
        pool->reserved_for = NULL;
        account->queue.must_serve = true;
    }
    while (pool->group.line.first != NULL)
        leave_group(group_waiter(pool->group.line.first));
    if (pool->is_gained) {
        list_remove(&pool->stock->gained, &pool->of_gained);
        pool->stock->gained_count--;
    }
}

int64_t queue_next_due(const struct account *account)
{
    const struct queue *queue = &account->queue;
    if (queue->count == 0)
        return 0;
    if (queue->must_judge || queue->must_serve)
        return 1;
    int64_t due = queue->look_at;
    const struct heap_node *first = heap_first(&queue->deadlines);
    if (first != NULL && (due == 0 || first->key < due))
        due = first->key;
    return due;
}
