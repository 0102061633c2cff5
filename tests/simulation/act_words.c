// SPDX-License-Identifier: Apache-2.0
// Acts in the words of tests/scripts: an organization made by the act 7 is called o7, a user u7, and so on.
#include "simulation/act.h"

#include "base/buffer.h"
#include "engine/row.h"

#include <inttypes.h>
#include <stdio.h>

static void add_name(struct buffer *text, const char *before, char letter, int serial)
{
    buffer_add_text(text, before);
    if (serial == THE_ACCOUNT)
        buffer_add_text(text, "account");
    else if (serial < 0)
        buffer_add_text(text, "?");
    else
        buffer_printf(text, "%c%d", letter, serial);
}

static const char *code(int product)
{
    static const char *const codes[] = {"KRE", "ZED", "SEA"};
    return product >= 0 ? codes[product] : "?";
}

static void add_home(struct buffer *text, int level)
{
    if (level == NOBODY)
        buffer_add_text(text, " nowhere");
    else
        add_name(text, " in ", 'o', level);
}

static void add_request(struct buffer *text, const struct act *act, const char *verb)
{
    buffer_printf(text, "%s %s", verb, code(act->product));
    if (act->kind == ACT_BORROW)
        buffer_printf(text, " days %" PRId64, act->ttl_s / 86400);
    add_name(text, " by ", 'u', act->user);
    if (act->level != NOBODY)
        add_name(text, " at ", 'o', act->level);
    if (act->project != NOBODY)
        add_name(text, " for ", 'p', act->project);
    if (act->count != 1)
        buffer_printf(text, " count %" PRId64, act->count);
    if (act->kind != ACT_BORROW)
        buffer_printf(text, " ttl %" PRId64, act->ttl_s);
    if (act->platform)
        buffer_add_text(text, " platform");
    if (act->key != NOBODY)
        buffer_printf(text, " idempotency k%d", act->key);
    if (act->wait_s > 0)
        buffer_printf(text, " wait %" PRId64, act->wait_s);
    if (act->kind != ACT_EXPLAIN)
        buffer_printf(text, " as s%d", act->serial);
}

static void add_change(struct buffer *text, const struct act_change *change)
{
    static const char *const reclaims[] = {"", " drain", " move"};
    add_name(text, " ", 'o', change->level);
    buffer_printf(text, " %s %" PRId64 "%s%s", code(change->product), change->count, reclaims[change->reclaim],
                  change->when_available ? " when available" : "");
}

// What a dry run or an explanation says of pools is told in other words.
static void add_result(struct buffer *text, const struct act *act)
{
    bool is_in_words = (act->dry && result_types[act->came_to].status == 409) ||
                       (act->kind == ACT_EXPLAIN && act->came_to != RESULT_NOT_FOUND &&
                        act->came_to != RESULT_INVALID_REQUEST);
    if (result_is_refusal(act->came_to) && !is_in_words)
        buffer_printf(text, " -> %s", result_types[act->came_to].name);
}

static void add_dedicate(struct buffer *text, const struct act *act)
{
    buffer_add_text(text, act->change_count > 1 ? "together" : "dedicate");
    if (act->change_count > 1)
        add_result(text, act);
    for (int i = 0; i < act->change_count; i++) {
        if (act->change_count > 1)
            buffer_add_text(text, "\n   ");
        add_change(text, &act->changes[i]);
    }
}

static void add_bound(struct buffer *text, const char *word, const char *none, int64_t ms)
{
    if (ms != 0)
        buffer_printf(text, " %s %" PRId64 " ms", word, ms);
    else
        buffer_add_text(text, none);
}

static void add_purchase(struct buffer *text, const struct act *act)
{
    if (act->kind == ACT_BUY) {
        buffer_printf(text, "purchase %s %" PRId64, code(act->product), act->count);
        add_bound(text, "from", "", act->from_ms);
        add_bound(text, "until", "", act->until_ms);
        add_name(text, " as ", 'b', act->serial);
        return;
    }
    add_name(text, act->count == 0 ? "delete purchase " : "change purchase ", 'b', act->thing);
    if (act->count == 0)
        return;
    buffer_printf(text, " quantity %" PRId64, act->count);
    add_bound(text, "from", " always", act->from_ms);
    add_bound(text, "until", " endless", act->until_ms);
}

static void add_end(struct buffer *text, const struct act *act)
{
    bool is_seat = act->kind == ACT_UNSEAT;
    add_name(text, is_seat ? "unseat " : "end ", is_seat ? 't' : 's', act->thing);
    if (act->is_on)
        buffer_add_text(text, " reason enough");
    if (act->cooldown_s > 0)
        buffer_printf(text, " cooldown %" PRId64, act->cooldown_s);
}

static void add_settings(struct buffer *text, const struct act *act)
{
    if (act->kind == ACT_PLAN)
        buffer_printf(text, "account plan %s", act->is_on ? "true_enterprise" : "premium");
    else if (act->kind == ACT_POLICY)
        buffer_printf(text, "policy %s fallback %s", policy_words[act->policy], act->is_on ? "on" : "off");
    else if (act->kind == ACT_SHORTFALL)
        buffer_printf(text, "account on_shortfall %s grace %" PRId64, on_shortfall_words[act->on_shortfall],
                      act->count);
    else if (act->ttl_s == 0)
        buffer_printf(text, "borrowing %s off", code(act->product));
    else
        buffer_printf(text, "borrowing %s days %" PRId64 " share %" PRId64, code(act->product), act->ttl_s,
                      act->count);
}

