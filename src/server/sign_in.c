// SPDX-License-Identifier: Apache-2.0
//
// Signing in and setting passwords. Such a call comes to the processor twice: first it is looked up what the password
// is to be compared with, then, when that was done elsewhere (hashers.h), it is decided. Meanwhile anything may have
// changed; so the second time everything is judged anew.
//
//     form ──► what is kept ──► hashers ──► form ──► what is kept, still the same? ──► decide
#include "server/processor_parts.h"

#include "api/access.h"
#include "engine/password.h"
#include "engine/sign_in.h"

#include <sodium.h>
#include <string.h>

static const char wrong[] = "The account, the e-mail address or the password is wrong, or no password was set yet. "
                            "Ask an admin of the account for an invitation if you do not have one.";
static const char wrong_key[] = "This is not the operator's key.";
static const char cannot_read[] = "The account's data cannot be read just now. Try again in a moment.";
static const char no_memory[] = "There is not enough memory for that just now. Try again in a moment.";

// What is compared with where there is no password, for just as long: the hash of random bytes that nobody has kept.
static const char of_nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$SWHf3Lo5RPU4mu0P3FdbXQ"
                                "$i8OEyGeLvDOfot6nf1e3rJY6leWEchSODIF2shjEYZk";

static void refuse_unavailable(struct call *call, const char *detail)
{
    call_refuse(call, RESULT_UNAVAILABLE, NULL, detail);
    call->retry_after_s = RETRY_AFTER_S;
}

// Decides the command as the one who signs in by it; from then on that is the actor.
static void decide(struct processor *processor, struct tenant *tenant, struct call *call, const struct user *user)
{
    struct batch *batch = &processor->batch;
    struct actor actor = {.role = ROLE_OPERATOR, .is_signed_in = true};
    if (user != NULL) {
        actor.role = user->row.role;
        actor.user = user->row.id;
        actor.organization = actor.role == ROLE_ORG_ADMIN ? user->row.organization : 0;
    }
    call->actor = actor;
    call->account = tenant->account.row.id;
    batch_pass_time(batch, tenant);
    batch_decide(batch, tenant, &call->command, &call->actor, (struct memory){0}, call->arena, &call->outcome);
    if (batch->has_failed || result_is_refusal(call->outcome.result))
        return;
    call->actor.key = ((const struct sign_in_row *)call->outcome.row)->id;
    access_scope(call, &tenant->account);
}

static void sign_in_operator(struct processor *processor, struct call *call, struct tenant *tenant)
{
    if (sodium_memcmp(call->key_hash, processor->options.service->operator_hash, KEY_HASH_BYTES) == 0)
        decide(processor, tenant, call, NULL);
    else
        call_refuse(call, RESULT_UNAUTHENTICATED, NULL, wrong_key);
}

static struct user *find_user(const struct tenant *tenant, const struct call *call)
{
    struct user *user = tenant != NULL ? account_user_by_email(&tenant->account, call->sign_in_email) : NULL;
    return user != NULL && user->row.password != NULL ? user : NULL;
}

static void sign_in_user(struct processor *processor, struct call *call, struct tenant *tenant)
{
    struct password_work *password = &call->password;
    const struct user *user = find_user(tenant, call);
    if (password->state == PASSWORD_NONE) {
        password->kept = user != NULL ? arena_strdup(call->arena, user->row.password) : of_nobody;
        password->state = PASSWORD_TO_HASH;
    } else if (user != NULL && password->is_right && strcmp(user->row.password, password->kept) == 0) {
        call->command.id = user->row.id;
        decide(processor, tenant, call, user);
    } else {
        call_refuse(call, RESULT_UNAUTHENTICATED, NULL, wrong);
    }
}

static bool check_new(struct call *call, const struct user *user)
{
    const char *fault = password_fault(call->password.wanted, user->row.email, user->row.name);
    if (fault != NULL)
        call_refuse(call, RESULT_INVALID_REQUEST, "/password", fault);
    return fault == NULL;
}

static void accept_invitation(struct processor *processor, struct call *call, struct tenant *tenant)
{
    struct password_work *password = &call->password;
    const struct user *user = tenant != NULL ? account_user(&tenant->account, call->command.id) : NULL;
    bool stands = user != NULL && user->row.invitation != NULL && user->row.invited_until > processor->batch.now &&
                  strcmp(user->row.invitation, call->command.sign_in.invitation) == 0;
    if (!stands) {
        call_refuse(call, RESULT_INVITATION_ENDED, NULL, INVITATION_ENDED_DETAIL);
    } else if (password->state == PASSWORD_NONE) {
        password->is_trusted = true; // by the token
        if (check_new(call, user))
            password->state = PASSWORD_TO_HASH;
    } else {
        call->command.sign_in.password = password->made;
        decide(processor, tenant, call, user);
    }
}

void sign_in_process(struct processor *processor, struct call *call)
{
    struct service *service = processor->options.service;
    struct tenant *tenant = service_tenant(service, call->sign_in_account); // NULL: there is none
    if (result_is_refusal(call->form.result))
        call->outcome = call->form;
    else if (call->cross_site != NULL)
        call_refuse(call, RESULT_FORBIDDEN, NULL, call->cross_site);
    else if (call->password.state == PASSWORD_FAILED)
        refuse_unavailable(call, no_memory);
    else if (tenant != NULL && tenant->is_lost && !service_reload(service, tenant))
        refuse_unavailable(call, cannot_read);
    else if (call->kind == CALL_INVITATION_ACCEPT)
        accept_invitation(processor, call, tenant);
    else if (call->sign_in_account == 0)
        sign_in_operator(processor, call, tenant);
    else
        sign_in_user(processor, call, tenant);
}

void sign_out(struct processor *processor, struct call *call)
{
    struct tenant *tenant = service_tenant(processor->options.service, call->account);
    if (!call->actor.is_signed_in) {
        call_refuse(call, RESULT_CONFLICT, NULL, "This request came with an API key, which is not a sign-in.");
        return;
    }
    struct command command = {.kind = COMMAND_SIGN_IN_END, .id = call->actor.key};
    batch_decide(&processor->batch, tenant, &command, &call->actor, (struct memory){0}, call->arena, &call->outcome);
}

static bool check_present(struct call *call, const struct user *user)
{
    struct password_work *password = &call->password;
    if (user->row.password == NULL) {
        call_refuse(call, RESULT_CONFLICT, NULL,
                    "No password was set yet. Ask an admin of the account for an invitation.");
        return false;
    }
    if (password->state == PASSWORD_NONE) {
        if (!check_new(call, user))
            return false;
        password->kept = arena_strdup(call->arena, user->row.password);
        password->state = PASSWORD_TO_HASH;
        return false;
    }
    if (!password->is_right || strcmp(user->row.password, password->kept) != 0) {
        call_refuse(call, RESULT_FORBIDDEN, "/current", "This is not the present password.");
        return false;
    }
    return true;
}

bool password_is_ready(struct call *call, const struct account *account)
{
    if (call->command.kind != COMMAND_PASSWORD_SET)
        return true;
    const struct user *user = account_user(account, call->command.id);
    if (user == NULL)
        return true; // the engine says so
    if (call->password.state == PASSWORD_FAILED) {
        refuse_unavailable(call, no_memory);
        return false;
    }
    if (!check_present(call, user))
        return false;
    call->command.sign_in.password = call->password.made;
    return true;
}
