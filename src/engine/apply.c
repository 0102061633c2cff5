// SPDX-License-Identifier: Apache-2.0
//
// Facts made true: one function for each kind of row, which sees the row as it was and as it is now. Each keeps the
// indexes and figures that hang on its row; taking a fact back is the same with the two exchanged.
#include "engine/account.h"

#include "base/check.h"
#include "engine/pool.h"
#include "engine/queue.h"
#include "engine/sign_in.h"

#include <stdlib.h>
#include <string.h>

static void apply_account(struct account *account, const struct account_row *after)
{
    uint64_t id = account->row.id;
    row_disown(ROW_ACCOUNT, &account->row);
    if (after != NULL) {
        row_own(ROW_ACCOUNT, &account->row, after);
        CHECK(account->row.id == id);
        account->root.row.name = account->row.name;
    } else {
        account->row = (struct account_row){.id = id};
        account->root.row.name = "";
    }
}

// ---- Organizations

static void add_child(struct level *parent, struct level *child)
{
    if (parent->child_count == parent->child_size) {
        parent->child_size = parent->child_size > 0 ? 2 * parent->child_size : 4;
        parent->children = check_realloc(parent->children, parent->child_size * sizeof *parent->children);
    }
    size_t place = level_child_place(parent, child->row.id);
    memmove(parent->children + place + 1, parent->children + place,
            (parent->child_count - place) * sizeof *parent->children);
    parent->children[place] = child;
    parent->child_count++;
    child->parent = parent;
}

static void remove_child(struct level *child)
{
    struct level *parent = child->parent;
    size_t place = level_child_place(parent, child->row.id);
    CHECK(place < parent->child_count && parent->children[place] == child);
    memmove(parent->children + place, parent->children + place + 1,
            (parent->child_count - place - 1) * sizeof *parent->children);
    parent->child_count--;
    child->parent = NULL;
}

static void set_depths(struct level *top)
{
    for (struct level *level = top; level != NULL; level = level_after(level, top))
        level->depth = level->parent->depth + 1;
}

static uint64_t level_name_hash(const struct level *level)
{
    return hash_numbers(level->row.parent, hash_text(level->row.name));
}

static void free_pools(struct account *account, struct level *level)
{
    while (level->pools.first != NULL) {
        struct pool *pool = ITEM_OF(level->pools.first, struct pool, of_level);
        CHECK(pool->dedicated == 0 && pool->use == 0 && pool->sessions.count == 0 && pool->seats.first == NULL);
        CHECK(pool->group.units == 0 && pool->filling_to == NUMBER_NONE);
        queue_forget_pool(account, pool);
        pool_leave(account, pool);
        if (pool->dirty)
            list_remove(&account->dirty, &pool->of_dirty);
        table_remove(&account->pools, hash_numbers(level->row.id, (uint64_t)(uintptr_t)pool->stock->product), pool);
        list_remove(&level->pools, &pool->of_level);
        heap_fini(&pool->sessions);
        heap_fini(&pool->fillers);
        free(pool);
    }
}

static void move_level(struct account *account, struct level *level, struct level *parent)
{
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after)
        pool_leave(account, ITEM_OF(node, struct pool, of_level));
    remove_child(level);
    add_child(parent, level);
    set_depths(level);
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
        struct pool *pool = ITEM_OF(node, struct pool, of_level);
        pool_join(account, pool, pool_of(account, parent, pool->stock->product));
    }
    pool_count_groups(account);
}

static void apply_organization(struct account *account, const struct organization_row *before,
                               const struct organization_row *after)
{
    struct level *level;
    if (before != NULL) {
        level = account_level(account, before->id);
        table_remove(&account->levels_by_name, level_name_hash(level), level);
        if (after == NULL) {
            free_pools(account, level);
            remove_child(level);
            table_remove(&account->levels, hash_number(before->id), level);
            row_disown(ROW_ORGANIZATION, &level->row);
            free(level->children);
            free(level);
            return;
        }
        row_disown(ROW_ORGANIZATION, &level->row);
    } else {
        level = check_calloc(1, sizeof *level);
        table_add(&account->levels, hash_number(after->id), level);
    }
    row_own(ROW_ORGANIZATION, &level->row, after);
    struct level *parent = account_level(account, after->parent);
    CHECK(parent != NULL);
    if (before == NULL) {
        add_child(parent, level);
        set_depths(level);
    } else if (level->parent != parent) {
        move_level(account, level, parent);
    }
    table_add(&account->levels_by_name, level_name_hash(level), level);
}

