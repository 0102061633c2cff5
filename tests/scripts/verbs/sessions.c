// SPDX-License-Identifier: Apache-2.0
// The verbs of sessions, of leases, which are sessions that are borrowed, and of those who wait in line for one.
#include "scripts/play.h"

// Who asks: the account's administrator, unless it is said.
static void read_actor(struct play *play)
{
    struct script *script = play->script;
    const char *self = word_option(script, "self"), *sign_in = word_option(script, "signed-in");
    play->actor.key = script_labelled(script, ID_API_KEY, word_option(script, "key"));
    if (self != NULL)
        play->actor = (struct actor){.role = ROLE_MEMBER, .key = play->actor.key, .user = script_user(script, self)};
    if (sign_in != NULL) {
        play->actor.key = script_labelled(script, ID_SIGN_IN, sign_in);
        play->actor.is_signed_in = true;
    }
    if (word_flag(script, "platform"))
        play->actor.role = ROLE_PLATFORM;
}

static void read_session(struct play *play, enum command_kind kind)
{
    struct script *script = play->script;
    struct session_request *request = &play->command.session;
    play->command.kind = kind;
    request->product = word_next(script, "a product");
    request->user = script_user(script, word_option(script, "by"));
    request->project = script_project(script, word_option(script, "for"));
    request->organization = script_level(script, word_option(script, "at"));
    request->machine = word_option(script, "machine");
    request->ttl_s = word_option_number(script, "ttl", TTL_DEFAULT_S);
    request->count = word_option_number(script, "count", 1);
    request->idempotency_key = word_option(script, "idempotency");
    const char *origin = word_option(script, "origin");
    request->origin_given = origin != NULL;
    request->origin = origin != NULL ? (enum session_origin)word_of(script, origin_words, origin) : ORIGIN_EXTERNAL;
    read_actor(play);
}

static void join_line(struct play *play, const char *name, int64_t since_at, int64_t head_since)
{
    struct script *script = play->script;
    struct waiter *waiter = world_wait(&script->world, &play->actor, &play->command.session, since_at, head_since);
    script->waiting = arena_grow(&script->arena, script->waiting, script->waiting_count, sizeof *script->waiting);
    script->waiting[script->waiting_count++] =
        (struct waiting){waiter, arena_strdup(&script->arena, name != NULL ? name : "nameless")};
    buffer_clear(&play->telling->head);
    buffer_add_text(&play->telling->head, "waiting");
    world_pass_time(&script->world); // it is due at once
    play_tell(play, &script->world.time);
}

// With `wait 60` the request goes on in line instead of a denial; `aged 20 s` is one that comes back with its age, `back
// NAME` the one who waited under that name.
void do_acquire(struct play *play)
{
    struct script *script = play->script;
    read_session(play, COMMAND_SESSION_ACQUIRE);
    const char *name = word_option(script, "as");
    int64_t age = 0;
    word_option_span(script, "aged", &age);
    const char *back = word_option(script, "back");
    const struct waiter *former = back != NULL ? script_waiting(script, back)->waiter : NULL;
    if (former != NULL)
        age = script->world.now - former->since_at;
    play->command.session.wait_s = word_option_number(script, "wait", 0);
    const struct outcome *outcome = play_decide_as(play, ID_SESSION, name);
    if (play->command.session.wait_s * 1000 > age && outcome->result == RESULT_NO_LICENSE_AVAILABLE)
        join_line(play, name, script->world.now - age, former != NULL ? former->head_since : 0);
}

void do_explain(struct play *play)
{
    read_session(play, COMMAND_SESSION_EXPLAIN);
    play_decide(play);
}

void do_heartbeat(struct play *play)
{
    play->command.kind = COMMAND_SESSION_HEARTBEAT;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a session"));
    play_decide(play);
}

void do_end(struct play *play)
{
    play->command.kind = COMMAND_SESSION_END;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a session"));
    play->command.end.reason = word_option(play->script, "reason");
    play->command.end.cooldown_s = word_option_number(play->script, "cooldown", 0);
    play_decide(play);
}

void do_borrow(struct play *play)
{
    struct session_request *request = &play->command.session;
    read_session(play, COMMAND_LEASE_BORROW);
    request->borrow_days = word_option_number(play->script, "days", 1);
    request->ttl_s = request->borrow_days * 86400;
    if (request->machine == NULL)
        request->machine = "laptop";
    play_decide_as(play, ID_SESSION, word_option(play->script, "as"));
}

void do_return(struct play *play)
{
    play->command.kind = COMMAND_LEASE_RETURN;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a lease"));
    play_decide(play);
}

void do_borrowing(struct play *play)
{
    struct script *script = play->script;
    play->command.borrowing.product = word_next(script, "a product");
    play->command.borrowing.max_borrow_days = word_option_number(script, "days", 0);
    play->command.borrowing.share_percent = word_option_number(script, "share", BORROW_SHARE_DEFAULT);
    play->command.kind = word_flag(script, "off")                       ? COMMAND_BORROWING_REMOVE
                         : play->command.borrowing.max_borrow_days == 0 ? COMMAND_BORROWING_READ
                                                                        : COMMAND_BORROWING_SET;
    play_decide(play);
}

void do_hang_up(struct play *play)
{
    const struct waiting *waiting = script_waiting(play->script, word_next(play->script, "who waits"));
    words_must_be_used(play->script);
    queue_leave(&play->script->world.account, waiting->waiter);
    play_pass(play, 0);
}

void do_line(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_WAITERS_READ;
    play->command.waiters.limit = (size_t)word_option_number(script, "limit", 1000);
    play->command.waiters.user = script_user(script, word_option(script, "of"));
    play->command.waiters.scope_organization = script_level(script, word_option(script, "within"));
    play->command.waiters.scope_user = script_user(script, word_option(script, "self"));
    const char *after = word_option(script, "after");
    if (after != NULL) {
        const struct waiter *waiter = script_waiting(script, after)->waiter;
        play->command.waiters.after_since_at = waiter->since_at;
        play->command.waiters.after_order = waiter->order;
    }
    play->command.waiters.product = word_is_left(script) ? word_next(script, "a product") : NULL;
    play_decide(play);
}
