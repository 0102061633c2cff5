// SPDX-License-Identifier: Apache-2.0
#include "api/cookie.h"

#include "base/check.h"
#include "engine/limits.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COOKIE_NAME "usher_sign_in"

enum { NUMBER_MAX_DIGITS = 18, TOKEN_BYTES = 32, TOKEN_SIZE = 44 };

static const char *find(const char *header)
{
    static const char name[] = COOKIE_NAME "=";
    for (const char *at = header; at != NULL; at = strchr(at, ';')) {
        at += strspn(at, "; ");
        if (strncmp(at, name, sizeof name - 1) == 0)
            return at + sizeof name - 1;
    }
    return NULL;
}

// Reads "12." and goes on behind it.
static bool read_number(const char **text, uint64_t *ret_number)
{
    size_t length = strspn(*text, "0123456789");
    if (length < 1 || length > NUMBER_MAX_DIGITS || (*text)[length] != '.')
        return false;
    *ret_number = strtoull(*text, NULL, 10);
    *text += length + 1;
    return true;
}

bool cookie_read(const char *header, struct arena *arena, struct sign_in_cookie *ret_cookie)
{
    const char *at = find(header);
    struct sign_in_cookie cookie = {0};
    if (at == NULL || !read_number(&at, &cookie.account) || !read_number(&at, &cookie.id))
        return false;
    size_t length = strcspn(at, "; ");
    if (length != SECRET_LENGTH)
        return false;
    cookie.secret = arena_printf(arena, "%.*s", (int)length, at);
    *ret_cookie = cookie;
    return true;
}

static const char *set(struct arena *arena, const char *value, int max_age_s, bool is_secure)
{
    return arena_printf(arena, COOKIE_NAME "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value, max_age_s,
                        is_secure ? "; Secure" : "");
}

const char *cookie_set(struct arena *arena, const struct sign_in_cookie *cookie, bool is_secure)
{
    const char *value =
        arena_printf(arena, "%" PRIu64 ".%" PRIu64 ".%s", cookie->account, cookie->id, cookie->secret);
    return set(arena, value, SIGN_IN_MAX_S, is_secure);
}

const char *cookie_clear(struct arena *arena, bool is_secure)
{
    return set(arena, "", 0, is_secure);
}

const char *csrf_token(struct arena *arena, const char *secret)
{
    static const unsigned char purpose[crypto_generichash_KEYBYTES] = "usher: token against forgery";
    unsigned char bytes[TOKEN_BYTES];
    char text[TOKEN_SIZE];
    int failed = crypto_generichash(bytes, sizeof bytes, (const unsigned char *)secret, strlen(secret), purpose,
                                    sizeof purpose);
    CHECK(failed == 0);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_strdup(arena, text);
}

// "https://host:port" is of this host. A proxy may have ended TLS: so the scheme is not compared.
static bool is_of_host(const char *origin, const char *host)
{
    const char *authority = strstr(origin, "://");
    return authority != NULL && host != NULL && strcasecmp(authority + 3, host) == 0;
}

const char *cross_site(const struct call_request *request)
{
    const char *site = request->fetch_site;
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return "The browser says that a page of another site sent this (Sec-Fetch-Site). Use the console of this "
               "server.";
    if (request->origin != NULL && !is_of_host(request->origin, request->host))
        return "The headers Origin and Host name different hosts. Use the console at the address that it was loaded "
               "from; a proxy in between must hand on Host as it came.";
    return NULL;
}

static bool is_harmless(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

const char *cross_site_by_cookie(const struct call_request *request, const char *secret, struct arena *arena)
{
    const char *refusal = cross_site(request);
    if (refusal != NULL || is_harmless(request->method))
        return refusal;
    const char *wanted = csrf_token(arena, secret), *given = request->csrf_token;
    if (given != NULL && strlen(given) == strlen(wanted) && sodium_memcmp(given, wanted, strlen(wanted)) == 0)
        return NULL;
    return "A request by cookie that changes something needs the header X-CSRF-Token with the csrf_token that "
           "GET /v1/whoami answers.";
}