// ---- Users, projects, memberships

static void regroup(struct account *account, const struct user *user, int64_t sign)
{
    for (struct list_node *node = user->sessions.first; node != NULL; node = node->after) {
        const struct session *session = ITEM_OF(node, struct session, of_user);
        pool_group(account, session->pool, user, sign * session->row.count);
    }
}

static void unlink_user(struct account *account, struct user *user)
{
    regroup(account, user, -1);
    if (user->row.email != NULL)
        table_remove(&account->users_by_email, hash_text_folded(user->row.email), user);
    if (user->level != NULL)
        user->level->users--;
    row_disown(ROW_USER, &user->row);
}

static void apply_user(struct account *account, const struct user_row *before, const struct user_row *after)
{
    struct user *user;
    if (before != NULL) {
        user = account_user(account, before->id);
        unlink_user(account, user);
        if (after == NULL) {
            CHECK(user->memberships.first == NULL && user->seats.first == NULL && user->sessions.first == NULL);
            CHECK(user->keys.first == NULL && user->sign_ins.first == NULL);
            table_remove(&account->users, hash_number(before->id), user);
            free(user);
            return;
        }
    } else {
        user = check_calloc(1, sizeof *user);
        table_add(&account->users, hash_number(after->id), user);
    }
    row_own(ROW_USER, &user->row, after);
    user->level = after->organization != 0 ? account_level(account, after->organization) : NULL;
    if (user->level != NULL)
        user->level->users++;
    regroup(account, user, 1);
    if (user->row.email != NULL)
        table_add(&account->users_by_email, hash_text_folded(user->row.email), user);
}

static uint64_t project_name_hash(const struct project *project)
{
    return hash_numbers(project->row.organization, hash_text(project->row.name));
}

static void apply_project(struct account *account, const struct project_row *before, const struct project_row *after)
{
    struct project *project;
    if (before != NULL) {
        project = account_project(account, before->id);
        table_remove(&account->projects_by_name, project_name_hash(project), project);
        project->level->projects--;
        row_disown(ROW_PROJECT, &project->row);
        if (after == NULL) {
            CHECK(project->memberships.first == NULL);
            table_remove(&account->projects, hash_number(before->id), project);
            free(project);
            return;
        }
    } else {
        project = check_calloc(1, sizeof *project);
        table_add(&account->projects, hash_number(after->id), project);
    }
    row_own(ROW_PROJECT, &project->row, after);
    project->level = account_level(account, after->organization);
    project->level->projects++;
    table_add(&account->projects_by_name, project_name_hash(project), project);
}

static void apply_membership(struct account *account, const struct membership_row *before,
                             const struct membership_row *after)
{
    if (before != NULL) {
        struct membership *membership = account_membership(account, before->project, before->user);
        list_remove(&membership->user->memberships, &membership->of_user);
        list_remove(&membership->project->memberships, &membership->of_project);
        table_remove(&account->memberships, hash_numbers(before->project, before->user), membership);
        free(membership);
        return;
    }
    struct membership *membership = check_calloc(1, sizeof *membership);
    membership->project = account_project(account, after->project);
    membership->user = account_user(account, after->user);
    list_add(&membership->user->memberships, &membership->of_user);
    list_add(&membership->project->memberships, &membership->of_project);
    table_add(&account->memberships, hash_numbers(after->project, after->user), membership);
}

// ---- Licenses

