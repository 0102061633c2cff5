// SPDX-License-Identifier: Apache-2.0
//
// The life of a session, a lease of one or more units from one pool:
//
//     acquire ──► active ──► released   its holder, or an admin without a reason, ended it
//                  │  ▲  ├─► expired    no heartbeat came before expires_at
//         heartbeat└──┘  └─► revoked    an admin, or the account's rules, ended it for a reason
//
// An ended session never comes back. A borrowed one (lease.c) takes no heartbeat and is never revoked.
#include "engine/decide.h"

#include "base/moment.h"
#include "engine/ask.h"

// ---- Acquire

// The request that the session answered.
static struct session_request request_of(const struct session_row *row)
{
    return (struct session_request){
        .product = row->product->code,
        .user = row->user,
        .project = row->project,
        .organization = row->organization,
        .machine = row->machine,
        .ttl_s = row->ttl_s,
        .count = row->count,
        .origin_given = true,
        .origin = row->origin,
        .borrow_days = row->borrowed,
    };
}

static void refuse_ended(struct decision *decision, const struct session_row *row)
{
    decision->outcome.session = row_copy(ROW_SESSION, row, decision->arena);
    decision_refuse(decision, RESULT_SESSION_ENDED, NULL, "%s was %s%s%s%s. %s%s.",
                    decision_id(decision, ID_SESSION, row->id), session_state_words[row->state],
                    row->reason != NULL ? " (" : "", row->reason != NULL ? row->reason : "",
                    row->reason != NULL ? ")" : "", row->borrowed ? "Borrow a new lease" : "Acquire a new session",
                    row->idempotency_key != NULL ? ", with a new Idempotency-Key" : "");
}

void session_answer_again(struct decision *decision, const struct session_request *wanted)
{
    const struct session_row *row = decision->remembered;
    struct session_request former = request_of(row);
    if (!ask_is_same(decision->actor, &former, wanted)) {
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

void decide_session_acquire(struct decision *decision, const struct command *command)
{
    const struct session_request *wanted = &command->session;
    struct ask ask;
    if (decision->remembered != NULL) {
        session_answer_again(decision, wanted);
        return;
    }
    if (!ask_read(decision, wanted, &ask) || !ask_judge(decision, &ask))
        return;
    if (!ask_grant(decision, &ask))
        ask_deny(decision, &ask);
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
    if (session->row.borrowed) {
        decision->outcome.with = decision_id(decision, ID_SESSION, session->row.id);
        decision_refuse(decision, RESULT_CONFLICT, NULL,
                        "%s is borrowed: it lasts until its end and takes no heartbeats.", decision->outcome.with);
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
    if (session->row.borrowed && reason != NULL) {
        decision->outcome.with = decision_id(decision, ID_SESSION, session->row.id);
        decision_refuse(decision, RESULT_CONFLICT, NULL,
                        "%s is borrowed, and the machine that uses it would not know: it cannot be revoked. Leave "
                        "the reason out to have it returned.",
                        decision->outcome.with);
        return;
    }
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
    struct ask ask;
    if (!ask_read(decision, &command->session, &ask))
        return;
    struct outcome *outcome = &decision->outcome;
    if (ask_judge(decision, &ask)) {
        const struct explanation *explanation =
            trial_explain(decision->account, &ask.trial, decision->now, decision->arena);
        outcome->explanation = explanation;
        outcome->explain_error = explanation->granted ? RESULT_OK : RESULT_NO_LICENSE_AVAILABLE;
    } else {
        outcome->explain_error = outcome->result;
    }
    outcome->result = RESULT_OK;
    outcome->answer = ANSWER_EXPLAIN;
}
