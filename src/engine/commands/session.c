// SPDX-License-Identifier: Apache-2.0
//
// The life of a session, a lease of one or more units from one pool:
//
//     acquire ──► active ──► released   its holder, or an admin without a reason, ended it
//                  │  ▲  ├─► expired    no heartbeat came before expires_at
//         heartbeat└──┘  └─► revoked    an admin, or the account's rules, ended it for a reason
//
// An ended session never comes back.
#include "engine/decide.h"

#include "base/moment.h"
#include "engine/pool.h"
#include "engine/trial.h"

#include <string.h>

// ---- Asking: what acquire and explain have in common

struct request {
    struct trial_request trial;
    enum session_origin origin;
};

static enum session_origin origin_of(const struct decision *decision, const struct session_request *wanted)
{
    if (wanted->origin_given)
        return wanted->origin;
    return decision->actor->role == ROLE_PLATFORM ? ORIGIN_PLATFORM : ORIGIN_EXTERNAL;
}

static bool check_origin(struct decision *decision, enum session_origin origin)
{
    bool is_platform = decision->actor->role == ROLE_PLATFORM;
    if (is_platform == (origin == ORIGIN_PLATFORM))
        return true;
    return decision_refuse(decision, RESULT_FORBIDDEN, "/origin",
                           is_platform ? "A key with the role platform starts sessions of origin platform only."
                                       : "Only keys with the role platform start sessions of origin platform.");
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

static bool read_request(struct decision *decision, const struct session_request *wanted, struct request *ret)
{
    *ret = (struct request){.origin = origin_of(decision, wanted), .trial.count = wanted->count};
    if (!check_origin(decision, ret->origin) || !find_things(decision, wanted, &ret->trial))
        return false;
    trial_policy(decision->account, ret->origin, &ret->trial);
    decision->outcome.product = ret->trial.product;
    return true;
}

// ---- Acquire

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same_request(const struct decision *decision, const struct session_row *row,
                            const struct session_request *wanted)
{
    uint64_t user = wanted->user != 0 ? wanted->user : decision->actor->user;
    return strcmp(row->product->code, wanted->product) == 0 && row->user == user && row->project == wanted->project &&
           row->organization == wanted->organization && row->count == wanted->count && row->ttl_s == wanted->ttl_s &&
           row->origin == origin_of(decision, wanted) && same_text(row->machine, wanted->machine);
}

static void refuse_ended(struct decision *decision, const struct session_row *row)
{
    decision->outcome.session = row_copy(ROW_SESSION, row, decision->arena);
    decision_refuse(decision, RESULT_SESSION_ENDED, NULL, "%s was %s%s%s%s. Acquire a new session%s.",
                    decision_id(decision, ID_SESSION, row->id), session_state_words[row->state],
                    row->reason != NULL ? " (" : "", row->reason != NULL ? row->reason : "",
                    row->reason != NULL ? ")" : "",
                    row->idempotency_key != NULL ? ", with a new Idempotency-Key" : "");
}

// The same request again, by its Idempotency-Key: the first answer once more.
static void answer_again(struct decision *decision, const struct session_request *wanted)
{
    const struct session_row *row = decision->remembered;
    if (!is_same_request(decision, row, wanted)) {
        decision_refuse(decision, RESULT_IDEMPOTENCY_KEY_REUSED, NULL,
                        "This Idempotency-Key was used for another request. A new attempt takes a new key.");
    } else if (row->state != SESSION_ACTIVE) {
        refuse_ended(decision, row);
    } else {
        struct session_row first = *row;
        first.expires_at = row->started_at + moment_seconds(row->ttl_s);
        decision_answer_row(decision, RESULT_OK, ROW_SESSION, &first);
    }
}

static void deny(struct decision *decision, const struct trial_request *trial)
{
    decision->outcome.explanation = trial_explain(decision->account, trial, decision->now, decision->arena);
    decision_refuse(decision, RESULT_NO_LICENSE_AVAILABLE, NULL,
                    "None of the %zu pools open to %s grants %lld of %s now; `tried` says why, pool by pool.",
                    decision->outcome.explanation->tried_total, decision_id(decision, ID_USER, trial->user->row.id),
                    (long long)trial->count, trial->product->code);
}

void decide_session_acquire(struct decision *decision, const struct command *command)
{
    const struct session_request *wanted = &command->session;
    struct request request;
    if (decision->remembered != NULL) {
        answer_again(decision, wanted);
        return;
    }
    if (!read_request(decision, wanted, &request))
        return;
    if (!check_use(decision, &request.trial)) {
        decision->outcome.explanation = explain_untried(decision, &request.trial);
        return;
    }
    enum session_via via;
    const struct pool *pool =
        trial_choose(decision->account, &request.trial, decision->now, decision->arena, &via);
    if (pool == NULL) {
        deny(decision, &request.trial);
        return;
    }
    struct session_row row = {
        .id = decision_new_id(decision, ID_SESSION),
        .product = request.trial.product,
        .user = request.trial.user->row.id,
        .level = pool->level->row.id,
        .via = via,
        .count = wanted->count,
        .state = SESSION_ACTIVE,
        .project = wanted->project,
        .organization = wanted->organization,
        .machine = wanted->machine,
        .ttl_s = wanted->ttl_s,
        .origin = request.origin,
        .started_at = decision->now,
        .expires_at = decision->now + moment_seconds(wanted->ttl_s),
        .key = decision->actor->key,
        .idempotency_key = wanted->idempotency_key,
    };
    decision_add(decision, FACT_SESSION_ACQUIRED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_SESSION, &row);
}

// ---- Heartbeat and end

static void refuse_unknown(struct decision *decision)
{
    if (decision->past != NULL)
        refuse_ended(decision, decision->past);
    else
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such session.");
}

void decide_session_heartbeat(struct decision *decision, const struct command *command)
{
    const struct session *session = account_session(decision->account, command->id);
    if (session == NULL) {
        refuse_unknown(decision);
        return;
    }
    struct session_row after = session->row;
    after.expires_at = decision->now + moment_seconds(after.ttl_s);
    if (after.expires_at != session->row.expires_at)
        decision_add(decision, FACT_SESSION_HEARTBEAT, &session->row, &after);
    decision_answer_row(decision, RESULT_OK, ROW_SESSION, &after);
}

void session_end(struct decision *decision, const struct session *session, enum session_state state,
                 const char *reason, int64_t ended_at, int64_t cooldown_until)
{
    static const enum fact_kind kinds[] = {
        [SESSION_RELEASED] = FACT_SESSION_RELEASED,
        [SESSION_EXPIRED] = FACT_SESSION_EXPIRED,
        [SESSION_REVOKED] = FACT_SESSION_REVOKED,
    };
    struct session_row after = session->row;
    after.state = state;
    after.reason = reason;
    after.ended_at = ended_at;
    after.cooldown_until = cooldown_until;
    decision_add_reason(decision, kinds[state], &session->row, &after, state == SESSION_REVOKED ? reason : NULL);
}

// Of several cool-downs the longest holds: each promises that the user is denied until then.
void cooldown_set(struct decision *decision, uint64_t user, const struct product *product, int64_t until_at)
{
    int64_t present = account_cooldown(decision->account, user, product, 0);
    if (present >= until_at)
        return;
    struct cooldown_row before = {user, product, present}, after = {user, product, until_at};
    decision_add(decision, FACT_COOLDOWN_SET, present != 0 ? &before : NULL, &after);
}

void decide_session_end(struct decision *decision, const struct command *command)
{
    const struct session *session = account_session(decision->account, command->id);
    if (session == NULL) {
        // Ended before: the same answer, whoever asks again.
        if (decision->past != NULL)
            decision_answer_row(decision, RESULT_OK, ROW_SESSION, decision->past);
        else
            refuse_unknown(decision);
        return;
    }
    const char *reason = command->end.reason;
    uint64_t user = session->row.user;
    const struct product *product = session->row.product;
    int64_t cooldown_until =
        command->end.cooldown_s > 0 ? decision->now + moment_seconds(command->end.cooldown_s) : 0;
    session_end(decision, session, reason != NULL ? SESSION_REVOKED : SESSION_RELEASED, reason, decision->now,
                cooldown_until);
    decision_answer_row(decision, RESULT_OK, ROW_SESSION, decision->facts[decision->fact_count - 1].after);
    if (cooldown_until != 0)
        cooldown_set(decision, user, product, cooldown_until);
}

// ---- Explain

void decide_session_explain(struct decision *decision, const struct command *command)
{
    struct request request;
    if (!read_request(decision, &command->session, &request))
        return;
    struct explanation *explanation;
    if (check_use(decision, &request.trial)) {
        explanation = trial_explain(decision->account, &request.trial, decision->now, decision->arena);
        decision->outcome.explain_error = explanation->granted ? RESULT_OK : RESULT_NO_LICENSE_AVAILABLE;
    } else {
        explanation = explain_untried(decision, &request.trial);
        decision->outcome.explain_error = decision->outcome.result;
    }
    decision->outcome.result = RESULT_OK;
    decision->outcome.answer = ANSWER_EXPLAIN;
    decision->outcome.explanation = explanation;
}
