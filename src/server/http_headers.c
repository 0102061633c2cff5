// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // strverscmp

#include "server/http_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// The headers that matter; all others are looked at only for their form.
struct headers {
    const char *authorization, *idempotency_key, *content_type, *cookie, *accept, *accept_encoding, *if_none_match;
    const char *host, *origin, *fetch_site, *csrf_token, *forwarded_proto;
    const char *content_length, *transfer_encoding, *expect, *request_id;
    const char *wrong;
    struct arena *arena;
};

struct header {
    const char *name;
    size_t offset;
    bool several; // may come several times; the first stands
};

#define MEMBER(name) offsetof(struct headers, name)

static const struct header known[] = {
    {"Accept", MEMBER(accept), true},
    {"Accept-Encoding", MEMBER(accept_encoding), true},
    {"Authorization", MEMBER(authorization), false},
    {"Content-Length", MEMBER(content_length), false},
    {"Content-Type", MEMBER(content_type), false},
    {"Cookie", MEMBER(cookie), true},
    {"Expect", MEMBER(expect), true},
    {"Host", MEMBER(host), false},
    {"Idempotency-Key", MEMBER(idempotency_key), false},
    {"If-None-Match", MEMBER(if_none_match), true},
    {"Origin", MEMBER(origin), false},
    {"Sec-Fetch-Site", MEMBER(fetch_site), false},
    {"Transfer-Encoding", MEMBER(transfer_encoding), false},
    {"X-CSRF-Token", MEMBER(csrf_token), false},
    {"X-Forwarded-Proto", MEMBER(forwarded_proto), true},
    {"X-Request-Id", MEMBER(request_id), true},
};

static const char twice[] =
    "Authorization, Content-Length, Content-Type, Host, Idempotency-Key, Origin, Sec-Fetch-Site, Transfer-Encoding and "
    "X-CSRF-Token may each come only once.";
static const char bad_name[] = "The name of a header may hold only letters, digits and !#$%&'*+-.^_`|~.";
static const char bad_value[] = "The value of a header holds a control character.";
static const char no_host[] = "A request of HTTP/1.1 needs a Host header.";
static const char bad_length[] = "Content-Length must be a number.";
static const char bad_encoding[] = "The only Transfer-Encoding known is chunked, of HTTP/1.1, without Content-Length.";

static bool is_token(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    size_t length = strspn(text, allowed);
    return length > 0 && text[length] == '\0';
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

// Without the blanks at its end, which libmicrohttpd leaves there.
static const char *trim(struct arena *arena, const char *value)
{
    size_t length = strlen(value), whole = length;
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    if (length == whole)
        return value;
    char *trimmed = arena_copy(arena, value, length + 1);
    trimmed[length] = '\0';
    return trimmed;
}

// With lengths, as a zero in a name or value would end it for us, but not for a server in front of us.
static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                   const char *value, size_t value_length)
{
    (void)kind;
    struct headers *headers = user;
    if (value == NULL)
        value = "";
    if (!is_token(name) || strlen(name) != name_length)
        headers->wrong = bad_name;
    else if (!is_printable(value, value_length))
        headers->wrong = bad_value;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(known[i].name, name) != 0)
            continue;
        const char **member = (const char **)(void *)((char *)headers + known[i].offset);
        if (*member == NULL)
            *member = trim(headers->arena, value);
        else if (!known[i].several)
            headers->wrong = twice;
    }
    return headers->wrong == NULL ? MHD_YES : MHD_NO;
}

bool http_headers_fit(struct MHD_Connection *connection)
{
    size_t size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    int notes = MHD_get_connection_values(connection, MHD_HEADER_KIND | MHD_COOKIE_KIND, NULL, NULL);
    // Cookies are copied before they are taken apart.
    const char *cookie = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Cookie");
    size_t copied = cookie != NULL ? strlen(cookie) + 1 : 0;
    return size + copied + (size_t)notes * HTTP_HEADER_NOTE <= HTTP_HEAD_MAX;
}

// What libmicrohttpd 0.9.75 leaves of the lines in its buffer: the colon behind a name, CR and LF are zeros; everything
// else is as it was sent. But it takes LF alone for the end of a line, a zero for the end of a value, and adds a line
// that begins with a blank to the *name* of the one before, so that a Content-Length can be sent that it does not see.
static bool lines_are_plain(const char *at, const char *end)
{
    while (at < end && *at != '\0') {
        if (*at == ' ' || *at == '\t')
            return false;
        at += strnlen(at, (size_t)(end - at)) + 1;
        if (at >= end)
            return false;
        at += strnlen(at, (size_t)(end - at));
        if (end - at < 2 || at[1] != '\0')
            return false;
        at += 2;
    }
    return end - at == 2 && at[1] == '\0';
}

bool http_library_is_strict(void)
{
    return strverscmp(MHD_get_version(), "0.9.76") >= 0;
}

bool http_head_is_plain(struct MHD_Connection *connection, const char *method, const char *version,
                        const char *target_end)
{
    if (http_library_is_strict())
        return true;
    size_t size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    const char *lines = version + strlen(version) + 2;
    return version == target_end + 1 && lines[-1] == '\0' && lines_are_plain(lines, method + size);
}

static bool is_id(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strspn(text, allowed);
    return length > 0 && length <= HTTP_ID_MAX && text[length] == '\0';
}

// Where one server believes Content-Length and another Transfer-Encoding, a request can be hidden in a body. So what
// is not clear is refused.
static const char *check_framing(const struct headers *headers, const char *version)
{
    bool modern = strcmp(version, "HTTP/1.0") != 0;
    if (modern && headers->host == NULL)
        return no_host;
    if (headers->transfer_encoding != NULL &&
        (!modern || headers->content_length != NULL || strcasecmp(headers->transfer_encoding, "chunked") != 0))
        return bad_encoding;
    const char *length = headers->content_length;
    if (length != NULL && (length[0] == '\0' || strspn(length, "0123456789") != strlen(length)))
        return bad_length;
    return NULL;
}

// UINT64_MAX stands for chunks, so what is as long or longer counts as one less: too much by far.
static uint64_t read_length(const char *digits)
{
    uint64_t length = strtoull(digits, NULL, 10);
    return length < UINT64_MAX ? length : UINT64_MAX - 1;
}

const char *http_headers_read(struct http_request *request, struct MHD_Connection *connection, const char *version,
                              uint64_t *ret_length, bool *ret_expects_continue)
{
    struct headers headers = {.arena = &request->arena};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_header, &headers);
    request->authorization = headers.authorization;
    request->idempotency_key = headers.idempotency_key;
    request->content_type = headers.content_type;
    request->cookie = headers.cookie;
    request->accept = headers.accept;
    request->host = headers.host;
    request->origin = headers.origin;
    request->fetch_site = headers.fetch_site;
    request->csrf_token = headers.csrf_token;
    request->forwarded_proto = headers.forwarded_proto;
    request->accept_encoding = headers.accept_encoding;
    request->if_none_match = headers.if_none_match;
    if (headers.request_id != NULL && is_id(headers.request_id))
        strcpy(request->id, headers.request_id);
    *ret_expects_continue = headers.expect != NULL && strcasecmp(headers.expect, "100-continue") == 0;
    *ret_length = 0;
    if (headers.transfer_encoding != NULL)
        *ret_length = UINT64_MAX;
    else if (headers.content_length != NULL)
        *ret_length = read_length(headers.content_length);
    return headers.wrong != NULL ? headers.wrong : check_framing(&headers, version);
}
