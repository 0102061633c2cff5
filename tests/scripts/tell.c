// SPDX-License-Identifier: Apache-2.0
// What a command came to, in the words of scripts: a head, rows and events.
#include "scripts/script.h"

#include "base/check.h"
#include "engine/sign_in.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void telling_fini(struct telling *telling)
{
    for (size_t i = 0; i < telling->row_count; i++)
        free(telling->rows[i]);
    for (size_t i = 0; i < telling->event_count; i++)
        free(telling->events[i]);
    for (size_t i = 0; i < telling->served_count; i++)
        free(telling->served[i]);
    free(telling->rows);
    free(telling->events);
    free(telling->served);
    buffer_fini(&telling->head);
}

static void add(char ***items, size_t *count, struct buffer *text)
{
    *items = check_realloc(*items, (*count + 1) * sizeof **items);
    (*items)[(*count)++] = buffer_take(text);
}

void telling_add_row(struct telling *telling, const char *format, ...)
{
    struct buffer row = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&row, format, args);
    va_end(args);
    add(&telling->rows, &telling->row_count, &row);
}

// ---- Refusals

static void tell_reasons(const struct explanation *explanation, struct buffer *head)
{
    buffer_printf(head, " tried %zu", explanation->tried_total);
    for (int reason = 1; reason < REASON_COUNT; reason++) {
        if (explanation->reasons[reason] > 0)
            buffer_printf(head, " %s %zu", reason_words[reason], explanation->reasons[reason]);
    }
}

static void tell_tried(const struct script *script, const struct explanation *explanation, struct telling *telling)
{
    for (size_t i = 0; i < explanation->tried_count; i++) {
        const struct trial *trial = &explanation->tried[i];
        struct buffer row = {0};
        buffer_printf(&row, "%s %s %lld %lld %lld %lld %s", script_name(script, ID_LEVEL, trial->level),
                      via_words[trial->rule], (long long)trial->dedicated, (long long)trial->pool,
                      (long long)trial->assigned, (long long)trial->available,
                      trial->reason != REASON_NONE ? reason_words[trial->reason] : "grants");
        if (trial->retry_after_s != NUMBER_NONE)
            buffer_printf(&row, " retry %lld", (long long)trial->retry_after_s);
        add(&telling->rows, &telling->row_count, &row);
    }
}

static void tell_holders(const struct script *script, const struct outcome *outcome, struct telling *telling)
{
    static const enum id_kind kinds[] = {
        [HOLDER_ORGANIZATION] = ID_ORGANIZATION, [HOLDER_SEAT] = ID_SEAT, [HOLDER_SESSION] = ID_SESSION};
    static const char *const words[] = {
        [HOLDER_ORGANIZATION] = "organization", [HOLDER_SEAT] = "seat", [HOLDER_SESSION] = "session"};
    for (size_t i = 0; i < outcome->holder_count; i++) {
        const struct holder *holder = &outcome->holders[i];
        const char *user = holder->user != 0 ? script_name(script, ID_USER, holder->user) : "";
        telling_add_row(telling, "%s %s %s %lld", words[holder->kind],
                        script_name(script, kinds[holder->kind], holder->id), user, (long long)holder->count);
    }
}

static void tell_machines(const struct outcome *outcome, struct telling *telling)
{
    for (size_t i = 0; i < outcome->machines.count; i++)
        telling_add_row(telling, "%s", outcome->machines.rows[i].machine);
}

