// SPDX-License-Identifier: Apache-2.0
// Problems (RFC 9457): the figures that a refusal is about are its members.
#include "api/writing.h"

#include <string.h>

static bool names_member(enum result result)
{
    return result == RESULT_NOT_FOUND || result == RESULT_FORBIDDEN || result == RESULT_CONFLICT;
}

static void write_pointer(struct buffer *json, const struct call *call, const struct outcome *outcome, int64_t at)
{
    bool is_form = outcome->result == RESULT_INVALID_REQUEST;
    if (is_form && call->form_parameter != NULL) {
        put_text(json, "parameter", call->form_parameter);
    } else if (is_form && call->form_header != NULL) {
        put_text(json, "header", call->form_header);
    } else if (is_form || (names_member(outcome->result) && outcome->pointer != NULL)) {
        struct buffer pointer = {0};
        if (at != NUMBER_NONE)
            buffer_printf(&pointer, "/ops/%lld", (long long)at);
        buffer_add_text(&pointer, outcome->pointer != NULL ? outcome->pointer : "");
        put_text(json, "pointer", buffer_text(&pointer));
        buffer_fini(&pointer);
    }
}

static void write_product(struct buffer *json, const struct outcome *outcome)
{
    if (outcome->product != NULL)
        put_word(json, "product", outcome->product->code);
}

// What the request named: the organization or level, the project.
static void write_named(struct buffer *json, const struct call *call, const struct command *command,
                        const struct outcome *outcome)
{
    write_product(json, outcome);
    if (command == NULL)
        return;
    if (command->kind == COMMAND_SEAT_ASSIGN) {
        put_id(json, "organization", ID_LEVEL, command->seat.level, call->account);
        return;
    }
    if (command->session.organization != 0)
        put_id(json, "organization", ID_ORGANIZATION, command->session.organization, call->account);
    if (command->session.project != 0)
        put_id(json, "project", ID_PROJECT, command->session.project, call->account);
}

static void write_conflict(struct buffer *json, const struct call *call, const struct outcome *outcome)
{
    if (outcome->with != NULL)
        put_text(json, "with", outcome->with);
    if (outcome->machines.count > 0)
        write_machines(json, &outcome->machines);
    if (outcome->holder_count == 0)
        return;
    put_name(json, "seats");
    put_open(json, '[');
    for (size_t i = 0; i < outcome->holder_count; i++) {
        put_item(json);
        put_bare_id(json, ID_SEAT, outcome->holders[i].id, call->account);
    }
    put_close(json, ']');
}

static void write_holder(struct buffer *json, uint64_t account, const struct holder *holder)
{
    static const struct {
        const char *word;
        enum id_kind id;
    } kinds[] = {
        [HOLDER_ORGANIZATION] = {"organization", ID_ORGANIZATION},
        [HOLDER_SEAT] = {"seat", ID_SEAT},
        [HOLDER_SESSION] = {"session", ID_SESSION},
    };
    put_open(json, '{');
    put_word(json, "kind", kinds[holder->kind].word);
    put_id(json, "id", kinds[holder->kind].id, holder->id, account);
    if (holder->user != 0)
        put_id(json, "user", ID_USER, holder->user, account);
    put_number(json, "count", holder->count);
    put_close(json, '}');
}

static void write_in_use(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    put_id(json, "organization", ID_LEVEL, outcome->level, account);
    write_product(json, outcome);
    put_number(json, "requested", outcome->requested);
    put_number(json, "dedicated", outcome->dedicated);
    put_number(json, "children_dedicated", outcome->children_dedicated);
    put_number(json, "assigned", outcome->assigned);
    put_name(json, "holders");
    put_open(json, '[');
    for (size_t i = 0; i < outcome->holder_count; i++)
        write_holder(json, account, &outcome->holders[i]);
    put_close(json, ']');
    put_number(json, "holders_total", (int64_t)outcome->holder_total);
}

