// SPDX-License-Identifier: Apache-2.0
#include "fuzz/request.h"

#include "server/http_uri.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

// Cuts the text off at the first `end`, which need not be there, and returns what follows.
static char *cut(char *text, char end)
{
    char *rest = strchr(text, end);
    if (rest == NULL)
        return text + strlen(text);
    *rest = '\0';
    return rest + 1;
}

static const struct actor *find_actor(const char *role)
{
    static const struct actor actors[] = {
        [ROLE_MEMBER] = {.role = ROLE_MEMBER, .key = 1, .user = 1},
        [ROLE_ORG_ADMIN] = {.role = ROLE_ORG_ADMIN, .key = 2, .organization = 1001},
        [ROLE_ACCOUNT_ADMIN] = {.role = ROLE_ACCOUNT_ADMIN, .key = 3},
        [ROLE_AUDITOR] = {.role = ROLE_AUDITOR, .key = 4, .user = 2},
        [ROLE_PLATFORM] = {.role = ROLE_PLATFORM, .key = 5},
        [ROLE_OPERATOR] = {.role = ROLE_OPERATOR},
    };
    int index = word_find(role_words, role);
    return index >= 0 ? &actors[index] : NULL;
}

static void take_header(struct call_request *form, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **member;
    } known[] = {
        {"Authorization", &form->authorization}, {"Content-Type", &form->content_type}, {"Cookie", &form->cookie},
        {"Host", &form->host}, {"Idempotency-Key", &form->idempotency_key}, {"Origin", &form->origin},
        {"Sec-Fetch-Site", &form->fetch_site}, {"X-CSRF-Token", &form->csrf_token},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i].name, name) == 0)
            *known[i].member = value + strspn(value, " ");
}

static void take_headers(struct call_request *form, char **rest)
{
    while (**rest != '\0') {
        char *line = *rest;
        *rest = cut(line, '\n');
        if (*line == '\0')
            return;
        char *value = cut(line, ':');
        take_header(form, line, value);
    }
}

static void take_query(struct fuzz_request *request)
{
    struct http_request *http = &request->http;
    struct call_parameter *query = arena_alloc(&http->arena, (http->parameter_count + 1) * sizeof *query);
    for (size_t i = 0; i < http->parameter_count; i++)
        query[i] = (struct call_parameter){http->parameters[i].name, http->parameters[i].value};
    request->form.query = query;
    request->form.query_count = http->parameter_count;
}

bool fuzz_request_read(struct fuzz_request *request, const uint8_t *data, size_t size)
{
    *request = (struct fuzz_request){0};
    char *text = arena_alloc(&request->http.arena, size + 1), *end = text + size;
    if (size > 0)
        memcpy(text, data, size);
    struct call_request *form = &request->form;
    char *line = text, *rest = cut(line, '\n');
    char *method = cut(line, ' '), *uri = cut(method, ' ');
    const struct actor *actor = find_actor(line);
    if (actor == NULL || http_uri_parse(&request->http, uri) != NULL)
        return false;
    request->actor = *actor;
    take_headers(form, &rest);
    take_query(request);
    form->method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    form->path = request->http.path;
    form->body = rest;
    form->body_length = rest < end ? (size_t)(end - rest) : 0;
    form->id = "fuzz";
    if (form->content_type == NULL && form->body_length > 0)
        form->content_type = "application/json";
    return true;
}

void fuzz_request_fini(struct fuzz_request *request)
{
    arena_fini(&request->http.arena);
}

static const char *name(void)
{
    return "none";
}

static uint32_t next_number(void)
{
    return 4;
}

static void fill(void *bytes, const size_t size)
{
    memset(bytes, 0x5a, size);
}

void fuzz_no_chance(void)
{
    static randombytes_implementation none = {.implementation_name = name, .random = next_number, .buf = fill};
    randombytes_set_implementation(&none);
}
