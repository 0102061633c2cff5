// SPDX-License-Identifier: Apache-2.0
// From a request to a call: the address, the headers, the body as JSON; then the route's own function takes over.
#include "api/reading.h"

#include "api/cookie.h"
#include "api/locate.h"
#include "api/routes.h"
#include "api/text.h"
#include "base/check.h"

#include <string.h>
#include <strings.h>

_Static_assert(KEY_HASH_BYTES == crypto_generichash_BYTES, "keys are hashed with BLAKE2b-256");

void key_hash_of(const char *secret, unsigned char ret_hash[KEY_HASH_BYTES])
{
    int failed =
        crypto_generichash(ret_hash, KEY_HASH_BYTES, (const unsigned char *)secret, strlen(secret), NULL, 0);
    CHECK(failed == 0);
}

const char *secret_make(struct arena *arena)
{
    unsigned char random[32];
    char text[SECRET_SIZE];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    return arena_strdup(arena, text);
}

size_t call_body_max(const char *method, const char *path)
{
    struct route_match match;
    route_find(method, path, &match);
    return match.route != NULL && match.route->is_large ? BODY_LARGE_MAX : BODY_MAX;
}

// ---- Headers

static void read_key(struct call *call, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return;
    const char *secret = authorization + sizeof scheme - 1;
    while (*secret == ' ')
        secret++;
    call->has_key = *secret != '\0';
    if (call->has_key)
        key_hash_of(secret, call->key_hash);
}

// A key wins over the cookie.
static void read_cookie(struct call *call, const struct call_request *request)
{
    if (call->has_key || request->cookie == NULL)
        return;
    call->has_cookie = cookie_read(request->cookie, call->arena, &call->cookie);
    if (!call->has_cookie)
        return;
    key_hash_of(call->cookie.secret, call->cookie_hash);
    call->cross_site = cross_site_by_cookie(request, call->cookie.secret, call->arena);
}

// A sign-in is not made again.
static bool keeps_answers(const struct route *route)
{
    return strcmp(route->method, "POST") == 0 && route->kind != CALL_BACKUP && route->roles != 0;
}

static void read_idempotency_key(struct reading *reading)
{
    struct call *call = reading->call;
    const char *key = reading->request->idempotency_key;
    if (key == NULL || !keeps_answers(call->route))
        return;
    if (text_is_idempotency_key(key))
        call->idempotency_key = arena_strdup(call->arena, key);
    else
        reading_refuse_header(reading, "Idempotency-Key",
                              "The header Idempotency-Key must be 1 to %d visible ASCII characters.",
                              IDEMPOTENCY_KEY_MAX_BYTES);
}

// "application/json", with or without parameters behind it.
static bool is_json(const char *content_type)
{
    static const char wanted[] = "application/json";
    if (content_type == NULL || strncasecmp(content_type, wanted, sizeof wanted - 1) != 0)
        return false;
    char after = content_type[sizeof wanted - 1];
    return after == '\0' || after == ';' || after == ' ' || after == '\t';
}

// ---- The body

// How deep arrays and objects are nested, judged by their brackets: the parser calls itself once a level.
static bool is_too_deep(const char *text, size_t length)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
            return true;
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return false;
}

// What the parser quotes of the body may end in the middle of a letter.
static const char *in_ascii(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    return copy;
}

// The parser refuses by itself what is JSON, but too large a number or a name that comes twice: that has a place.
static void refuse_json(struct reading *reading, const json_error_t *error)
{
    struct buffer pointer = {0};
    enum json_error_code code = json_error_code(error);
    if (code == json_error_numeric_overflow || code == json_error_duplicate_key)
        locate(reading->request->body, reading->request->body_length, (size_t)error->position, &pointer);
    reading_refuse(reading, RESULT_INVALID_REQUEST, buffer_text(&pointer),
                   "The body is not valid JSON: line %d, column %d: %s.", error->line, error->column,
                   in_ascii(reading->call->arena, error->text));
    buffer_fini(&pointer);
}

