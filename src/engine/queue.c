// SPDX-License-Identifier: Apache-2.0
#include "engine/queue.h"

#include "base/check.h"
#include "base/moment.h"
#include "engine/ask.h"
#include "engine/decide.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

// ---- The line

void queue_fini(struct queue *queue)
{
    heap_fini(&queue->deadlines);
    *queue = (struct queue){0};
}

static bool is_before(const struct waiter *a, const struct waiter *b)
{
    return a->since_at != b->since_at ? a->since_at < b->since_at : a->order < b->order;
}

static struct waiter *waiter_of(struct list_node *node)
{
    return node != NULL ? ITEM_OF(node, struct waiter, of_line) : NULL;
}

static struct waiter *next_of(const struct waiter *waiter)
{
    return waiter_of(waiter->of_line.after);
}

static void look_later(struct queue *queue, int64_t at)
{
    if (at != 0 && (queue->look_at == 0 || at < queue->look_at))
        queue->look_at = at;
}

void queue_join(struct account *account, struct waiter *waiter, const struct product *product, int64_t now)
{
    struct queue *queue = &account->queue;
    CHECK(!waiter->is_in_line);
    waiter->product = product;
    waiter->is_in_line = true;
    waiter->is_served = false;
    waiter->head_since = 0;
    waiter->reserved = NULL;
    // Newcomers are the youngest; only one that comes back with its age walks.
    struct waiter *before = waiter_of(queue->line.last);
    while (before != NULL && is_before(waiter, before))
        before = waiter_of(before->of_line.before);
    list_insert_after(&queue->line, before != NULL ? &before->of_line : NULL, &waiter->of_line);
    heap_add(&queue->deadlines, &waiter->deadline, waiter->deadline_at, waiter->order);
    queue->count++;
    queue->large += waiter->request.count > 1;
    // A large one may be at the head of its pool from now on.
    queue->must_judge = queue->must_judge || waiter->request.count > 1;
    uint64_t user = waiter->request.user != 0 ? waiter->request.user : waiter->actor.user;
    look_later(queue, account_cooldown(account, user, product, now));
}

static void unreserve(struct account *account, struct waiter *waiter)
{
    if (waiter->reserved == NULL)
        return;
    waiter->reserved->reserved_for = NULL;
    pool_touch(account, waiter->reserved);
    waiter->reserved = NULL;
    account->queue.must_judge = true;
}

void queue_leave(struct account *account, struct waiter *waiter)
{
    struct queue *queue = &account->queue;
    if (!waiter->is_in_line)
        return;
    unreserve(account, waiter);
    list_remove(&queue->line, &waiter->of_line);
    if (heap_holds(&waiter->deadline))
        heap_remove(&queue->deadlines, &waiter->deadline);
    waiter->is_in_line = false;
    queue->count--;
    // Only large ones look at who stands before them.
    queue->must_judge = queue->must_judge || queue->large > 0;
    queue->large -= waiter->request.count > 1;
}

struct waiter *queue_find(const struct account *account, uint64_t key, const char *idempotency_key)
{
    for (struct waiter *at = waiter_of(account->queue.line.first); at != NULL; at = next_of(at)) {
        if (at->actor.key == key && at->request.idempotency_key != NULL &&
            strcmp(at->request.idempotency_key, idempotency_key) == 0)
            return at;
    }
    return NULL;
}

void queue_move(struct account *from, struct account *to, int64_t now)
{
    for (struct waiter *at; (at = waiter_of(from->queue.line.first)) != NULL;) {
        at->reserved = NULL;
        queue_leave(from, at);
        queue_join(to, at, at->product, now);
    }
    queue_fini(&from->queue);
}

// ---- Serving one

// Each is judged anew, with its own key and for its own user, and what is decided for it is its own doing.
struct turn {
    struct decision *decision;
    struct waiter *waiter;
    const struct actor *actor; // the decision's own, meanwhile
    struct outcome outcome;
};

static struct turn take_turn(struct decision *decision, struct waiter *waiter)
{
    struct turn turn = {decision, waiter, decision->actor, decision->outcome};
    decision->actor = &waiter->actor;
    decision->outcome = (struct outcome){.requested = NUMBER_NONE, .available = NUMBER_NONE};
    return turn;
}

static void end_turn(struct turn *turn, bool is_served)
{
    struct decision *decision = turn->decision;
    struct waiter *waiter = turn->waiter;
    if (is_served) {
        waiter->is_served = true;
        waiter->outcome = decision->outcome;
        heap_remove(&decision->account->queue.deadlines, &waiter->deadline);
        decision->served =
            arena_grow(decision->arena, decision->served, decision->served_count, sizeof *decision->served);
        decision->served[decision->served_count++] = waiter;
    }
    decision->actor = turn->actor;
    decision->outcome = turn->outcome;
}