static void apply_purchase(struct account *account, const struct purchase_row *before,
                           const struct purchase_row *after)
{
    const struct product *product = before != NULL ? before->product : after->product;
    struct pool *pool = pool_of(account, &account->root, product);
    struct purchase *purchase;
    if (before != NULL) {
        purchase = account_purchase(account, before->id);
        if (heap_holds(&purchase->due))
            heap_remove(&account->dues, &purchase->due);
        pool_dedicate(account, pool, before->in_force ? -before->quantity : 0);
        if (after == NULL) {
            pool->stock->purchases--;
            table_remove(&account->purchases, hash_number(before->id), purchase);
            free(purchase);
            return;
        }
    } else {
        purchase = check_calloc(1, sizeof *purchase);
        pool->stock->purchases++;
        table_add(&account->purchases, hash_number(after->id), purchase);
    }
    row_own(ROW_PURCHASE, &purchase->row, after);
    pool_dedicate(account, pool, after->in_force ? after->quantity : 0);
    // One that is not in force is looked at when it starts; one that has ended drops out at the first look.
    int64_t due = after->in_force ? after->ends_at : after->starts_at > 0 ? after->starts_at : 1;
    if (due != 0)
        heap_add(&account->dues, &purchase->due, due, after->id);
}

static void apply_dedication(struct account *account, const struct dedication_row *before,
                             const struct dedication_row *after)
{
    static const struct dedication_row none = {.draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};
    const struct dedication_row *key = after != NULL ? after : before;
    struct pool *pool = pool_of(account, account_level(account, key->organization), key->product);
    const struct dedication_row *was = before != NULL ? before : &none, *is = after != NULL ? after : &none;
    CHECK(pool->dedicated == was->dedicated && pool->draining_to == was->draining_to);
    pool->stock->draining -= was->draining_to != NUMBER_NONE;
    pool->stock->draining += is->draining_to != NUMBER_NONE;
    pool->draining_to = is->draining_to;
    if (heap_holds(&pool->filling)) {
        heap_remove(&pool->parent->fillers, &pool->filling);
        heap_remove(&account->raises, &pool->raise);
    }
    pool->filling_to = is->filling_to;
    pool->filling_since = is->filling_since;
    if (is->filling_to != NUMBER_NONE) {
        heap_add(&pool->parent->fillers, &pool->filling, is->filling_since, key->organization);
        heap_add(&account->raises, &pool->raise, -is->filling_since, key->organization);
    }
    pool_dedicate(account, pool, is->dedicated - was->dedicated);
}

static void unlink_seat(struct account *account, struct seat *seat)
{
    pool_assign(account, seat->pool, -1);
    seat->pool->level->seats--;
    list_remove(&seat->pool->seats, &seat->of_pool);
    list_remove(&seat->user->seats, &seat->of_user);
    table_remove(&account->seats_by_user, hash_numbers(seat->row.user, (uint64_t)(uintptr_t)seat->row.product), seat);
}

static void apply_seat(struct account *account, const struct seat_row *before, const struct seat_row *after)
{
    struct seat *seat;
    if (before != NULL) {
        seat = account_seat(account, before->id);
        unlink_seat(account, seat);
        if (after == NULL) {
            CHECK(seat->machines.first == NULL);
            table_remove(&account->seats, hash_number(before->id), seat);
            free(seat);
            return;
        }
    } else {
        seat = check_calloc(1, sizeof *seat);
        table_add(&account->seats, hash_number(after->id), seat);
    }
    row_own(ROW_SEAT, &seat->row, after);
    seat->pool = pool_of(account, account_level(account, after->level), after->product);
    seat->user = account_user(account, after->user);
    list_add(&seat->pool->seats, &seat->of_pool);
    list_add(&seat->user->seats, &seat->of_user);
    table_add(&account->seats_by_user, hash_numbers(after->user, (uint64_t)(uintptr_t)after->product), seat);
    seat->pool->level->seats++;
    pool_assign(account, seat->pool, 1);
}

static bool is_machine_before(const struct seat_machine_row *a, const struct seat_machine_row *b)
{
    return a->activated_at != b->activated_at ? a->activated_at < b->activated_at : strcmp(a->machine, b->machine) < 0;
}

// In an order of their own, so that one that is taken back stands where it stood.
static void link_machine(struct seat *seat, struct seat_machine *machine)
{
    struct list_node *before = seat->machines.last;
    while (before != NULL && is_machine_before(&machine->row, &ITEM_OF(before, struct seat_machine, of_seat)->row))
        before = before->before;
    list_insert_after(&seat->machines, before, &machine->of_seat);
    seat->machine_count++;
}

