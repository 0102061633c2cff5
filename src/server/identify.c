// SPDX-License-Identifier: Apache-2.0
#include "server/identify.h"

#include "engine/sign_in.h"

#include <sodium.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

static const char cannot_read[] = "The account's data cannot be read just now. Try again in a moment.";

static bool refuse(struct call *call, enum result result, const char *detail)
{
    call->outcome =
        (struct outcome){.result = result, .detail = detail, .requested = NUMBER_NONE, .available = NUMBER_NONE};
    return false;
}

// When it was last used is kept to the minute, and written with the next commit.
static void note_use(struct service *service, struct api_key *key, int64_t now, struct arena *arena)
{
    int64_t minute = now / MINUTE_MS * MINUTE_MS;
    if (key->row.last_used_at == minute)
        return;
    struct api_key_row *before = row_copy(ROW_API_KEY, &key->row, arena), after = *before;
    after.last_used_at = minute;
    account_apply(key->account, &(struct fact){.kind = FACT_API_KEY_USED, .before = before, .after = &after});
    service_note_quiet(service, &(struct quiet_change){.account = key->account->row.id,
                                                       .kind = FACT_API_KEY_USED,
                                                       .id = key->row.id,
                                                       .used_before = before->last_used_at});
}

static void note_sign_in(struct service *service, struct tenant *tenant, struct sign_in *sign_in, int64_t now)
{
    int64_t minute = now / MINUTE_MS * MINUTE_MS;
    if (sign_in->row.last_used_at >= minute)
        return;
    struct sign_in_row before = sign_in->row, after = before;
    after.last_used_at = minute;
    account_apply(&tenant->account, &(struct fact){.kind = FACT_SIGN_IN_USED, .before = &before, .after = &after});
    service_note_quiet(service, &(struct quiet_change){.account = tenant->account.row.id,
                                                       .kind = FACT_SIGN_IN_USED,
                                                       .id = sign_in->row.id,
                                                       .used_before = before.last_used_at});
}

static struct sign_in *find_sign_in(const struct call *call, const struct tenant *tenant, int64_t now)
{
    struct sign_in *sign_in = tenant != NULL ? account_sign_in(&tenant->account, call->cookie.id) : NULL;
    bool is_good = sign_in != NULL && sodium_memcmp(sign_in->row.hash, call->cookie_hash, KEY_HASH_BYTES) == 0 &&
                   sign_in_expires_at(&sign_in->row) > now;
    return is_good ? sign_in : NULL;
}

// A sign-in acts as its user, as that is now.
static struct actor actor_of(const struct account *account, const struct sign_in_row *row)
{
    struct actor actor = {.role = ROLE_OPERATOR, .key = row->id, .is_signed_in = true};
    if (row->user == 0)
        return actor;
    const struct user_row *user = &account_user(account, row->user)->row;
    actor.role = user->role;
    actor.user = user->id;
    actor.organization = user->role == ROLE_ORG_ADMIN ? user->organization : 0;
    return actor;
}

static bool find_actor_by_cookie(struct service *service, struct call *call, int64_t now)
{
    struct tenant *tenant = service_tenant(service, call->cookie.account);
    if (tenant != NULL && tenant->is_lost && !service_reload(service, tenant)) {
        call->retry_after_s = 1;
        return refuse(call, RESULT_UNAVAILABLE, cannot_read);
    }
    struct sign_in *sign_in = find_sign_in(call, tenant, now);
    if (sign_in == NULL)
        return refuse(call, RESULT_UNAUTHENTICATED, "You are not signed in here any more. Sign in again.");
    if (call->cross_site != NULL)
        return refuse(call, RESULT_FORBIDDEN, call->cross_site);
    call->actor = actor_of(&tenant->account, &sign_in->row);
    call->account = tenant->account.row.id;
    note_sign_in(service, tenant, sign_in, now);
    return true;
}

// It is the operator's key where the metrics are read, and no key anywhere else.
static bool is_metrics_key(const struct service *service, const struct call *call)
{
    return call->kind == CALL_METRICS && service->has_metrics_key &&
           sodium_memcmp(call->key_hash, service->metrics_hash, KEY_HASH_BYTES) == 0;
}

static bool find_actor(struct service *service, struct call *call, int64_t now)
{
    if (call->has_cookie)
        return find_actor_by_cookie(service, call, now);
    if (!call->has_key)
        return refuse(call, RESULT_UNAUTHENTICATED, "Send an API key: Authorization: Bearer …. Or sign in.");
    if (sodium_memcmp(call->key_hash, service->operator_hash, KEY_HASH_BYTES) == 0) {
        call->actor = (struct actor){.role = ROLE_OPERATOR};
        return true;
    }
    if (is_metrics_key(service, call)) {
        call->actor = (struct actor){.role = ROLE_OPERATOR};
        return true;
    }
    // Found by the hash of a secret of 256 random bits: how long the look takes tells nothing about any key.
    struct api_key *key = directory_find(&service->directory, call->key_hash);
    // It may be a key of an account that could not be read: those are tried again every second.
    if (key == NULL && service->lost_count > 0) {
        call->retry_after_s = 1;
        return refuse(call, RESULT_UNAVAILABLE, cannot_read);
    }
    if (key == NULL || (key->row.expires_at != 0 && key->row.expires_at <= now))
        return refuse(call, RESULT_UNAUTHENTICATED,
                      "This API key is unknown, revoked or expired. Ask an admin of the account for a new one.");
    call->actor = (struct actor){
        .role = key->row.role,
        .key = key->row.id,
        .user = key->row.user,
        .organization = key->row.organization,
    };
    call->account = key->account->row.id;
    note_use(service, key, now, call->arena);
    return true;
}

static bool find_account(struct service *service, struct call *call, struct tenant **ret_tenant)
{
    uint64_t own = call->account;
    uint64_t named = strcmp(call->account_name, "self") == 0 ? own : id_parse(ID_ACCOUNT, call->account_name, 0);
    struct tenant *tenant = named != 0 ? service_tenant(service, named) : NULL;
    bool is_own = call->actor.role == ROLE_OPERATOR || named == own;
    if (tenant == NULL || !is_own)
        return refuse(call, RESULT_NOT_FOUND,
                      named == 0 ? "The operator's key has no account of its own: name one, such as AC-1."
                                 : "There is no such account, or this key belongs to another.");
    if (tenant->is_lost && !service_reload(service, tenant)) {
        call->retry_after_s = 1;
        return refuse(call, RESULT_UNAVAILABLE, cannot_read);
    }
    call->account = named;
    *ret_tenant = tenant;
    return true;
}

bool identify(struct service *service, struct call *call, int64_t now, struct tenant **ret_tenant)
{
    *ret_tenant = NULL;
    if (!find_actor(service, call, now))
        return false;
    return call->account_name == NULL || find_account(service, call, ret_tenant);
}
