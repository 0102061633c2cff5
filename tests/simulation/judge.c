// SPDX-License-Identifier: Apache-2.0
// Whether every request of a round was answered as predicted.
#include "simulation/sim.h"

static void expect_result(struct sim *sim, enum result got, enum result wanted)
{
    if (got != wanted)
        sim_differs(sim, "the server says %s, the model %s", result_types[got].name, result_types[wanted].name);
}

static void expect_number(struct sim *sim, const char *name, int64_t got, int64_t wanted)
{
    if (got != wanted)
        sim_differs(sim, "%s is %lld in the answer, %lld in the model", name, (long long)got, (long long)wanted);
}

static void expect_explanation(struct sim *sim, const struct explanation *explanation, const struct verdict *verdict)
{
    if (explanation == NULL)
        sim_differs(sim, "a denial without an explanation");
    expect_number(sim, "tried", (int64_t)explanation->tried_total, (int64_t)verdict->tried);
    for (int reason = 0; reason < REASON_COUNT; reason++)
        expect_number(sim, reason_words[reason], (int64_t)explanation->reasons[reason],
                      (int64_t)verdict->reasons[reason]);
    expect_number(sim, "the first reason", explanation->tried[0].reason, verdict->first_reason);
    sim->tally->reasons[verdict->first_reason]++;
}

static void expect_members(struct sim *sim, const struct outcome *outcome, const struct verdict *verdict)
{
    if (verdict->result == RESULT_INSUFFICIENT_POOL && verdict->requested != NUMBER_NONE) {
        expect_number(sim, "requested", outcome->requested, verdict->requested);
        expect_number(sim, "available", outcome->available, verdict->available);
    } else if (verdict->result == RESULT_DEDICATION_IN_USE && verdict->requested != NUMBER_NONE) {
        expect_number(sim, "requested", outcome->requested, verdict->requested);
        expect_number(sim, "dedicated", outcome->dedicated, verdict->dedicated);
        expect_number(sim, "children_dedicated", outcome->children_dedicated, verdict->children_dedicated);
        expect_number(sim, "assigned", outcome->assigned, verdict->assigned);
    } else if (verdict->result == RESULT_NO_LICENSE_AVAILABLE) {
        expect_explanation(sim, outcome->explanation, verdict);
    }
}

static uint64_t level_id(const struct sim *sim, int account, int level)
{
    return sim->accounts[account].levels[level].id;
}

static void expect_session(struct sim *sim, int account, const struct session_row *row, const struct verdict *verdict)
{
    sim->tally->vias[row->via]++;
    if (row->level != level_id(sim, account, verdict->level) || row->via != verdict->via)
        sim_differs(sim, "granted %s by %llu, in the model %s by %llu", via_words[row->via],
                    (unsigned long long)row->level, via_words[verdict->via],
                    (unsigned long long)level_id(sim, account, verdict->level));
}

// The id stands first in every row that is made.
static void expect_made(struct sim *sim, int account, const struct outcome *outcome, const struct verdict *verdict)
{
    expect_number(sim, "the new id", (int64_t) * (const uint64_t *)outcome->row, (int64_t)verdict->id);
    if (outcome->row_kind == ROW_SESSION)
        expect_session(sim, account, outcome->row, verdict);
}

// Of a request, or of an op of one.
struct answer {
    const struct outcome *outcome;
    bool is_again; // the outcome says nothing, but the status
    int again_status;
};

static void expect_again(struct sim *sim, const struct answer *answer, const struct verdict *verdict)
{
    sim->tally->again++;
    sim->tally->results[answer->is_again ? RESULT_OK : answer->outcome->result]++;
    if (answer->is_again)
        expect_result(sim, answer->again_status == 200 || answer->again_status == 204 ? RESULT_OK : RESULT_INTERNAL,
                      verdict->result);
    else
        expect_result(sim, answer->outcome->result, verdict->result);
    if (verdict->result == RESULT_OK && !answer->is_again)
        expect_number(sim, "the id again", (int64_t) * (const uint64_t *)answer->outcome->row, (int64_t)verdict->id);
}

