// SPDX-License-Identifier: Apache-2.0
//
// Every address of the API: method, path, what it is, and which roles may use it at all (docs/roles.md says what each
// role may do there). Those that programs call all the time come first, since a route is found by looking from the top.
#include "api/routes.h"

#include "api/reading.h"
#include "base/buffer.h"

#include <string.h>

enum {
    OPERATOR = 1 << ROLE_OPERATOR,
    ADMIN = 1 << ROLE_ACCOUNT_ADMIN,
    ORG_ADMIN = 1 << ROLE_ORG_ADMIN,
    MEMBER = 1 << ROLE_MEMBER,
    PLATFORM = 1 << ROLE_PLATFORM,
    AUDITOR = 1 << ROLE_AUDITOR,

    ADMINS = OPERATOR | ADMIN,
    LOCAL_ADMINS = ADMINS | ORG_ADMIN,
    READERS = LOCAL_ADMINS | AUDITOR,
    ANY = READERS | MEMBER | PLATFORM,
};

#define ACCOUNT "/v1/accounts/{account}"

// What stands below an account, and the rest. An account's own address is below itself.
#define BELOW(its_method, its_path, its_kind, its_roles, its_read)                                                     \
    {.method = its_method, .path = ACCOUNT its_path, .kind = its_kind, .roles = its_roles, .read = its_read,           \
     .scoped = true}
#define LARGE(its_method, its_path, its_kind, its_roles, its_read)                                                     \
    {.method = its_method, .path = ACCOUNT its_path, .kind = its_kind, .roles = its_roles, .read = its_read,           \
     .scoped = true, .is_large = true}
#define APART(its_method, its_path, its_kind, its_roles, its_read)                                                     \
    {.method = its_method, .path = its_path, .kind = its_kind, .roles = its_roles, .read = its_read}