static void write_insufficient(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    put_number(json, "requested", outcome->requested);
    put_number(json, "available", outcome->available);
    put_id(json, "level", ID_LEVEL, outcome->level, account);
    write_product(json, outcome);
}

static void write_no_license(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    const struct explanation *explanation = outcome->explanation;
    if (explanation == NULL)
        return;
    put_word(json, "product", explanation->product->code);
    put_number(json, "count", explanation->count);
    write_tried(json, account, explanation);
    if (outcome->has_waited) {
        put_number(json, "position", outcome->position);
        put_number(json, "estimate_s", outcome->estimate_s);
    }
}

static void write_not_empty(struct buffer *json, const struct outcome *outcome)
{
    put_number(json, "organizations", outcome->organizations);
    put_number(json, "users", outcome->users);
    put_number(json, "projects", outcome->projects);
    put_number(json, "seats", outcome->seats);
    put_number(json, "sessions", outcome->sessions);
}

static void write_ended(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    const struct session_row *session = outcome->session;
    if (session == NULL)
        return;
    put_id(json, "session", ID_SESSION, session->id, account);
    put_word(json, "state", session_state_words[session->state]);
    put_text(json, "reason", session->reason);
    put_moment(json, "ended_at", session->ended_at);
}

static void write_figures_of(struct buffer *json, const struct call *call, const struct command *command,
                             const struct outcome *outcome)
{
    uint64_t account = call->account;
    switch (outcome->result) {
    case RESULT_NOT_ELIGIBLE:
    case RESULT_NOT_A_MEMBER:
        write_named(json, call, command, outcome);
        break;
    case RESULT_NOT_FOUND:
        if (call->gone_reason != NULL)
            put_raw(json, "reason", call->gone_reason, strlen(call->gone_reason));
        break;
    case RESULT_CONFLICT:
        write_conflict(json, call, outcome);
        break;
    case RESULT_INSUFFICIENT_POOL:
        write_insufficient(json, account, outcome);
        break;
    case RESULT_DEDICATION_IN_USE:
        write_in_use(json, account, outcome);
        break;
    case RESULT_NO_LICENSE_AVAILABLE:
        write_no_license(json, account, outcome);
        break;
    case RESULT_NOT_EMPTY:
        write_not_empty(json, outcome);
        break;
    case RESULT_DEDICATIONS_EXIST:
        put_number(json, "dedications", outcome->dedications);
        put_word(json, "policy", policy_words[outcome->policy]);
        put_flag(json, "fallback", outcome->fallback);
        break;
    case RESULT_SESSION_ENDED:
        write_ended(json, account, outcome);
        break;
    default:
        break;
    }
}

static void write_head(struct buffer *json, enum result result, int status, const char *detail, const char *request_id)
{
    const struct result_type *type = &result_types[result];
    put_name(json, "type");
    buffer_printf(json, "\"/problems/%s\"", type->name);
    put_text(json, "title", type->title);
    put_number(json, "status", status);
    put_text(json, "detail", detail != NULL ? detail : type->title);
    put_text(json, "request_id", request_id != NULL ? request_id : "");
}

void write_problem(struct buffer *json, const struct call *call, const struct command *command,
                   const struct outcome *outcome, int64_t at)
{
    put_open(json, '{');
    write_head(json, outcome->result, result_types[outcome->result].status, outcome->detail, call->request_id);
    write_pointer(json, call, outcome, at);
    write_figures_of(json, call, command, outcome);
    put_close(json, '}');
}

void call_write_problem(enum result result, int status, const char *detail, const char *request_id,
                        struct call_answer *ret_answer)
{
    struct buffer json = {0};
    put_open(&json, '{');
    write_head(&json, result, status, detail, request_id);
    put_close(&json, '}');
    *ret_answer = (struct call_answer){
        .status = status,
        .content_type = "application/problem+json",
        .body_length = json.length,
        .problem = result_types[result].name,
    };
    ret_answer->body = buffer_take(&json);
}