// Of a dry run: what the pools say is its result; other errors are answered as such.
static void expect_dry(struct sim *sim, const struct step *step, const struct outcome *outcome)
{
    enum result wanted = step->verdict.result;
    bool is_told = !result_is_refusal(wanted) || result_types[wanted].status == 409;
    enum result got = is_told ? outcome->dry.result : outcome->result;
    sim->tally->dry_runs++;
    // Of several at once, which of the two names the end state earns is told by scripts.
    if (wanted == RESULT_DEDICATION_IN_USE && step->act.change_count > 1 && got == RESULT_INSUFFICIENT_POOL)
        return;
    expect_result(sim, got, result_is_refusal(wanted) ? wanted : RESULT_OK);
    if (is_told && outcome->answer != ANSWER_DRY_RUN)
        sim_differs(sim, "a dry run without its answer");
}

static void expect_explain(struct sim *sim, const struct step *step, const struct outcome *outcome)
{
    const struct verdict *verdict = &step->verdict;
    if (verdict->result == RESULT_NOT_FOUND || verdict->result == RESULT_INVALID_REQUEST) {
        expect_result(sim, outcome->result, verdict->result);
        return;
    }
    bool grants = verdict->result == RESULT_CREATED;
    expect_result(sim, outcome->explain_error, grants ? RESULT_OK : verdict->result);
    expect_members(sim, outcome, verdict);
    if (grants && (outcome->explanation->level != level_id(sim, step->act.account, verdict->level) ||
                   outcome->explanation->via != verdict->via))
        sim_differs(sim, "explained by another pool");
}

void judge_outcome(struct sim *sim, const struct step *step, const struct outcome *outcome)
{
    const struct verdict *verdict = &step->verdict;
    sim->tally->results[outcome->result]++;
    if (step->act.dry) {
        expect_dry(sim, step, outcome);
    } else if (step->act.kind == ACT_EXPLAIN) {
        expect_explain(sim, step, outcome);
    } else {
        bool is_either = verdict->result == RESULT_DEDICATION_IN_USE && step->act.change_count > 1 &&
                         outcome->result == RESULT_INSUFFICIENT_POOL;
        if (!is_either)
            expect_result(sim, outcome->result, verdict->result);
        if (verdict->result == RESULT_CREATED)
            expect_made(sim, step->act.account, outcome, verdict);
        else if (!is_either)
            expect_members(sim, outcome, verdict);
    }
}

static void judge_answer(struct sim *sim, const struct step *step, struct answer answer)
{
    if (step->verdict.is_again)
        expect_again(sim, &answer, &step->verdict);
    else
        judge_outcome(sim, step, answer.outcome);
}

static struct answer answer_of(const struct call *call)
{
    return (struct answer){&call->outcome, call->again, call->again_status};
}

void judge_told(struct sim *sim, int account, const struct outcome *outcome, const struct verdict *verdict)
{
    sim->tally->results[outcome->result]++;
    sim->tally->served += verdict->result == RESULT_CREATED;
    sim->tally->gave_up += verdict->result == RESULT_NO_LICENSE_AVAILABLE;
    sim->tally->refused += verdict->result != RESULT_CREATED && verdict->result != RESULT_NO_LICENSE_AVAILABLE;
    expect_result(sim, outcome->result, verdict->result);
    if (verdict->result == RESULT_CREATED)
        expect_made(sim, account, outcome, verdict);
}

// ---- Who was answered

static struct step *step_of(struct sim *sim, int serial)
{
    for (int i = 0; i < sim->step_count; i++) {
        if (!sim->steps[i].is_left_out && sim->steps[i].act.serial == serial)
            return &sim->steps[i];
    }
    return NULL;
}

static bool is_aside(const struct sim *sim, int serial)
{
    for (int i = 0; i < sim->step_count; i++) {
        if (sim->steps[i].steps_aside && sim->steps[i].aside == serial)
            return true;
    }
    return false;
}

static bool has_hung_up(const struct sim *sim, int serial)
{
    for (int i = 0; i < sim->hung_up_count; i++) {
        if (sim->hung_up[i] == serial)
            return true;
    }
    return false;
}