static void add_structure(struct buffer *text, const struct act *act)
{
    switch (act->kind) {
    case ACT_CREATE_LEVEL:
        add_name(text, "organization ", 'o', act->serial);
        if (act->parent != THE_ACCOUNT)
            add_home(text, act->parent);
        break;
    case ACT_MOVE_LEVEL:
        add_name(text, "move ", 'o', act->level);
        add_name(text, " under ", 'o', act->parent);
        buffer_add_text(text, act->is_on ? " release_seats" : "");
        break;
    case ACT_DELETE_LEVEL:
        add_name(text, "delete organization ", 'o', act->level);
        break;
    case ACT_CREATE_USER:
    case ACT_MOVE_USER:
        add_name(text, act->kind == ACT_CREATE_USER ? "user " : "change user ", 'u',
                 act->kind == ACT_CREATE_USER ? act->serial : act->user);
        add_home(text, act->level);
        break;
    case ACT_DELETE_USER:
        add_name(text, "delete user ", 'u', act->user);
        break;
    case ACT_CREATE_PROJECT:
    case ACT_MOVE_PROJECT:
        add_name(text, act->kind == ACT_CREATE_PROJECT ? "project " : "change project ", 'p',
                 act->kind == ACT_CREATE_PROJECT ? act->serial : act->project);
        add_home(text, act->level);
        break;
    case ACT_DELETE_PROJECT:
        add_name(text, "delete project ", 'p', act->project);
        break;
    default:
        add_name(text, act->is_on ? "member " : "no-member ", 'u', act->user);
        add_name(text, " of ", 'p', act->project);
    }
}

static void add_fault(struct buffer *text, const struct act *act)
{
    static const char *const events[] = {"a server joins", "a server stops", "a server dies", "all servers die",
                                         "what was changed is forgotten", "the next loading of an account fails", "the clock is set back"};
    static const char *const commits[] = {"is refused", "is lost, and nobody knows", "is kept, and nobody knows"};
    if (act->kind == ACT_REFUSE_WRITE)
        buffer_printf(text, "# in the next batch the write %" PRId64 " is refused", act->count);
    else if (act->kind == ACT_FAIL_COMMIT)
        buffer_printf(text, "# the next commit %s%s", commits[act->count],
                      act->is_on ? "; no account can be read then" : "");
    else if (act->kind == ACT_CUT_POWER)
        buffer_printf(text, "# in the next batch the power goes at the write %" PRId64 "%s; the clock jumps %" PRId64
                            " ms", act->count, act->is_on ? ", which is whole if it is the commit" : "", act->ms);
    else if (act->kind == ACT_SERVER)
        buffer_printf(text, "# %s (%d, %" PRId64 " ms)", events[act->event], act->server, act->ms);
    else
        buffer_printf(text, "# the service is %s; the clock jumps %" PRId64 " ms",
                      act->is_on ? "stopped and started" : "killed and started", act->ms);
}

static void add_act(struct buffer *text, const struct act *act)
{
    switch (act->kind) {
    case ACT_ACQUIRE:
        add_request(text, act, "acquire");
        break;
    case ACT_EXPLAIN:
        add_request(text, act, "explain");
        break;
    case ACT_BORROW:
        add_request(text, act, "borrow");
        break;
    case ACT_HEARTBEAT:
        add_name(text, "heartbeat ", 's', act->thing);
        break;
    case ACT_RETURN:
        add_name(text, "return ", 's', act->thing);
        break;
    case ACT_END:
    case ACT_UNSEAT:
        add_end(text, act);
        break;
    case ACT_SEAT:
        buffer_printf(text, "seat %s", code(act->product));
        add_name(text, " for ", 'u', act->user);
        add_name(text, " at ", 'o', act->level);
        add_name(text, " as ", 't', act->serial);
        break;
    case ACT_CHECK_IN:
        add_name(text, "check-in ", 't', act->thing);
        break;
    case ACT_HANG_UP:
        add_name(text, act->thing < 0 ? "# hang-up " : "hang-up ", 's', act->thing);
        break;
    case ACT_DEDICATE:
        add_dedicate(text, act);
        break;
    case ACT_POLICY:
    case ACT_PLAN:
    case ACT_SHORTFALL:
    case ACT_BORROWING:
        add_settings(text, act);
        break;
    case ACT_BUY:
    case ACT_CHANGE_PURCHASE:
        add_purchase(text, act);
        break;
    case ACT_TIME:
        buffer_printf(text, "after %" PRId64 " ms", act->ms);
        break;
    case ACT_REFUSE_WRITE:
    case ACT_FAIL_COMMIT:
    case ACT_CUT_POWER:
    case ACT_RESTART:
    case ACT_SERVER:
        add_fault(text, act);
        break;
    default:
        add_structure(text, act);
    }
}

void act_print(const struct act *act, char *text, size_t size)
{
    struct buffer words = {0};
    if (act->dry)
        buffer_add_text(&words, "dry-run ");
    add_act(&words, act);
    if (act->change_count < 2)
        add_result(&words, act);
    bool is_keyed = act->key != NOBODY && (act->kind == ACT_CREATE_USER || act->kind == ACT_BUY);
    if (is_keyed)
        buffer_printf(&words, "  # with the Idempotency-Key k%d", act->key);
    if (act->server > 0 && act->kind != ACT_SERVER)
        buffer_printf(&words, "  # at server %d", act->server);
    if (act->account > 0)
        buffer_printf(&words, "  # in AC-%d", act->account + 1);
    if (act->is_op)
        buffer_add_text(&words, "  # an op of sessions:batch");
    if (act->joins)
        buffer_add_text(&words, "  # in one batch with the line before");
    snprintf(text, size, "%s", buffer_text(&words));
    buffer_fini(&words);
}
