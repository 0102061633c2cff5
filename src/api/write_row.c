// SPDX-License-Identifier: Apache-2.0
#include "api/writing.h"

#include <string.h>

static void write_field(struct buffer *json, uint64_t account, const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        put_id(json, field->name, field->of, field_id(field, row), account);
        break;
    case FIELD_TEXT:
        put_text(json, field->name, field_text(field, row));
        break;
    case FIELD_NUMBER:
        put_number(json, field->name, field_number(field, row));
        break;
    case FIELD_FLAG:
        put_flag(json, field->name, field_flag(field, row));
        break;
    case FIELD_MOMENT:
        put_moment(json, field->name, field_number(field, row));
        break;
    case FIELD_WORD:
        put_word(json, field->name, field->words[field_word(field, row)]);
        break;
    case FIELD_PRODUCT:
        put_word(json, field->name, field_text(field, row));
        break;
    case FIELD_HASH:
        break;
    }
}

// An account's policy has an address of its own.
static bool is_elsewhere(enum row_kind kind, const struct field *field)
{
    return kind == ROW_ACCOUNT && (field->offset == offsetof(struct account_row, policy) ||
                                   field->offset == offsetof(struct account_row, fallback));
}

void write_machines(struct buffer *json, const struct seat_machines *machines)
{
    put_name(json, "machines");
    put_open(json, '[');
    for (size_t i = 0; i < machines->count; i++) {
        const struct seat_machine_row *row = &machines->rows[i];
        put_open(json, '{');
        put_text(json, "machine", row->machine);
        put_moment(json, "activated_at", row->activated_at);
        put_moment(json, "last_used_at", row->last_used_at);
        put_close(json, '}');
    }
    put_close(json, ']');
}

// As in the body of :apply (see read_apply.c).
static void write_place(struct buffer *json, const struct organization_place *place)
{
    struct buffer path = {0};
    for (size_t i = 0; i < place->depth; i++) {
        if (i > 0)
            buffer_add_char(&path, '/');
        for (const char *c = place->names[i]; *c != '\0'; c++) {
            if (*c == '~' || *c == '/')
                buffer_add_text(&path, *c == '~' ? "~0" : "~1");
            else
                buffer_add_char(&path, *c);
        }
    }
    put_text(json, "path", buffer_text(&path));
    put_number(json, "children", (int64_t)place->children);
    buffer_fini(&path);
}

// A borrowed session takes none.
static int64_t heartbeat_s(const struct session_row *row)
{
    return row->borrowed ? NUMBER_NONE : row->ttl_s / HEARTBEATS_PER_TTL;
}

void write_row(struct buffer *json, uint64_t account, enum row_kind kind, const void *row, const struct row_more *more)
{
    static const struct row_more nothing = {0};
    const struct row_type *type = &row_types[kind];
    if (more == NULL)
        more = &nothing;
    put_open(json, '{');
    if (kind == ROW_PRODUCT)
        put_word(json, "id", ((const struct product *)row)->code);
    for (size_t i = 0; i < type->field_count; i++) {
        if (!type->fields[i].inner && !is_elsewhere(kind, &type->fields[i]))
            write_field(json, account, &type->fields[i], row);
    }
    if (kind == ROW_SESSION)
        put_number(json, "heartbeat_s", heartbeat_s(row));
    if (kind == ROW_SEAT)
        write_machines(json, &more->machines);
    if (kind == ROW_ORGANIZATION)
        write_place(json, &more->place);
    if (more->secret != NULL)
        put_word(json, "secret", more->secret);
    put_close(json, '}');
}

void write_figures(struct buffer *json, uint64_t account, const struct figures *figures)
{
    put_open(json, '{');
    put_id(json, "level", ID_LEVEL, figures->level, account);
    put_text(json, "name", figures->name);
    if (figures->level == 0)
        put_null(json, "parent");
    else
        put_id(json, "parent", ID_LEVEL, figures->parent, account);
    put_word(json, "product", figures->product->code);
    put_number(json, "dedicated", figures->dedicated);
    put_number(json, "pool", figures->pool);
    put_number(json, "assigned", figures->assigned);
    put_number(json, "available", figures->available);
    if (figures->over_committed > 0)
        put_number(json, "over_committed", figures->over_committed);
    if (figures->draining_to != NUMBER_NONE)
        put_number(json, "draining_to", figures->draining_to);
    if (figures->filling_to != NUMBER_NONE)
        put_number(json, "filling_to", figures->filling_to);
    put_close(json, '}');
}

// ---- Denials and explanations

static const char *reason_word(enum reason reason)
{
    return reason != REASON_NONE ? reason_words[reason] : NULL;
}

static void write_trial(struct buffer *json, uint64_t account, const struct trial *trial)
{
    put_open(json, '{');
    put_id(json, "level", ID_LEVEL, trial->level, account);
    put_word(json, "rule", via_words[trial->rule]);
    if (!trial->figures_hidden) {
        put_number(json, "dedicated", trial->dedicated);
        put_number(json, "pool", trial->pool);
        put_number(json, "assigned", trial->assigned);
        put_number(json, "available", trial->available);
    }
    put_word(json, "reason", reason_word(trial->reason));
    if (!trial->figures_hidden)
        put_number(json, "retry_after_s", trial->retry_after_s);
    put_close(json, '}');
}