// "It is acknowledged when applied", "a denial may be answered before it is durable".
static bool may_go_first(const struct step *step)
{
    enum result result = step->verdict.result;
    if (step->act.key != NOBODY)
        return false;
    return step->act.kind == ACT_HEARTBEAT ? result == RESULT_OK
                                           : step->act.kind == ACT_ACQUIRE && (result == RESULT_NO_LICENSE_AVAILABLE ||
                                                                               result == RESULT_NOT_ELIGIBLE ||
                                                                               result == RESULT_NOT_A_MEMBER);
}

static bool is_next_told(const struct sim *sim, int account, int serial)
{
    int at = sim->told_at[account];
    return at < sim->told[account].count && sim->told[account].items[at].serial == serial;
}

// Nothing of a round that failed is acknowledged but what may go first.
static void judge_failed(struct sim *sim, const struct step *step, const struct call *call)
{
    // Of several servers one tries again what was refused.
    bool is_given_up = sim->nodes == NULL || sim->rig->processor.batch.is_uncertain;
    if (call->outcome.result == RESULT_UNAVAILABLE && is_given_up)
        return;
    if (step == NULL || !may_go_first(step) || sim->nodes != NULL)
        sim_differs(sim, "answered with %s, but nothing was committed", result_types[call->outcome.result].name);
    judge_answer(sim, step, answer_of(call));
}

// "One durable commit": all of it, or nothing.
static void judge_ops(struct sim *sim, const struct request *request, bool has_failed)
{
    const struct call *call = &request->call;
    expect_result(sim, call->outcome.result, has_failed ? RESULT_UNAVAILABLE : RESULT_OK);
    for (size_t i = 0; i < call->op_count && !has_failed; i++) {
        const struct batch_op *op = &call->ops[i];
        judge_answer(sim, step_of(sim, request->op_serials[i]),
                     (struct answer){&op->outcome, op->again, op->again_status});
    }
}

static void judge_one(struct sim *sim, struct request *request, bool has_failed)
{
    const struct step *step = step_of(sim, request->serial);
    const struct call *call = &request->call;
    int account = sim->acts[request->serial].account;
    if (has_hung_up(sim, request->serial)) {
        expect_result(sim, call->outcome.result, RESULT_UNAVAILABLE);
    } else if (is_aside(sim, request->serial) && (!has_failed || call->outcome.result == RESULT_CONFLICT)) {
        expect_result(sim, call->outcome.result, RESULT_CONFLICT);
        sim->tally->aside++;
    } else if (has_failed) {
        judge_failed(sim, step, call);
    } else if (is_next_told(sim, account, request->serial)) {
        judge_told(sim, account, &call->outcome, &sim->told[account].items[sim->told_at[account]++].verdict);
    } else if (step != NULL && !step->waits) {
        judge_answer(sim, step, answer_of(call));
    } else {
        sim_differs(sim, "a%d was answered with %s, and nothing was due", request->serial,
                    result_types[call->outcome.result].name);
    }
}

static void expect_all_answered(struct sim *sim)
{
    for (int account = 0; account < sim->account_count; account++) {
        if (sim->told_at[account] != sim->told[account].count)
            sim_differs(sim, "a%d waited, and must have been answered with %s",
                        sim->told[account].items[sim->told_at[account]].serial,
                        result_types[sim->told[account].items[sim->told_at[account]].verdict.result].name);
    }
    for (const struct request *request = sim->rig->out; request != NULL; request = request->next) {
        const struct step *step = step_of(sim, request->serial);
        if (!request->is_answered && step != NULL && !step->waits)
            sim_differs(sim, "a%d was not answered", request->serial);
    }
}

void sim_judge(struct sim *sim, bool has_failed)
{
    for (int i = 0; i < sim->rig->answered_count; i++) {
        struct request *request = sim->rig->answered[i];
        if (!request->reached_nobody && request->call.kind == CALL_BATCH)
            judge_ops(sim, request, has_failed);
        else if (!request->reached_nobody)
            judge_one(sim, request, has_failed);
    }
    if (!has_failed)
        expect_all_answered(sim);
}
