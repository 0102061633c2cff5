// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

#include "engine/pool.h"

// The account's own level is no organization.
static struct level *find(struct decision *decision, uint64_t id)
{
    return decision_level(decision, id != 0 ? id : ID_UNKNOWN, NULL);
}

static bool check_name(struct decision *decision, uint64_t parent, const char *name, const struct level *self)
{
    const struct level *other = account_level_by_name(decision->account, parent, name);
    if (other == NULL || other == self)
        return true;
    decision->outcome.with = decision_id(decision, ID_ORGANIZATION, other->row.id);
    return decision_refuse(decision, RESULT_CONFLICT, "/name", "%s has this name already, at the same place.",
                           decision->outcome.with);
}

void decide_organization_create(struct decision *decision, const struct command *command)
{
    struct organization_row row = command->organization.row;
    const struct level *parent = decision_level(decision, row.parent, "/parent");
    if (parent == NULL)
        return;
    if (parent->depth >= DEPTH_MAX) {
        decision_refuse(decision, RESULT_CONFLICT, "/parent", "Organizations go %d levels deep at most.", DEPTH_MAX);
        return;
    }
    if (!check_name(decision, row.parent, row.name, NULL))
        return;
    row.id = decision_new_id(decision, ID_ORGANIZATION);
    row.created_at = decision->now;
    decision_add(decision, FACT_ORGANIZATION_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_ORGANIZATION, &row);
}

// ---- Moving

static unsigned height_of(const struct level *top)
{
    unsigned deepest = top->depth;
    for (const struct level *level = top; level != NULL; level = level_after(level, top)) {
        if (level->depth > deepest)
            deepest = level->depth;
    }
    return deepest - top->depth;
}

static bool check_place(struct decision *decision, const struct level *level, const struct level *parent)
{
    if (level_is_within(parent, level))
        return decision_refuse(decision, RESULT_CONFLICT, "/parent",
                               "An organization cannot lie below itself or one of its own sub-organizations.");
    if (parent->depth + 1 + height_of(level) > DEPTH_MAX)
        return decision_refuse(decision, RESULT_CONFLICT, "/parent",
                               "With its sub-organizations that would be more than %d levels deep.", DEPTH_MAX);
    return true;
}

// A seat of a level outside the moved subtree, held by a user inside it, is lost when its level is no longer above.
static bool is_lost(const struct seat *seat, const struct level *moved, const struct level *parent)
{
    return seat->user->level != NULL && level_is_within(seat->user->level, moved) &&
           !level_is_within(seat->pool->level, moved) && !level_is_within(parent, seat->pool->level);
}

struct lost {
    struct seat **seats;
    size_t count;
};

static struct lost find_lost(struct decision *decision, const struct level *moved, const struct level *parent)
{
    // Only levels above the moved one can be left, and the account's own never is.
    struct lost lost = {0};
    for (const struct level *above = moved->parent; above->parent != NULL; above = above->parent) {
        for (struct list_node *node = above->pools.first; node != NULL; node = node->after) {
            const struct pool *pool = ITEM_OF(node, struct pool, of_level);
            for (struct list_node *at = pool->seats.first; at != NULL; at = at->after) {
                struct seat *seat = ITEM_OF(at, struct seat, of_pool);
                if (!is_lost(seat, moved, parent))
                    continue;
                lost.seats = arena_grow(decision->arena, lost.seats, lost.count, sizeof *lost.seats);
                lost.seats[lost.count++] = seat;
            }
        }
    }
    return lost;
}

static bool release_lost(struct decision *decision, const struct lost *lost, bool release)
{
    if (lost->count > 0 && !release) {
        size_t listed = lost->count < HOLDERS_MAX ? lost->count : HOLDERS_MAX;
        struct holder *holders = arena_alloc(decision->arena, listed * sizeof *holders);
        for (size_t i = 0; i < listed; i++) {
            const struct seat_row *row = &lost->seats[i]->row;
            holders[i] = (struct holder){.kind = HOLDER_SEAT, .id = row->id, .user = row->user, .count = 1};
        }
        decision->outcome.holders = holders;
        decision->outcome.holder_count = listed;
        decision->outcome.holder_total = lost->count;
        return decision_refuse(decision, RESULT_CONFLICT, "/parent",
                               "%zu seats of levels above would be lost by their users. Add ?release_seats=true to "
                               "give them back.",
                               lost->count);
    }
    for (size_t i = 0; i < lost->count; i++)
        seat_end(decision, lost->seats[i], FACT_SEAT_RELEASED, "organization-moved");
    return true;
}

struct room {
    const struct product *product;
    int64_t needed, balance, available;
};

