// SPDX-License-Identifier: Apache-2.0
#include "server/sign_in_watch.h"

#include "server/clock.h"

#include <string.h>

void sign_in_watch_init(struct sign_in_watch *watch, struct metric *count, const struct log *log)
{
    guessing_init(&watch->guessing);
    watch->count = count;
    watch->log = log;
}

static int64_t mono_ms(void)
{
    return clock_mono_ns() / 1000000;
}

static bool sets_password(const struct call *call)
{
    return call->kind == CALL_COMMAND && call->command.kind == COMMAND_PASSWORD_SET;
}

static bool is_watched(const struct call *call)
{
    return (call->kind == CALL_SIGN_IN || sets_password(call)) && !result_is_refusal(call->form.result);
}

static unsigned begin(struct sign_in_watch *watch, const struct call *call, const char *client,
                      struct attempt *attempt)
{
    // Whose password is set stands in the path, and the account may be `self`: so this counts at the address only,
    // where nobody else is kept out by it.
    if (sets_password(call))
        return guessing_begin(&watch->guessing, attempt, client, call->command.id, call->account_name, false,
                              mono_ms());
    if (call->sign_in_account == 0)
        return guessing_begin(&watch->guessing, attempt, client, 0, "operator", false, mono_ms());
    return guessing_begin(&watch->guessing, attempt, client, call->sign_in_account, call->sign_in_email, true,
                          mono_ms());
}

static void count(const struct sign_in_watch *watch, const char *result)
{
    metric_count(watch->count, &result, 1);
}

bool sign_in_watch_begin(struct sign_in_watch *watch, struct call *call, const char *client, struct attempt *attempt)
{
    if (!is_watched(call))
        return true;
    unsigned wait_s = begin(watch, call, client, attempt);
    call->password.is_trusted = attempt->is_known;
    if (wait_s == 0)
        return true;
    call->outcome.result = RESULT_RATE_LIMITED;
    call->outcome.detail = arena_printf(call->arena,
                                        "Too many attempts failed. Wait %u s, then try again. Whoever has forgotten "
                                        "the password asks an admin of the account for an invitation.",
                                        wait_s);
    call->retry_after_s = wait_s;
    count(watch, "slowed");
    return false;
}

static enum attempt_end end_of(const struct call *call)
{
    enum result result = call->outcome.result;
    if (call->kind == CALL_SIGN_IN)
        return result == RESULT_UNAUTHENTICATED ? ATTEMPT_WRONG : result == RESULT_OK ? ATTEMPT_RIGHT : ATTEMPT_NONE;
    if (call->password.state != PASSWORD_HASHED)
        return ATTEMPT_NONE;
    return call->password.is_right ? ATTEMPT_RIGHT : ATTEMPT_WRONG;
}

static void log_failure(const struct sign_in_watch *watch, const struct call *call, const char *client)
{
    char account[ID_TEXT_SIZE] = "";
    if (call->sign_in_account != 0 && call->sign_in_account != ID_UNKNOWN)
        id_format(ID_ACCOUNT, call->sign_in_account, 0, account);
    else if (call->account != 0)
        id_format(ID_ACCOUNT, call->account, 0, account);
    log_line(watch->log, LOG_WARNING, sets_password(call) ? "wrong password for a new one" : "sign-in failed",
             log_text("request_id", call->request_id), log_text("client", client), log_text("account", account));
}

void sign_in_watch_end(struct sign_in_watch *watch, const struct call *call, const char *client,
                       struct attempt *attempt)
{
    if (!attempt->is_counted)
        return;
    enum attempt_end end = end_of(call);
    guessing_end(&watch->guessing, attempt, end, mono_ms());
    count(watch, end == ATTEMPT_RIGHT ? "right" : end == ATTEMPT_WRONG ? "wrong" : "not_judged");
    if (end == ATTEMPT_WRONG)
        log_failure(watch, call, client);
}