static void tell_refusal(const struct script *script, const struct outcome *outcome, struct telling *telling)
{
    struct buffer *head = &telling->head;
    buffer_add_text(head, result_types[outcome->result].name);
    switch (outcome->result) {
    case RESULT_INSUFFICIENT_POOL:
        buffer_printf(head, " requested %lld available %lld of %s at %s", (long long)outcome->requested,
                      (long long)outcome->available, outcome->product->code,
                      script_name(script, ID_LEVEL, outcome->level));
        break;
    case RESULT_DEDICATION_IN_USE:
        buffer_printf(head, " requested %lld dedicated %lld children %lld assigned %lld at %s holders %zu",
                      (long long)outcome->requested, (long long)outcome->dedicated,
                      (long long)outcome->children_dedicated, (long long)outcome->assigned,
                      script_name(script, ID_LEVEL, outcome->level), outcome->holder_total);
        break;
    case RESULT_NO_LICENSE_AVAILABLE:
        tell_reasons(outcome->explanation, head);
        tell_tried(script, outcome->explanation, telling);
        break;
    case RESULT_NOT_EMPTY:
        buffer_printf(head, " organizations %lld users %lld projects %lld seats %lld sessions %lld",
                      (long long)outcome->organizations, (long long)outcome->users, (long long)outcome->projects,
                      (long long)outcome->seats, (long long)outcome->sessions);
        break;
    case RESULT_DEDICATIONS_EXIST:
        buffer_printf(head, " dedications %lld policy %s fallback %s", (long long)outcome->dedications,
                      policy_words[outcome->policy], outcome->fallback ? "on" : "off");
        break;
    case RESULT_SESSION_ENDED:
        buffer_printf(head, " %s", session_state_words[outcome->session->state]);
        if (outcome->session->reason != NULL)
            buffer_printf(head, " %s", outcome->session->reason);
        break;
    case RESULT_CONFLICT:
        if (outcome->with != NULL)
            buffer_printf(head, " with %s", outcome->with);
        if (outcome->holder_total > 0)
            buffer_printf(head, " seats %zu", outcome->holder_total);
        tell_machines(outcome, telling);
        break;
    default:
        break;
    }
    tell_holders(script, outcome, telling);
    if (outcome->pointer != NULL)
        buffer_printf(head, " %s", outcome->pointer);
    if (outcome->detail == NULL || *outcome->detail == '\0')
        world_fail(&script->world, "a refusal without a sentence");
}

// ---- Answers

static void tell_row(const struct script *script, const struct outcome *outcome, struct buffer *head)
{
    const struct session_row *session = outcome->row;
    const struct seat_row *seat = outcome->row;
    enum id_kind kind = row_types[outcome->row_kind].fields[0].of;
    switch (outcome->row_kind) {
    case ROW_SESSION:
        if (session->state != SESSION_ACTIVE)
            buffer_printf(head, "%s%s%s", session_state_words[session->state], session->reason != NULL ? " " : "",
                          session->reason != NULL ? session->reason : "");
        else
            buffer_printf(head, "%s %s %s until %lld s", outcome->result == RESULT_CREATED ? "granted" : "active",
                          via_words[session->via], script_name(script, ID_LEVEL, session->level),
                          (long long)(session->expires_at - script->world.now) / 1000);
        break;
    case ROW_SEAT:
        buffer_printf(head, "%s %s", seat_state_words[seat->state], script_name(script, ID_LEVEL, seat->level));
        break;
    case ROW_BORROWING: {
        const struct borrowing_row *borrowing = outcome->row;
        buffer_printf(head, "%s %lld d %lld %%", borrowing->product->code, (long long)borrowing->max_borrow_days,
                      (long long)borrowing->share_percent);
        break;
    }
    case ROW_ACCOUNT:
        buffer_add_text(head, plan_words[((const struct account_row *)outcome->row)->plan]);
        break;
    default: {
        char text[ID_TEXT_SIZE];
        id_format(kind, *(const uint64_t *)outcome->row, 1, text);
        buffer_add_text(head, text);
    }
    }
}

static void tell_figures(const struct script *script, const struct figures *figures, bool with_product,
                         struct telling *telling)
{
    struct buffer row = {0};
    if (with_product)
        buffer_printf(&row, "%s ", figures->product->code);
    buffer_printf(&row, "%s %lld %lld %lld %lld", script_name(script, ID_LEVEL, figures->level),
                  (long long)figures->dedicated, (long long)figures->pool, (long long)figures->assigned,
                  (long long)figures->available);
    if (figures->over_committed != 0)
        buffer_printf(&row, " over %lld", (long long)figures->over_committed);
    if (figures->draining_to != NUMBER_NONE)
        buffer_printf(&row, " draining %lld", (long long)figures->draining_to);
    if (figures->filling_to != NUMBER_NONE)
        buffer_printf(&row, " filling %lld", (long long)figures->filling_to);
    add(&telling->rows, &telling->row_count, &row);
}

// The product is told where rows of several may come.
static bool tells_product(const struct command *command)
{
    return command->kind != COMMAND_DEDICATIONS_APPLY &&
           !(command->kind == COMMAND_POOLS_READ && command->pools.product != NULL);
}

static void tell_dry_run(const struct script *script, const struct command *command, const struct outcome *outcome,
                         struct telling *telling)
{
    const struct dry_run *dry = &outcome->dry;
    buffer_add_text(&telling->head, result_types[dry->result].name);
    if (dry->denied_total > 0)
        buffer_printf(&telling->head, " denied %zu", dry->denied_total);
    for (size_t i = 0; i < dry->row_count; i++)
        tell_figures(script, &dry->rows[i], tells_product(command), telling);
    for (size_t i = 0; i < dry->over_count; i++)
        telling_add_row(telling, "over %s %s %lld", script_name(script, ID_LEVEL, dry->over[i].level),
                        dry->over[i].product->code, (long long)dry->over[i].over_committed);
    for (size_t i = 0; i < dry->denied_count; i++) {
        const struct denied_grant *denied = &dry->denied[i];
        telling_add_row(telling, "denied %s %s", script_name(script, ID_SESSION, denied->session->id),
                        denied->error == RESULT_NO_LICENSE_AVAILABLE ? reason_words[denied->reason]
                                                                     : result_types[denied->error].name);
    }
}

