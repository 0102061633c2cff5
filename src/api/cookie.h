// SPDX-License-Identifier: Apache-2.0
//
// The cookie of a sign-in: "<account>.<sign-in>.<secret>", numbers and 32 random bytes in base64url. The numbers say
// where to look; whether it is the right one only the secret says.
//
// A browser sends it with every request to this host, whoever made the page that asks. So what changes something must
// also show that it comes from a page of this server: by a token that only such a page can read (it stands in the
// answers of the sign-in and of whoami), and by what the browser itself says of where the request comes from.
#ifndef API_COOKIE_H
#define API_COOKIE_H

#include "api/call.h"

// Finds the cookie among those of the header, which may be NULL. False: it is not there, or not of that form.
bool cookie_read(const char *header, struct arena *arena, struct sign_in_cookie *ret_cookie);
// The header Set-Cookie that gives it to the browser, or takes it away. `is_secure`: only ever sent over TLS.
const char *cookie_set(struct arena *arena, const struct sign_in_cookie *cookie, bool is_secure);
const char *cookie_clear(struct arena *arena, bool is_secure);

// The token of the header X-CSRF-Token: made of the secret, from which it cannot be found.
const char *csrf_token(struct arena *arena, const char *secret);
// Why a request is not taken from a browser: it was sent by another site's page; NULL: it was not.
const char *cross_site(const struct call_request *request);
// The same for one that comes with the cookie.
const char *cross_site_by_cookie(const struct call_request *request, const char *secret, struct arena *arena);

#endif