static bool move(struct decision *decision, const struct level *level, const struct organization_row *after,
                 bool release_seats)
{
    const struct level *parent = account_level(decision->account, after->parent);
    struct lost lost = find_lost(decision, level, parent);
    if (!release_lost(decision, &lost, release_seats))
        return false;
    struct room *rooms = NULL;
    size_t room_count = 0;
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
        const struct pool *pool = ITEM_OF(node, struct pool, of_level);
        const struct pool *above = account_pool(decision->account, after->parent, pool->stock->product);
        rooms = arena_grow(decision->arena, rooms, room_count, sizeof *rooms);
        rooms[room_count++] = (struct room){pool->stock->product, pool->dedicated,
                                            above != NULL ? pool_balance(above) : 0,
                                            above != NULL ? pool_available(above) : 0};
    }
    decision_add(decision, FACT_ORGANIZATION_MOVED, &level->row, after);
    settle(decision);
    for (size_t i = 0; i < room_count; i++) {
        const struct room *room = &rooms[i];
        int64_t balance = pool_balance(account_pool(decision->account, after->parent, room->product));
        if (balance >= 0 || balance >= room->balance)
            continue;
        struct outcome *outcome = &decision->outcome;
        outcome->requested = room->needed;
        outcome->available = room->available;
        outcome->product = room->product;
        outcome->has_level = true;
        outcome->level = after->parent;
        return decision_refuse(decision, RESULT_INSUFFICIENT_POOL, "/parent",
                               "Its %lld licenses of %s move along, but the new parent has only %lld available. Lower "
                               "the dedication first, or give the new parent more.",
                               (long long)room->needed, room->product->code, (long long)room->available);
    }
    return true;
}

void decide_organization_update(struct decision *decision, const struct command *command)
{
    struct level *level = find(decision, command->id);
    if (level == NULL)
        return;
    struct organization_row after = level->row;
    if (command->given & GIVEN_NAME)
        after.name = command->organization.row.name;
    if (command->given & GIVEN_PARENT)
        after.parent = command->organization.row.parent;
    const struct level *parent = decision_level(decision, after.parent, "/parent");
    if (parent == NULL)
        return;
    bool moves = after.parent != level->row.parent;
    if (moves && !check_place(decision, level, parent))
        return;
    if (!check_name(decision, after.parent, after.name, level))
        return;
    if (moves) {
        if (!move(decision, level, &after, command->organization.release_seats))
            return;
    } else if (!row_same(ROW_ORGANIZATION, &level->row, &after)) {
        decision_add(decision, FACT_ORGANIZATION_UPDATED, &level->row, &after);
    }
    decision_answer_row(decision, RESULT_OK, ROW_ORGANIZATION, &level->row);
}

// ---- Deleting

static bool check_empty(struct decision *decision, const struct level *level)
{
    struct outcome *outcome = &decision->outcome;
    outcome->organizations = (int64_t)level->child_count;
    outcome->users = (int64_t)level->users;
    outcome->projects = (int64_t)level->projects;
    outcome->seats = (int64_t)level->seats;
    outcome->sessions = (int64_t)level->sessions;
    if (level->child_count + level->users + level->projects + level->seats + level->sessions == 0)
        return true;
    return decision_refuse(decision, RESULT_NOT_EMPTY, NULL,
                           "%s still has %zu sub-organizations, %zu users, %zu projects, %zu seats and %zu active "
                           "sessions. Move or delete them first.",
                           decision_id(decision, ID_ORGANIZATION, level->row.id), level->child_count, level->users,
                           level->projects, level->seats, level->sessions);
}

static void give_back_dedications(struct decision *decision, const struct level *level)
{
    for (struct list_node *node = level->pools.first; node != NULL; node = node->after) {
        const struct pool *pool = ITEM_OF(node, struct pool, of_level);
        struct dedication_row row = pool_dedication(pool);
        if (row.dedicated > 0 || row.draining_to != NUMBER_NONE || row.filling_to != NUMBER_NONE)
            decision_add(decision, FACT_DEDICATION_CHANGED, &row, NULL);
    }
}

static void revoke_keys(struct decision *decision, uint64_t organization)
{
    size_t cursor = 0;
    struct api_key **keys = NULL;
    size_t count = 0;
    for (struct api_key *key; (key = table_next(&decision->account->keys, &cursor)) != NULL;) {
        if (key->row.organization != organization || key->row.revoked_at != 0)
            continue;
        keys = arena_grow(decision->arena, keys, count, sizeof *keys);
        keys[count++] = key;
    }
    for (size_t i = 0; i < count; i++)
        api_key_revoke(decision, keys[i]);
}

void decide_organization_delete(struct decision *decision, const struct command *command)
{
    struct level *level = find(decision, command->id);
    if (level == NULL || !check_empty(decision, level))
        return;
    give_back_dedications(decision, level);
    revoke_keys(decision, level->row.id);
    decision_add(decision, FACT_ORGANIZATION_DELETED, &level->row, NULL);
    decision->outcome.result = RESULT_DONE;
}