static void apply_seat_machine(struct account *account, const struct seat_machine_row *before,
                               const struct seat_machine_row *after)
{
    struct seat *seat = account_seat(account, after != NULL ? after->seat : before->seat);
    struct seat_machine *machine;
    if (before != NULL) {
        machine = seat_machine_find(seat, before->machine);
        list_remove(&seat->machines, &machine->of_seat);
        seat->machine_count--;
        row_disown(ROW_SEAT_MACHINE, &machine->row);
        if (after == NULL) {
            free(machine);
            return;
        }
    } else {
        machine = check_calloc(1, sizeof *machine);
    }
    row_own(ROW_SEAT_MACHINE, &machine->row, after);
    link_machine(seat, machine);
}

static void count_borrowed(const struct session *session, int64_t units)
{
    if (!session->row.borrowed)
        return;
    session->pool->borrowed += units;
    session->pool->stock->borrowed += units;
}

static void unlink_session(struct account *account, struct session *session)
{
    struct pool *pool = session->pool;
    heap_remove(&pool->sessions, &session->lease);
    pool_reschedule(account, pool);
    pool->level->sessions--;
    count_borrowed(session, -session->row.count);
    pool_group(account, pool, session->user, -session->row.count);
    pool_assign(account, pool, -session->row.count);
}

static void link_session(struct account *account, struct session *session)
{
    struct pool *pool = pool_of(account, account_level(account, session->row.level), session->row.product);
    session->pool = pool;
    heap_add(&pool->sessions, &session->lease, session->row.expires_at, session->row.id);
    pool_reschedule(account, pool);
    pool->level->sessions++;
    count_borrowed(session, session->row.count);
    pool_group(account, pool, session->user, session->row.count);
    pool_assign(account, pool, session->row.count);
}

static bool is_active(const struct session_row *row)
{
    return row != NULL && row->state == SESSION_ACTIVE;
}

// Only active sessions are in memory: an ended one is the store's to tell of.
static void apply_session(struct account *account, const struct session_row *before, const struct session_row *after)
{
    if (is_active(before) && is_active(after)) {
        struct session *session = account_session(account, after->id);
        if (session->row.level != after->level) {
            unlink_session(account, session);
            session->row.level = after->level;
            link_session(account, session);
        }
        // A move that is taken back takes no heartbeat back that came since: that was acknowledged when it was applied.
        if (after->expires_at != before->expires_at) {
            session->row.expires_at = after->expires_at;
            heap_move(&session->pool->sessions, &session->lease, after->expires_at);
        }
        pool_reschedule(account, session->pool);
    } else if (is_active(before)) {
        struct session *session = account_session(account, before->id);
        unlink_session(account, session);
        list_remove(&session->user->sessions, &session->of_user);
        table_remove(&account->sessions, hash_number(before->id), session);
        row_disown(ROW_SESSION, &session->row);
        free(session);
    } else {
        CHECK(is_active(after));
        struct session *session = check_calloc(1, sizeof *session);
        row_own(ROW_SESSION, &session->row, after);
        session->user = account_user(account, after->user);
        table_add(&account->sessions, hash_number(after->id), session);
        list_add(&session->user->sessions, &session->of_user);
        link_session(account, session);
    }
}

static bool same_cooldown(const void *item, const void *key)
{
    const struct cooldown *cooldown = item;
    const struct cooldown_row *wanted = key;
    return cooldown->row.user == wanted->user && cooldown->row.product == wanted->product;
}

static void apply_cooldown(struct account *account, const struct cooldown_row *before,
                           const struct cooldown_row *after)
{
    const struct cooldown_row *key = after != NULL ? after : before;
    uint64_t hash = hash_numbers(key->user, (uint64_t)(uintptr_t)key->product);
    struct cooldown *cooldown = table_find(&account->cooldowns, hash, same_cooldown, key);
    if (after == NULL) {
        table_remove(&account->cooldowns, hash, cooldown);
        free(cooldown);
        return;
    }
    if (cooldown == NULL) {
        cooldown = check_calloc(1, sizeof *cooldown);
        table_add(&account->cooldowns, hash, cooldown);
    }
    row_own(ROW_COOLDOWN, &cooldown->row, after);
}

static void apply_shortfall(struct account *account, const struct shortfall_row *before,
                            const struct shortfall_row *after)
{
    struct stock *stock = stock_of(account, after != NULL ? after->product : before->product);
    account->shortfalls -= stock->shortfall_since != 0;
    account->shortfalls += after != NULL;
    stock->shortfall_since = after != NULL ? after->since_at : 0;
}

