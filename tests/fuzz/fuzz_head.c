// SPDX-License-Identifier: Apache-2.0
//
// The head of a request as the HTTP front reads it: the target of its first line, and the headers as libmicrohttpd
// hands them over (it is played here: one line of the input is one header). What must hold:
//
//     a target that is taken can be written from what was read of it, and then reads as the same
//     what two servers could take for bodies of different lengths is refused
//     no value that goes on from here holds what could end a line
#include "fuzz/target.h"

#include "base/buffer.h"
#include "base/check.h"
#include "server/http_parts.h"
#include "server/http_uri.h"
#include "server/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct head {
    struct line {
        const char *name, *value; // NULL: a header without one
    } lines[HTTP_PARAMETERS_MAX * 2];
    size_t count;
};

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                MHD_KeyValueIteratorN iterator, void *user)
{
    const struct head *head = (const void *)connection;
    for (size_t i = 0; i < head->count; i++) {
        const struct line *line = &head->lines[i];
        size_t length = line->value != NULL ? strlen(line->value) : 0;
        if (iterator(user, kind, line->name, strlen(line->name), line->value, length) == MHD_NO)
            break;
    }
    return (int)head->count;
}

// ---- The target

// In a path, "/" and ":" are themselves, and three characters are encoded already (http.h).
static void add_encoded(struct buffer *text, const char *decoded, bool is_path)
{
    for (; *decoded != '\0'; decoded++) {
        size_t kept = !is_path ? 0 : *decoded == '%' ? 3 : strchr("/:", *decoded) != NULL;
        if (kept > 0)
            buffer_add(text, decoded, kept);
        else
            buffer_printf(text, "%%%02x", (unsigned char)*decoded);
        decoded += kept == 3 ? 2 : 0;
    }
}

static char *write_target(const struct http_request *request)
{
    struct buffer text = {0};
    add_encoded(&text, request->path, true);
    for (size_t i = 0; i < request->parameter_count; i++) {
        buffer_add_char(&text, i == 0 ? '?' : '&');
        add_encoded(&text, request->parameters[i].name, false);
        buffer_add_char(&text, '=');
        add_encoded(&text, request->parameters[i].value, false);
    }
    return buffer_take(&text);
}

static void check_target(const char *target)
{
    struct http_request first = {0}, again = {0};
    if (http_uri_parse(&first, target) == NULL) {
        CHECK(first.path[0] == '/' && utf8_valid(first.path));
        char *text = write_target(&first);
        CHECK(http_uri_parse(&again, text) == NULL);
        CHECK(strcmp(first.path, again.path) == 0 && first.parameter_count == again.parameter_count);
        for (size_t i = 0; i < first.parameter_count; i++) {
            CHECK(strcmp(first.parameters[i].name, again.parameters[i].name) == 0);
            CHECK(strcmp(first.parameters[i].value, again.parameters[i].value) == 0);
        }
        free(text);
    }
    arena_fini(&first.arena);
    arena_fini(&again.arena);
}

// ---- The headers

static size_t count(const struct head *head, const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < head->count; i++)
        found += strcasecmp(head->lines[i].name, name) == 0;
    return found;
}

static void check_value(const char *value)
{
    for (; value != NULL && *value != '\0'; value++)
        CHECK((unsigned char)*value >= 0x20 || *value == '\t');
}

static void check_headers(struct head *head, const char *version)
{
    struct http_request request = {0};
    uint64_t length;
    bool expects_continue;
    if (http_headers_read(&request, (struct MHD_Connection *)(void *)head, version, &length, &expects_continue) ==
        NULL) {
        size_t lengths = count(head, "Content-Length"), codings = count(head, "Transfer-Encoding");
        CHECK(lengths + codings <= 1 && count(head, "Host") <= 1 && count(head, "Authorization") <= 1);
        CHECK((length == UINT64_MAX) == (codings == 1));
        CHECK(codings == 0 || strcmp(version, "HTTP/1.1") == 0);
        CHECK(lengths == 1 || length == 0 || codings == 1);
        check_value(request.authorization);
        check_value(request.idempotency_key);
        check_value(request.content_type);
        check_value(request.cookie);
        check_value(request.accept);
        check_value(request.id);
    }
    arena_fini(&request.arena);
}

static char *cut(char *text, char end)
{
    char *rest = strchr(text, end);
    if (rest == NULL)
        return NULL;
    *rest = '\0';
    return rest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = check_calloc(1, size + 1);
    if (size > 0)
        memcpy(text, data, size);
    struct head head = {.count = 0};
    char *line = text, *rest = cut(line, '\n');
    const char *version = size % 2 == 0 ? "HTTP/1.1" : "HTTP/1.0";
    check_target(line);
    while ((line = rest) != NULL && head.count < sizeof head.lines / sizeof *head.lines) {
        rest = cut(line, '\n');
        char *value = cut(line, ':');
        // libmicrohttpd has taken the blanks in front of a value away.
        if (value != NULL)
            value += strspn(value, " \t");
        head.lines[head.count++] = (struct line){line, value};
    }
    check_headers(&head, version);
    free(text);
    return 0;
}
