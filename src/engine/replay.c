// SPDX-License-Identifier: Apache-2.0
//
// What-if: the grants of the last 24 hours asked for once more, in their order and with their real ends, on a copy
// of the account under its new rules that starts with no sessions. Those that now find no pool are what the change
// would have denied. The copy uses the same order of trial as the real thing; no rule is written twice.
#include "engine/decide.h"

#include "base/moment.h"
#include "engine/pool.h"
#include "engine/trial.h"

struct copying {
    struct account *copy;
};

static void copy_fact(void *arg, const struct fact *fact)
{
    struct copying *copying = arg;
    switch (fact_types[fact->kind].row) {
    case ROW_SESSION:
    case ROW_COOLDOWN: // of later revocations, not of the rules
    case ROW_SHORTFALL:
    case ROW_API_KEY:
        return;
    case ROW_DEDICATION: {
        // A level that drains is taken at what it drains to: that is what the rules come to.
        struct dedication_row row = *(const struct dedication_row *)fact->after;
        if (row.draining_to != NUMBER_NONE)
            row.dedicated = row.draining_to;
        row.draining_to = NUMBER_NONE;
        row.filling_to = NUMBER_NONE;
        row.filling_since = 0;
        if (row.dedicated > 0)
            account_apply(copying->copy, &(struct fact){.kind = fact->kind, .after = &row});
        return;
    }
    default:
        account_apply(copying->copy, fact);
    }
}

static void hold(struct account *copy, const struct session_row *granted, uint64_t level)
{
    struct session_row row = *granted;
    row.level = level;
    row.state = SESSION_ACTIVE;
    // Its lease is its real life: one that still runs ends after the replay.
    row.expires_at = granted->state != SESSION_ACTIVE ? granted->ended_at : INT64_MAX;
    row.ended_at = 0;
    account_apply(copy, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &row});
}

static void end_until(struct account *copy, int64_t at)
{
    for (;;) {
        const struct heap_node *first = heap_first(&copy->leases);
        if (first == NULL || first->key > at)
            return;
        const struct pool *pool = ITEM_OF(first, struct pool, first_ends);
        const struct session *session = ITEM_OF(heap_first(&pool->sessions), struct session, lease);
        struct session_row before = session->row, after = before;
        after.state = SESSION_RELEASED;
        account_apply(copy, &(struct fact){.kind = FACT_SESSION_RELEASED, .before = &before, .after = &after});
    }
}

static bool is_allowed(const struct trial_request *request, const struct account *copy, enum result *ret_error)
{
    if (request->project != NULL &&
        account_membership(copy, request->project->row.id, request->user->row.id) == NULL)
        *ret_error = RESULT_NOT_A_MEMBER;
    else if (request->named != NULL && !trial_is_eligible(request, request->named))
        *ret_error = RESULT_NOT_ELIGIBLE;
    else
        return true;
    return false;
}

static void deny(struct decision *decision, const struct session_row *row, enum result error, enum reason reason)
{
    struct dry_run *dry = &decision->outcome.dry;
    dry->denied_total++;
    if (dry->denied_count == REPLAYED_MAX)
        return;
    struct denied_grant *denied = (struct denied_grant *)(uintptr_t)dry->denied;
    denied = arena_grow(decision->arena, denied, dry->denied_count, sizeof *denied);
    denied[dry->denied_count++] = (struct denied_grant){row, error, reason};
    dry->denied = denied;
}

static void ask_again(struct decision *decision, struct account *copy, const struct session_row *row)
{
    struct trial_request request = {
        .product = row->product,
        .user = account_user(copy, row->user),
        .project = row->project != 0 ? account_project(copy, row->project) : NULL,
        .named = row->organization != 0 ? account_level(copy, row->organization) : NULL,
        .count = row->count,
    };
    // A user, project or organization that is gone since says nothing about the rules.
    if (request.user == NULL || (row->project != 0 && request.project == NULL) ||
        (row->organization != 0 && request.named == NULL))
        return;
    trial_policy(copy, row->origin, &request);
    const struct stock *stock = row->borrowed ? account_stock(copy, row->product) : NULL;
    request.share_percent = stock != NULL ? stock->share_percent : 0;
    enum result error = RESULT_NO_LICENSE_AVAILABLE;
    if (!is_allowed(&request, copy, &error)) {
        deny(decision, row, error, REASON_NONE);
        return;
    }
    enum session_via via;
    const struct pool *pool = trial_choose(copy, &request, row->started_at, decision->arena, &via);
    if (pool != NULL) {
        hold(copy, row, pool->level->row.id);
        return;
    }
    const struct explanation *explanation = trial_explain(copy, &request, row->started_at, decision->arena);
    deny(decision, row, error, explanation->tried[0].reason);
}

static bool has_grants(const struct decision *decision, const struct product *product)
{
    for (size_t i = 0; i < decision->recent_count; i++) {
        if (product == NULL || decision->recent[i]->product == product)
            return true;
    }
    return false;
}

void replay(struct decision *decision, const struct product *product)
{
    if (!has_grants(decision, product))
        return; // a copy is only worth its cost when something is asked of it
    struct account copy;
    account_init(&copy, decision->account->row.id, NULL);
    account_snapshot(decision->account, copy_fact, &(struct copying){&copy});
    int64_t since = decision->now - moment_seconds(REPLAY_WINDOW_S);
    for (size_t i = 0; i < decision->recent_count; i++) {
        const struct session_row *row = decision->recent[i];
        if (product != NULL && row->product != product)
            continue;
        end_until(&copy, row->started_at);
        if (row->started_at >= since)
            ask_again(decision, &copy, row);
        else if (account_user(&copy, row->user) != NULL && account_level(&copy, row->level) != NULL)
            hold(&copy, row, row->level); // granted before: it is only there
    }
    account_fini(&copy);
}
