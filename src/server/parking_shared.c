// SPDX-License-Identifier: Apache-2.0
#include "server/parking_parts.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>
#include <string.h>

// What is looked for in by_id.
struct id_key {
    uint64_t account, id;
};

static bool is_id(const void *item, const void *key)
{
    const struct parked *parked = item;
    const struct id_key *wanted = key;
    return parked->tenant->account.row.id == wanted->account && parked->id == wanted->id;
}

static struct parked *find(const struct parking *parking, const struct tenant *tenant, uint64_t id)
{
    struct id_key key = {tenant->account.row.id, id};
    return table_find(&parking->by_id, hash_numbers(key.account, key.id), is_id, &key);
}

// ---- Rows

static struct stands stands_of(const struct waiter *waiter)
{
    const struct pool *reserved = waiter->reserved;
    return (struct stands){.head_since = waiter->head_since,
                           .is_reserving = reserved != NULL,
                           .level = reserved != NULL ? reserved->level->row.id : 0,
                           .via = reserved != NULL ? waiter->reserved_via : VIA_NAMED};
}

static struct stands stands_in(const struct waiter_row *row)
{
    return (struct stands){row->head_since, row->is_reserving, row->reserved, row->reserved_via};
}

static void set_stands(struct waiter_row *row, const struct stands *stands)
{
    row->head_since = stands->head_since;
    row->is_reserving = stands->is_reserving;
    row->reserved = stands->level;
    row->reserved_via = stands->via;
}

static bool same_stands(const struct stands *a, const struct stands *b)
{
    return a->head_since == b->head_since && a->is_reserving == b->is_reserving && a->level == b->level &&
           a->via == b->via;
}

// The pool is there, for it was when that was written; but of an account that is being loaded it may have gone since.
static void stand(struct parked *parked, struct stands stands)
{
    struct account *account = &parked->tenant->account;
    struct waiter *waiter = &parked->waiter;
    struct pool *pool = stands.is_reserving ? account_pool(account, stands.level, waiter->stock->product) : NULL;
    queue_stand(account, waiter, stands.head_since, pool, stands.via);
    parked->written = stands;
}

struct waiter_row parking_row(const struct parking *parking, const struct parked *parked)
{
    struct stands stands = stands_of(&parked->waiter);
    if (parked->job == NULL) {
        struct waiter_row row = *parked->row;
        set_stands(&row, &stands);
        return row;
    }
    const struct waiter *waiter = &parked->waiter;
    const struct session_request *request = &waiter->request;
    struct waiter_row row = {
        .id = parked->id,
        .node = parking->node,
        .product = waiter->stock->product,
        .user = request->user,
        .project = request->project,
        .organization = request->organization,
        .machine = request->machine,
        .ttl_s = request->ttl_s,
        .count = request->count,
        .origin_given = request->origin_given,
        .origin = request->origin,
        .idempotency_key = request->idempotency_key,
        .role = waiter->actor.role,
        .key = waiter->actor.key,
        .is_signed_in = waiter->actor.is_signed_in,
        .actor_user = waiter->actor.user,
        .actor_organization = waiter->actor.organization,
        .since_at = waiter->since_at,
        .deadline_at = waiter->deadline_at,
    };
    set_stands(&row, &stands);
    memcpy(row.request_hash, parked->job->call->request_hash, KEY_HASH_BYTES);
    return row;
}

bool parking_has_moved(const struct parking *parking, const struct parked *parked, struct waiter_row *ret_before,
                       struct waiter_row *ret_after)
{
    struct stands stands = stands_of(&parked->waiter);
    if (same_stands(&stands, &parked->written))
        return false;
    *ret_before = *ret_after = parking_row(parking, parked);
    set_stands(ret_before, &parked->written);
    return true;
}

void parking_note_written(struct parked *parked)
{
    parked->written = stands_of(&parked->waiter);
}

static struct parked *make_elsewhere(struct parking *parking, struct tenant *tenant, const struct waiter_row *from)
{
    struct parked *parked = check_calloc(1, sizeof *parked);
    struct waiter_row *row = check_calloc(1, sizeof *row);
    row_own(ROW_WAITER, row, from);
    *parked = (struct parked){.tenant = tenant, .id = row->id, .written = stands_in(row), .row = row};
    parked->waiter = (struct waiter){
        .request = {.product = row->product->code,
                    .user = row->user,
                    .project = row->project,
                    .organization = row->organization,
                    .machine = row->machine,
                    .ttl_s = row->ttl_s,
                    .count = row->count,
                    .origin_given = row->origin_given,
                    .origin = row->origin,
                    .idempotency_key = row->idempotency_key},
        .actor = {.role = row->role,
                  .key = row->key,
                  .is_signed_in = row->is_signed_in,
                  .user = row->actor_user,
                  .organization = row->actor_organization},
        .since_at = row->since_at,
        .deadline_at = row->deadline_at,
        .order = row->id,
        .head_since = row->head_since,
        .is_elsewhere = true,
    };
    table_add(&parking->by_id, parking_id_hash(parked), parked);
    return parked;
}