static void parse_body(struct reading *reading)
{
    const struct call_request *request = reading->request;
    if (is_too_deep(request->body, request->body_length)) {
        reading_refuse(reading, RESULT_INVALID_REQUEST, "", "The body is nested more than %d levels deep.",
                       JSON_DEPTH_MAX);
        return;
    }
    json_error_t error;
    reading->json = json_loadb(request->body, request->body_length, JSON_REJECT_DUPLICATES, &error);
    if (reading->json == NULL)
        refuse_json(reading, &error);
    else if (!json_is_object(reading->json))
        reading_refuse(reading, RESULT_INVALID_REQUEST, "", "The body must be an object, {…}.");
}

static void read_body(struct reading *reading)
{
    const struct call_request *request = reading->request;
    const struct route *route = reading->call->route;
    size_t most = route->is_large ? BODY_LARGE_MAX : BODY_MAX;
    if (request->body_length == 0)
        return;
    if (request->body_length > most)
        reading_refuse(reading, RESULT_TOO_LARGE, NULL, "The body may have %zu bytes at most.", most);
    else if (strcmp(route->method, "GET") == 0 || strcmp(route->method, "DELETE") == 0)
        reading_refuse(reading, RESULT_INVALID_REQUEST, "", "%s takes no body here.", route->method);
    else if (!is_json(request->content_type))
        reading_refuse(reading, RESULT_UNSUPPORTED_MEDIA_TYPE, NULL,
                       "Send the body as JSON, with the header Content-Type: application/json.");
    else
        parse_body(reading);
}

// ---- The whole

static void refuse_address(struct reading *reading, const struct route_match *match)
{
    struct call *call = reading->call;
    if (match->methods == 0) {
        reading_refuse(reading, RESULT_NOT_FOUND, NULL,
                       "There is nothing at this address. GET /v1/openapi.json lists all.");
        return;
    }
    call->allow = route_methods(match->methods, call->arena);
    reading_refuse(reading, RESULT_METHOD_NOT_ALLOWED, NULL, "This address takes %s.", call->allow);
}

static void read_path(struct reading *reading, const struct route_match *match)
{
    struct call *call = reading->call;
    size_t next = 0;
    for (size_t i = 0; i < match->count; i++) {
        const char *value =
            arena_printf(call->arena, "%.*s", (int)match->parameters[i].length, match->parameters[i].text);
        if (i == 0 && call->route->scoped)
            call->account_name = value;
        else
            reading->path[next++] = value;
    }
}

// The account is left out of the hash, so that `self` is the same as its id.
static void hash_path(struct reading *reading)
{
    reading_hash_text(reading, reading->call->route->method, reading->call->route->path);
    for (size_t i = 0; i < PATH_PARAMETERS_MAX && reading->path[i] != NULL; i++)
        reading_hash_text(reading, "path", reading->path[i]);
}

static void read_route(struct reading *reading)
{
    struct call *call = reading->call;
    crypto_generichash_state hash;
    if (call->idempotency_key != NULL) {
        reading->hash = &hash;
        crypto_generichash_init(&hash, NULL, 0, KEY_HASH_BYTES);
        hash_path(reading);
    }
    object_begin(&reading->body, reading, json_is_object(reading->json) ? reading->json : NULL, NULL, NULL, 0);
    call->route->read(reading);
    object_end(&reading->body);
    query_end(reading);
    if (reading->hash != NULL)
        crypto_generichash_final(&hash, call->request_hash, KEY_HASH_BYTES);
}

struct call *call_read(const struct call_request *request, struct arena *arena)
{
    struct call *call = arena_alloc(arena, sizeof *call);
    call->arena = arena;
    call->request_id = arena_strdup(arena, request->id);
    call->is_tls = request->is_tls;
    read_key(call, request->authorization);
    read_cookie(call, request);
    struct reading reading = {.request = request, .call = call};
    struct route_match match;
    route_find(request->method, request->path, &match);
    call->route = match.route;
    if (match.route == NULL) {
        refuse_address(&reading, &match);
        call->outcome = call->form;
        return call;
    }
    call->kind = match.route->kind;
    read_path(&reading, &match);
    read_idempotency_key(&reading);
    read_body(&reading);
    read_route(&reading);
    json_decref(reading.json);
    return call;
}

void read_nothing(struct reading *reading)
{
    (void)reading;
}
