// SPDX-License-Identifier: Apache-2.0
#include "server/http_uri.h"

#include "server/utf8.h"

#include <string.h>
#include <strings.h>

static const char bad_percent[] = "The address holds a % that is not followed by two hexadecimal digits, or %00.";
static const char bad_utf8[] = "The address is not UTF-8; percent-encode the bytes of UTF-8.";
static const char bad_target[] = "The request line must name a path that begins with a slash.";
static const char too_many[] = "The query holds more than 32 parameters.";

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

// Decodes `length` bytes into the arena. In a path, %2F and %3A stay, in this spelling: "/" and ":" have a meaning
// there; and so does %25, or "%252F" would become one of them. In a query, "+" is a blank. NULL when there is a %
// without two digits, or a zero.
static char *decode(struct arena *arena, const char *text, size_t length, bool query)
{
    char *decoded = arena_alloc(arena, length + 1);
    char *to = decoded;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            *to++ = query && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        // The text ends in a zero, which is no digit: this reads no further.
        int high = hex_digit(text[i + 1]);
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        int byte = high * 16 + low;
        if (low < 0 || byte == 0)
            return NULL;
        if (!query && (byte == '/' || byte == ':' || byte == '%')) {
            memcpy(to, byte == '/' ? "%2F" : byte == ':' ? "%3A" : "%25", 3);
            to += 3;
        } else {
            *to++ = (char)byte;
        }
        i += 2;
    }
    return decoded;
}

static const char *decode_valid(struct arena *arena, const char *text, size_t length, bool query, const char **ret)
{
    char *decoded = decode(arena, text, length, query);
    if (decoded == NULL)
        return bad_percent;
    if (!utf8_valid(decoded))
        return bad_utf8;
    *ret = decoded;
    return NULL;
}

static const char *parse_parameter(struct http_request *request, const char *piece, size_t length)
{
    if (request->parameter_count == HTTP_PARAMETERS_MAX)
        return too_many;
    const char *equals = memchr(piece, '=', length);
    size_t name_length = equals != NULL ? (size_t)(equals - piece) : length;
    struct http_parameter parameter = {.value = ""};
    const char *wrong = decode_valid(&request->arena, piece, name_length, true, &parameter.name);
    if (wrong == NULL && equals != NULL)
        wrong = decode_valid(&request->arena, equals + 1, length - name_length - 1, true, &parameter.value);
    if (wrong != NULL)
        return wrong;
    request->parameters =
        arena_grow(&request->arena, request->parameters, request->parameter_count, sizeof *request->parameters);
    request->parameters[request->parameter_count++] = parameter;
    return NULL;
}

static const char *parse_query(struct http_request *request, const char *query)
{
    const char *wrong = NULL;
    while (*query != '\0' && wrong == NULL) {
        size_t length = strcspn(query, "&");
        if (length > 0)
            wrong = parse_parameter(request, query, length);
        query += length + (query[length] == '&');
    }
    return wrong;
}

// Proxies, and those who talk to what they take for one, send the whole URL.
static const char *skip_origin(const char *uri)
{
    size_t scheme = strncasecmp(uri, "http://", 7) == 0 ? 7 : strncasecmp(uri, "https://", 8) == 0 ? 8 : 0;
    return scheme > 0 ? uri + scheme + strcspn(uri + scheme, "/?") : uri;
}

const char *http_uri_parse(struct http_request *request, const char *uri)
{
    uri = skip_origin(uri);
    if (uri[0] != '/')
        return bad_target;
    size_t length = strcspn(uri, "?");
    const char *wrong = decode_valid(&request->arena, uri, length, false, &request->path);
    return wrong == NULL && uri[length] == '?' ? parse_query(request, uri + length + 1) : wrong;
}