static void apply_borrowing(struct account *account, const struct borrowing_row *before,
                            const struct borrowing_row *after)
{
    struct stock *stock = stock_of(account, after != NULL ? after->product : before->product);
    stock->max_borrow_days = after != NULL ? after->max_borrow_days : 0;
    stock->share_percent = after != NULL ? after->share_percent : 0;
}

// ---- Keys

static void link_key(struct account *account, struct api_key *key, bool add)
{
    if (key->row.revoked_at != 0)
        return;
    uint64_t hash = hash_bytes(key->row.hash, KEY_HASH_BYTES);
    struct user *user = key->row.user != 0 ? account_user(account, key->row.user) : NULL;
    if (add) {
        if (account->directory != NULL)
            table_add(&account->directory->keys, hash, key);
        if (user != NULL)
            list_add(&user->keys, &key->of_user);
    } else {
        if (account->directory != NULL)
            table_remove(&account->directory->keys, hash, key);
        if (user != NULL)
            list_remove(&user->keys, &key->of_user);
    }
}

static void apply_api_key(struct account *account, const struct api_key_row *before, const struct api_key_row *after)
{
    struct api_key *key;
    if (before != NULL) {
        key = account_key(account, before->id);
        link_key(account, key, false);
        row_disown(ROW_API_KEY, &key->row);
        if (after == NULL) {
            table_remove(&account->keys, hash_number(before->id), key);
            free(key);
            return;
        }
    } else {
        key = check_calloc(1, sizeof *key);
        key->account = account;
        table_add(&account->keys, hash_number(after->id), key);
    }
    row_own(ROW_API_KEY, &key->row, after);
    link_key(account, key, true);
}

static void change(struct account *account, enum row_kind kind, const void *before, const void *after)
{
    CHECK(before != NULL || after != NULL);
    switch (kind) {
    case ROW_ACCOUNT:
        apply_account(account, after);
        return;
    case ROW_PURCHASE:
        apply_purchase(account, before, after);
        return;
    case ROW_ORGANIZATION:
        apply_organization(account, before, after);
        return;
    case ROW_USER:
        apply_user(account, before, after);
        return;
    case ROW_PROJECT:
        apply_project(account, before, after);
        return;
    case ROW_MEMBERSHIP:
        apply_membership(account, before, after);
        return;
    case ROW_DEDICATION:
        apply_dedication(account, before, after);
        return;
    case ROW_SEAT:
        apply_seat(account, before, after);
        return;
    case ROW_SEAT_MACHINE:
        apply_seat_machine(account, before, after);
        return;
    case ROW_SESSION:
        apply_session(account, before, after);
        return;
    case ROW_COOLDOWN:
        apply_cooldown(account, before, after);
        return;
    case ROW_SHORTFALL:
        apply_shortfall(account, before, after);
        return;
    case ROW_BORROWING:
        apply_borrowing(account, before, after);
        return;
    case ROW_API_KEY:
        apply_api_key(account, before, after);
        return;
    case ROW_SIGN_IN:
        sign_in_apply(account, before, after);
        return;
    case ROW_PRODUCT: // belongs to the catalog
    case ROW_WAITER:  // and this to the line
    case ROW_KINDS:
        break;
    }
    check_failed("a fact of an account", __FILE__, __LINE__);
}

// Who waits in line may have lost the right to, or come to be eligible elsewhere.
static void note_rights(struct account *account, enum fact_kind kind)
{
    switch (fact_types[kind].row) {
    case ROW_SEAT:
    case ROW_SEAT_MACHINE:
    case ROW_SESSION:
    case ROW_DEDICATION:
    case ROW_PURCHASE:
    case ROW_SHORTFALL:
    case ROW_BORROWING:
        return;
    default:
        if (!fact_types[kind].quiet)
            queue_note_rights(account);
    }
}

void account_apply(struct account *account, const struct fact *fact)
{
    note_rights(account, fact->kind);
    change(account, fact_types[fact->kind].row, fact->before, fact->after);
}

void account_unapply(struct account *account, const struct fact *fact)
{
    note_rights(account, fact->kind);
    queue_note_taken_back(account);
    change(account, fact_types[fact->kind].row, fact->after, fact->before);
}