const struct route routes[] = {
    BELOW("POST", "/sessions/{session}/heartbeat", CALL_COMMAND, ADMINS | MEMBER | PLATFORM, read_session_heartbeat),
    BELOW("POST", "/sessions", CALL_COMMAND, ADMINS | MEMBER | PLATFORM, read_session_acquire),
    BELOW("DELETE", "/sessions/{session}", CALL_COMMAND, LOCAL_ADMINS | MEMBER | PLATFORM, read_session_end),
    LARGE("POST", "/sessions:batch", CALL_BATCH, LOCAL_ADMINS | MEMBER | PLATFORM, read_batch),
    BELOW("POST", "/sessions:explain", CALL_COMMAND, ADMINS | MEMBER, read_session_explain),
    BELOW("GET", "/sessions", CALL_LIST, ANY, read_sessions),
    BELOW("GET", "/sessions/{session}", CALL_COMMAND, ANY, read_session),
    BELOW("GET", "/waiters", CALL_COMMAND, READERS | MEMBER, read_waiters),

    BELOW("POST", "/seats/{seat}/check-in", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_seat_check_in),
    LARGE("POST", "/seats:release", CALL_COMMAND, LOCAL_ADMINS, read_seats_release),
    BELOW("DELETE", "/seats/{seat}/machines/{machine}", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_seat_machine_remove),
    BELOW("POST", "/seats", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_seat_assign),
    BELOW("GET", "/seats", CALL_LIST, READERS | MEMBER, read_seats),
    BELOW("GET", "/seats/{seat}", CALL_COMMAND, READERS | MEMBER, read_seat),
    BELOW("DELETE", "/seats/{seat}", CALL_COMMAND, LOCAL_ADMINS, read_seat_release),

    BELOW("POST", "/leases", CALL_COMMAND, ADMINS | MEMBER, read_lease_borrow),
    BELOW("GET", "/leases", CALL_LIST, ANY, read_leases),
    BELOW("GET", "/leases/{lease}", CALL_COMMAND, ANY, read_lease),
    BELOW("DELETE", "/leases/{lease}", CALL_COMMAND, LOCAL_ADMINS | MEMBER | PLATFORM, read_lease_return),
    BELOW("GET", "/borrowing", CALL_LIST, READERS | MEMBER, read_borrowings),
    BELOW("GET", "/borrowing/{product}", CALL_COMMAND, READERS | MEMBER, read_borrowing),
    BELOW("PUT", "/borrowing/{product}", CALL_COMMAND, ADMINS, read_borrowing_set),
    BELOW("DELETE", "/borrowing/{product}", CALL_COMMAND, ADMINS, read_borrowing_remove),

    BELOW("GET", "/pools", CALL_COMMAND, READERS, read_pools),
    BELOW("PUT", "/dedications/{organization}/{product}", CALL_COMMAND, LOCAL_ADMINS, read_dedication_set),
    LARGE("POST", "/dedications:apply", CALL_COMMAND, LOCAL_ADMINS, read_dedications_apply),
    BELOW("GET", "/usage-policy", CALL_COMMAND, READERS | MEMBER, read_usage_policy),
    BELOW("PUT", "/usage-policy", CALL_COMMAND, ADMINS, read_usage_policy_set),
    BELOW("DELETE", "/usage-policy", CALL_COMMAND, ADMINS, read_usage_policy_reset),

    BELOW("POST", "/purchases", CALL_COMMAND, OPERATOR, read_purchase_create),
    BELOW("GET", "/purchases", CALL_LIST, ADMINS | AUDITOR, read_purchases),
    BELOW("GET", "/purchases/{purchase}", CALL_COMMAND, ADMINS | AUDITOR, read_purchase),
    BELOW("PATCH", "/purchases/{purchase}", CALL_COMMAND, OPERATOR, read_purchase_update),
    BELOW("DELETE", "/purchases/{purchase}", CALL_COMMAND, OPERATOR, read_purchase_delete),

    BELOW("POST", "/organizations", CALL_COMMAND, ADMINS, read_organization_create),
    BELOW("GET", "/organizations", CALL_LIST, READERS, read_organizations),
    BELOW("GET", "/organizations/{organization}", CALL_COMMAND, READERS, read_organization),
    BELOW("PATCH", "/organizations/{organization}", CALL_COMMAND, ADMINS, read_organization_update),
    BELOW("DELETE", "/organizations/{organization}", CALL_COMMAND, ADMINS, read_organization_delete),

    BELOW("POST", "/users", CALL_COMMAND, LOCAL_ADMINS, read_user_create),
    BELOW("GET", "/users", CALL_LIST, READERS | MEMBER, read_users),
    BELOW("GET", "/users/{user}", CALL_COMMAND, READERS | MEMBER, read_user),
    BELOW("PATCH", "/users/{user}", CALL_COMMAND, LOCAL_ADMINS, read_user_update),
    BELOW("DELETE", "/users/{user}", CALL_COMMAND, LOCAL_ADMINS, read_user_delete),

    BELOW("POST", "/users/{user}/invitation", CALL_COMMAND, LOCAL_ADMINS, read_invite),
    BELOW("PUT", "/users/{user}/password", CALL_COMMAND, READERS | MEMBER, read_password_set),
    BELOW("GET", "/users/{user}/sign-ins", CALL_COMMAND, READERS | MEMBER, read_sign_ins),
    BELOW("DELETE", "/users/{user}/sign-ins", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_sign_ins_end),

    BELOW("POST", "/projects", CALL_COMMAND, LOCAL_ADMINS, read_project_create),
    BELOW("GET", "/projects", CALL_LIST, READERS, read_projects),
    BELOW("GET", "/projects/{project}", CALL_COMMAND, READERS, read_project),
    BELOW("PATCH", "/projects/{project}", CALL_COMMAND, LOCAL_ADMINS, read_project_update),
    BELOW("DELETE", "/projects/{project}", CALL_COMMAND, LOCAL_ADMINS, read_project_delete),
    BELOW("GET", "/projects/{project}/members", CALL_MEMBERS, READERS, read_members),
    BELOW("PUT", "/projects/{project}/members/{user}", CALL_COMMAND, LOCAL_ADMINS, read_member_add),
    BELOW("DELETE", "/projects/{project}/members/{user}", CALL_COMMAND, LOCAL_ADMINS, read_member_remove),

    BELOW("GET", "/denials", CALL_DENIALS, READERS | MEMBER, read_denials),
    BELOW("GET", "/denials/{denial}", CALL_DENIAL, READERS | MEMBER, read_denial),
    BELOW("GET", "/events", CALL_EVENTS, ADMINS | AUDITOR, read_events),

    BELOW("POST", "/api-keys", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_api_key_create),
    BELOW("GET", "/api-keys", CALL_LIST, READERS | MEMBER, read_api_keys),
    BELOW("GET", "/api-keys/{key}", CALL_COMMAND, READERS | MEMBER, read_api_key),
    BELOW("DELETE", "/api-keys/{key}", CALL_COMMAND, LOCAL_ADMINS | MEMBER, read_api_key_revoke),

    BELOW("GET", "", CALL_COMMAND, ANY, read_account),
    BELOW("PATCH", "", CALL_COMMAND, ADMINS, read_account_update),
    LARGE("POST", ":apply", CALL_COMMAND, ADMINS, read_account_apply),
    APART("POST", "/v1/accounts", CALL_ACCOUNT_CREATE, OPERATOR, read_account_create),
    APART("GET", "/v1/accounts", CALL_LIST, OPERATOR, read_accounts),

    APART("POST", "/v1/products", CALL_PRODUCT_CREATE, OPERATOR, read_product_create),
    APART("GET", "/v1/products", CALL_LIST, ANY, read_products),
    APART("GET", "/v1/products/{code}", CALL_PRODUCT_READ, ANY, read_product),
    APART("PATCH", "/v1/products/{code}", CALL_PRODUCT_UPDATE, OPERATOR, read_product_update),

    APART("POST", "/v1/sign-in", CALL_SIGN_IN, 0, read_sign_in),
    APART("DELETE", "/v1/sign-in", CALL_SIGN_OUT, ANY, read_nothing),
    APART("POST", "/v1/invitations:accept", CALL_INVITATION_ACCEPT, 0, read_invitation_accept),
    APART("GET", "/v1/whoami", CALL_WHOAMI, ANY, read_nothing),
    APART("POST", "/v1/backup", CALL_BACKUP, OPERATOR, read_nothing),
    APART("GET", "/v1/openapi.json", CALL_CONTRACT, ANY, read_nothing),
    APART("GET", "/.well-known/usher-keys.json", CALL_LEASE_KEYS, 0, read_nothing),
    APART("GET", "/metrics", CALL_METRICS, OPERATOR, read_nothing),
    APART("GET", "/healthz", CALL_HEALTH, 0, read_nothing),
    APART("GET", "/readyz", CALL_READY, 0, read_nothing),
    {0},
};

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static unsigned method_bit(const char *method)
{
    unsigned bit = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i], method) == 0)
            bit = 1U << i;
    }
    // What answers GET answers HEAD.
    return strcmp(method, "GET") == 0 ? bit | bit << 1 : bit;
}

const char *route_methods(unsigned bits, struct arena *arena)
{
    struct buffer text = {0};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (bits & 1U << i)
            buffer_printf(&text, "%s%s", text.length > 0 ? ", " : "", methods[i]);
    }
    const char *copy = arena_strdup(arena, buffer_text(&text));
    buffer_fini(&text);
    return copy;
}

static bool matches(const char *template, const char *path, struct route_match *match)
{
    match->count = 0;
    while (*template != '\0') {
        if (*template != '{') {
            if (*template++ != *path++)
                return false;
            continue;
        }
        size_t length = strcspn(path, "/:");
        if (length == 0)
            return false;
        match->parameters[match->count].text = path;
        match->parameters[match->count++].length = length;
        path += length;
        template = strchr(template, '}') + 1;
    }
    return *path == '\0';
}

void route_find(const char *method, const char *path, struct route_match *ret_match)
{
    *ret_match = (struct route_match){0};
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (const struct route *route = routes; route->method != NULL; route++) {
        if (!matches(route->path, path, ret_match))
            continue;
        if (strcmp(route->method, wanted) == 0) {
            ret_match->route = route;
            return;
        }
        ret_match->methods |= method_bit(route->method);
    }
    ret_match->count = 0;
}