// ---- Leaving

void parking_add_leaving(struct parking *parking, struct tenant *tenant, const struct waiter_row *row,
                         uint64_t joined_in)
{
    if (parking->leaving_count == parking->leaving_size) {
        parking->leaving_size = parking->leaving_size > 0 ? 2 * parking->leaving_size : 16;
        parking->leavings =
            check_realloc(parking->leavings, parking->leaving_size * sizeof *parking->leavings);
    }
    struct leaving *leaving = &parking->leavings[parking->leaving_count++];
    *leaving = (struct leaving){.tenant = tenant, .joined_in = joined_in, .seen_in = parking->batch};
    row_own(ROW_WAITER, &leaving->row, row);
}

static void drop_leaving(struct parking *parking, size_t place)
{
    row_disown(ROW_WAITER, &parking->leavings[place].row);
    parking->leavings[place] = parking->leavings[--parking->leaving_count];
}

static struct leaving *find_leaving(const struct parking *parking, const struct tenant *tenant, uint64_t id)
{
    for (size_t i = 0; i < parking->leaving_count; i++) {
        if (parking->leavings[i].tenant == tenant && parking->leavings[i].row.id == id)
            return &parking->leavings[i];
    }
    return NULL;
}

bool parking_goes_away(const struct leaving *leaving, uint64_t batch)
{
    return leaving->row.kept_until != 0 && leaving->back_in != batch;
}

void parking_forget_leavings(struct parking *parking, uint64_t batch)
{
    for (size_t i = parking->leaving_count; i > 0; i--) {
        const struct leaving *leaving = &parking->leavings[i - 1];
        if (leaving->tenant->visited_in != batch)
            continue;
        if (parking_goes_away(leaving, batch))
            parking_keep_away(parking, leaving->tenant, &leaving->row);
        drop_leaving(parking, i - 1);
    }
}

void parking_drop_joined(struct parking *parking, uint64_t batch)
{
    for (size_t i = parking->leaving_count; i > 0; i--) {
        const struct leaving *leaving = &parking->leavings[i - 1];
        bool is_elsewhere = leaving->row.node != parking->node;
        if (is_elsewhere)
            leaving->tenant->version = 0;
        if (is_elsewhere || leaving->joined_in == batch)
            drop_leaving(parking, i - 1);
    }
}

// ---- What others did

static void refuse(struct parked *parked, enum result result, const char *detail)
{
    parked->waiter.outcome = (struct outcome){
        .result = result, .detail = detail, .requested = NUMBER_NONE, .available = NUMBER_NONE};
}

static void tell(struct parking *parking, struct parked *parked)
{
    parked->next = NULL;
    *parking->told_end = parked;
    parking->told_end = &parked->next;
}

static const char ask_again[] = "The line was left while this server could not look after it. Try again in a moment, "
                                "with the same Idempotency-Key.";

static void grant(struct parked *parked, const struct session_row *row)
{
    parked->waiter.outcome = (struct outcome){
        .result = RESULT_CREATED,
        .answer = ANSWER_ROW,
        .row_kind = ROW_SESSION,
        .row = row_copy(ROW_SESSION, row, parked->job->call->arena),
        .product = row->product,
        .requested = NUMBER_NONE,
        .available = NUMBER_NONE,
    };
}

// One that waits here: it was granted or replaced elsewhere, or let go of.
static void answer(struct parking *parking, struct parked *parked, const struct waiter_row *row)
{
    struct tenant *tenant = parked->tenant;
    const struct session *session = row->session != 0 ? account_session(&tenant->account, row->session) : NULL;
    bool is_replaced = row->session == 0 && row->kept_until == 0 && row->idempotency_key != NULL;
    queue_leave(&tenant->account, &parked->waiter);
    if (session != NULL)
        grant(parked, &session->row);
    else if (is_replaced)
        refuse(parked, RESULT_CONFLICT, "The same request came again, and is answered in place of this one.");
    else
        refuse(parked, RESULT_UNAVAILABLE, ask_again);
    tell(parking, parked);
}

// It is not in the line any more: it is away, or gone.
static void follow_end(struct parking *parking, struct tenant *tenant, const struct waiter_row *row)
{
    struct leaving *leaving = find_leaving(parking, tenant, row->id);
    struct parked *parked = find(parking, tenant, row->id);
    struct away *away = parking_find_away(parking, tenant, row);
    if (leaving != NULL)
        drop_leaving(parking, (size_t)(leaving - parking->leavings));
    if (away != NULL)
        parking_drop_away(parking, away);
    if (parked != NULL && parked->job == NULL)
        parking_remove(parking, parked);
    else if (parked != NULL && parked->waiter.is_in_line)
        answer(parking, parked, row);
}

// It was denied just now at its own server; only what time alone has ended since may grant it here.
static void follow_joined(struct parking *parking, struct decision *decision, struct tenant *tenant,
                          const struct waiter_row *row)
{
    struct parked *parked = make_elsewhere(parking, tenant, row);
    queue_join(decision, &parked->waiter);
    stand(parked, parked->written);
    if (account_cooldown(&tenant->account, row->user, row->product, row->since_at) != 0)
        queue_note_rights(&tenant->account);
}