static void write_reasons(struct buffer *json, const struct explanation *explanation)
{
    put_name(json, "reasons");
    put_open(json, '{');
    for (size_t i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        if (explanation->reasons[i] > 0)
            put_number(json, reason_words[i], (int64_t)explanation->reasons[i]);
    }
    put_close(json, '}');
}

void write_tried(struct buffer *json, uint64_t account, const struct explanation *explanation)
{
    if (!explanation->seat) {
        put_word(json, "policy", policy_words[explanation->policy]);
        put_flag(json, "fallback", explanation->fallback);
    }
    put_name(json, "tried");
    put_open(json, '[');
    for (size_t i = 0; i < explanation->tried_count; i++)
        write_trial(json, account, &explanation->tried[i]);
    put_close(json, ']');
    put_number(json, "tried_total", (int64_t)explanation->tried_total);
    write_reasons(json, explanation);
}

void write_explanation(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    const struct explanation *explanation = outcome->explanation;
    bool granted = outcome->explain_error == RESULT_OK;
    put_open(json, '{');
    put_word(json, "would", granted ? "grant" : "deny");
    if (granted)
        put_id(json, "level", ID_LEVEL, explanation->level, account);
    else
        put_null(json, "level");
    put_word(json, "via", granted ? via_words[explanation->via] : NULL);
    put_word(json, "error", granted ? NULL : result_types[outcome->explain_error].name);
    put_word(json, "product", explanation->product->code);
    put_id(json, "user", ID_USER, explanation->user, account);
    put_number(json, "count", explanation->count);
    write_tried(json, account, explanation);
    put_close(json, '}');
}

// ---- Dry runs and plans

static void write_denied(struct buffer *json, uint64_t account, const struct denied_grant *denied)
{
    const struct session_row *session = denied->session;
    bool is_denial = denied->error == RESULT_NO_LICENSE_AVAILABLE || denied->error == RESULT_OK;
    put_open(json, '{');
    put_name(json, "request");
    put_open(json, '{');
    put_id(json, "session", ID_SESSION, session->id, account);
    put_id(json, "user", ID_USER, session->user, account);
    put_word(json, "product", session->product->code);
    put_id(json, "project", ID_PROJECT, session->project, account);
    put_id(json, "organization", ID_ORGANIZATION, session->organization, account);
    put_text(json, "machine", session->machine);
    put_number(json, "count", session->count);
    put_moment(json, "at", session->started_at);
    put_close(json, '}');
    put_word(json, "reason", is_denial ? reason_words[denied->reason] : result_types[denied->error].name);
    put_close(json, '}');
}

static void write_over(struct buffer *json, uint64_t account, const struct over *over)
{
    put_open(json, '{');
    put_id(json, "level", ID_LEVEL, over->level, account);
    put_word(json, "product", over->product->code);
    put_number(json, "over_committed", over->over_committed);
    put_close(json, '}');
}

void write_dry_run(struct buffer *json, uint64_t account, const struct outcome *outcome)
{
    const struct dry_run *dry = &outcome->dry;
    put_open(json, '{');
    put_word(json, "result", result_types[dry->result].name);
    put_text(json, "detail", dry->result != RESULT_OK ? outcome->detail : NULL);
    put_name(json, "rows");
    put_open(json, '[');
    for (size_t i = 0; i < dry->row_count; i++)
        write_figures(json, account, &dry->rows[i]);
    put_close(json, ']');
    put_name(json, "over");
    put_open(json, '[');
    for (size_t i = 0; i < dry->over_count; i++)
        write_over(json, account, &dry->over[i]);
    put_close(json, ']');
    put_name(json, "denied");
    put_open(json, '[');
    for (size_t i = 0; i < dry->denied_count; i++)
        write_denied(json, account, &dry->denied[i]);
    put_close(json, ']');
    put_number(json, "denied_total", (int64_t)dry->denied_total);
    put_close(json, '}');
}

static void write_step(struct buffer *json, const struct plan_step *step)
{
    static const char *const actions[] = {
        [PLAN_CREATE] = "create", [PLAN_UPDATE] = "update", [PLAN_DELETE] = "delete"};
    put_open(json, '{');
    put_word(json, "action", actions[step->action]);
    put_word(json, "kind", step->kind);
    put_text(json, "subject", step->subject);
    put_text(json, "id", step->id);
    put_raw(json, "from", step->from, step->from != NULL ? strlen(step->from) : 0);
    put_raw(json, "to", step->to, step->to != NULL ? strlen(step->to) : 0);
    put_close(json, '}');
}

void write_plan(struct buffer *json, const struct outcome *outcome, bool dry_run)
{
    put_open(json, '{');
    put_name(json, "changes");
    put_open(json, '[');
    for (size_t i = 0; i < outcome->step_count; i++)
        write_step(json, &outcome->steps[i]);
    put_close(json, ']');
    put_flag(json, "dry_run", dry_run);
    put_close(json, '}');
}