static void tell_plan(const struct outcome *outcome, struct telling *telling)
{
    static const char *const actions[] = {"create", "update", "delete"};
    buffer_printf(&telling->head, "changes %zu", outcome->step_count);
    for (size_t i = 0; i < outcome->step_count; i++) {
        const struct plan_step *step = &outcome->steps[i];
        bool is_update = step->action == PLAN_UPDATE;
        telling_add_row(telling, "%s %s %s%s%s%s%s%s", actions[step->action], step->kind, step->subject,
                        is_update ? " from " : "", is_update ? step->from : "", is_update ? " to " : "",
                        is_update ? step->to : "", step->id == NULL ? " new" : "");
    }
}

static void tell_explanation(const struct script *script, const struct outcome *outcome, struct telling *telling)
{
    const struct explanation *explanation = outcome->explanation;
    if (outcome->explain_error == RESULT_OK)
        buffer_printf(&telling->head, "grant %s %s", via_words[explanation->via],
                      script_name(script, ID_LEVEL, explanation->level));
    else
        buffer_printf(&telling->head, "deny %s", result_types[outcome->explain_error].name);
    if (explanation->tried_total > 0)
        tell_reasons(explanation, &telling->head);
    tell_tried(script, explanation, telling);
}

static const char *waiting_name(const struct script *script, uint64_t order)
{
    for (size_t i = 0; i < script->waiting_count; i++) {
        if (script->waiting[i].waiter->order == order)
            return script->waiting[i].name;
    }
    return "?";
}

static void tell_one_served(const struct script *script, const struct waiter *waiter, struct telling *telling)
{
    static const struct command acquire = {.kind = COMMAND_SESSION_ACQUIRE};
    const struct outcome *outcome = &waiter->outcome;
    struct telling told = {0};
    struct buffer text = {0};
    tell_outcome(script, &acquire, outcome, &told);
    buffer_printf(&text, "%s %s", waiting_name(script, waiter->order), buffer_text(&told.head));
    if (outcome->has_waited)
        buffer_printf(&text, " position %lld", (long long)outcome->position);
    if (outcome->has_waited && outcome->estimate_s != NUMBER_NONE)
        buffer_printf(&text, " estimate %lld", (long long)outcome->estimate_s);
    add(&telling->served, &telling->served_count, &text);
    telling_fini(&told);
}

void tell_served(const struct script *script, const struct decision *decision, struct telling *telling)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        const struct outcome *outcome = &decision->served[i]->outcome;
        struct buffer event = {0};
        tell_one_served(script, decision->served[i], telling);
        if (outcome->result == RESULT_CREATED)
            continue;
        buffer_printf(&event, "%s %s %s", outcome->has_waited ? "denied" : "refused",
                      waiting_name(script, decision->served[i]->order), result_types[outcome->result].name);
        if (outcome->has_waited)
            buffer_printf(&event, " position %lld", (long long)outcome->position);
        add(&telling->events, &telling->event_count, &event);
    }
}

static void tell_line(const struct script *script, const struct outcome *outcome, struct telling *telling)
{
    buffer_printf(&telling->head, "%s %zu", outcome->more ? "more" : "waiting", outcome->standing_count);
    for (size_t i = 0; i < outcome->standing_count; i++) {
        const struct standing *standing = &outcome->standings[i];
        struct buffer row = {0};
        buffer_printf(&row, "%s %s %lld at %lld", waiting_name(script, standing->order), standing->product->code,
                      (long long)standing->count, (long long)standing->position);
        if (standing->estimate_s != NUMBER_NONE)
            buffer_printf(&row, " estimate %lld", (long long)standing->estimate_s);
        add(&telling->rows, &telling->row_count, &row);
    }
}

static void tell_sign_ins(const struct script *script, const struct outcome *outcome, struct telling *telling)
{
    buffer_add_text(&telling->head, outcome->more ? "more" : "ok");
    for (size_t i = 0; i < outcome->sign_in_count; i++) {
        const struct sign_in_row *row = &outcome->sign_ins[i];
        struct buffer text = {0};
        buffer_printf(&text, "%s until %lld s", script_name(script, ID_SIGN_IN, row->id),
                      (long long)(sign_in_expires_at(row) - script->world.now) / 1000);
        add(&telling->rows, &telling->row_count, &text);
    }
}