static bool check_key(struct decision *decision)
{
    if (decision->actor->key == 0)
        return true;
    const struct api_key *key = account_key(decision->account, decision->actor->key);
    bool is_good = key != NULL && key->row.revoked_at == 0 &&
                   (key->row.expires_at == 0 || key->row.expires_at > decision->now);
    return is_good || decision_refuse(decision, RESULT_UNAUTHENTICATED, NULL,
                                      "The API key was revoked or has expired while the request waited.");
}

static bool judge(struct decision *decision, const struct waiter *waiter, struct ask *ret_ask)
{
    if (!check_key(decision) || !ask_read(decision, &waiter->request, ret_ask) || !ask_judge(decision, ret_ask))
        return false;
    ret_ask->trial.waiter = waiter;
    return true;
}

// ---- The account's pool: whoever's organization holds least there goes first

struct group {
    uint64_t top; // the organization below the account; 0: users without one
    int64_t units;
};

struct groups {
    struct group *items;
    size_t count;
};

static uint64_t top_of(const struct level *level)
{
    if (level == NULL)
        return 0;
    while (level->parent->parent != NULL)
        level = level->parent;
    return level->row.id;
}

static struct group *group_of(struct decision *decision, struct groups *groups, uint64_t top)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->items[i].top == top)
            return &groups->items[i];
    }
    groups->items = arena_grow(decision->arena, groups->items, groups->count, sizeof *groups->items);
    groups->items[groups->count] = (struct group){.top = top};
    return &groups->items[groups->count++];
}

static struct groups count_groups(struct decision *decision, const struct pool *root)
{
    struct groups groups = {0};
    for (size_t i = 0; i < root->sessions.count; i++) {
        const struct session *session = ITEM_OF(root->sessions.nodes[i], struct session, lease);
        group_of(decision, &groups, top_of(session->user->level))->units += session->row.count;
    }
    return groups;
}

// One who would be granted from the account's pool.
struct contender {
    struct waiter *waiter;
    uint64_t top;
};

struct contenders {
    struct contender *items; // oldest first
    size_t count;
};

static bool is_aged(const struct decision *decision, const struct waiter *waiter)
{
    return decision->now - waiter->since_at > moment_seconds(QUEUE_AGED_S);
}

static size_t choose(struct decision *decision, const struct contenders *contenders, struct groups *groups)
{
    size_t best = 0;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < contenders->count; i++) {
        if (is_aged(decision, contenders->items[i].waiter))
            return i; // the oldest of all such
        int64_t units = group_of(decision, groups, contenders->items[i].top)->units;
        if (units < least) {
            least = units;
            best = i;
        }
    }
    return best;
}

static bool can_give(const struct stock *stock)
{
    const struct tree_node *most = tree_first(&stock->ranked);
    return pool_available(stock->root) > 0 || (most != NULL && most->rank > 0);
}

// Whether it was served: granted, or refused since it may not wait any more.
static bool serve(struct decision *decision, struct waiter *waiter)
{
    struct turn turn = take_turn(decision, waiter);
    struct ask ask;
    bool is_served = !judge(decision, waiter, &ask) || ask_grant(decision, &ask);
    end_turn(&turn, is_served);
    return is_served;
}

static void serve_from_root(struct decision *decision, const struct stock *stock, struct contenders *contenders)
{
    struct groups groups = count_groups(decision, stock->root);
    while (contenders->count > 0 && can_give(stock)) {
        size_t at = choose(decision, contenders, &groups);
        struct contender chosen = contenders->items[at];
        memmove(contenders->items + at, contenders->items + at + 1,
                (--contenders->count - at) * sizeof *contenders->items);
        if (!serve(decision, chosen.waiter) || chosen.waiter->outcome.result != RESULT_CREATED)
            continue;
        const struct session_row *row = chosen.waiter->outcome.row;
        if (row->level == 0)
            group_of(decision, &groups, chosen.top)->units += row->count;
    }
}

// Where it would be granted from now: NULL for nowhere. Refused ones are served here.
static struct pool *find_pool(struct decision *decision, struct waiter *waiter, uint64_t *ret_top)
{
    struct turn turn = take_turn(decision, waiter);
    struct ask ask;
    struct pool *pool = NULL;
    bool is_allowed = judge(decision, waiter, &ask);
    if (is_allowed) {
        enum session_via via;
        pool = trial_choose(decision->account, &ask.trial, decision->now, decision->arena, &via);
        *ret_top = top_of(ask.trial.user->level);
    }
    end_turn(&turn, !is_allowed);
    return pool;
}