static void follow_moved(struct parking *parking, struct tenant *tenant, const struct waiter_row *row)
{
    struct parked *parked = find(parking, tenant, row->id);
    struct leaving *leaving = find_leaving(parking, tenant, row->id);
    struct stands stands = stands_in(row);
    if (row->kept_until != 0) {
        follow_end(parking, tenant, row);
        parking_keep_away(parking, tenant, row);
    } else if (leaving != NULL) {
        set_stands(&leaving->row, &stands);
    } else if (parked != NULL && parked->waiter.is_in_line) {
        stand(parked, stands);
    }
}

void parking_follow(struct parking *parking, struct decision *decision, struct tenant *tenant, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_WAITER_JOINED:
        follow_joined(parking, decision, tenant, fact->after);
        break;
    case FACT_WAITER_MOVED:
        follow_moved(parking, tenant, fact->after);
        break;
    default:
        follow_end(parking, tenant, fact->before);
    }
}

// ---- An account that is loaded anew

static void see_again(struct parking *parking, struct parked *parked, const struct waiter_row *row)
{
    parked->seen_in = parking->batch;
    parked->written = stands_in(row);
}

static void see_leaving(struct leaving *leaving, const struct waiter_row *row, uint64_t batch)
{
    struct stands stands = stands_in(row);
    set_stands(&leaving->row, &stands);
    leaving->seen_in = batch;
}

void parking_take_up(struct parking *parking, struct tenant *tenant, const struct waiter_row *row)
{
    struct leaving *leaving = find_leaving(parking, tenant, row->id);
    struct parked *parked = find(parking, tenant, row->id);
    if (row->kept_until != 0)
        parking_keep_away(parking, tenant, row);
    else if (leaving != NULL)
        see_leaving(leaving, row, parking->batch);
    else if (parked != NULL)
        see_again(parking, parked, row);
    else if (row->node == parking->node)
        parking_add_leaving(parking, tenant, row, 0); // of a commit in doubt: nobody waits for it
    else
        list_add(parking->taken_up, &make_elsewhere(parking, tenant, row)->waiter.of_line);
}

static struct parked *first_of(const struct list *waiters)
{
    return waiters->first != NULL ? (struct parked *)ITEM_OF(waiters->first, struct waiter, of_line) : NULL;
}

static void forget_elsewhere(struct parking *parking, struct list *waiters, struct list *ret_here)
{
    for (struct parked *parked; (parked = first_of(waiters)) != NULL;) {
        list_remove(waiters, &parked->waiter.of_line);
        if (parked->job != NULL)
            list_add(ret_here, &parked->waiter.of_line);
        else
            parking_remove(parking, parked);
    }
}

// Those that wait here: in the store they still do, or were let go of.
static void compare(struct parking *parking, struct tenant *tenant, struct list *here, struct list *ret_line)
{
    for (struct parked *parked; (parked = first_of(here)) != NULL;) {
        list_remove(here, &parked->waiter.of_line);
        if (parked->seen_in == parking->batch) {
            list_add(ret_line, &parked->waiter.of_line);
            continue;
        }
        refuse(parked, RESULT_UNAVAILABLE, ask_again);
        tell(parking, parked);
    }
    for (size_t i = parking->leaving_count; i > 0; i--) {
        if (parking->leavings[i - 1].tenant == tenant && parking->leavings[i - 1].seen_in != parking->batch)
            drop_leaving(parking, i - 1);
    }
}

bool parking_reload(struct parking *parking, struct decision *decision, struct tenant *tenant, uint64_t batch,
                    bool (*load)(void *arg), void *arg)
{
    struct list before = queue_detach(&tenant->account), here = {0}, line = {0};
    forget_elsewhere(parking, &before, &here);
    parking_forget_away(parking, tenant);
    parking->taken_up = &line;
    parking->batch = batch;
    bool good = load(arg);
    if (good)
        compare(parking, tenant, &here, &line);
    queue_attach(decision, &line);
    queue_attach(decision, &here);
    for (struct list_node *at = tenant->account.queue.line.first; good && at != NULL; at = at->after) {
        struct parked *parked = (struct parked *)ITEM_OF(at, struct waiter, of_line);
        stand(parked, parked->written);
    }
    return good;
}

void parking_drop_dead(struct parking *parking, struct tenant *tenant, const uint64_t *nodes, size_t count,
                       int64_t now)
{
    for (struct list_node *at = tenant->account.queue.line.first, *after; at != NULL; at = after) {
        struct parked *parked = (struct parked *)ITEM_OF(at, struct waiter, of_line);
        after = at->after;
        bool is_alive = parked->job != NULL;
        for (size_t i = 0; i < count && !is_alive; i++)
            is_alive = nodes[i] == parked->row->node;
        if (is_alive)
            continue;
        parking_note_leaving(parking, parked, true, now);
        parking_remove(parking, parked);
    }
}
