// SPDX-License-Identifier: Apache-2.0
// From what a call came to, to the bytes of its answer.
#include "api/writing.h"

#include "base/check.h"

#include <string.h>

static const char json_type[] = "application/json";
static const char problem_type[] = "application/problem+json";

// ---- Commands

static void write_answer(struct buffer *json, const struct call *call, const struct command *command,
                         const struct outcome *outcome, const char *secret)
{
    switch (outcome->answer) {
    case ANSWER_NONE:
        break;
    case ANSWER_ROW:
        if (outcome->is_lease) {
            write_lease(json, call->account, outcome->row, outcome->hides_lease ? NULL : call->lease_key);
            break;
        }
        write_row(json, call->account, outcome->row_kind, outcome->row,
                  &(struct row_more){secret, outcome->machines, outcome->place});
        break;
    case ANSWER_FIGURES:
        if (outcome->one) {
            write_figures(json, call->account, outcome->figures);
            break;
        }
        put_open(json, '{');
        put_name(json, "rows");
        put_open(json, '[');
        for (size_t i = 0; i < outcome->figure_count; i++)
            write_figures(json, call->account, &outcome->figures[i]);
        put_close(json, ']');
        put_close(json, '}');
        break;
    case ANSWER_POLICY:
        put_open(json, '{');
        put_word(json, "policy", policy_words[outcome->policy]);
        put_flag(json, "fallback", outcome->fallback);
        put_close(json, '}');
        break;
    case ANSWER_EXPLAIN:
        write_explanation(json, call->account, outcome);
        break;
    case ANSWER_DRY_RUN:
        write_dry_run(json, call->account, outcome);
        break;
    case ANSWER_PLAN:
        write_plan(json, outcome, command->dry_run);
        break;
    case ANSWER_WAITERS:
        write_waiters(json, call);
        break;
    case ANSWER_INVITATION:
        write_invitation(json, call->account, outcome->row, secret);
        break;
    case ANSWER_SIGN_INS:
        write_sign_ins(json, call);
        break;
    case ANSWER_RELEASED:
        put_open(json, '{');
        put_number(json, "released", (int64_t)outcome->released);
        put_close(json, '}');
        break;
    }
}

// ---- Batches

// A kept op says 201 where it is to say 200 when it is repeated.
static void write_op_again(struct buffer *json, const struct batch_op *op)
{
    size_t length;
    bool is_problem = op->again_status >= 400;
    const char *member = is_problem ? "error" : "session";
    const char *value = json_find(op->again_body, member, &length);
    put_open(json, '{');
    put_number(json, "status", op->again_status == 201 ? 200 : op->again_status);
    put_raw(json, member, value, value != NULL ? length : 0);
    put_close(json, '}');
}

static int write_op(struct buffer *json, const struct call *call, const struct batch_op *op)
{
    const struct outcome *outcome = &op->outcome;
    int status = result_types[outcome->result].status;
    put_open(json, '{');
    put_number(json, "status", status);
    if (result_is_refusal(outcome->result)) {
        put_name(json, "error");
        write_problem(json, call, &op->command, outcome, op - call->ops);
    } else {
        put_name(json, "session");
        write_answer(json, call, &op->command, outcome, NULL);
    }
    put_close(json, '}');
    return status;
}

static void write_batch(struct buffer *json, const struct call *call)
{
    put_open(json, '{');
    put_name(json, "results");
    put_open(json, '[');
    for (size_t i = 0; i < call->op_count; i++) {
        if (call->ops[i].again)
            write_op_again(json, &call->ops[i]);
        else
            write_op(json, call, &call->ops[i]);
    }
    put_close(json, ']');
    put_close(json, '}');
}

// ---- All kinds of calls

static const struct outcome no_denial = {
    .result = RESULT_NOT_FOUND,
    .detail = "This account has no such denial.",
};