static void serve_stock(struct decision *decision, const struct stock *stock)
{
    struct contenders contenders = {0};
    for (struct waiter *at = waiter_of(decision->account->queue.line.first); at != NULL; at = next_of(at)) {
        if (at->product != stock->product || at->is_served)
            continue;
        if (!can_give(stock))
            break;
        uint64_t top;
        const struct pool *pool = find_pool(decision, at, &top);
        if (pool == stock->root && pool != NULL) {
            contenders.items =
                arena_grow(decision->arena, contenders.items, contenders.count, sizeof *contenders.items);
            contenders.items[contenders.count++] = (struct contender){at, top};
        } else if (pool != NULL) {
            serve(decision, at);
        }
    }
    serve_from_root(decision, stock, &contenders);
}

// ---- Reserving for large requests

static bool is_open_to(const struct trial_request *request, const struct pool *pool)
{
    if (pool->parent == NULL)
        return request->fallback;
    return request->named != NULL ? request->named == pool->level : trial_is_eligible(request, pool->level);
}

// Whether nobody older waits for this pool, too.
static bool is_at_head(struct decision *decision, const struct waiter *waiter, const struct pool *pool)
{
    for (struct waiter *at = waiter_of(decision->account->queue.line.first); at != waiter; at = next_of(at)) {
        if (at->product != waiter->product || at->is_served)
            continue;
        struct turn turn = take_turn(decision, at);
        struct ask ask;
        bool is_open = judge(decision, at, &ask) && is_open_to(&ask.trial, pool);
        end_turn(&turn, false);
        if (is_open)
            return false;
    }
    return true;
}

static struct pool *find_target(struct decision *decision, struct waiter *waiter)
{
    struct turn turn = take_turn(decision, waiter);
    struct ask ask;
    struct pool *pool = NULL;
    if (judge(decision, waiter, &ask))
        pool = trial_first_fitting(decision->account, &ask.trial, decision->arena);
    end_turn(&turn, false);
    return pool;
}

static void reserve(struct decision *decision, struct waiter *waiter)
{
    struct pool *pool = find_target(decision, waiter);
    if (pool != waiter->reserved)
        unreserve(decision->account, waiter);
    if (pool == NULL || !is_at_head(decision, waiter, pool)) {
        waiter->head_since = 0;
        unreserve(decision->account, waiter);
        return;
    }
    if (waiter->head_since == 0)
        waiter->head_since = decision->now;
    int64_t reserve_at = waiter->head_since + moment_seconds(QUEUE_RESERVE_S);
    if (reserve_at > decision->now) {
        look_later(&decision->account->queue, reserve_at);
    } else if (pool->reserved_for == NULL) {
        pool->reserved_for = waiter;
        waiter->reserved = pool;
    }
}

static void reserve_all(struct decision *decision)
{
    struct queue *queue = &decision->account->queue;
    for (struct waiter *at = waiter_of(queue->line.first); at != NULL && queue->large > 0; at = next_of(at)) {
        if (at->request.count > 1 && !at->is_served)
            reserve(decision, at);
    }
}

// ---- Serving all

// Refuses those that lost the right to wait, and finds out when a cool-down ends that keeps one back.
static void judge_all(struct decision *decision)
{
    struct queue *queue = &decision->account->queue;
    for (struct waiter *at = waiter_of(queue->line.first); at != NULL; at = next_of(at)) {
        if (at->is_served)
            continue;
        struct turn turn = take_turn(decision, at);
        struct ask ask;
        bool is_allowed = judge(decision, at, &ask);
        int64_t until = is_allowed ? account_cooldown(decision->account, ask.trial.user->row.id, at->product,
                                                      decision->now)
                                   : 0;
        end_turn(&turn, !is_allowed);
        look_later(queue, until);
    }
}

void queue_serve(struct decision *decision)
{
    struct account *account = decision->account;
    struct queue *queue = &account->queue;
    if (queue->count == 0)
        return;
    bool is_look = queue->must_judge || (queue->look_at != 0 && queue->look_at <= decision->now);
    if (is_look) {
        queue->must_judge = false;
        queue->look_at = 0;
        judge_all(decision);
    }
    for (struct list_node *node = account->stock_order.first; node != NULL; node = node->after) {
        struct stock *stock = ITEM_OF(node, struct stock, of_account);
        if (stock->is_touched || is_look)
            serve_stock(decision, stock);
        stock->is_touched = false;
    }
    reserve_all(decision);
    settle(decision); // grants touch pools, but free nothing
    // A reservation that was given up may let others in.
    if (queue->must_judge && queue->count > 0)
        queue_serve(decision);
}

