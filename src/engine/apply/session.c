// SPDX-License-Identifier: Apache-2.0
// Sessions, and the cool-downs that some leave behind.
#include "engine/apply.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>

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

static void change_session(struct account *account, const struct session_row *before, const struct session_row *after)
{
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
}

static void add_session(struct account *account, const struct session_row *row)
{
    struct session *session = check_calloc(1, sizeof *session);
    row_own(ROW_SESSION, &session->row, row);
    session->user = account_user(account, row->user);
    table_add(&account->sessions, hash_number(row->id), session);
    list_add(&session->user->sessions, &session->of_user);
    link_session(account, session);
}

static void remove_session(struct account *account, uint64_t id)
{
    struct session *session = account_session(account, id);
    unlink_session(account, session);
    list_remove(&session->user->sessions, &session->of_user);
    table_remove(&account->sessions, hash_number(id), session);
    row_disown(ROW_SESSION, &session->row);
    free(session);
}

static bool is_active(const struct session_row *row)
{
    return row != NULL && row->state == SESSION_ACTIVE;
}

// Only active sessions are in memory: an ended one is the store's to tell of.
void apply_session(struct account *account, const struct session_row *before, const struct session_row *after)
{
    CHECK(is_active(before) || is_active(after));
    if (!is_active(before))
        add_session(account, after);
    else if (!is_active(after))
        remove_session(account, before->id);
    else
        change_session(account, before, after);
}

static bool same_cooldown(const void *item, const void *key)
{
    const struct cooldown *cooldown = item;
    const struct cooldown_row *wanted = key;
    return cooldown->row.user == wanted->user && cooldown->row.product == wanted->product;
}

void apply_cooldown(struct account *account, const struct cooldown_row *before, const struct cooldown_row *after)
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