void tell_outcome(const struct script *script, const struct command *command, const struct outcome *outcome,
                  struct telling *telling)
{
    if (result_is_refusal(outcome->result)) {
        tell_refusal(script, outcome, telling);
        return;
    }
    switch (outcome->answer) {
    case ANSWER_NONE:
    case ANSWER_INVITATION:
        buffer_add_text(&telling->head, "ok");
        break;
    case ANSWER_SIGN_INS:
        tell_sign_ins(script, outcome, telling);
        break;
    case ANSWER_ROW:
        tell_row(script, outcome, &telling->head);
        tell_machines(outcome, telling);
        break;
    case ANSWER_FIGURES:
        buffer_add_text(&telling->head, outcome->more ? "more" : "ok");
        for (size_t i = 0; i < outcome->figure_count; i++)
            tell_figures(script, &outcome->figures[i], tells_product(command), telling);
        break;
    case ANSWER_POLICY:
        buffer_printf(&telling->head, "%s fallback %s", policy_words[outcome->policy],
                      outcome->fallback ? "on" : "off");
        break;
    case ANSWER_EXPLAIN:
        tell_explanation(script, outcome, telling);
        break;
    case ANSWER_DRY_RUN:
        tell_dry_run(script, command, outcome, telling);
        break;
    case ANSWER_PLAN:
        tell_plan(outcome, telling);
        break;
    case ANSWER_WAITERS:
        tell_line(script, outcome, telling);
        break;
    case ANSWER_RELEASED:
        buffer_printf(&telling->head, "released %zu", outcome->released);
        break;
    }
}

// ---- Events: the facts, each by its kind in the history, its subject and the figure that matters

static void tell_dedication(const struct script *script, const struct fact *fact, struct buffer *event)
{
    const struct dedication_row *before = fact->before, *after = fact->after;
    const struct dedication_row *key = after != NULL ? after : before;
    buffer_printf(event, " %s %s %lld -> %lld", script_name(script, ID_LEVEL, key->organization), key->product->code,
                  (long long)(before != NULL ? before->dedicated : 0),
                  (long long)(after != NULL ? after->dedicated : 0));
}

static void tell_fact(const struct script *script, const struct fact *fact, struct buffer *event)
{
    const void *row = fact->after != NULL ? fact->after : fact->before;
    enum row_kind kind = fact_types[fact->kind].row;
    buffer_add_text(event, fact_types[fact->kind].name);
    switch (kind) {
    case ROW_DEDICATION:
        tell_dedication(script, fact, event);
        break;
    case ROW_MEMBERSHIP:
        buffer_printf(event, " %s %s", script_name(script, ID_PROJECT, ((const struct membership_row *)row)->project),
                      script_name(script, ID_USER, ((const struct membership_row *)row)->user));
        break;
    case ROW_COOLDOWN:
        buffer_printf(event, " %s %s", script_name(script, ID_USER, ((const struct cooldown_row *)row)->user),
                      ((const struct cooldown_row *)row)->product->code);
        break;
    case ROW_SHORTFALL:
        buffer_printf(event, " %s", ((const struct shortfall_row *)row)->product->code);
        break;
    case ROW_BORROWING:
        buffer_printf(event, " %s", ((const struct borrowing_row *)row)->product->code);
        break;
    case ROW_SESSION:
    case ROW_SEAT: {
        bool seat = kind == ROW_SEAT;
        uint64_t level = seat ? ((const struct seat_row *)row)->level : ((const struct session_row *)row)->level;
        buffer_printf(event, " %s %s", script_name(script, seat ? ID_SEAT : ID_SESSION, *(const uint64_t *)row),
                      script_name(script, ID_LEVEL, level));
        break;
    }
    case ROW_SEAT_MACHINE:
        buffer_printf(event, " %s %s", script_name(script, ID_SEAT, *(const uint64_t *)row),
                      ((const struct seat_machine_row *)row)->machine);
        break;
    default:
        buffer_printf(event, " %s", script_name(script, row_types[kind].fields[0].of, *(const uint64_t *)row));
    }
    if (fact->reason != NULL)
        buffer_printf(event, " %s", fact->reason);
}

void tell_events(const struct script *script, const struct decision *decision, struct telling *telling)
{
    for (size_t i = 0; i < decision->fact_count; i++) {
        struct buffer event = {0};
        tell_fact(script, &decision->facts[i], &event);
        add(&telling->events, &telling->event_count, &event);
    }
}