void queue_expire(struct decision *decision)
{
    for (;;) {
        struct heap_node *first = heap_first(&decision->account->queue.deadlines);
        if (first == NULL || first->key > decision->now)
            return;
        struct waiter *waiter = ITEM_OF(first, struct waiter, deadline);
        struct standing standing = queue_standing(decision, waiter);
        struct turn turn = take_turn(decision, waiter);
        struct ask ask;
        if (judge(decision, waiter, &ask))
            ask_deny(decision, &ask);
        decision->outcome.has_waited = true;
        decision->outcome.position = standing.position;
        decision->outcome.estimate_s = standing.estimate_s;
        end_turn(&turn, true);
    }
}

void queue_take_back(struct decision *decision)
{
    struct queue *queue = &decision->account->queue;
    for (size_t i = 0; i < decision->served_count; i++) {
        struct waiter *waiter = decision->served[i];
        waiter->is_served = false;
        waiter->outcome = (struct outcome){0};
        heap_add(&queue->deadlines, &waiter->deadline, waiter->deadline_at, waiter->order);
    }
    if (decision->served_count > 0)
        queue->must_judge = true;
    decision->served_count = 0;
}

int64_t queue_next_due(const struct account *account)
{
    const struct queue *queue = &account->queue;
    if (queue->count == 0)
        return 0;
    if (queue->must_judge)
        return 1;
    int64_t due = queue->look_at;
    const struct heap_node *first = heap_first(&queue->deadlines);
    if (first != NULL && (due == 0 || first->key < due))
        due = first->key;
    return due;
}

// ---- Where it stands

static int by_expiry(const void *a, const void *b)
{
    const struct session *left = *(struct session *const *)a, *right = *(struct session *const *)b;
    if (left->row.expires_at != right->row.expires_at)
        return left->row.expires_at < right->row.expires_at ? -1 : 1;
    return left->row.id < right->row.id ? -1 : left->row.id > right->row.id;
}

static struct session **leases_open_to(struct decision *decision, const struct ask *ask, size_t *ret_count)
{
    struct account *account = decision->account;
    struct session **leases = NULL;
    size_t count = 0, cursor = 0;
    for (struct pool *pool; (pool = table_next(&account->pools, &cursor)) != NULL;) {
        if (pool->stock->product != ask->trial.product || pool->sessions.count == 0 || !is_open_to(&ask->trial, pool))
            continue;
        for (size_t i = 0; i < pool->sessions.count; i++) {
            leases = arena_grow(decision->arena, leases, count, sizeof(struct session *));
            leases[count++] = ITEM_OF(pool->sessions.nodes[i], struct session, lease);
        }
    }
    if (count > 1)
        qsort(leases, count, sizeof(struct session *), by_expiry);
    *ret_count = count;
    return leases;
}

struct standing queue_standing(struct decision *decision, struct waiter *waiter)
{
    const struct session_request *request = &waiter->request;
    struct standing standing = {
        .order = waiter->order,
        .product = waiter->product,
        .user = request->user != 0 ? request->user : waiter->actor.user,
        .project = request->project,
        .organization = request->organization,
        .machine = request->machine,
        .count = request->count,
        .since_at = waiter->since_at,
        .deadline_at = waiter->deadline_at,
        .position = 1,
        .estimate_s = NUMBER_NONE,
    };
    int64_t ahead = request->count;
    for (struct waiter *at = waiter_of(decision->account->queue.line.first); at != waiter; at = next_of(at)) {
        if (at->product != waiter->product || at->is_served)
            continue;
        standing.position++;
        ahead += at->request.count;
    }
    struct turn turn = take_turn(decision, waiter);
    struct ask ask;
    if (judge(decision, waiter, &ask)) {
        size_t count;
        struct session **leases = leases_open_to(decision, &ask, &count);
        for (size_t i = 0; i < count && ahead > 0; i++) {
            ahead -= leases[i]->row.count;
            if (ahead <= 0)
                standing.estimate_s = (leases[i]->row.expires_at - decision->now + 999) / 1000;
        }
    }
    end_turn(&turn, false);
    return standing;
}

static bool is_seen(const struct decision *decision, const struct command *command, const struct waiter *waiter)
{
    uint64_t id = waiter->request.user != 0 ? waiter->request.user : waiter->actor.user;
    if (command->waiters.product != NULL && strcmp(waiter->product->code, command->waiters.product) != 0)
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
    struct standing *standings = NULL;
    outcome->answer = ANSWER_WAITERS;
    for (struct waiter *at = waiter_of(decision->account->queue.line.first); at != NULL; at = next_of(at)) {
        if (at->is_served || !is_after(command, at) || !is_seen(decision, command, at))
            continue;
        if (outcome->standing_count == command->waiters.limit) {
            outcome->more = true;
            break;
        }
        standings = arena_grow(decision->arena, standings, outcome->standing_count, sizeof *standings);
        struct standing standing = queue_standing(decision, at);
        standing.machine = arena_strdup(decision->arena, standing.machine);
        standings[outcome->standing_count++] = standing;
    }
    outcome->standings = standings;
}