// What the call came to. A page that should begin with one denial may not have it.
static const struct outcome *outcome_of(const struct call *call)
{
    const struct outcome *outcome = &call->outcome;
    bool is_denial = call->kind == CALL_DENIAL && !result_is_refusal(outcome->result);
    if (is_denial && (call->item_count == 0 || call->denials[0].denial.id != call->command.id))
        return &no_denial;
    return outcome;
}

static void write_success(struct buffer *json, const struct call *call, const struct outcome *outcome,
                          const char *secret)
{
    size_t length;
    switch (call->kind) {
    case CALL_BATCH:
        write_batch(json, call);
        break;
    case CALL_LIST:
        write_list(json, call);
        break;
    case CALL_MEMBERS:
        write_members(json, call);
        break;
    case CALL_EVENTS:
        write_events(json, call);
        break;
    case CALL_DENIALS:
        write_denials(json, call);
        break;
    case CALL_DENIAL:
        write_denial(json, call, &call->denials[0]);
        break;
    case CALL_WHOAMI:
    case CALL_SIGN_IN:
    case CALL_INVITATION_ACCEPT:
        write_whoami(json, call);
        break;
    case CALL_CONTRACT: {
        const char *contract = contract_json(&length);
        buffer_add(json, contract, length);
        break;
    }
    case CALL_METRICS:
    case CALL_HEALTH:
    case CALL_READY:
    case CALL_BACKUP:
    case CALL_LEASE_KEYS:
        break;
    default:
        if (call->kind == CALL_COMMAND && call->command.kind == COMMAND_POOLS_READ)
            write_pools(json, call);
        else
            write_answer(json, call, &call->command, outcome, secret);
        break;
    }
}

static int write_body(struct buffer *json, const struct call *call, const char *secret)
{
    const struct outcome *outcome = outcome_of(call);
    int status = result_types[outcome->result].status;
    if (result_is_refusal(outcome->result))
        write_problem(json, call, call->kind == CALL_COMMAND ? &call->command : NULL, outcome, NUMBER_NONE);
    else if (outcome->result != RESULT_DONE)
        write_success(json, call, outcome, secret);
    return status;
}

static bool makes_secret(const struct call *call)
{
    return call->kind == CALL_COMMAND && call->outcome.result == RESULT_CREATED &&
           (call->command.kind == COMMAND_API_KEY_CREATE || call->command.kind == COMMAND_INVITE);
}

static int write_again(struct buffer *json, const struct call *call)
{
    if (call->again_body != NULL)
        buffer_add_text(json, call->again_body);
    return call->again_status == 201 ? 200 : call->again_status;
}

void call_write(const struct call *call, struct call_answer *ret_answer)
{
    struct buffer json = {0};
    *ret_answer = (struct call_answer){0};
    bool again = call->again && !result_is_refusal(call->outcome.result);
    // The secret of a new key or invitation is shown once: here.
    ret_answer->status =
        again ? write_again(&json, call) : write_body(&json, call, makes_secret(call) ? call->secret : NULL);
    ret_answer->set_cookie = write_cookie(call);
    if (ret_answer->status >= 400) {
        ret_answer->content_type = problem_type;
        ret_answer->problem = again ? NULL : result_types[outcome_of(call)->result].name;
    } else if (json.length > 0) {
        ret_answer->content_type = json_type;
    }
    ret_answer->body_length = json.length;
    ret_answer->body = json.length > 0 ? buffer_take(&json) : NULL;
    if (ret_answer->status == 405)
        ret_answer->allow = call->allow;
    if (ret_answer->status == 401)
        ret_answer->authenticate = "Bearer";
    if (ret_answer->status == 503 || ret_answer->status == 429)
        ret_answer->retry_after_s = call->retry_after_s > 0 ? call->retry_after_s : 1;
    buffer_fini(&json);
}

char *call_write_body(const struct call *call, int *ret_status)
{
    struct buffer json = {0};
    *ret_status = write_body(&json, call, NULL);
    return buffer_take(&json);
}

char *call_write_op_body(const struct call *call, const struct batch_op *op, int *ret_status)
{
    struct buffer json = {0};
    *ret_status = write_op(&json, call, op);
    return buffer_take(&json);
}
