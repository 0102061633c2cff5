// SPDX-License-Identifier: Apache-2.0
#include "engine/ask.h"

#include "base/moment.h"

#include <string.h>

static enum session_origin origin_of(const struct actor *actor, const struct session_request *wanted)
{
    if (wanted->origin_given)
        return wanted->origin;
    return actor->role == ROLE_PLATFORM ? ORIGIN_PLATFORM : ORIGIN_EXTERNAL;
}

enum session_origin ask_origin(const struct decision *decision, const struct session_request *wanted)
{
    return origin_of(decision->actor, wanted);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool ask_is_same(const struct actor *actor, const struct session_request *a, const struct session_request *b)
{
    uint64_t a_user = a->user != 0 ? a->user : actor->user, b_user = b->user != 0 ? b->user : actor->user;
    return same_text(a->product, b->product) && a_user == b_user && a->project == b->project &&
           a->organization == b->organization && same_text(a->machine, b->machine) && a->count == b->count &&
           a->ttl_s == b->ttl_s && origin_of(actor, a) == origin_of(actor, b) &&
           (a->borrow_days > 0) == (b->borrow_days > 0);
}

const char *ask_refuses_origin(const struct actor *actor, const struct session_request *wanted)
{
    bool is_platform = actor->role == ROLE_PLATFORM;
    if (is_platform == (origin_of(actor, wanted) == ORIGIN_PLATFORM))
        return NULL;
    return is_platform ? "A key with the role platform starts sessions of origin platform only."
                       : "Only keys with the role platform start sessions of origin platform.";
}

static bool check_origin(struct decision *decision, const struct session_request *wanted)
{
    const char *sentence = ask_refuses_origin(decision->actor, wanted);
    return sentence == NULL || decision_refuse(decision, RESULT_FORBIDDEN, "/origin", "%s", sentence);
}

static bool find_things(struct decision *decision, const struct session_request *wanted, struct trial_request *trial)
{
    uint64_t user = wanted->user != 0 ? wanted->user : decision->actor->user;
    if (user == 0)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/user",
                               "This key belongs to no user: name the user that the session is for.");
    trial->product = decision_product(decision, wanted->product, "/product");
    if (trial->product == NULL)
        return false;
    if (trial->product->model != MODEL_SESSION)
        return decision_refuse(decision, RESULT_INVALID_REQUEST, "/product",
                               "%s is licensed by seat, not by session: POST …/seats assigns one.",
                               trial->product->code);
    trial->user = decision_user(decision, user, "/user");
    if (trial->user == NULL)
        return false;
    trial->project = wanted->project != 0 ? decision_project(decision, wanted->project, "/project") : NULL;
    if (wanted->project != 0 && trial->project == NULL)
        return false;
    trial->named = wanted->organization != 0 ? decision_level(decision, wanted->organization, "/organization") : NULL;
    return wanted->organization == 0 || trial->named != NULL;
}

// What a refusal tells before any pool was tried: whose request it was, under which policy.
static struct explanation *explain_untried(struct decision *decision, const struct trial_request *trial)
{
    struct explanation *explanation = arena_alloc(decision->arena, sizeof *explanation);
    *explanation = (struct explanation){
        .product = trial->product,
        .user = trial->user->row.id,
        .count = trial->count,
        .policy = trial->policy,
        .fallback = trial->fallback,
    };
    return explanation;
}

static bool check_use(struct decision *decision, const struct trial_request *trial)
{
    const struct account *account = decision->account;
    if (trial->project != NULL && account_membership(account, trial->project->row.id, trial->user->row.id) == NULL)
        return decision_refuse(decision, RESULT_NOT_A_MEMBER, "/project",
                               "%s is not a member of %s. Add the user to the project, or leave the project out.",
                               decision_id(decision, ID_USER, trial->user->row.id),
                               decision_id(decision, ID_PROJECT, trial->project->row.id));
    if (trial->named == NULL || trial_is_eligible(trial, trial->named))
        return true;
    return decision_refuse(decision, RESULT_NOT_ELIGIBLE, "/organization",
                           "Under the usage policy %s, %s may not use the licenses of %s. Leave the organization out, "
                           "or ask the admin for a project there.",
                           policy_words[trial->policy], decision_id(decision, ID_USER, trial->user->row.id),
                           decision_id(decision, ID_ORGANIZATION, trial->named->row.id));
}

bool ask_read(struct decision *decision, const struct session_request *wanted, struct ask *ret_ask)
{
    *ret_ask = (struct ask){.wanted = wanted, .origin = ask_origin(decision, wanted), .trial.count = wanted->count};
    if (!check_origin(decision, wanted) || !find_things(decision, wanted, &ret_ask->trial))
        return false;
    trial_policy(decision->account, ret_ask->origin, &ret_ask->trial);
    decision->outcome.product = ret_ask->trial.product;
    return true;
}

bool ask_judge(struct decision *decision, const struct ask *ask)
{
    if (check_use(decision, &ask->trial))
        return true;
    decision->outcome.explanation = explain_untried(decision, &ask->trial);
    return false;
}

bool ask_grant(struct decision *decision, const struct ask *ask)
{
    const struct session_request *wanted = ask->wanted;
    enum session_via via;
    const struct pool *pool = trial_choose(decision->account, &ask->trial, decision->now, decision->arena, &via);
    if (pool == NULL)
        return false;
    struct session_row row = {
        .id = decision_new_id(decision, ID_SESSION),
        .product = ask->trial.product,
        .user = ask->trial.user->row.id,
        .level = pool->level->row.id,
        .via = via,
        .count = wanted->count,
        .state = SESSION_ACTIVE,
        .project = wanted->project,
        .organization = wanted->organization,
        .machine = wanted->machine,
        .ttl_s = wanted->ttl_s,
        .origin = ask->origin,
        .started_at = decision->now,
        .expires_at = decision->now + moment_seconds(wanted->ttl_s),
        .borrowed = wanted->borrow_days > 0,
        .key = decision->actor->key,
        .idempotency_key = wanted->idempotency_key,
    };
    decision_add(decision, FACT_SESSION_ACQUIRED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_SESSION, &row);
    return true;
}

void ask_deny(struct decision *decision, const struct ask *ask)
{
    const struct trial_request *trial = &ask->trial;
    decision->outcome.explanation = trial_explain(decision->account, trial, decision->now, decision->arena);
    decision_refuse(decision, RESULT_NO_LICENSE_AVAILABLE, NULL,
                    "None of the %zu pools looked at for %s grants %lld of %s now; `tried` says why, pool by pool.",
                    decision->outcome.explanation->tried_total, decision_id(decision, ID_USER, trial->user->row.id),
                    (long long)trial->count, trial->product->code);
}
