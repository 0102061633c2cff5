// SPDX-License-Identifier: Apache-2.0
//
// What a denial, an explanation or a dry run shows of other places. A user sees the figures of its own organization,
// of those of its projects and of the account; an org_admin those of its subtree, too; of others only the reason.
#include "api/access_parts.h"

static bool is_of_user(const struct user *user, uint64_t level)
{
    if (user == NULL)
        return false;
    if (user->level != NULL && user->level->row.id == level)
        return true;
    for (struct list_node *node = user->memberships.first; node != NULL; node = node->after) {
        if (ITEM_OF(node, struct membership, of_user)->project->level->row.id == level)
            return true;
    }
    return false;
}

// A key with the role platform acquires for others: it sees what they would see.
static bool sees(const struct asker *asker, const struct user *user, uint64_t level)
{
    return level == 0 || is_of_user(user, level) || asker_administers_id(asker, level);
}

static void hide_tried(const struct asker *asker, struct arena *arena, struct outcome *outcome)
{
    struct explanation *copy = arena_copy(arena, outcome->explanation, sizeof *copy);
    const struct user *user = account_user(asker->account, copy->user);
    for (size_t i = 0; i < copy->tried_count; i++)
        copy->tried[i].figures_hidden = !sees(asker, user, copy->tried[i].level);
    outcome->explanation = copy;
}

static void hide_rows(const struct asker *asker, struct arena *arena, struct dry_run *dry)
{
    struct figures *rows = arena_alloc(arena, dry->row_count * sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < dry->row_count; i++) {
        if (asker_administers_id(asker, dry->rows[i].level))
            rows[count++] = dry->rows[i];
    }
    dry->rows = rows;
    dry->row_count = count;
}

static void hide_over(const struct asker *asker, struct arena *arena, struct dry_run *dry)
{
    struct over *over = arena_alloc(arena, dry->over_count * sizeof *over);
    size_t count = 0;
    for (size_t i = 0; i < dry->over_count; i++) {
        if (asker_administers_id(asker, dry->over[i].level))
            over[count++] = dry->over[i];
    }
    dry->over = over;
    dry->over_count = count;
}

static void hide_denied(const struct asker *asker, struct arena *arena, struct dry_run *dry)
{
    struct denied_grant *denied = arena_alloc(arena, dry->denied_count * sizeof *denied);
    size_t count = 0;
    for (size_t i = 0; i < dry->denied_count; i++) {
        const struct session_row *row = dry->denied[i].session;
        if (asker_administers_id(asker, row->level) || asker_administers_user(asker, row->user))
            denied[count++] = dry->denied[i];
    }
    dry->denied_total -= dry->denied_count - count;
    dry->denied = denied;
    dry->denied_count = count;
}

// A lease's token is for its holder, and for admins who may have to bring it to a machine.
static bool sees_token(const struct asker *asker, const struct session_row *row)
{
    bool is_own = asker->user != NULL && asker->user->row.id == row->user;
    return asker->changes_all || is_own || asker_administers_id(asker, row->level);
}

void access_hide(const struct actor *actor, const struct account *account, struct arena *arena,
                 struct outcome *outcome)
{
    struct asker asker = asker_of(actor, account, NULL);
    if (outcome->is_lease && outcome->answer == ANSWER_ROW)
        outcome->hides_lease = !sees_token(&asker, outcome->row);
    if (asker.reads_all)
        return;
    if (outcome->explanation != NULL)
        hide_tried(&asker, arena, outcome);
    if (outcome->answer == ANSWER_DRY_RUN) {
        hide_rows(&asker, arena, &outcome->dry);
        hide_over(&asker, arena, &outcome->dry);
        hide_denied(&asker, arena, &outcome->dry);
    }
}
