// SPDX-License-Identifier: Apache-2.0
#include "api/writing.h"

#include "api/cookie.h"
#include "engine/sign_in.h"

#include <inttypes.h>

static bool signs_in(const struct call *call)
{
    return call->kind == CALL_SIGN_IN || call->kind == CALL_INVITATION_ACCEPT;
}

// The secret of the cookie by which the actor asks, or will from now on; NULL: it asks by a key.
static const char *secret_of(const struct call *call)
{
    if (!call->actor.is_signed_in)
        return NULL;
    return signs_in(call) ? call->secret : call->cookie.secret;
}

static void write_names(struct buffer *json, const struct call *call)
{
    put_name(json, "names");
    put_open(json, '[');
    for (size_t i = 0; i < call->name_count; i++) {
        const struct named_id *one = &call->names[i];
        put_open(json, '{');
        put_id(json, "id", one->kind, one->id, call->account);
        put_text(json, "name", one->name);
        put_close(json, '}');
    }
    put_close(json, ']');
}

void write_whoami(struct buffer *json, const struct call *call)
{
    const struct actor *actor = &call->actor;
    const char *secret = secret_of(call);
    put_open(json, '{');
    put_word(json, "role", role_words[actor->role]);
    put_id(json, "key", ID_API_KEY, actor->is_signed_in ? 0 : actor->key, call->account);
    put_id(json, "user", ID_USER, actor->user, call->account);
    put_id(json, "organization", ID_ORGANIZATION, call->organization, call->account);
    put_id(json, "account", ID_ACCOUNT, call->account, call->account);
    put_text(json, "name", call->user_name);
    put_text(json, "email", call->user_email);
    put_text(json, "account_name", call->account_title);
    write_names(json, call);
    put_word(json, "csrf_token", secret != NULL ? csrf_token(call->arena, secret) : NULL);
    put_close(json, '}');
}

void write_invitation(struct buffer *json, uint64_t account, const struct user_row *user, const char *secret)
{
    put_open(json, '{');
    put_id(json, "user", ID_USER, user->id, account);
    put_moment(json, "expires_at", user->invited_until);
    if (secret != NULL) {
        struct buffer token = {0}, path = {0};
        buffer_printf(&token, "ushi_%" PRIu64 ".%" PRIu64 ".%s", account, user->id, secret);
        buffer_printf(&path, "/invitation?account=AC-%" PRIu64 "#%s", account, buffer_text(&token));
        put_word(json, "token", buffer_text(&token));
        put_word(json, "path", buffer_text(&path));
        buffer_fini(&token);
        buffer_fini(&path);
    }
    put_close(json, '}');
}

static void write_item(struct buffer *json, const struct call *call, const struct sign_in_row *row)
{
    put_open(json, '{');
    put_id(json, "id", ID_SIGN_IN, row->id, call->account);
    put_moment(json, "created_at", row->created_at);
    put_moment(json, "last_used_at", row->last_used_at);
    put_moment(json, "expires_at", sign_in_expires_at(row));
    put_flag(json, "current", call->actor.is_signed_in && call->actor.key == row->id);
    put_close(json, '}');
}

void write_sign_ins(struct buffer *json, const struct call *call)
{
    const struct outcome *outcome = &call->outcome;
    put_open(json, '{');
    put_name(json, "items");
    put_open(json, '[');
    for (size_t i = 0; i < outcome->sign_in_count; i++)
        write_item(json, call, &outcome->sign_ins[i]);
    put_close(json, ']');
    struct buffer next = {0};
    if (outcome->more)
        put_bare_number(&next, (int64_t)outcome->sign_ins[outcome->sign_in_count - 1].id);
    put_text(json, "next", outcome->more ? buffer_text(&next) : NULL);
    buffer_fini(&next);
    put_close(json, '}');
}

// Signed out, of this browser or of all.
static bool signs_out(const struct call *call)
{
    if (call->kind == CALL_SIGN_OUT)
        return true;
    return call->kind == CALL_COMMAND && call->command.kind == COMMAND_SIGN_INS_END && call->actor.is_signed_in &&
           call->actor.user == call->command.id;
}

const char *write_cookie(const struct call *call)
{
    if (result_is_refusal(call->outcome.result))
        return NULL;
    if (signs_out(call))
        return cookie_clear(call->arena, call->is_tls);
    if (!signs_in(call) || !call->actor.is_signed_in)
        return NULL;
    struct sign_in_cookie cookie = {call->account, call->actor.key, call->secret};
    return cookie_set(call->arena, &cookie, call->is_tls);
}
